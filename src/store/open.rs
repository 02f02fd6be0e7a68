//! Opening a database: its folder, its settings, its promises, its version.

use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row, SqlitePool};

use super::{Location, OpenOptions, Pool, StoreFault, migrations};

/// How many connections read.
const READERS: u32 = 8;

/// How long a connection is waited for before the caller hears that there is none.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Bytes in a page. A message touches a few places far apart, and each of them costs a whole page
/// of the write-ahead log; small pages are less to write and to sync.
const PAGE: u32 = 2_048;

/// Pages in the write-ahead log that start a checkpoint. A large figure keeps checkpoints, which
/// stall the commit that starts them, rare; the log stays near 64 MB.
const CHECKPOINT_PAGES: &str = "32000";

/// The writer's cache, in KiB with a minus. Balancing a tree has SQLite look through all of the
/// cache's slots at the commit, so a larger one costs each commit more than it saves in reads.
const WRITER_CACHE: &str = "-8192";

pub(super) struct Opened {
    pub(super) readers: Pool,
    pub(super) writer: Pool,
    pub(super) lock: Option<File>,
}

pub(super) async fn open(location: &Location, options: &OpenOptions) -> Result<Opened, StoreFault> {
    match location {
        Location::Sqlite(path) => open_sqlite(path, options).await,
        Location::Postgres(url) => open_postgres(url, options).await,
    }
}

async fn open_sqlite(path: &Path, options: &OpenOptions) -> Result<Opened, StoreFault> {
    let fault = |source| StoreFault::File {
        path: path.display().to_string(),
        source,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    let lock = if options.exclusive {
        Some(lock_file(path)?)
    } else {
        None
    };
    let base = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", "134217728")
        // What a statement would need to be taken back: as much as a slice changes, for moments.
        .pragma("temp_store", "memory")
        // Rows of a slice come in one go, not a few at a time with a wait in between.
        .row_buffer_size(1_024);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(base.clone())
        .await?;
    migrations::sqlite(&writer).await?;
    check_sqlite(&writer, options).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .connect_lazy_with(base.read_only(true).pragma("cache_size", "-4096"));
    Ok(Opened {
        readers: Pool::Sqlite(readers),
        writer: Pool::Sqlite(writer),
        lock,
    })
}

/// Two daemons on one file would both think that every gateway is theirs.
fn lock_file(path: &Path) -> Result<File, StoreFault> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let fault = |source| StoreFault::File {
        path: name.display().to_string(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreFault::Locked(path.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// The pragmas were asked for; a file system without shared memory may have refused one.
async fn check_sqlite(pool: &SqlitePool, options: &OpenOptions) -> Result<(), StoreFault> {
    let mode: String = sqlx::query("PRAGMA journal_mode")
        .fetch_one(pool)
        .await?
        .get(0);
    let synchronous: i64 = sqlx::query("PRAGMA synchronous")
        .fetch_one(pool)
        .await?
        .get(0);
    if (mode != "wal" || synchronous < 2) && !options.accept_data_loss {
        return Err(StoreFault::Unsafe(format!(
            "journal_mode is {mode}, synchronous is {synchronous}"
        )));
    }
    Ok(())
}

async fn open_postgres(url: &str, options: &OpenOptions) -> Result<Opened, StoreFault> {
    let timeout = options.statement_timeout.as_millis().to_string();
    let base = PgConnectOptions::from_str(url)?
        .application_name("postern")
        .options([
            ("statement_timeout", timeout.as_str()),
            ("lock_timeout", "10000"),
            // A daemon that was stopped in a transaction must not hold up the others for ever.
            ("idle_in_transaction_session_timeout", "10000"),
            // Every query of ours has its index and says by which table it starts. Planned from
            // statistics that lag behind a queue that grew and shrank within seconds, some read and
            // sorted all of it instead.
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("enable_sort", "off"),
            ("jit", "off"),
        ]);
    let writer = connect_postgres(&base).await?;
    check_postgres(&writer, options).await?;
    migrations::postgres(&writer).await?;
    let readers = PgPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .connect_lazy_with(base);
    Ok(Opened {
        readers: Pool::Postgres(readers),
        writer: Pool::Postgres(writer),
        lock: None,
    })
}

/// The writer's one connection. A pool waits for a server that takes none, and then only knows
/// that it waited; one more try says why.
async fn connect_postgres(base: &PgConnectOptions) -> Result<sqlx::PgPool, StoreFault> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE)
        .connect_with(base.clone())
        .await;
    let source = match pool {
        Ok(pool) => return Ok(pool),
        Err(sqlx::Error::PoolTimedOut) => match tokio::time::timeout(ACQUIRE, base.connect()).await
        {
            Ok(Err(source)) => source,
            Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut,
        },
        Err(source) => source,
    };
    let (host, port) = (base.get_host(), base.get_port());
    let name = base.get_database().unwrap_or_default();
    let place = format!("{host}:{port}/{name}");
    Err(StoreFault::Closed { place, source })
}

async fn check_postgres(pool: &sqlx::PgPool, options: &OpenOptions) -> Result<(), StoreFault> {
    if options.accept_data_loss {
        return Ok(());
    }
    for statement in [
        "SHOW fsync",
        "SHOW full_page_writes",
        "SHOW synchronous_commit",
    ] {
        let value: String = sqlx::query(statement).fetch_one(pool).await?.get(0);
        if value == "off" {
            return Err(StoreFault::Unsafe(format!(
                "{} is off",
                statement.trim_start_matches("SHOW ")
            )));
        }
    }
    Ok(())
}
