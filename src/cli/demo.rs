//! `postern demo`: everything at work in one process.

use std::path::PathBuf;

use super::{CliFault, block_on, quiet_logs};
use crate::app::{self, DemoOptions};
use crate::lifecycle::Lifecycle;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Keep the database and the configuration in this folder; without it nothing is left behind
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> Result<(), CliFault> {
    quiet_logs();
    let options = DemoOptions {
        keep: arguments.keep,
    };
    let done = block_on(async {
        let lifecycle = Lifecycle::new();
        lifecycle.listen_to_signals()?;
        let stop = lifecycle.tasks().token();
        app::demo(options, &mut std::io::stdout(), &stop).await
    });
    done.map_err(CliFault::while_printing)
}
