//! Statements that go to the database together: one trip, however many they are.
//!
//! What a trip costs is the way there and back: SQLite runs on a thread of its own, PostgreSQL
//! behind a socket. So what is written waits on its connection until something is read there, or
//! until the transaction ends, and then goes with that. SQLite takes the statements as one text.
//! PostgreSQL takes one statement with the others in its WITH clause. All arguments are bound.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use futures_util::TryStreamExt as _;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Either, Executor as _, FromRow, Postgres, Row as _, Sqlite, SqliteConnection};

use super::event::{self, Head};
use super::pack::Column;
use super::rows::Kind;
use super::writer::hope;
use super::{Conn, StoreFault};

/// What stands for a placeholder.
#[derive(Debug)]
pub(super) enum Argument {
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
pub(super) struct Statement {
    lite: &'static str,
    pg: &'static str,
    /// The table it writes to; on PostgreSQL one trip writes to each table once, because the
    /// parts of a statement do not see each other's rows.
    table: &'static str,
    /// The columns that its rows fill, when it inserts.
    columns: Vec<(&'static str, Kind)>,
    number: usize,
}

impl Statement {
    /// A statement that writes to a table, in the words of both databases.
    pub(super) fn new(table: &'static str, lite: &'static str, pg: &'static str) -> Self {
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
    pub(super) fn with_columns(self, columns: &[(&'static str, Kind)]) -> Self {
        Self {
            columns: columns.to_vec(),
            ..self
        }
    }

    /// The columns that its rows fill; none unless it inserts.
    pub(super) fn columns(&self) -> &[(&'static str, Kind)] {
        &self.columns
    }

    /// A question.
    pub(super) fn ask(lite: &'static str, pg: &'static str) -> Self {
        Self::new("", lite, pg)
    }

    /// A statement without arguments that reads the same on both databases.
    pub(super) fn plain(text: &'static str) -> Self {
        Self::new("", text, text)
    }

    /// Has the statement run with whatever goes to the database next.
    pub(super) fn defer(&'static self, conn: &mut Conn, arguments: Vec<Argument>) {
        conn.script().waiting.push((self, arguments));
    }

    /// Runs the statement, which has no arguments, after what waits.
    pub(super) async fn run_now(&'static self, conn: &mut Conn) -> Result<(), StoreFault> {
        self.defer(conn, Vec::new());
        conn.flush().await
    }
}

type Waiting = (&'static Statement, Vec<Argument>);

/// What waits on a connection.
#[derive(Debug, Default)]
pub struct Script {
    waiting: Vec<Waiting>,
    /// The head row, once it was read: it comes with the transaction, or with hope.
    head: Option<Head>,
    /// Whether it is hoped that nobody writes before this unit is done; see `hope`.
    hopeful: bool,
}

/// How statements become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// One after the other.
    Lite,
    /// All but the last in the WITH clause of the last.
    PgWrites,
    /// All in the WITH clause of a statement that gives their rows as a column each, in JSON.
    PgAnswers,
}

/// The text of these statements together. It is made of constants alone and kept for ever, as are
/// they; which of them meet is decided by the code, so there are some dozens of texts.
fn together(form: Form, statements: &[Waiting]) -> &'static str {
    type Texts = HashMap<(Form, Vec<usize>), &'static str>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let numbers = statements.iter().map(|(one, _)| one.number).collect();
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((form, numbers))
        .or_insert_with(|| join(form, statements).leak())
}

fn join(form: Form, statements: &[Waiting]) -> String {
    let (mut text, mut before, last) = (String::new(), 0, statements.len() - 1);
    for (nth, (statement, arguments)) in statements.iter().enumerate() {
        let (own, named) = match form {
            Form::Lite => (statement.lite, false),
            Form::PgWrites => (statement.pg, nth < last),
            Form::PgAnswers => (statement.pg, true),
        };
        if named {
            text.push_str(if nth == 0 { "WITH " } else { ", " });
            text.push('p');
            text.push_str(&nth.to_string());
            text.push_str(" AS (");
        }
        count_on(own, before, &mut text);
        text.push_str(match (form, named) {
            (Form::Lite, _) => ";",
            (_, true) => ")",
            (_, false) => "",
        });
        before += arguments.len();
        if form == Form::PgWrites && nth + 1 == last {
            text.push(' ');
        }
    }
    if form == Form::PgAnswers {
        for nth in 0..=last {
            text.push_str(if nth == 0 { " SELECT " } else { ", " });
            write!(text, "(SELECT json_agg(p{nth}) FROM p{nth})::text").expect("a text takes all");
        }
    }
    text
}

/// Adds a statement's text, its placeholders counting on from those before it.
fn count_on(statement: &str, before: usize, text: &mut String) {
    let mut rest = statement;
    while let Some(at) = rest.find('$') {
        let digits = &rest[at + 1..];
        let end = digits.find(|c: char| !c.is_ascii_digit());
        let end = end.unwrap_or(digits.len());
        text.push_str(&rest[..=at]);
        // What no number follows is the root of a path into JSON.
        if let Ok(nth) = digits[..end].parse::<usize>() {
            text.push_str(&(before + nth).to_string());
        }
        rest = &digits[end..];
    }
    text.push_str(rest);
}

/// The rows that one statement of a script gave.
#[derive(Debug)]
pub(super) enum Rows {
    Lite(Vec<SqliteRow>),
    /// As a JSON array.
    Pg(Option<String>),
}

impl Rows {
    /// The rows, read.
    pub(super) fn read<R>(&self) -> Result<Vec<R>, StoreFault>
    where
        R: for<'r> FromRow<'r, SqliteRow> + DeserializeOwned,
    {
        match self {
            Self::Lite(rows) => {
                let rows: Result<_, sqlx::Error> = rows.iter().map(R::from_row).collect();
                Ok(rows?)
            }
            Self::Pg(None) => Ok(Vec::new()),
            Self::Pg(Some(rows)) => serde_json::from_str(rows)
                .map_err(|fault| StoreFault::Unreadable(fault.to_string())),
        }
    }
}

macro_rules! bind {
    ($text:expr, $waiting:expr, $column:expr) => {{
        let mut query = sqlx::query($text);
        for argument in $waiting.into_iter().flat_map(|(_, arguments)| arguments) {
            query = match argument {
                Argument::Text(text) => query.bind(text),
                Argument::Int(number) => query.bind(number),
                Argument::Bytes(bytes) => query.bind(bytes),
                Argument::Column(column) => $column(query, column),
            };
        }
        query
    }};
}

fn bind_lite(text: &'static str, waiting: Vec<Waiting>) -> Query<'static, Sqlite, SqliteArguments> {
    let column = |_, _| unreachable!("rows go to SQLite as JSONB");
    bind!(text, waiting, column)
}

fn bind_pg(text: &'static str, waiting: Vec<Waiting>) -> Query<'static, Postgres, PgArguments> {
    fn column(
        query: Query<'static, Postgres, PgArguments>,
        column: Column,
    ) -> Query<'static, Postgres, PgArguments> {
        match column {
            Column::Text(values) => query.bind(values),
            Column::Int(values) => query.bind(values),
            Column::Bool(values) => query.bind(values),
            Column::Id(values) => query.bind(values),
            Column::Bytes(values) => query.bind(values),
        }
    }
    bind!(text, waiting, column)
}

impl Conn {
    fn script(&mut self) -> &mut Script {
        match self {
            Self::Sqlite(_, script) | Self::Postgres(_, script) => script,
        }
    }

    /// Forgets what waits, because its transaction is given up.
    pub(super) fn forget(&mut self) {
        self.script().waiting.clear();
    }

    /// Whether anything waits.
    pub(super) fn waits(&mut self) -> bool {
        !self.script().waiting.is_empty()
    }

    /// Whether no transaction is open, in the hope that none is needed.
    pub(super) fn is_hopeful(&mut self) -> bool {
        self.script().hopeful
    }

    /// Begins or ends to hope.
    pub(super) fn set_hopeful(&mut self, hopeful: bool) {
        self.script().hopeful = hopeful;
    }

    /// Whether what waits goes in one trip.
    pub(super) fn goes_at_once(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.script().waiting);
        let groups = groups(waiting);
        let at_once = groups.len() <= 1;
        self.script().waiting = groups.into_iter().flatten().collect();
        at_once
    }

    /// The head row that the transaction began with, once it has.
    pub(super) fn head(&mut self) -> Option<Head> {
        self.script().head
    }

    /// Records that a transaction began, or that none has.
    pub(super) fn set_head(&mut self, head: Option<Head>) {
        self.script().head = head;
    }

    /// Runs what waits, before something else is run.
    pub(super) async fn flush(&mut self) -> Result<(), StoreFault> {
        if self.is_hopeful() {
            hope::give_up(self).await?;
        }
        self.run().await
    }

    /// Runs what waits.
    pub(super) async fn run(&mut self) -> Result<(), StoreFault> {
        let waiting = std::mem::take(&mut self.script().waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sqlite(conn, script) => drop(run_lite(conn, script, waiting).await?),
            Self::Postgres(conn, _) => {
                for group in groups(waiting) {
                    let query = bind_pg(together(Form::PgWrites, &group), group);
                    conn.execute(query).await?;
                }
            }
        }
        Ok(())
    }

    /// Runs what waits; gives back the rows of the last so many statements, which are questions.
    pub(super) async fn answers<const N: usize>(&mut self) -> Result<[Rows; N], StoreFault> {
        let mut waiting = std::mem::take(&mut self.script().waiting);
        let rows: Vec<Rows> = match self {
            Self::Sqlite(conn, script) => {
                let mut all = run_lite(conn, script, waiting).await?;
                let asked = all.split_off(all.len().saturating_sub(N));
                asked.into_iter().map(Rows::Lite).collect()
            }
            Self::Postgres(..) => {
                let mut asked = waiting.split_off(waiting.len().saturating_sub(N));
                if !waiting.is_empty() {
                    self.script().waiting = waiting;
                    self.flush().await?;
                }
                let Self::Postgres(conn, script) = self else {
                    unreachable!("a connection stays with its database");
                };
                let hopes = script.hopeful && script.head.is_none();
                if hopes {
                    asked.push((event::ask_head(), Vec::new()));
                }
                let query = bind_pg(together(Form::PgAnswers, &asked), asked);
                let row = conn.fetch_one(query).await?;
                if hopes {
                    let head: Vec<Head> = Rows::Pg(row.try_get(N)?).read()?;
                    script.head = head.into_iter().next();
                }
                let column = |nth| Ok(Rows::Pg(row.try_get(nth)?));
                (0..N).map(column).collect::<Result<_, sqlx::Error>>()?
            }
        };
        let fewer = |_| StoreFault::Unreadable("fewer answers than were asked for".to_owned());
        rows.try_into().map_err(fewer)
    }
}

/// Runs the statements on SQLite; gives back the rows of each. A head row among them is kept.
async fn run_lite(
    conn: &mut SqliteConnection,
    script: &mut Script,
    waiting: Vec<Waiting>,
) -> Result<Vec<Vec<SqliteRow>>, StoreFault> {
    let begun = waiting.iter().position(|(one, _)| event::is_head(one));
    let query = bind_lite(together(Form::Lite, &waiting), waiting);
    let (mut stream, mut all, mut rows) = (conn.fetch_many(query), Vec::new(), Vec::new());
    while let Some(next) = stream.try_next().await? {
        match next {
            Either::Right(row) if begun == Some(all.len()) => {
                script.head = Some(Head::from_row(&row)?);
            }
            Either::Right(row) => rows.push(row),
            Either::Left(_) => all.push(std::mem::take(&mut rows)),
        }
    }
    Ok(all)
}

/// The statements in groups that may go together: each table once, and what names none alone.
fn groups(waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut groups: Vec<Vec<Waiting>> = Vec::new();
    for one in waiting {
        let joins = |group: &&mut Vec<Waiting>| {
            let tables = group.iter().map(|(other, _)| other.table);
            !one.0.table.is_empty()
                && tables
                    .into_iter()
                    .all(|table| !table.is_empty() && table != one.0.table)
        };
        match groups.last_mut().filter(joins) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (Vec<Waiting>, Vec<Waiting>) {
        static ONE: LazyLock<Statement> =
            LazyLock::new(|| Statement::new("a", "A $1 $2 $1", "P $1 $2 $1"));
        static TWO: LazyLock<Statement> =
            LazyLock::new(|| Statement::new("b", "B $1->'$[0]'", "Q $1"));
        let make = || {
            vec![
                (&*ONE, vec![Argument::Int(1), Argument::Int(2)]),
                (&*TWO, vec![Argument::Int(3)]),
            ]
        };
        (make(), make())
    }

    #[test]
    fn placeholders_count_on_from_statement_to_statement() {
        let (statements, _) = two();
        assert_eq!(join(Form::Lite, &statements), "A $1 $2 $1;B $3->'$[0]';");
        assert_eq!(
            join(Form::PgWrites, &statements),
            "WITH p0 AS (P $1 $2 $1) Q $3"
        );
        assert_eq!(
            join(Form::PgAnswers, &statements),
            "WITH p0 AS (P $1 $2 $1), p1 AS (Q $3) \
             SELECT (SELECT json_agg(p0) FROM p0)::text, (SELECT json_agg(p1) FROM p1)::text"
        );
    }

    #[test]
    fn a_table_is_written_once_in_a_trip() {
        let (mut statements, again) = two();
        statements.extend(again);
        let sizes: Vec<_> = groups(statements).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2]);
    }
}
