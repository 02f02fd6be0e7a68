//! A fresh, empty database for each test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use postern::store::Location;
use sqlx::Connection as _;
use tempfile::TempDir;

/// A database of its own, and a folder for everything else.
pub struct Db {
    /// What stands under `database.url`.
    pub url: String,
    folder: TempDir,
}

impl Db {
    /// An empty SQLite database.
    pub fn sqlite() -> Self {
        let folder = TempDir::with_prefix("postern-test-").unwrap();
        let url = format!("sqlite://{}", folder.path().join("postern.db").display());
        Self { url, folder }
    }

    /// An empty database on the tests' PostgreSQL.
    pub async fn postgres() -> Self {
        Self::on_server(server_url()).await
    }

    /// An empty database on some PostgreSQL.
    pub async fn on_server(server: &str) -> Self {
        let name = format!("test_{:032x}", rand::random::<u128>());
        let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        let (server, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{server}/{name}"),
            folder: TempDir::with_prefix("postern-test-").unwrap(),
        }
    }

    /// Changes something behind the daemon's back.
    pub async fn execute(&self, statement: &'static str) {
        match self.location() {
            Location::Sqlite(path) => {
                let mut connection = sqlite(path).await;
                sqlx::query(statement)
                    .execute(&mut connection)
                    .await
                    .map(drop)
            }
            Location::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                sqlx::query(statement)
                    .execute(&mut connection)
                    .await
                    .map(drop)
            }
        }
        .unwrap();
    }

    /// Keeps everybody from writing until it is released.
    pub async fn hold_writers(&self) -> Held {
        match self.location() {
            Location::Sqlite(path) => {
                let mut connection = sqlite(path).await;
                let begin = sqlx::query("BEGIN IMMEDIATE");
                begin.execute(&mut connection).await.unwrap();
                Held::Sqlite(connection)
            }
            Location::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
                for statement in ["BEGIN", "LOCK TABLE head IN EXCLUSIVE MODE"] {
                    sqlx::query(statement)
                        .execute(&mut connection)
                        .await
                        .unwrap();
                }
                Held::Postgres(connection)
            }
        }
    }

    /// Where a store finds it.
    pub fn location(&self) -> Location {
        match self.url.strip_prefix("sqlite://") {
            Some(path) => Location::Sqlite(path.into()),
            None => Location::Postgres(self.url.clone()),
        }
    }

    /// A folder that goes with the database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Writers that are kept waiting.
pub enum Held {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Held {
    /// Lets them go on.
    pub async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
        .unwrap();
    }
}

async fn sqlite(path: PathBuf) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap()
}

/// The PostgreSQL of `tests/run`, or one of this process's own when it is run without.
fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("POSTERN_TEST_PG") {
        Ok(url) => url,
        Err(_) => PgServer::start_for_this_process().url,
    })
}

/// A PostgreSQL that a test may crash.
pub struct PgServer {
    pub url: String,
    folder: PathBuf,
}

impl PgServer {
    /// A new server; it stops by itself when this process is gone.
    pub fn start_for_this_process() -> Self {
        let folder = format!(
            "postern-pg-{}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        );
        let folder = Path::new("/tmp").join(folder);
        let output = Command::new(script())
            .arg("start")
            .arg(&folder)
            .arg(std::process::id().to_string())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "tests/pg start: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let url = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { url, folder }
    }

    /// Stops it as a power cut would.
    pub fn crash(&self) {
        self.run("crash");
    }

    /// Starts it again.
    pub fn again(&self) {
        self.run("again");
    }

    fn run(&self, what: &str) {
        let status = Command::new(script()).arg(what).arg(&self.folder).status();
        assert!(status.unwrap().success(), "tests/pg {what}");
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pg")
}
