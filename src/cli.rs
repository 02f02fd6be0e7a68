//! The command line: one file per subcommand, each of which reads its arguments and calls one
//! function of [`crate::app`].
//!
//! Standard output carries data, standard error talk. Knows no rule of the trade.

mod agent;
mod check_config;
mod demo;
mod fault;
mod key;
mod mailbox;
mod migrate;
mod openapi;
mod output;
mod retention;
mod segments;
mod serve;
mod simulate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::telemetry::{LogFormat, LogLevel, init_logs};
use fault::CliFault;

/// What is read when nobody names a file, if it is there.
const USUAL_FILE: &str = "config/postern.toml";

/// An SMS and e-mail gateway: nothing lost, nothing twice.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    /// The configuration file; without it config/postern.toml if there is one, else the defaults
    #[arg(long, global = true, env = "POSTERN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon until SIGTERM or Ctrl-C
    Serve,
    /// Show everything at work in one process, on an empty database and a simulated carrier
    Demo(demo::Arguments),
    /// Say everything that is wrong with the configuration, without network or database
    CheckConfig(check_config::Arguments),
    /// Bring the database to this program's version
    Migrate,
    /// Agents, the people who log in
    Agent(agent::Arguments),
    /// API keys
    Key(key::Arguments),
    /// Mailboxes that are read
    Mailbox(mailbox::Arguments),
    /// Remove what was kept for as long as it may be, or say what that is
    Retention(retention::Arguments),
    /// Count the segments of a text
    Segments(segments::Arguments),
    /// Play a carrier to test against
    Simulate(simulate::Arguments),
    /// Print the OpenAPI document
    Openapi,
}

/// Runs the command that the process was started with.
///
/// Exit codes: 0 done, 1 failed, 2 usage, 78 bad configuration (`EX_CONFIG`).
pub fn main() -> ExitCode {
    // Refused only when a provider is installed already, and there is but one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to standard output, which may be closed; that is no fault of ours.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(fault::USAGE));
        }
    };
    match run(arguments) {
        Ok(()) | Err(CliFault::ClosedPipe) => ExitCode::SUCCESS,
        Err(fault) => {
            output::talk(&fault.to_string());
            ExitCode::from(fault.exit_code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), CliFault> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Command::Serve => serve::run(file),
        Command::Demo(arguments) => demo::run(arguments),
        Command::CheckConfig(arguments) => check_config::run(&arguments, file),
        Command::Migrate => migrate::run(&load(file)?),
        Command::Agent(arguments) => agent::run(arguments, file),
        Command::Key(arguments) => key::run(arguments, file),
        Command::Mailbox(arguments) => mailbox::run(arguments, file),
        Command::Retention(arguments) => retention::run(&arguments, file),
        Command::Segments(arguments) => segments::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Openapi => openapi::run(),
    }
}

/// The file that holds the configuration; nothing when the built-in defaults do.
fn config_file(named: Option<&Path>) -> Option<&Path> {
    let usual = Path::new(USUAL_FILE);
    named.or_else(|| usual.exists().then_some(usual))
}

fn load(named: Option<&Path>) -> Result<Config, CliFault> {
    match config_file(named) {
        Some(file) => Ok(Config::load(file)?),
        None => Ok(Config::default()),
    }
}

/// For commands that a person waits for: only what matters is logged.
fn quiet_logs() {
    init_logs(LogFormat::Human, LogLevel::Warn);
}

/// Runs a command that needs the runtime.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> Result<T, CliFault> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow::Error::new(error).context("failed to start the runtime"))?;
    let done = runtime.block_on(work);
    // A task that cannot be dropped must not keep a stopped daemon alive.
    runtime.shutdown_background();
    Ok(done?)
}
