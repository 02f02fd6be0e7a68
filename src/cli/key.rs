//! `postern key create`: makes an API key and prints it alone, once.

use std::path::Path;

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{CliFault, block_on, load, output, quiet_logs};
use crate::app;
use crate::domain::agent::Role;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key and print it; it is shown this once
    Create {
        /// What the key is for
        #[arg(value_parser = name)]
        name: String,
        /// What it may do
        #[arg(long, value_parser = role_names())]
        role: Role,
        /// The agent it acts for, by name, e-mail address or id; else one called NAME
        #[arg(long)]
        agent: Option<String>,
    },
}

pub(super) fn run(arguments: Arguments, file: Option<&Path>) -> Result<(), CliFault> {
    let Command::Create { name, role, agent } = arguments.command;
    quiet_logs();
    let config = load(file)?;
    let secret = block_on(app::create_key(&config, &name, role, agent.as_deref()))?;
    output::print(&secret)
}

/// The longest name, as in the API.
const LONGEST_NAME: usize = 100;

/// Reads a name, which has to say something.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(format!("a name has 1 to {LONGEST_NAME} characters"));
    }
    Ok(name.to_owned())
}

/// Reads a role, and lists them in the help.
pub(super) fn role_names() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new([Role::Observer, Role::Agent, Role::Admin].map(Role::as_str))
        .map(|name| Role::from_name(&name).expect("only names of roles are possible"))
}
