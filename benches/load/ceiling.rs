//! The ceiling *C*: the same HTTP server and the same store doing nothing but one multi-row insert
//! of a message row and an event row per batch, each request waiting for its commit.
//!
//! It runs as a process of its own, as the daemon does, and takes the same posts; it reads their
//! bodies and verifies nothing. Requests that arrive during a commit are the next batch.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use postern::domain::clock::Clock;
use postern::domain::id::{EventId, MessageId};
use postern::http::server::{ServerLimits, serve as serve_http};
use postern::lifecycle::Tasks;
use postern::store::{Conn, Location, OpenOptions, Store, StoreFault};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::database::{Database, Kind};

/// How many requests may wait, and how many go into a batch: as in the engine.
const WAITING: usize = 8_192;
const BATCH: usize = 256;

const SQLITE_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS bench_message
        (id BLOB PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS bench_event
        (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, message_id BLOB NOT NULL, type TEXT NOT NULL,
         at INTEGER NOT NULL) STRICT;";
const SQLITE_MESSAGES: &str = "INSERT INTO bench_message (id, body, created_at)
    SELECT unhex(value->>'id', '-'), value->>'body', value->>'at' FROM json_each($1)";
const SQLITE_EVENTS: &str = "INSERT INTO bench_event (id, message_id, type, at)
    SELECT unhex(value->>'event', '-'), unhex(value->>'id', '-'), 'message.received', value->>'at'
    FROM json_each($1)";

const POSTGRES_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS bench_message
        (id UUID PRIMARY KEY, body TEXT NOT NULL, created_at BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS bench_event
        (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id UUID NOT NULL,
         message_id UUID NOT NULL, type TEXT NOT NULL, at BIGINT NOT NULL);";
const POSTGRES_MESSAGES: &str = "INSERT INTO bench_message (id, body, created_at)
    SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::bigint[])";
const POSTGRES_EVENTS: &str = "INSERT INTO bench_event (id, message_id, type, at)
    SELECT e, m, 'message.received', t FROM UNNEST($1::uuid[], $2::uuid[], $3::bigint[]) AS u(e, m, t)";

/// The ceiling as a process; killed when dropped.
pub struct Ceiling {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl Ceiling {
    /// Starts this program again as the ceiling on an empty database.
    pub fn start(database: &Database) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--ceiling", &database.url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().context("its output is piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().context("the ceiling did not start")?;
        Ok(Self { address, child })
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What one request leaves.
#[derive(Serialize)]
struct Row {
    id: Uuid,
    event: Uuid,
    body: String,
    at: i64,
}

type Waiting = (Row, oneshot::Sender<bool>);

/// Is the ceiling on this database; prints its address once it listens.
pub fn serve(url: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(url))
}

async fn run(url: &str) -> anyhow::Result<()> {
    let (kind, location) = match url.strip_prefix("sqlite://") {
        Some(path) => (Kind::Sqlite, Location::Sqlite(path.into())),
        None => (Kind::Postgres, Location::Postgres(url.to_owned())),
    };
    let tasks = Tasks::new();
    let store = Store::open(&location, &OpenOptions::default(), &tasks).await?;
    let tables = match kind {
        Kind::Sqlite => SQLITE_TABLES,
        Kind::Postgres => POSTGRES_TABLES,
    };
    let url = url.to_owned();
    let mut connection = Database { kind, url }.connect().await?;
    connection.run(tables.to_owned()).await?;
    let (queue, waiting) = mpsc::channel(WAITING);
    tasks.spawn("batches", write_batches(store, waiting));
    let router = Router::new()
        .route("/hooks/{gateway}", post(receive))
        .with_state(queue);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let limits = ServerLimits {
        max_connections: 10_000,
        header_timeout: Duration::from_secs(10),
        drain: Duration::from_secs(1),
    };
    serve_http(listener, router, limits, &tasks).await;
    Ok(())
}

async fn receive(
    State(queue): State<mpsc::Sender<Waiting>>,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let (answer, answered) = oneshot::channel();
    let row = Row {
        id: MessageId::new().0,
        event: EventId::new().0,
        body: String::from_utf8_lossy(&body).into_owned(),
        at: Clock::System.now().0,
    };
    let stored = queue.send((row, answer)).await.is_ok() && answered.await.unwrap_or(false);
    if stored {
        (StatusCode::OK, "<Response/>")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not stored")
    }
}

async fn write_batches(store: Store, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (rows, answers): (Vec<Row>, Vec<_>) = batch.drain(..).unzip();
        let rows = Arc::new(rows);
        let unit = store.write::<(), StoreFault, _>(move |tx| {
            Box::pin(async move { insert(&mut tx.conn, &rows).await })
        });
        let stored = unit.await;
        if let Err(fault) = &stored {
            eprintln!("bench: the ceiling did not store: {fault}");
        }
        for answer in answers {
            // Whoever gave up waiting needs no answer.
            let _ = answer.send(stored.is_ok());
        }
    }
}

async fn insert(conn: &mut Conn, rows: &[Row]) -> Result<(), StoreFault> {
    match conn {
        Conn::Sqlite(conn, _) => {
            let rows = serde_json::to_string(rows).expect("plain values always serialise");
            for statement in [SQLITE_MESSAGES, SQLITE_EVENTS] {
                let query = sqlx::query(statement).bind(&rows);
                query.execute(&mut **conn).await?;
            }
        }
        Conn::Postgres(conn, _) => {
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
            let events: Vec<Uuid> = rows.iter().map(|row| row.event).collect();
            let bodies: Vec<&str> = rows.iter().map(|row| row.body.as_str()).collect();
            let times: Vec<i64> = rows.iter().map(|row| row.at).collect();
            let messages = sqlx::query(POSTGRES_MESSAGES).bind(&ids).bind(bodies);
            messages.bind(&times).execute(&mut **conn).await?;
            let query = sqlx::query(POSTGRES_EVENTS).bind(events).bind(ids);
            query.bind(times).execute(&mut **conn).await?;
        }
    }
    Ok(())
}
