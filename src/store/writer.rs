//! The one writer: forms transactions of whatever waits, and answers after the commit.
//!
//! What was asked while the last commit ran is the next transaction, so the cost of a commit is
//! shared by all who wait for it, with no timer and nothing to tune. Each transaction begins with
//! the row of `head`, which on PostgreSQL orders the daemons as SQLite's lock does: there is
//! one writer at a time, and the feed's numbers have no gap and none comes late.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::{Conn, Pool, StoreFault, event};
use crate::domain::event::{Event, NewEvent};
use crate::lifecycle::crash_point;

/// How many units may share a transaction.
const UNITS: usize = 64;

/// How long the writer rests after the database could not be reached.
const REST: Duration = Duration::from_millis(200);

/// A transaction in the making.
#[derive(Debug)]
pub struct Tx {
    /// The connection, for the queries of the store.
    pub conn: Conn,
    events: Vec<NewEvent>,
    issue_number: i64,
}

impl Tx {
    /// Puts an event into the feed, in the order of the calls.
    pub fn emit(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// The number that was given to the newest issue; set it after giving out more.
    pub fn issue_number(&mut self) -> &mut i64 {
        &mut self.issue_number
    }
}

/// What a unit leaves behind: whether it may be kept, and how to answer once that is certain.
type Answer = Box<dyn FnOnce(Result<(), Arc<str>>) + Send>;
type Unit = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, (bool, Answer)> + Send>;

#[derive(Clone)]
pub(super) struct Handle {
    queue: mpsc::Sender<Unit>,
}

impl Handle {
    pub(super) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreFault> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let boxed: Unit = Box::new(move |tx| {
            Box::pin(async move {
                let result = AssertUnwindSafe(unit(tx))
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|_| {
                        Err(StoreFault::NotCommitted("a unit of work panicked".to_owned()).into())
                    });
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    let outcome = match committed {
                        Ok(()) => result,
                        // A unit that failed by itself knows more than the commit does.
                        Err(why) => result
                            .and_then(|_| Err(StoreFault::NotCommitted(why.to_string()).into())),
                    };
                    drop(reply.send(outcome));
                });
                (keep, answer)
            })
        });
        self.queue.try_send(boxed).map_err(|_| StoreFault::Busy)?;
        answer.await.unwrap_or_else(|_| {
            Err(StoreFault::NotCommitted("the writer stopped".to_owned()).into())
        })
    }
}

pub(super) fn start(
    pool: Pool,
    committed: broadcast::Sender<Arc<Vec<Event>>>,
    waiting: usize,
    tasks: &crate::lifecycle::Tasks,
) -> Handle {
    let (queue, units) = mpsc::channel(waiting);
    // The writer outlives the stop token: it ends when the last handle is dropped, so that
    // whatever was begun before a stop is still committed and answered.
    tasks.spawn("store writer", run(pool, units, committed));
    Handle { queue }
}

async fn run(
    pool: Pool,
    mut units: mpsc::Receiver<Unit>,
    committed: broadcast::Sender<Arc<Vec<Event>>>,
) {
    let mut batch = Vec::with_capacity(UNITS);
    while units.recv_many(&mut batch, UNITS).await > 0 {
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = transaction(&pool, &mut batch, &mut answers).await;
        batch.clear();
        let told = match &outcome {
            Ok(_) => Ok(()),
            Err(fault) => {
                tracing::error!(%fault, "a transaction was not committed");
                Err(Arc::<str>::from(fault.to_string()))
            }
        };
        for answer in answers {
            answer(told.clone());
        }
        match outcome {
            Ok(events) if !events.is_empty() => drop(committed.send(Arc::new(events))),
            Ok(_) => {}
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
    match pool {
        Pool::Sqlite(pool) => pool.close().await,
        Pool::Postgres(pool) => pool.close().await,
    }
}

/// One transaction over a batch; a unit that fails is undone alone.
async fn transaction(
    pool: &Pool,
    batch: &mut Vec<Unit>,
    answers: &mut Vec<Answer>,
) -> Result<Vec<Event>, StoreFault> {
    let conn = match pool {
        Pool::Sqlite(pool) => Conn::Sqlite(pool.acquire().await?),
        Pool::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
    };
    let mut tx = Tx {
        conn,
        events: Vec::new(),
        issue_number: 0,
    };
    let outcome = fill(&mut tx, batch, answers).await;
    if outcome.is_err() {
        abandon(tx).await;
    }
    outcome
}

async fn fill(
    tx: &mut Tx,
    batch: &mut Vec<Unit>,
    answers: &mut Vec<Answer>,
) -> Result<Vec<Event>, StoreFault> {
    let begin = sql!(&tx.conn, lite: "BEGIN IMMEDIATE", pg: "BEGIN");
    run_statement(&mut tx.conn, begin).await?;
    let (mut seq, issue_number) = event::lock_head(&mut tx.conn).await?;
    tx.issue_number = issue_number;
    let alone = batch.len() == 1;
    let mut kept = false;
    for unit in batch.drain(..) {
        let (events, number) = (tx.events.len(), tx.issue_number);
        if !alone {
            run_statement(&mut tx.conn, "SAVEPOINT unit").await?;
        }
        let (keep, answer) = unit(tx).await;
        answers.push(answer);
        kept |= keep;
        if !keep {
            tx.events.truncate(events);
            tx.issue_number = number;
        }
        match (alone, keep) {
            (false, true) => run_statement(&mut tx.conn, "RELEASE SAVEPOINT unit").await?,
            (false, false) => {
                run_statement(&mut tx.conn, "ROLLBACK TO SAVEPOINT unit").await?;
                run_statement(&mut tx.conn, "RELEASE SAVEPOINT unit").await?;
            }
            (true, _) => {}
        }
    }
    if !kept {
        run_statement(&mut tx.conn, "ROLLBACK").await?;
        return Ok(Vec::new());
    }
    let events = event::number(std::mem::take(&mut tx.events), &mut seq);
    if !events.is_empty() || tx.issue_number != issue_number {
        event::insert_events(&mut tx.conn, &events).await?;
        event::save_head(&mut tx.conn, seq, tx.issue_number).await?;
    }
    crash_point("before commit");
    run_statement(&mut tx.conn, "COMMIT").await?;
    crash_point("after commit");
    Ok(events)
}

async fn run_statement(conn: &mut Conn, statement: &'static str) -> Result<(), StoreFault> {
    on!(conn, c => sqlx::query(statement).execute(c).await.map(drop))?;
    Ok(())
}

/// Gives up a transaction whose state nobody is sure of, and the connection with it where the
/// database is a server: the next transaction begins on a new one.
async fn abandon(mut tx: Tx) {
    let undone = run_statement(&mut tx.conn, "ROLLBACK").await;
    match tx.conn {
        Conn::Postgres(conn) => drop(conn.close().await),
        Conn::Sqlite(conn) if undone.is_err() => drop(conn.close().await),
        Conn::Sqlite(_) => {}
    }
}
