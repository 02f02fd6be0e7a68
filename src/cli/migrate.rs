//! `postern migrate`: brings the database to this program's version.

use super::{CliFault, block_on, output, quiet_logs};
use crate::app;
use crate::config::Config;

pub(super) fn run(config: &Config) -> Result<(), CliFault> {
    quiet_logs();
    block_on(app::migrate(config))?;
    output::talk("the database is at this program's version");
    Ok(())
}
