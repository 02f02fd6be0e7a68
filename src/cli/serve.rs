//! `postern serve`: runs the daemon.

use std::path::Path;

use super::check_config::{check, shown};
use super::{CliFault, block_on, config_file, load};
use crate::app;
use crate::telemetry::init_logs;

pub(super) fn run(named: Option<&Path>) -> Result<(), CliFault> {
    let config = load(named)?;
    init_logs(config.log.format, config.log.level);
    check(&config, &shown(config_file(named)))?;
    block_on(app::serve(config))
}
