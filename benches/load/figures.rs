//! What the rounds measured, as rows of the table.

use crate::database::Kind;
use crate::measure::median;
use crate::table::{Limit, Row, Table};

/// A figure for each round.
#[derive(Default)]
pub struct Figures {
    pub ceiling: Vec<f64>,
    pub ceiling_p99: Vec<f64>,
    pub ceiling_processor: Vec<f64>,
    pub fsync: Vec<f64>,
    pub webhooks: Vec<f64>,
    pub webhooks_p50: Vec<f64>,
    pub webhooks_p99: Vec<f64>,
    pub processor: Vec<f64>,
    pub own_processor: Vec<f64>,
    pub single: Vec<f64>,
    pub single_p99: Vec<f64>,
    pub sends: Vec<f64>,
    pub sends_p99: Vec<f64>,
    pub deliveries: Vec<f64>,
    pub callbacks: Vec<f64>,
    pub callbacks_p99: Vec<f64>,
    pub feed: Vec<f64>,
    pub feed_p50: Vec<f64>,
    pub memory_idle: Vec<f64>,
    pub memory_run: Vec<f64>,
}

impl Figures {
    /// Adds everything to the table.
    pub fn report(self, kind: Kind, table: &mut Table) {
        describe(&self, table);
        add_rows(self, kind, table);
    }
}

fn row(
    name: &str,
    unit: &'static str,
    values: Vec<f64>,
    ceiling: &[f64],
    limits: Option<(Limit, Limit)>,
) -> Row {
    Row {
        name: name.to_owned(),
        unit,
        values,
        ceiling: ceiling.to_vec(),
        limits,
    }
}

fn add_rows(figures: Figures, kind: Kind, table: &mut Table) {
    let fsync = median(&figures.fsync);
    let ceiling = figures.ceiling.clone();
    let share = |must, aim| Some((Limit::Share(must), Limit::Share(aim)));
    let most = |must, aim| Some((Limit::Most(must), Limit::Most(aim)));
    let webhooks = match kind {
        Kind::Sqlite => share(0.5, 0.8),
        Kind::Postgres => share(0.25, 0.5),
    };
    let rows = [
        row("ceiling *C*", "/s", figures.ceiling, &[], None),
        row(
            "signed webhooks",
            "/s",
            figures.webhooks,
            &ceiling,
            webhooks,
        ),
        row(
            "p99 of the same",
            "ms",
            figures.webhooks_p99,
            &[],
            most(50.0, 10.0),
        ),
        row(
            "processor time per received message",
            "ms",
            figures.processor,
            &[],
            most(0.2, 0.08),
        ),
        row(
            "one connection, no load, p50",
            "ms",
            figures.single,
            &[],
            most(3.0 * fsync, fsync + 0.5),
        ),
        row(
            "accepted sends",
            "/s",
            figures.sends,
            &ceiling,
            share(0.25, 0.5),
        ),
        row(
            "queued → at the provider, recorded",
            "/s",
            figures.deliveries,
            &ceiling,
            share(0.15, 0.3),
        ),
        row(
            "status callbacks folded",
            "/s",
            figures.callbacks,
            &ceiling,
            share(0.25, 0.5),
        ),
        row(
            "answered → SSE subscriber, p99",
            "ms",
            figures.feed,
            &[],
            most(50.0, 10.0),
        ),
        row(
            "memory, idle",
            "MB",
            figures.memory_idle,
            &[],
            most(60.0, 30.0),
        ),
        row(
            "memory, most in the run",
            "MB",
            figures.memory_run,
            &[],
            most(200.0, 100.0),
        ),
    ];
    table
        .rows
        .extend(rows.into_iter().filter(|row| !row.values.is_empty()));
}

/// The figures that no row is judged by.
fn describe(figures: &Figures, table: &mut Table) {
    let shown = |values: &[f64]| format!("{:.3} ms", median(values));
    for (what, values) in [
        ("Webhooks p50", &figures.webhooks_p50),
        (
            "An fsync of 4 KiB at the end of a file in the same folder, p50, each round",
            &figures.fsync,
        ),
        ("Ceiling p99", &figures.ceiling_p99),
        (
            "Processor time of the ceiling per message",
            &figures.ceiling_processor,
        ),
        ("One connection p99", &figures.single_p99),
        ("Accepted sends p99", &figures.sends_p99),
        ("Status callbacks p99", &figures.callbacks_p99),
        ("SSE p50", &figures.feed_p50),
        (
            "Processor time of the load generator per webhook",
            &figures.own_processor,
        ),
    ] {
        if !values.is_empty() {
            table.notes.push(format!("{what}: {}.", shown(values)));
        }
    }
}
