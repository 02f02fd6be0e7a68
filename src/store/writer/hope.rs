//! Units that read without a transaction, in the hope that nobody else writes meanwhile.
//!
//! On PostgreSQL a transaction costs a trip to begin it and one to end it, as much as what it is
//! for. Every transaction changes the row of `head`, so a unit may read first, with that row, and
//! then write everything in one statement that is refused when the row was changed since: what was
//! read still holds when it is not. A unit that was outrun begins anew, in a transaction.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Way, abandon};
use crate::store::event::{self, Head};
use crate::store::rows::{Argument, Statement};
use crate::store::{Conn, StoreFault};

/// How many units begin with a transaction after one was outrun: where several daemons are busy,
/// hope costs more than it saves.
const SOBER: u32 = 32;

/// Whether to hope.
#[derive(Debug, Default)]
pub(super) struct Mood {
    sober: AtomicU32,
}

impl Mood {
    /// Whether the next unit is to hope.
    pub(super) fn hopes(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        let sober = self
            .sober
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        sober.is_err()
    }

    /// Records that a unit was outrun.
    pub(super) fn was_outrun(&self) {
        self.sober.store(SOBER, Ordering::Relaxed);
    }
}

/// Begins to read without a transaction.
pub(super) fn begin(conn: &mut Conn) {
    conn.set_head(None);
    conn.set_hopeful(true);
}

/// Begins a transaction after all, before anything that is no question of a script, because that
/// may write; fails when others wrote since the head row was read.
pub(in crate::store) async fn give_up(conn: &mut Conn) -> Result<(), StoreFault> {
    let known = conn.head();
    event::begin(conn, Way::Alone).await?;
    match known {
        Some(known) if conn.head() != Some(known) => Err(StoreFault::Outrun),
        _ => Ok(()),
    }
}

/// Writes what waits, which can be said in one statement, unless others wrote since the head row
/// was read.
pub(super) async fn commit(conn: &mut Conn, head: Head) -> Result<(), StoreFault> {
    static CLAIM: LazyLock<Statement> = LazyLock::new(|| {
        // As the last of the statements it is run first, and divides by zero when it comes late.
        let text = "UPDATE head SET feed_seq = $1, issue_number = $2, \
            turn = turn + 1 / (turn = $3)::int";
        Statement::new("head", text, text)
    });
    if !conn.waits() {
        return Ok(());
    }
    let numbers = [head.seq, head.issue_number, head.turn];
    CLAIM.defer(conn, numbers.map(Argument::Int).into());
    match conn.run().await {
        Err(StoreFault::Database(sqlx::Error::Database(fault)))
            if fault.code().as_deref() == Some(DIVISION_BY_ZERO) =>
        {
            Err(StoreFault::Outrun)
        }
        outcome => outcome,
    }
}

/// Takes back what was done in a transaction, if one was needed; gives back the connection if it
/// can be used again.
pub(super) async fn undo(mut conn: Conn) -> Option<Conn> {
    conn.forget();
    if conn.is_hopeful() {
        return Some(conn);
    }
    abandon(conn).await
}

/// SQLSTATE (PostgreSQL, appendix A).
const DIVISION_BY_ZERO: &str = "22012";
