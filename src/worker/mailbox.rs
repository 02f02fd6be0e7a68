//! One mailbox's reader: under the gateway's lease, fetches what is new in the order of its UIDs,
//! has it filed, does on the server what is asked for afterwards, and waits for news.
//!
//! The server's announcements only wake; the look is the truth. Knows nothing of what the mails
//! say.

mod batch;
mod catch_up;
mod first_run;
mod lag;
mod pace;
pub mod reconcile;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rand::RngExt;
use tokio::time::Instant;

use self::lag::Lag;
use super::rest;
use crate::channel::imap::{Account, FaultKind, ImapFault, Session, Step, Woken};
use crate::domain::health::{HealthState, Sign};
use crate::domain::mailbox::{AfterRead, MailboxState};
use crate::engine::{Engine, EngineFault, Lease, Line};
use crate::lifecycle::Tasks;

/// How long another daemon's lease is waited for between two tries.
const WAIT: Duration = Duration::from_secs(2);

/// How often a lease is renewed; well within the time that it lasts.
const RENEW: Duration = Duration::from_secs(3);

/// The longest that the server is left to announce: whatever stands between us forgets a
/// connection on which nobody speaks.
const LONGEST_IDLE: Duration = Duration::from_mins(9);

/// How long the first wait after mail was fetched lasts: mail that came between the fetch and the
/// wait is announced by nobody.
const SHORTEST_IDLE: Duration = Duration::from_secs(2);

/// How many mails are flagged or moved at once.
const AT_ONCE: u32 = 500;

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The mailbox cannot be read.
    #[error(transparent)]
    Imap(#[from] ImapFault),
    /// What was read cannot be filed.
    #[error(transparent)]
    Engine(#[from] EngineFault),
    /// The program failed; the other mailboxes and the senders go on.
    #[error("the program failed while it read the mailbox")]
    Panicked,
}

/// Reads a gateway's mailbox until a stop, whenever this daemon has the lease.
pub async fn run(engine: Engine, line: Line, account: Account, holder: String, tasks: Tasks) {
    let name = line.spec.name.clone();
    let lag = Lag::start(&engine, &name, &tasks);
    let mut reader = Reader {
        engine,
        line,
        account: Arc::new(account),
        lag,
        stuck: batch::Stuck::at_start(),
        health: HealthState::Down,
    };
    let mut failures = 0;
    while !tasks.is_stopped() {
        let lease = match reader.engine.take_lease(&name, &holder).await {
            Ok(lease) => lease,
            Err(fault) => {
                tracing::warn!(gateway = %name, %fault, "no lease could be taken");
                None
            }
        };
        let Some(lease) = lease else {
            reader.lag.nobody_asks();
            rest(&tasks, WAIT).await;
            continue;
        };
        let engine = reader.engine.clone();
        let read = AssertUnwindSafe(reader.read(&mut failures).boxed()).catch_unwind();
        let read = tokio::select! {
            read = read => read.unwrap_or(Err(Trouble::Panicked)),
            () = keep(&engine, &lease, &holder).boxed() => {
                reader.stuck.starting = true;
                continue;
            }
            () = tasks.stopped() => return,
        };
        let Err(trouble) = read;
        failures += 1;
        let pause = reader.note(&trouble, failures).await;
        rest(&tasks, pause).await;
    }
}

/// Renews a lease; completes when it is lost.
async fn keep(engine: &Engine, lease: &Lease, holder: &str) {
    if !engine.is_shared() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(RENEW).await;
        match engine.take_lease(&lease.gateway, holder).await {
            Ok(Some(renewed)) if renewed == *lease => {}
            Ok(_) | Err(_) => return,
        }
    }
}

struct Reader {
    engine: Engine,
    line: Line,
    account: Arc<Account>,
    lag: Lag,
    stuck: batch::Stuck,
    /// What was recorded last; not up as long as nothing was.
    health: HealthState,
}

