//! `postern check-config`: everything that is wrong with the configuration; works offline.

use std::path::Path;

use serde_json::json;

use super::fault::explained;
use super::{CliFault, config_file, output};
use crate::app;
use crate::config::{Config, ConfigFault, Fault};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print one JSON object: ok, file, gateways, faults
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, named: Option<&Path>) -> Result<(), CliFault> {
    let file = config_file(named);
    let shown = shown(file);
    let loaded = file.map_or_else(|| Ok(Config::default()), Config::load);
    let checked = loaded.map_err(CliFault::from).and_then(|config| {
        check(&config, &shown)?;
        Ok(config)
    });
    if arguments.json {
        return print_json(&shown, checked);
    }
    let config = checked?;
    let gateways = config.gateways.len();
    output::print(&output::visible(&format!(
        "{shown}: ok, gateways: {gateways}"
    )))
}

/// How the place of the configuration is named to a person.
pub(super) fn shown(file: Option<&Path>) -> String {
    file.map_or_else(
        || "the built-in defaults".to_owned(),
        |file| file.display().to_string(),
    )
}

/// Opens every gateway as `serve` would.
pub(super) fn check(config: &Config, file: &str) -> Result<(), CliFault> {
    app::check(config).map_err(|reason| match reason.downcast() {
        Ok(fault) => CliFault::Config(fault),
        Err(reason) => CliFault::Gateways {
            file: file.to_owned(),
            reason,
        },
    })
}

fn print_json(file: &str, checked: Result<Config, CliFault>) -> Result<(), CliFault> {
    let told = |ok: bool, gateways: usize, faults: &[Fault]| {
        let object = json!({"ok": ok, "file": file, "gateways": gateways, "faults": faults});
        output::print(&object.to_string())
    };
    match checked {
        Ok(config) => told(true, config.gateways.len(), &[]),
        Err(CliFault::Config(ConfigFault { faults })) => {
            told(false, 0, &faults)?;
            Err(CliFault::ConfigTold)
        }
        Err(CliFault::Gateways { file, reason }) => {
            let fault = Fault {
                file,
                line: 0,
                column: 0,
                reason: explained(&reason),
                fix: "change the gateway or its profile".to_owned(),
            };
            told(false, 0, &[fault])?;
            Err(CliFault::ConfigTold)
        }
        Err(other) => Err(other),
    }
}
