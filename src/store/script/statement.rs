//! A statement in the words of both databases, and what stands for its placeholders.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::pack::Column;
use super::super::rows::Kind;
use super::super::{Conn, StoreFault};

/// What stands for a placeholder.
#[derive(Debug)]
pub(in crate::store) enum Argument {
    /// A text, or keys as JSON.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Bytes, or rows as JSONB.
    Bytes(Vec<u8>),
    /// A column of rows, for PostgreSQL.
    Column(Column),
}

/// A statement for each database, made once and kept for ever.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    pub(super) lite: &'static str,
    pub(super) pg: &'static str,
    /// The table it writes to; on PostgreSQL one trip writes to each table once, because the
    /// parts of a statement do not see each other's rows.
    pub(super) table: &'static str,
    /// The columns that its rows fill, when it inserts.
    columns: Vec<(&'static str, Kind)>,
    pub(super) number: usize,
}

impl Statement {
    /// A statement that writes to a table, in the words of both databases.
    pub(in crate::store) fn new(table: &'static str, lite: &'static str, pg: &'static str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        Self {
            lite,
            pg,
            table,
            columns: Vec::new(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The same with the columns that its rows fill.
    pub(in crate::store) fn with_columns(self, columns: &[(&'static str, Kind)]) -> Self {
        Self {
            columns: columns.to_vec(),
            ..self
        }
    }

    /// The columns that its rows fill; none unless it inserts.
    pub(in crate::store) fn columns(&self) -> &[(&'static str, Kind)] {
        &self.columns
    }

    /// A question. It only reads: in hope it is run without a transaction, and what it wrote could
    /// not be taken back.
    pub(in crate::store) fn ask(lite: &'static str, pg: &'static str) -> Self {
        for text in [lite, pg] {
            assert!(
                text.starts_with("SELECT"),
                "a question that may write: {text}"
            );
        }
        Self::new("", lite, pg)
    }

    /// A statement without arguments that reads the same on both databases.
    pub(in crate::store) fn plain(text: &'static str) -> Self {
        Self::new("", text, text)
    }

    /// Has the statement run with whatever goes to the database next.
    pub(in crate::store) fn defer(&'static self, conn: &mut Conn, arguments: Vec<Argument>) {
        conn.script().waiting.push((self, arguments));
    }

    /// Runs the statement, which has no arguments, after what waits.
    pub(in crate::store) async fn run_now(
        &'static self,
        conn: &mut Conn,
    ) -> Result<(), StoreFault> {
        self.defer(conn, Vec::new());
        conn.flush().await
    }
}

/// A statement that is to be run.
pub(super) type Waiting = (&'static Statement, Vec<Argument>);
