//! `postern mailbox reconcile`: compares mailboxes with what is stored, beside a running daemon.

use std::path::Path;

use clap::Subcommand;

use super::{CliFault, block_on, load, output, quiet_logs};
use crate::app::{self, MailboxReconciled};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare the mails on the server with what is stored, and fetch what is missing
    Reconcile {
        /// The gateway; without it, every one that has a mailbox
        gateway: Option<String>,
        /// Print one JSON object a line: gateway, on_server, gaps, fetched
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: Arguments, file: Option<&Path>) -> Result<(), CliFault> {
    quiet_logs();
    let config = load(file)?;
    let Command::Reconcile { gateway, json } = arguments.command;
    let all = block_on(app::reconcile_mailboxes(&config, gateway.as_deref()))?;
    for one in all {
        let line = if json {
            serde_json::to_string(&one).map_err(anyhow::Error::from)?
        } else {
            shown(&one)
        };
        output::print(&line)?;
    }
    Ok(())
}

fn shown(one: &MailboxReconciled) -> String {
    let gateway = &one.gateway;
    match one.found {
        Some(found) => format!(
            "{gateway}: mails on the server {}, unknown {}, fetched {}",
            found.on_server, found.gaps, found.fetched
        ),
        None => format!("{gateway}: the daemon has not read this mailbox yet"),
    }
}
