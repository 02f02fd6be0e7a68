//! The databases that are measured: files in a folder of the bench, and a PostgreSQL of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr as _;

use anyhow::{Context as _, ensure};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// The script that runs a private PostgreSQL.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pg");

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Where databases are made, and everything else that goes with them; gone when dropped.
pub struct Place {
    /// Which databases are made here.
    pub kind: Kind,
    server: Option<Server>,
    folder: TempDir,
}

impl Place {
    /// A folder, and a server where one is needed.
    pub fn make(kind: Kind) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("postern-bench-")?;
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Server::start(folder.path())?),
        };
        Ok(Self {
            kind,
            server,
            folder,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An empty database.
    pub async fn database(&self, name: &str) -> anyhow::Result<Database> {
        let Some(server) = &self.server else {
            let file = self.folder().join(name).with_extension("db");
            return Ok(Database {
                kind: self.kind,
                url: format!("sqlite://{}", file.display()),
            });
        };
        let mut connection = PgConnection::connect(&server.url).await?;
        let statement = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(statement).execute(&mut connection).await?;
        connection.close().await?;
        let (base, _) = server.url.rsplit_once('/').context("a URL has a path")?;
        Ok(Database {
            kind: self.kind,
            url: format!("{base}/{name}"),
        })
    }

    /// Seconds of processor time that the server and its backends used.
    pub fn processor_time(&self) -> f64 {
        self.server
            .as_ref()
            .map_or(0.0, |server| crate::machine::family_time(server.process))
    }
}

/// One database.
pub struct Database {
    /// Which.
    pub kind: Kind,
    /// What stands under `database.url`.
    pub url: String,
}

impl Database {
    /// Connects to it, beside whoever else works on it.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        Ok(match self.kind {
            Kind::Sqlite => {
                let path = self.url.strip_prefix("sqlite://").unwrap_or(&self.url);
                let options = SqliteConnectOptions::from_str("sqlite:")?
                    .filename(path)
                    .create_if_missing(false)
                    .foreign_keys(false);
                Connection::Sqlite(SqliteConnection::connect_with(&options).await?)
            }
            Kind::Postgres => Connection::Postgres(PgConnection::connect(&self.url).await?),
        })
    }

    /// What a statement counts.
    pub async fn count(&self, statement: &'static str) -> anyhow::Result<i64> {
        self.connect().await?.count(statement).await
    }
}

/// A connection of the bench's own.
pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    /// What a statement counts.
    pub async fn count(&mut self, statement: &'static str) -> anyhow::Result<i64> {
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(statement).fetch_one(connection).await?,
            Self::Postgres(connection) => {
                sqlx::query_scalar(statement).fetch_one(connection).await?
            }
        })
    }

    /// Runs statements, each on its own.
    pub async fn run(&mut self, statement: String) -> anyhow::Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement));
        match self {
            Self::Sqlite(connection) => statement.execute(connection).await.map(|_| ())?,
            Self::Postgres(connection) => statement.execute(connection).await.map(|_| ())?,
        }
        Ok(())
    }
}

/// A private PostgreSQL, as durable as one in production.
struct Server {
    url: String,
    folder: PathBuf,
    process: u32,
}

impl Server {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        // The server may run as somebody else, who has to get through.
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o711);
        std::fs::set_permissions(folder, open)?;
        let folder = folder.join("pg");
        let output = Command::new(SCRIPT)
            .arg("start")
            .arg(&folder)
            .arg(std::process::id().to_string())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "tests/pg start: {said}");
        let process = std::fs::read_to_string(folder.join("data/postmaster.pid"))?;
        let process = process.lines().next().unwrap_or_default().parse()?;
        let url = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Self {
            url,
            folder,
            process,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = Command::new(SCRIPT).arg("stop").arg(&self.folder).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("bench: PostgreSQL in {} still runs", self.folder.display());
        }
    }
}
