//! Many rows in one statement: rows travel packed (see `pack`), and the database unfolds them.
//!
//! The cost of writing is per trip and per statement, not per row (`quality/performance.md`), and
//! as many arguments for any number of rows keep the text constant, so that it is prepared once.

use std::future::{Ready, ready};

use serde::{Deserialize, Serialize};

use super::{Conn, StoreFault, pack};
pub(super) use crate::store::pack::Piece;
pub(super) use crate::store::script::{Argument, Statement};

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// An id.
    Id,
    /// Bytes; see [`Piece`].
    Bytes,
}

impl Statement {
    /// An insert of many rows into a table, with what follows a conflict.
    ///
    /// Every part is a constant of the program. It is made once per table and kept for ever.
    pub(super) fn insert(
        table: &'static str,
        columns: &[(&'static str, Kind)],
        tail: &str,
    ) -> Self {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let head = [" INTO ", table, " (", &names.join(", "), ") SELECT "].concat();
        let lite_values: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(nth, (_, kind))| lite_value(nth, *kind))
            .collect();
        let pg_arrays: Vec<String> = columns
            .iter()
            .zip(1..)
            .map(|((_, kind), nth)| pg_array(nth, *kind))
            .collect();
        // What fails takes its whole unit back, so SQLite need not prepare to take back only the
        // statement. It needs a WHERE before ON CONFLICT, to know that that belongs to no join.
        let lite = [
            "INSERT OR FAIL",
            &head,
            &lite_values.join(", "),
            " FROM jsonb_each($1) WHERE true ",
            tail,
        ]
        .concat();
        let pg = [
            "INSERT",
            &head,
            "* FROM UNNEST(",
            &pg_arrays.join(", "),
            ") AS e ",
            tail,
        ]
        .concat();
        Self::new(table, lite.leak(), pg.leak()).with_columns(columns)
    }

    /// Has the statement run over the rows, if there are any, with whatever goes to the database
    /// next: what it does wrong is heard of there. A statement that is no insert gets them as JSON.
    pub(super) fn run<R: Serialize>(
        &'static self,
        conn: &mut Conn,
        rows: &[R],
    ) -> Ready<Result<(), StoreFault>> {
        if !rows.is_empty() {
            let arguments = match (self.columns(), &*conn) {
                ([], _) => vec![Argument::Text(json(rows))],
                (columns, Conn::Sqlite(..)) => vec![Argument::Bytes(pack::jsonb(columns, rows))],
                (columns, Conn::Postgres(..)) => pack::columns(columns, rows)
                    .into_iter()
                    .map(Argument::Column)
                    .collect(),
            };
            self.defer(conn, arguments);
        }
        ready(Ok(()))
    }
}

/// The rows, ids or keys as the JSON array that is bound.
pub(super) fn json<R: Serialize>(rows: &[R]) -> String {
    serde_json::to_string(rows).expect("rows of plain values always serialise")
}

fn lite_value(nth: usize, kind: Kind) -> String {
    let field = format!("value->>'$[{nth}]'");
    match kind {
        Kind::Text | Kind::Int | Kind::Bool => field,
        Kind::Id | Kind::Bytes => format!("CAST({field} AS BLOB)"),
    }
}

fn pg_array(nth: usize, kind: Kind) -> String {
    let name = match kind {
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Bool => "boolean",
        Kind::Id => "uuid",
        Kind::Bytes => "bytea",
    };
    format!("${nth}::{name}[]")
}

/// Reads a stored name of one of our enums.
pub(super) fn known<T>(name: &str, read: fn(&str) -> Option<T>) -> Result<T, StoreFault> {
    read(name).ok_or_else(|| StoreFault::Unreadable(name.to_owned()))
}

/// Reads an enum that has a serde name.
pub(super) fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, StoreFault> {
    serde_json::from_value(serde_json::Value::String(name.to_owned()))
        .map_err(|_| StoreFault::Unreadable(name.to_owned()))
}

/// The serde name of an enum.
pub(super) fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("an enum of plain names serialises to a string, not to {other:?}"),
    }
}

/// Counts and numbers of parts are small; what is not came from elsewhere.
pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Among the ids that are bound as `$1`, on SQLite.
macro_rules! lite_ids {
    () => {
        " IN (SELECT unhex(value, '-') FROM json_each($1))"
    };
}

/// Among the ids that are bound as `$1`, on PostgreSQL: an array, which always goes by the index.
macro_rules! pg_ids {
    () => {
        " = ANY(ARRAY(SELECT e.id::uuid FROM jsonb_array_elements_text($1::jsonb) AS e(id)))"
    };
}

/// Among the names that are bound as `$1`, on SQLite.
macro_rules! lite_names {
    () => {
        " IN (SELECT value FROM json_each($1))"
    };
}

/// Among the names that are bound as `$1`, on PostgreSQL.
macro_rules! pg_names {
    () => {
        " = ANY(ARRAY(SELECT e.name FROM jsonb_array_elements_text($1::jsonb) AS e(name)))"
    };
}

pub(super) use {lite_ids, lite_names, pg_ids, pg_names};
