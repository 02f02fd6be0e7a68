//! The command line of the bench.

use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::database::Kind;

/// The groups of rows that `--only` takes, in the order in which they are measured.
pub const GROUPS: &[&str] = &[
    "webhooks",
    "sends",
    "deliveries",
    "callbacks",
    "single",
    "feed",
    "stock",
    "history",
    "mailbox",
    "mailout",
];

/// Measures postern on this machine beside what the machine allows.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// On which database.
    #[arg(long, value_enum, default_value = "both")]
    database: Which,
    /// How long each loaded measurement takes.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How often everything is measured, alternating.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many connections load the daemon.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Two rounds of two seconds, and a tenth of the stock.
    #[arg(long)]
    pub quick: bool,
    /// One group of rows, with those that it builds on.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(GROUPS))]
    only: Option<String>,
    /// Be the ceiling on this database; the bench starts itself so.
    #[arg(long, hide = true)]
    pub ceiling: Option<String>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Which databases are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
    Both,
}

impl Arguments {
    /// Reads the command line.
    pub fn read() -> Self {
        Self::parse()
    }

    /// The databases to measure.
    pub fn databases(&self) -> Vec<Kind> {
        match self.database {
            Which::Sqlite => vec![Kind::Sqlite],
            Which::Postgres => vec![Kind::Postgres],
            Which::Both => vec![Kind::Sqlite, Kind::Postgres],
        }
    }

    /// How long a loaded measurement takes.
    pub fn time(&self) -> Duration {
        Duration::from_secs(if self.quick { 2 } else { self.seconds })
    }

    /// How often everything is measured.
    pub fn rounds(&self) -> usize {
        if self.quick { 2 } else { self.rounds }
    }

    /// How many messages are sent, delivered and reported in a round, at most.
    pub fn sends(&self) -> usize {
        if self.quick { 4_000 } else { 20_000 }
    }

    /// Whether anything is asked for that is measured beside the ceiling.
    pub fn wants_rounds(&self) -> bool {
        !matches!(
            self.only.as_deref(),
            Some("stock" | "history" | "mailbox" | "mailout")
        )
    }

    /// Whether a group of rows is asked for, by itself or for one that builds on it.
    pub fn wants(&self, group: &str) -> bool {
        match self.only.as_deref() {
            None => true,
            Some("deliveries") => matches!(group, "sends" | "deliveries"),
            Some("callbacks") => matches!(group, "sends" | "deliveries" | "callbacks"),
            Some(only) => only == group,
        }
    }
}
