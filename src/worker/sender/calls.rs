//! The calls of one lease: each has its intent on disk when it comes here, waits for a place, is
//! made, and has its outcome recorded. A place is free when a call ends, not when that is on disk.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use rand::RngExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::flow::Flow;
use crate::channel::Written;
use crate::domain::delivery::{Attempted, Recorded, Witness};
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::ChannelKind;
use crate::domain::outcome::Outcome;
use crate::engine::{Claimed, Engine, EngineFault, Line};
use crate::lifecycle::{Tasks, crash_point};

/// How long after its last renewal a lease is not called under any more; it lasts somewhat longer.
const FRESH: Duration = Duration::from_secs(8);

/// How long the record of an outcome waits between two tries.
const RECORD_REST: Duration = Duration::from_millis(250);

/// How often the record of an outcome is tried when the database refuses it.
const REFUSALS: u32 = 60;

/// The longest time that a call is said to take.
const LONGEST: Duration = Duration::from_secs(1);

/// Files beyond this many bytes are not read before their message's turn to leave.
const READ_AHEAD: u64 = 64 * 1024;

/// What the sender is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// A call ended, or was not begun.
    Ended,
    /// What came of that is on disk.
    Recorded,
}

/// What all calls of a lease share.
pub(super) struct Calls {
    engine: Engine,
    line: Line,
    epoch: i64,
    tasks: Tasks,
    places: Arc<Semaphore>,
    state: Mutex<State>,
    told: mpsc::UnboundedSender<Told>,
}

/// What decides whether a call may begin.
pub(super) struct State {
    /// Whether messages leave.
    pub flow: Flow,
    /// When the lease was renewed; nothing where nobody else can take it.
    pub renewed: Option<Instant>,
    /// How long a call takes of late; nothing before the first.
    pub pace: Option<Duration>,
}

impl State {
    /// Notes how long a call took; one that hung says little of the next.
    fn note(&mut self, taken: Duration) {
        let taken = taken.min(LONGEST);
        self.pace = Some(self.pace.map_or(taken, |pace| (pace * 7 + taken) / 8));
    }
}

