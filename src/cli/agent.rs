//! `postern agent add`: adds somebody who can log in, with the password from standard input.

use std::io::{self, BufRead, Read};
use std::path::Path;

use clap::Subcommand;

use super::key::role_names;
use super::{CliFault, block_on, load, output, quiet_logs};
use crate::app;
use crate::domain::address::{Address, AddressFault};
use crate::domain::agent::Role;
use crate::domain::password;

/// More bytes than the longest password has in UTF-8, with its line end.
const LONGEST_LINE: u64 = 4 * password::LONGEST as u64 + 2;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an agent; the password is the first line of standard input, the id is printed
    Add {
        /// The name; no two agents share one
        #[arg(value_parser = super::key::name)]
        name: String,
        /// The e-mail address they log in with
        #[arg(long, value_parser = mailbox)]
        email: String,
        /// What they may do
        #[arg(long, value_parser = role_names())]
        role: Role,
    },
}

pub(super) fn run(arguments: Arguments, file: Option<&Path>) -> Result<(), CliFault> {
    let Command::Add { name, email, role } = arguments.command;
    quiet_logs();
    let config = load(file)?;
    let password = read_password(&name, &email)?;
    let id = block_on(app::add_agent(&config, &name, &email, role, &password))?;
    output::print(&id)
}

/// Reads an e-mail address, and keeps it as it was written.
fn mailbox(text: &str) -> Result<String, AddressFault> {
    Address::parse_email(text).map(|_| text.trim().to_owned())
}

fn read_password(name: &str, email: &str) -> Result<String, CliFault> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(LONGEST_LINE + 1)
        .read_line(&mut line)
        .map_err(|error| CliFault::Usage(format!("standard input has no password: {error}")))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        let reason = "standard input has no password; write it as the first line";
        return Err(CliFault::Usage(reason.to_owned()));
    }
    if let Err(weak) = password::check(password, &[name, email]) {
        return Err(CliFault::Usage(format!("the password {weak}")));
    }
    Ok(password.to_owned())
}
