//! The one writer: forms transactions of whatever waits, and answers after the commit.
//!
//! What was asked while the last commit ran is the next transaction, so the cost of a commit is
//! shared by all who wait for it, with no timer and nothing to tune. Each transaction takes the
//! row of `head`, which on PostgreSQL orders the daemons as SQLite's lock does: there is
//! one writer at a time, and the feed's numbers have no gap and none comes late. It takes it first,
//! or last where that saves trips (`hope`).

mod handle;
pub(super) mod hope;
mod tx;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};

pub(super) use self::handle::Handle;
use self::handle::{Answer, Unit};
use self::hope::Mood;
pub use self::tx::Tx;
use super::event::Head;
use super::script::Statement;
use super::{Conn, Pool, StoreFault, audit, event};
use crate::domain::event::Event;
use crate::lifecycle::crash_point;

/// How many units may share a transaction.
const UNITS: usize = 64;

/// How long the writer rests after the database could not be reached.
const REST: Duration = Duration::from_millis(200);

pub(super) fn start(
    pool: Pool,
    committed: broadcast::Sender<Arc<Vec<Event>>>,
    waiting: usize,
    tasks: &crate::lifecycle::Tasks,
) -> Handle {
    let (queue, units) = mpsc::channel(waiting);
    let mood = matches!(pool, Pool::Postgres(_)).then(Arc::<Mood>::default);
    let writer = Writer {
        pool,
        mood: mood.clone(),
        committed,
        kept: None,
    };
    // The writer outlives the stop token: it ends when the last handle is dropped, so that
    // whatever was begun before a stop is still committed and answered.
    tasks.spawn("store writer", writer.run(units));
    Handle { queue, mood }
}

struct Writer {
    pool: Pool,
    mood: Option<Arc<Mood>>,
    committed: broadcast::Sender<Arc<Vec<Event>>>,
    /// The connection, which is kept from one transaction to the next, because handing it back and
    /// taking it again costs two questions whether it is alive. One that is not is found out by the
    /// first statement.
    kept: Option<Conn>,
}

impl Writer {
    async fn run(mut self, mut units: mpsc::Receiver<Unit>) {
        let mut batch = Vec::with_capacity(UNITS);
        while units.recv_many(&mut batch, UNITS).await > 0 {
            let hopeful = batch.extract_if(.., |unit| unit.hopeful);
            for unit in hopeful.collect::<Vec<_>>() {
                self.hope(unit).await;
            }
            if batch.is_empty() {
                continue;
            }
            let mut answers = Vec::with_capacity(batch.len());
            let outcome = self.transaction(&mut batch, &mut answers).await;
            batch.clear();
            self.finish(outcome, answers).await;
        }
        drop(self.kept);
        self.pool.close().await;
    }

    /// Tells the outcome.
    async fn finish(&self, outcome: Result<Vec<Event>, StoreFault>, answers: Vec<Answer>) {
        let told = match &outcome {
            Ok(_) => None,
            Err(fault) => {
                tracing::error!(%fault, "a transaction was not committed");
                Some(fault.to_string())
            }
        };
        for answer in answers {
            answer(match &told {
                None => Ok(()),
                Some(why) => Err(StoreFault::NotCommitted(why.clone())),
            });
        }
        match outcome {
            Ok(events) if !events.is_empty() => drop(self.committed.send(Arc::new(events))),
            Ok(_) => {}
            Err(_) => tokio::time::sleep(REST).await,
        }
    }

    /// Runs a unit without a transaction; one that failed, or was outrun, is to be run in one.
    async fn hope(&mut self, unit: Unit) {
        let conn = match self.kept.take() {
            Some(conn) => conn,
            None => match self.pool.acquire().await {
                Ok(conn) => conn,
                Err(fault) => {
                    tracing::warn!(%fault, "the writer has no connection");
                    return;
                }
            },
        };
        let mut tx = Tx::on(conn);
        hope::begin(&mut tx.conn);
        let (keep, answer) = (unit.work)(&mut tx).await;
        let outcome = if keep {
            commit(&mut tx).await
        } else {
            Err(StoreFault::Outrun)
        };
        match outcome {
            Ok(events) => {
                self.kept = Some(tx.conn);
                self.finish(Ok(events), vec![answer]).await;
            }
            Err(fault) if matches!(fault, StoreFault::Outrun) || fault.is_about_data() => {
                if let (StoreFault::Outrun, Some(mood)) = (&fault, &self.mood) {
                    mood.was_outrun();
                }
                self.kept = hope::undo(tx.conn).await;
                answer(Err(fault));
            }
            Err(fault) => {
                discard(tx.conn).await;
                self.finish(Err(fault), vec![answer]).await;
            }
        }
    }

    /// One transaction over a batch; a unit that fails is undone alone.
    async fn transaction(
        &mut self,
        batch: &mut Vec<Unit>,
        answers: &mut Vec<Answer>,
    ) -> Result<Vec<Event>, StoreFault> {
        let way = match batch.len() {
            1 => Way::Alone,
            _ => Way::Together,
        };
        let mut tx = Tx::on(begin(&self.pool, self.kept.take(), way).await?);
        let outcome = fill(&mut tx, way, batch, answers).await;
        self.kept = match outcome {
            Ok(_) => Some(tx.conn),
            Err(_) => abandon(tx.conn).await,
        };
        outcome
    }
}