impl Calls {
    pub(super) fn new(
        engine: &Engine,
        line: &Line,
        epoch: i64,
        tasks: &Tasks,
        renewed: Instant,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Told>) {
        let (told, telling) = mpsc::unbounded_channel();
        let calls = Self {
            engine: engine.clone(),
            line: line.clone(),
            epoch,
            tasks: tasks.clone(),
            places: Arc::new(Semaphore::new(line.gateway.concurrency())),
            state: Mutex::new(State {
                flow: Flow::Open,
                renewed: engine.is_shared().then_some(renewed),
                pace: None,
            }),
            told,
        };
        (Arc::new(calls), telling)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with a message; both its call's end and the record of it are told.
    pub(super) fn begin(self: &Arc<Self>, claimed: Claimed) {
        self.tasks.spawn("send", Arc::clone(self).one(claimed));
    }

    async fn one(self: Arc<Self>, claimed: Claimed) {
        let (outcome, place) = self.call(&claimed).await;
        let tried = outcome != Outcome::NotTried;
        // While the provider has trouble nobody else calls before that is noted.
        let place = match outcome {
            Outcome::Accepted { .. }
            | Outcome::Rejected(_)
            | Outcome::Deferred(_)
            | Outcome::NotTried => {
                drop(place);
                self.tell(Told::Ended);
                None
            }
            Outcome::Throttled { .. }
            | Outcome::NotSent(_)
            | Outcome::Misconfigured(_)
            | Outcome::Unknown(_) => Some(place),
        };
        let recorded = record(&self.engine, self.attempted(claimed, outcome)).await;
        if tried {
            let mut state = self.state();
            state.flow = state.flow.after(recorded);
        }
        if let Some(place) = place {
            drop(place);
            self.tell(Told::Ended);
        }
        self.tell(Told::Recorded);
    }

    /// Calls the provider, and keeps the place in which that was done.
    async fn call(&self, claimed: &Claimed) -> (Outcome, Option<OwnedSemaphorePermit>) {
        let files = claimed.message.details.files.iter();
        let early = files.map(|file| file.size).sum::<u64>() <= READ_AHEAD;
        let ahead = if early {
            Some(self.write(claimed).await)
        } else {
            None
        };
        let Some(place) = self.place().await else {
            return (Outcome::NotTried, None);
        };
        let started = Instant::now();
        let written = match ahead {
            Some(written) => written,
            None => self.write(claimed).await,
        };
        crash_point("before call");
        let outcome = match written {
            Ok(written) => self.hand_over(&written).await,
            Err(outcome) => outcome,
        };
        crash_point("after call");
        let taken = started.elapsed();
        let gateway = self.line.spec.name.as_str().to_owned();
        metrics::histogram!("postern_send_duration_seconds", "gateway" => gateway).record(taken);
        self.state().note(taken);
        (outcome, Some(place))
    }

    /// A place to call in, in the order of asking; nothing when there is to be no call.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let place = tokio::select! {
            biased;
            () = self.tasks.stopped() => return None,
            place = Arc::clone(&self.places).acquire_owned() => place.ok()?,
        };
        let state = self.state();
        let fresh = state.renewed.is_none_or(|at| at.elapsed() < FRESH);
        (fresh && state.flow.lets_call()).then_some(place)
    }

    async fn write(&self, claimed: &Claimed) -> Result<Written, Outcome> {
        let message = self.engine.outbound(&self.line, claimed).await;
        let message = message.map_err(Outcome::NotSent)?;
        let writing = || self.line.gateway.write(message);
        std::panic::catch_unwind(AssertUnwindSafe(writing)).unwrap_or_else(|_| Err(unwritten()))
    }

    async fn hand_over(&self, message: &Written) -> Outcome {
        let handing = AssertUnwindSafe(self.line.gateway.hand_over(message));
        handing.catch_unwind().await.unwrap_or_else(|_| failed())
    }

    fn attempted(&self, claimed: Claimed, outcome: Outcome) -> Attempted {
        Attempted {
            message: claimed.delivery.message,
            part: claimed.delivery.part,
            gateway: claimed.delivery.gateway,
            epoch: self.epoch,
            attempt: claimed.delivery.attempt,
            own_reference: match outcome {
                Outcome::Unknown(_) => self.line.gateway.own_reference(claimed.delivery.message),
                _ => None,
            },
            outcome,
            witness: Witness::Caller,
            on_unknown: self.line.spec.on_unknown,
            retry: self.line.spec.retry,
            jitter: spread(self.line.spec.address.channel()),
        }
    }

    fn tell(&self, told: Told) {
        // The sender is gone when its lease is, and needs no results then.
        let _ = self.told.send(told);
    }
}

fn failed() -> Outcome {
    Outcome::Unknown(Failure {
        class: FailureClass::Unknown,
        code: None,
        detail: "the program failed while it was sending; it was not the provider's doing"
            .to_owned(),
    })
}

fn unwritten() -> Outcome {
    Outcome::Rejected(Failure {
        class: FailureClass::Unknown,
        code: None,
        detail: "the program failed while it wrote the message for its provider".to_owned(),
    })
}

/// How tries are spread apart. Texts go again at any time up to the end of the wait; mail servers
/// that ask for patience want all of it.
fn spread(channel: ChannelKind) -> f64 {
    let random: f64 = rand::rng().random();
    match channel {
        ChannelKind::Sms => random,
        ChannelKind::Email => 1.0 + random / 10.0,
    }
}

/// Records an outcome, however long the database is away: it is all that tells a sent message from
/// an unknown one.
async fn record(engine: &Engine, attempted: Attempted) -> Recorded {
    let mut refusals = 0;
    while refusals < REFUSALS {
        match engine.record(attempted.clone()).await {
            Ok(recorded) => return recorded,
            Err(fault) => {
                tracing::warn!(message = %attempted.message, %fault, "an outcome was not recorded yet");
                refusals += u32::from(matches!(fault, EngineFault::Refused(_)));
                tokio::time::sleep(RECORD_REST).await;
            }
        }
    }
    tracing::error!(message = %attempted.message, "an outcome could not be recorded");
    Recorded::Stale
}
