//! The result: a row for each figure, with what it must be and what it should be.

use std::fmt;

use crate::measure::median;

/// What a figure is held against.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// At least this share of the ceiling.
    Share(f64),
    /// At most this, in the row's unit.
    Most(f64),
}

/// One figure, measured in several rounds.
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The unit of the figures.
    pub unit: &'static str,
    /// A figure for each round.
    pub values: Vec<f64>,
    /// The ceiling of the same rounds, where the figure is held against it.
    pub ceiling: Vec<f64>,
    /// What it must be, and what it should be; nothing for figures that are there to be known.
    pub limits: Option<(Limit, Limit)>,
}

impl Row {
    /// The median of the shares of the ceiling, each taken within its round.
    fn share(&self) -> Option<f64> {
        let shares: Vec<f64> = self
            .values
            .iter()
            .zip(&self.ceiling)
            .map(|(value, ceiling)| value / ceiling)
            .collect();
        (!shares.is_empty()).then(|| median(&shares))
    }

    fn meets(&self, limit: Limit) -> bool {
        match limit {
            Limit::Share(least) => self.share().is_some_and(|share| share >= least),
            Limit::Most(most) => median(&self.values) <= most,
        }
    }

    fn verdict(&self) -> &'static str {
        match self.limits {
            None => "",
            Some((_, aim)) if self.meets(aim) => "aim met",
            Some((must, _)) if self.meets(must) => "must met",
            Some(_) => "**missed**",
        }
    }
}

/// The rows of one database, and what else is to be known.
#[derive(Default)]
pub struct Table {
    /// The rows, in the order of their measurement.
    pub rows: Vec<Row>,
    /// Sentences below the table.
    pub notes: Vec<String>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what | median (min–max) | of *C* | must | aim | verdict |\n|---|---|---|---|---|---|"
        )?;
        for row in &self.rows {
            let share = row.share().map(|share| format!("{share:.2}"));
            let (must, aim) = row.limits.map_or_else(Default::default, |(must, aim)| {
                (limit(must, row.unit), limit(aim, row.unit))
            });
            writeln!(
                f,
                "| {} | {} | {} | {must} | {aim} | {} |",
                row.name,
                figures(&row.values, row.unit),
                share.unwrap_or_default(),
                row.verdict()
            )?;
        }
        writeln!(f)?;
        for note in &self.notes {
            writeln!(f, "- {note}")?;
        }
        Ok(())
    }
}

fn limit(limit: Limit, unit: &str) -> String {
    match limit {
        Limit::Share(least) => format!("≥ {least} C"),
        Limit::Most(most) => format!("≤ {} {unit}", figure(most)),
    }
}

fn figures(values: &[f64], unit: &str) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = figure(median(values));
    if values.len() < 2 {
        return format!("{middle} {unit}");
    }
    format!("{middle} {unit} ({}–{})", figure(least), figure(most))
}

/// Three digits that count.
fn figure(value: f64) -> String {
    match value {
        large if large >= 100.0 => format!("{large:.0}"),
        middle if middle >= 10.0 => format!("{middle:.1}"),
        small if small >= 1.0 => format!("{small:.2}"),
        tiny => format!("{tiny:.3}"),
    }
}