/// Whether a unit has a transaction to itself; those that share one need a savepoint each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It is the only one.
    Alone,
    /// There are several.
    Together,
}

async fn begin(pool: &Pool, kept: Option<Conn>, way: Way) -> Result<Conn, StoreFault> {
    if let Some(mut conn) = kept {
        match event::begin(&mut conn, way).await {
            Ok(()) => return Ok(conn),
            Err(fault) => tracing::warn!(%fault, "the writer takes a new connection"),
        }
        discard(conn).await;
    }
    let mut conn = pool.acquire().await?;
    match event::begin(&mut conn, way).await {
        Ok(()) => Ok(conn),
        Err(fault) => {
            discard(conn).await;
            Err(fault)
        }
    }
}

async fn fill(
    tx: &mut Tx,
    way: Way,
    batch: &mut Vec<Unit>,
    answers: &mut Vec<Answer>,
) -> Result<Vec<Event>, StoreFault> {
    let mut kept = false;
    let mut units = batch.drain(..);
    while let Some(unit) = units.next() {
        let before = tx.mark();
        let (keep, answer) = (unit.work)(tx).await;
        let fault = match (keep, units.len()) {
            (false, _) => None,
            // What the last unit leaves to be written goes with the commit.
            (true, 0) => match commit(tx).await {
                Ok(events) => {
                    answers.push(answer);
                    return Ok(events);
                }
                Err(fault) => Some(fault),
            },
            (true, _) => settle(tx).await.err(),
        };
        match fault {
            Some(fault) if fault.is_about_data() => answer(Err(fault)),
            Some(fault) => {
                answers.push(answer);
                return Err(fault);
            }
            None => {
                answers.push(answer);
                if keep {
                    kept = true;
                    continue;
                }
            }
        }
        if tx.conn.head().is_none() && !tx.conn.waits() {
            let why = "the transaction did not begin".to_owned();
            return Err(StoreFault::NotCommitted(why));
        }
        tx.go_back(&before);
        undo(tx, way).await?;
    }
    if kept {
        return commit(tx).await;
    }
    if tx.conn.head().is_some() {
        ROLLBACK.run_now(&mut tx.conn).await?;
    }
    Ok(Vec::new())
}

/// Has what a unit left written before the next one reads.
async fn settle(tx: &mut Tx) -> Result<(), StoreFault> {
    RELEASE.defer(&mut tx.conn, Vec::new());
    SAVEPOINT.run_now(&mut tx.conn).await
}

/// Takes back what a unit did, that others may be kept.
async fn undo(tx: &mut Tx, way: Way) -> Result<(), StoreFault> {
    tx.conn.forget();
    match way {
        Way::Alone => Ok(()),
        Way::Together => GO_BACK.run_now(&mut tx.conn).await,
    }
}

async fn commit(tx: &mut Tx) -> Result<Vec<Event>, StoreFault> {
    let head = event::head(&mut tx.conn).await?;
    let events = event::number(&tx.events, head.seq);
    let now = Head {
        seq: head.seq + i64::try_from(events.len()).unwrap_or(0),
        issue_number: tx.issue_number.unwrap_or(head.issue_number),
        turn: head.turn,
    };
    event::insert_events(&mut tx.conn, &events).await?;
    audit::insert_entries(&mut tx.conn, &tx.entries).await?;
    crash_point("before commit");
    if tx.conn.is_hopeful() && !tx.conn.goes_at_once() {
        hope::give_up(&mut tx.conn).await?;
    }
    if tx.conn.is_hopeful() {
        hope::commit(&mut tx.conn, now).await?;
    } else {
        // On PostgreSQL every transaction is counted: others may hope that there is none.
        if now != head || matches!(tx.conn, Conn::Postgres(..)) {
            event::save_head(&mut tx.conn, now);
        }
        COMMIT.run_now(&mut tx.conn).await?;
    }
    crash_point("after commit");
    tx.committed();
    Ok(events)
}

static COMMIT: LazyLock<Statement> = LazyLock::new(|| Statement::plain("COMMIT"));
static ROLLBACK: LazyLock<Statement> = LazyLock::new(|| Statement::plain("ROLLBACK"));
pub(super) static SAVEPOINT: LazyLock<Statement> =
    LazyLock::new(|| Statement::plain("SAVEPOINT unit"));
static RELEASE: LazyLock<Statement> = LazyLock::new(|| Statement::plain("RELEASE SAVEPOINT unit"));
static GO_BACK: LazyLock<Statement> =
    LazyLock::new(|| Statement::plain("ROLLBACK TO SAVEPOINT unit"));

/// Gives up a transaction whose state nobody is sure of, and the connection with it where the
/// database is a server: the next transaction begins on a new one.
async fn abandon(mut conn: Conn) -> Option<Conn> {
    conn.forget();
    if conn.head().is_none() {
        discard(conn).await;
        return None;
    }
    let undone = ROLLBACK.run_now(&mut conn).await;
    if undone.is_ok() && matches!(conn, Conn::Sqlite(..)) {
        return Some(conn);
    }
    discard(conn).await;
    None
}

async fn discard(conn: Conn) {
    match conn {
        Conn::Sqlite(conn, _) => drop(conn.close().await),
        Conn::Postgres(conn, _) => drop(conn.close().await),
    }
}
