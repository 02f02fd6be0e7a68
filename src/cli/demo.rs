//! `postern demo`: everything at work in one process.

use std::path::PathBuf;

use super::CliFault;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Keep the database and the configuration in this folder; without it nothing is left behind
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliFault> {
    let Arguments { keep: _ } = arguments;
    Err(anyhow::anyhow!("demo is not built yet").into())
}
