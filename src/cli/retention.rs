//! `postern retention`: removes what is over its time, as the daemon does by itself every few hours.

use std::path::Path;

use super::{CliFault, block_on, load, output, quiet_logs};
use crate::app::{self, OverItsTime};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object a line: gateway, kind, count
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, file: Option<&Path>) -> Result<(), CliFault> {
    quiet_logs();
    let config = load(file)?;
    let all = block_on(app::retain(&config, arguments.dry_run))?;
    for one in &all {
        let line = if arguments.json {
            serde_json::to_string(one).map_err(anyhow::Error::from)?
        } else {
            shown(one)
        };
        output::print(&line)?;
    }
    if all.is_empty() {
        output::talk("nothing is over its time");
    }
    Ok(())
}

fn shown(one: &OverItsTime) -> String {
    format!("{}: {} {}", one.gateway, one.kind, one.count)
}