impl Reader {
    /// Reads until something goes wrong.
    async fn read(&mut self, failures: &mut u32) -> Result<Infallible, Trouble> {
        let account = Arc::clone(&self.account);
        let mut session = account.connect().boxed().await?;
        let mut reconciled: Option<Instant> = None;
        loop {
            let began = self.engine.clock().now();
            let selected = session.select().await?;
            let state = self.state(&mut session, selected).await?;
            let filed = self
                .catch_up(&mut session, &state, selected)
                .boxed()
                .await?;
            self.lag.read_to_the_end(began);
            self.works(failures).await?;
            self.after_read(&mut session, &state).await?;
            let due = reconciled.is_none_or(|at| at.elapsed() >= account.imap().reconcile);
            if due {
                Box::pin(reconcile::reconcile(&self.engine, &self.line, &mut session)).await?;
                reconciled = Some(Instant::now());
            }
            let wait = if filed > 0 {
                SHORTEST_IDLE.min(account.imap().poll)
            } else {
                account.imap().poll.min(LONGEST_IDLE)
            };
            let woken = if session.can_idle() {
                session.idle(tokio::time::sleep(wait)).await?
            } else {
                tokio::time::sleep(wait).await;
                Woken::Quiet
            };
            tracing::debug!(gateway = %self.line.spec.name, ?woken, "looks into the mailbox");
        }
    }

    /// Notes that the mailbox was read to its end.
    async fn works(&mut self, failures: &mut u32) -> Result<(), EngineFault> {
        *failures = 0;
        self.stuck.forget();
        if self.health != HealthState::Up {
            let name = &self.line.spec.name;
            self.health = self.engine.note_mailbox(name, Sign::Works).await?;
        }
        Ok(())
    }

    /// Notes a failure; how long to wait before the next try.
    async fn note(&mut self, trouble: &Trouble, failures: u32) -> Duration {
        let name = self.line.spec.name.clone();
        let login_retry = self.account.imap().login_retry;
        let jitter = rand::rng().random();
        let fault = match trouble {
            Trouble::Imap(fault) => fault,
            Trouble::Engine(fault) => {
                tracing::warn!(gateway = %name, %fault, "what was read could not be filed, and will be read again");
                return pace::pause(None, failures, login_retry, jitter);
            }
            Trouble::Panicked => {
                tracing::error!(gateway = %name, failures, "the mailbox's reader panicked, and will start again");
                self.stuck.again();
                self.stuck.starting = true;
                return pace::pause(None, failures, login_retry, jitter);
            }
        };
        tracing::warn!(gateway = %name, %fault, failures, "the mailbox cannot be read, and will be tried again");
        if fault.step == Step::Fetch {
            self.stuck.again();
        }
        let reason = format!("the mailbox cannot be read: {fault}");
        let sign = match fault.kind {
            FaultKind::LoginRefused => Sign::Refused(&reason),
            FaultKind::Unreachable
            | FaultKind::Refused
            | FaultKind::Closed
            | FaultKind::Late
            | FaultKind::Garbled => Sign::Failed(&reason),
        };
        self.health = match self.engine.note_mailbox(&name, sign).await {
            // One that fails is not known to be up, even while that is not told yet.
            Ok(_) => HealthState::Down,
            Err(fault) => {
                tracing::warn!(gateway = %name, %fault, "the mailbox's health was not recorded");
                HealthState::Down
            }
        };
        pace::pause(Some(fault.kind), failures, login_retry, jitter)
    }

    /// Flags or moves what was stored and still waits for it.
    async fn after_read(
        &mut self,
        session: &mut Session,
        state: &MailboxState,
    ) -> Result<(), Trouble> {
        if self.account.imap().after_read == AfterRead::Leave {
            return Ok(());
        }
        let name = &self.line.spec.name;
        loop {
            let uids = self.engine.waiting_after_read(name, AT_ONCE).await?;
            if uids.is_empty() {
                return Ok(());
            }
            match session.after_read(&uids).await {
                Ok(()) => {}
                Err(fault) if fault.kind == FaultKind::Refused => {
                    tracing::warn!(gateway = %name, %fault, "stored mails were not flagged or moved, and will be");
                    return Ok(());
                }
                Err(fault) => return Err(fault.into()),
            }
            self.engine
                .after_read_done(name, state.uidvalidity, uids)
                .await?;
        }
    }
}
