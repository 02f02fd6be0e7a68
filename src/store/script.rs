//! Statements that go to the database together: one trip, however many they are.
//!
//! What a trip costs is the way there and back: SQLite runs on a thread of its own, PostgreSQL
//! behind a socket. So what is written waits on its connection until something is read there, or
//! until the transaction ends, and then goes with that. SQLite takes the statements as one text.
//! PostgreSQL takes one statement with the others in its WITH clause. All arguments are bound.

mod joined;
mod statement;

use futures_util::TryStreamExt as _;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Either, Executor as _, FromRow, Row as _, SqliteConnection};

use super::event::{self, Head};
use super::writer::hope;
use super::{Conn, StoreFault};

use joined::{Form, bind_lite, bind_pg, groups, joins, together};
use statement::Waiting;
pub(super) use statement::{Argument, Statement};

/// What waits on a connection.
#[derive(Debug, Default)]
pub struct Script {
    waiting: Vec<Waiting>,
    /// The head row, once it was read: it comes with the transaction, or with hope.
    head: Option<Head>,
    /// Whether it is hoped that nobody writes before this unit is done; see `hope`.
    hopeful: bool,
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
        let waiting = &self.script().waiting;
        let joins = |(nth, one)| nth == 0 || joins(&waiting[..nth], one);
        waiting.iter().enumerate().all(joins)
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
