//! The database: all SQL of the program, on SQLite and on PostgreSQL, one file per table.
//!
//! Everything is written by `writer`, in transactions that it forms of whatever waits; reading
//! goes through a pool. The store does not know what a provider, a request or a worker is.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

/// Runs one body on whichever database the connection belongs to, after what waits there.
macro_rules! on {
    ($conn:expr, $c:ident => $body:expr) => {{
        let conn: &mut $crate::store::Conn = $conn;
        conn.flush().await?;
        match conn {
            $crate::store::Conn::Sqlite(conn, _) => {
                let $c = &mut **conn;
                $body
            }
            $crate::store::Conn::Postgres(conn, _) => {
                let $c = &mut **conn;
                $body
            }
        }
    }};
}

/// The text for the database at hand, where the two must differ.
macro_rules! sql {
    ($conn:expr, lite: $lite:expr, pg: $pg:expr $(,)?) => {
        match $conn {
            $crate::store::Conn::Sqlite(..) => $lite,
            $crate::store::Conn::Postgres(..) => $pg,
        }
    };
}

pub mod agent;
pub mod attachment;
pub mod audit;
pub mod bookmark;
pub mod contact;
pub mod conversation;
pub mod deletion;
pub mod delivery;
pub mod draft;
pub mod erase;
pub mod event;
pub mod gateway;
pub mod idempotency;
pub mod issue;
pub mod key;
pub mod mail;
pub mod mailbox;
pub mod merge;
pub mod message;
mod migrations;
pub mod note;
mod open;
pub mod opt_out;
pub mod origin;
mod pack;
pub mod quick_reply;
pub mod raw;
pub mod reference;
pub mod retention;
pub mod roster;
mod rows;
mod scope;
mod script;
pub mod search;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod sla;
pub mod slice;
pub mod suppression;
pub mod tag;
pub mod tally;
pub mod team;
pub mod timeline;
pub mod view;
mod writer;

pub use script::Script;
pub use writer::Tx;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A URL, with its password.
    Postgres(String),
}

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The database cannot be reached, or answered with an error.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// There is no connection to begin with.
    #[error(
        "the database at {place} cannot be opened: {source}; check database.url, and that it runs there"
    )]
    Closed {
        /// The server and the name of the database.
        place: String,
        /// What the server or the network says.
        source: sqlx::Error,
    },
    /// The transaction that this was part of was not committed.
    #[error("the database did not commit: {0}")]
    NotCommitted(String),
    /// Others wrote since the unit began to read; nothing of it was stored.
    #[error("others wrote meanwhile")]
    Outrun,
    /// Too much waits to be written; nothing of this was stored.
    #[error("too much is waiting to be written")]
    Busy,
    /// The database would lose what was accepted.
    #[error(
        "the database may lose what it accepted: {0}; change that, or set database.accept_data_loss = true"
    )]
    Unsafe(String),
    /// Another daemon has the file.
    #[error("{} is in use by another daemon; SQLite serves one, PostgreSQL several", .0.display())]
    Locked(PathBuf),
    /// The database was written by a newer program.
    #[error(
        "the database is at version {found}, this program knows {known}; start the newer program"
    )]
    TooNew {
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file or its folder cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A migration failed.
    #[error("the database could not be brought to this program's version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What was read is not what the program writes.
    #[error("the database holds {0:?}, which this program does not know")]
    Unreadable(String),
}

impl StoreFault {
    /// Whether the statement was refused for what it said, so that others may go on without it.
    pub fn is_about_data(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(fault)) => {
                fault.code().is_some_and(|code| blames_data(&code))
            }
            _ => false,
        }
    }
}

/// Whether a code of SQLite's or PostgreSQL's speaks of what was said, rather than of a disk that
/// is full or a server that goes down.
fn blames_data(code: &str) -> bool {
    // PostgreSQL: data, integrity, syntax, limits of the program (appendix A, by class).
    if code.len() == 5 {
        return ["22", "23", "42", "54"].contains(&&code[..2]);
    }
    // SQLite: error, too big, constraint, mismatch; the low byte is the primary code.
    let code: i32 = code.parse().unwrap_or(0);
    [1, 18, 19, 20].contains(&(code & 0xff))
}

/// A connection to either database, and what waits to be run there with the next statement.
#[derive(Debug)]
pub enum Conn {
    /// To a SQLite file.
    Sqlite(PoolConnection<Sqlite>, Script),
    /// To a PostgreSQL server.
    Postgres(PoolConnection<Postgres>, Script),
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    async fn acquire(&self) -> Result<Conn, StoreFault> {
        Ok(match self {
            Self::Sqlite(pool) => Conn::Sqlite(pool.acquire().await?, Script::default()),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await?, Script::default()),
        })
    }

    async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// How much may wait to be written before more is refused.
const WAITING: usize = 4_096;

/// The database of one daemon.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    writer: writer::Handle,
    committed: tokio::sync::broadcast::Sender<std::sync::Arc<Vec<crate::domain::event::Event>>>,
    _lock: Option<std::sync::Arc<std::fs::File>>,
}

impl Store {
    /// Opens the database, brings it to this program's version and starts the writer.
    pub async fn open(
        location: &Location,
        options: &OpenOptions,
        tasks: &crate::lifecycle::Tasks,
    ) -> Result<Self, StoreFault> {
        let opened = open::open(location, options).await?;
        let (committed, _) = tokio::sync::broadcast::channel(1_024);
        let writer = writer::start(opened.writer, committed.clone(), WAITING, tasks);
        Ok(Self {
            pool: opened.readers,
            writer,
            committed,
            _lock: opened.lock.map(std::sync::Arc::new),
        })
    }

    /// A connection to read from.
    pub async fn read(&self) -> Result<Conn, StoreFault> {
        self.pool.acquire().await
    }

    /// Runs a unit of work in a transaction and answers once that is on disk.
    ///
    /// The unit may await nothing but the database. If it fails, nothing of it is stored.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> futures_util::future::BoxFuture<'c, Result<T, E>>
            + Send
            + 'static,
    {
        self.writer.write(unit).await
    }

    /// The same for a unit that may be run twice, of which only the last counts. Where several
    /// daemons share a database it may be run without a transaction first.
    pub async fn write_in_hope<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> futures_util::future::BoxFuture<'c, Result<T, E>>
            + Clone
            + Send
            + 'static,
    {
        self.writer.write_in_hope(unit).await
    }

    /// What was committed, as it is committed, by this daemon.
    pub fn committed(
        &self,
    ) -> tokio::sync::broadcast::Receiver<std::sync::Arc<Vec<crate::domain::event::Event>>> {
        self.committed.subscribe()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreFault> {
        let mut conn = self.read().await?;
        on!(&mut conn, c => sqlx::query("SELECT 1").execute(c).await.map(drop))?;
        Ok(())
    }

    /// Whether several daemons may work on this database at once.
    pub fn is_shared(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    /// Closes every connection, once the writer has stopped.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// How the database is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Work on a database that would lose what was accepted.
    pub accept_data_loss: bool,
    /// Be the one daemon that serves a SQLite file.
    pub exclusive: bool,
    /// How long a statement may take.
    pub statement_timeout: Duration,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            accept_data_loss: false,
            exclusive: false,
            statement_timeout: Duration::from_secs(30),
        }
    }
}
