//! Many rows in one statement: rows travel as one JSON array, which both databases unfold.
//!
//! The cost of writing is per trip and per statement, not per row (`quality/performance.md`), and one bound
//! argument keeps the statement's text constant, so that it is prepared once.

use std::future::{Ready, ready};

use serde::{Deserialize, Serialize};

use super::{Conn, StoreFault};
pub(super) use crate::store::script::{Argument, Statement};

/// What a column holds, and so how it is taken out of JSON.
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
    /// Bytes that lie beside the rows; see [`Beside`].
    Bytes,
    /// Text that lies there.
    TextBeside,
}

/// What is too large to be a part of the rows' JSON: it is bound as it is, and the rows say where
/// in it each piece lies.
#[derive(Debug, Default)]
pub(super) struct Beside(Vec<u8>);

impl Beside {
    /// Adds a piece; gives back where it lies, from one, and how long it is.
    pub(super) fn add(&mut self, piece: &[u8]) -> (usize, usize) {
        let at = self.0.len() + 1;
        self.0.extend_from_slice(piece);
        (at, piece.len())
    }
}

impl Statement {
    /// An insert of many rows into a table, with what follows a conflict.
    ///
    /// Every part is a constant of the program. It is made once per table and kept for ever.
    pub(super) fn insert(table: &'static str, columns: &[(&str, Kind)], tail: &str) -> Self {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let head = ["INSERT INTO ", table, " (", &names.join(", "), ") SELECT "].concat();
        let unfold = |value: fn(&str, Kind) -> String| {
            columns
                .iter()
                .map(|(name, kind)| value(name, *kind))
                .collect::<Vec<_>>()
                .join(", ")
        };
        // SQLite needs a WHERE before ON CONFLICT, to know that it does not belong to a join.
        let lite = [
            &head,
            &unfold(lite_value),
            " FROM jsonb_each($1) WHERE true ",
            tail,
        ]
        .concat();
        let pg = [
            &head,
            &unfold(pg_value),
            " FROM jsonb_array_elements($1::jsonb) AS e(v) ",
            tail,
        ]
        .concat();
        Self::new(table, lite.leak(), pg.leak())
    }

    /// Has the statement run over the rows, if there are any, with whatever goes to the database
    /// next: what it does wrong is heard of there.
    pub(super) fn run<R: Serialize>(
        &'static self,
        conn: &mut Conn,
        rows: &[R],
    ) -> Ready<Result<(), StoreFault>> {
        if !rows.is_empty() {
            self.defer(conn, vec![Argument::Text(json(rows))]);
        }
        ready(Ok(()))
    }

    /// The same, with the bytes that the rows point into.
    pub(super) fn run_beside<R: Serialize>(
        &'static self,
        conn: &mut Conn,
        rows: &[R],
        beside: Beside,
    ) -> Ready<Result<(), StoreFault>> {
        if !rows.is_empty() {
            let arguments = vec![Argument::Text(json(rows)), Argument::Bytes(beside.0)];
            self.defer(conn, arguments);
        }
        ready(Ok(()))
    }
}

/// The rows, ids or keys as the JSON array that is bound.
pub(super) fn json<R: Serialize>(rows: &[R]) -> String {
    serde_json::to_string(rows).expect("rows of plain values always serialise")
}

fn lite_value(name: &str, kind: Kind) -> String {
    let field = ["value->>'", name, "'"].concat();
    let place = ["value->'", name, "'->>"].concat();
    let piece = || ["substr($2, ", &place, "0, ", &place, "1)"].concat();
    match kind {
        Kind::Text | Kind::Int | Kind::Bool => field,
        Kind::Id => ["unhex(", &field, ", '-')"].concat(),
        Kind::Bytes => piece(),
        Kind::TextBeside => ["CAST(", &piece(), " AS TEXT)"].concat(),
    }
}

fn pg_value(name: &str, kind: Kind) -> String {
    let field = ["v->>'", name, "'"].concat();
    let place = ["(v->'", name, "'->>"].concat();
    let piece = || {
        [
            "substr($2::bytea, ",
            &place,
            "0)::int, ",
            &place,
            "1)::int)",
        ]
        .concat()
    };
    match kind {
        Kind::Text => field,
        Kind::Int => ["(", &field, ")::bigint"].concat(),
        Kind::Bool => ["(", &field, ")::boolean"].concat(),
        Kind::Id => ["(", &field, ")::uuid"].concat(),
        Kind::Bytes => piece(),
        Kind::TextBeside => ["convert_from(", &piece(), ", 'UTF8')"].concat(),
    }
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
