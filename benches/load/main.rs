//! The load bench: starts the real program, loads it over HTTP with signed requests, counts what
//! arrived, and measures in the same run what the machine allows (the ceiling *C*).
//!
//! `cargo bench --bench load -- [--database sqlite|postgres|both] [--seconds 8] [--rounds 3]
//! [--connections 64] [--quick] [--only NAME]`. Prints Markdown on standard output and talk on
//! standard error. Everything stays on the loopback, and nothing is left running.
//!
//! All figures are of a durable daemon: SQLite with WAL and `synchronous = FULL`, PostgreSQL with
//! fsync and `synchronous_commit` on; the ceiling is as durable. The configuration is the default
//! one, with one Twilio gateway whose provider is this program.

#![expect(
    unreachable_pub,
    reason = "the modules of a program have no other crate to be private to"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "measured figures are small against what a float holds"
)]

mod arguments;
mod ceiling;
mod client;
mod daemon;
mod database;
mod figures;
mod fill;
mod history;
mod machine;
mod mailbox;
mod mailout;
mod measure;
mod peer;
mod provider;
mod requests;
mod rounds;
mod sink;
mod stock;
mod stream;
mod table;

use arguments::Arguments;

// As in the program itself, so that the ceiling stands on the same ground.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    if let Some(url) = &arguments.ceiling {
        return ceiling::serve(url);
    }
    // One thread for the load: it shares the machine's cores with what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    println!("{}", machine::facts());
    for kind in arguments.databases() {
        let mut table = table::Table::default();
        let place = database::Place::make(kind)?;
        if arguments.wants_rounds() {
            rounds::run(arguments, &place, &mut table).await?;
        }
        if arguments.wants("stock") {
            stock::run(arguments, &place, &mut table).await?;
        }
        if arguments.wants("history") {
            history::run(arguments, &place, &mut table).await?;
        }
        if arguments.wants("mailbox") {
            mailbox::run(arguments, &place, &mut table).await?;
        }
        if arguments.wants("mailout") {
            mailout::run(arguments, &place, &mut table).await?;
        }
        println!("\n### {}\n\n{table}", kind.name());
    }
    Ok(())
}
