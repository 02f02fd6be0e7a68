//! `postern serve`: runs the daemon.

use std::path::Path;

use super::check_config::{check, shown};
use super::{CliFault, block_on, config_file, load, output};
use crate::app;
use crate::telemetry::init_logs;

pub(super) fn run(named: Option<&Path>) -> Result<(), CliFault> {
    let config = load(named)?;
    init_logs(config.log.format, config.log.level);
    check(&config, &shown(config_file(named)))?;
    block_on(app::serve(config, |link| {
        output::talk(
            "nobody can log in yet; the link on standard output makes the first admin, once",
        );
        // With nobody to read it there is nobody to make an admin.
        let _ = output::print(link);
    }))
}
