//! One gateway's sender: under its lease, takes what is due in order, waits for the limiter, has
//! the intent recorded, calls the provider and has the outcome recorded.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use rand::RngExt;
use tokio::sync::mpsc;

use super::limiter::Limiter;
use super::rest;
use crate::domain::clock::Timestamp;
use crate::domain::delivery::{Attempted, Delivery, Piece, Recorded, Witness};
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::ChannelKind;
use crate::domain::outcome::Outcome;
use crate::engine::{Claimed, Engine, EngineFault, Lease, Line};
use crate::lifecycle::{Tasks, crash_point};

/// How often the queue is looked at when nothing woke the sender: the look is the truth.
const POLL: Duration = Duration::from_millis(500);

/// How long another daemon's lease is waited for between two tries.
const WAIT: Duration = Duration::from_secs(2);

/// How often a lease is renewed; well within the time that it lasts.
const RENEW: Duration = Duration::from_secs(3);

/// How often the record of an outcome is tried again when the database is away. The outcome is
/// all that tells a sent message from an unknown one.
const RECORD_TRIES: u32 = 60;

/// Sends through a gateway until a stop, whenever this daemon has the lease.
pub async fn run(engine: Engine, line: Line, holder: String, tasks: Tasks) {
    let name = line.spec.name.clone();
    while !tasks.is_stopped() {
        match engine.take_lease(&name, &holder).await {
            Ok(Some(lease)) => {
                let mut sender = Sender::new(&engine, &line, &holder, lease, &tasks);
                if let Err(fault) = sender.work().await {
                    tracing::warn!(gateway = %name, %fault, "the sender lost the database, and will try again");
                }
                sender.finish().await;
            }
            Ok(None) => {}
            Err(fault) => tracing::warn!(gateway = %name, %fault, "no lease could be taken"),
        }
        rest(&tasks, WAIT).await;
    }
    if let Err(fault) = engine.release_lease(&name, &holder).await {
        tracing::warn!(gateway = %name, %fault, "the lease was not given back and ends by itself");
    }
}

/// Whether messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// As fast as the limiter allows.
    Open,
    /// Not before then.
    RestUntil(Timestamp),
    /// One at a time, to see whether the provider takes messages again.
    Probe,
}

struct Sender<'a> {
    engine: &'a Engine,
    line: &'a Line,
    holder: &'a str,
    tasks: &'a Tasks,
    lease: Lease,
    renewed: Instant,
    limiter: Limiter,
    flow: Flow,
    under_way: usize,
    lost: bool,
    results: (
        mpsc::UnboundedSender<Recorded>,
        mpsc::UnboundedReceiver<Recorded>,
    ),
}

impl<'a> Sender<'a> {
    fn new(
        engine: &'a Engine,
        line: &'a Line,
        holder: &'a str,
        lease: Lease,
        tasks: &'a Tasks,
    ) -> Self {
        Self {
            engine,
            line,
            holder,
            tasks,
            lease,
            renewed: Instant::now(),
            limiter: Limiter::empty(line.spec.rate),
            flow: Flow::Open,
            under_way: 0,
            lost: false,
            results: mpsc::unbounded_channel(),
        }
    }

    /// Returns when the lease is lost or a stop is asked for.
    async fn work(&mut self) -> Result<(), EngineFault> {
        let settled = self.engine.settle_abandoned(&self.lease).await?;
        if settled > 0 {
            tracing::warn!(gateway = %self.lease.gateway, settled, "messages were being sent when a daemon stopped");
        }
        let health = self.engine.health(&self.lease.gateway).await?;
        if let Some(probe_at) = health.and_then(|health| health.probe_at) {
            self.flow = Flow::RestUntil(probe_at);
        }
        while !self.tasks.is_stopped() {
            // Before the look at the room: what is noted behind it would make room that nobody
            // looks for until the next poll.
            while let Ok(recorded) = self.results.1.try_recv() {
                self.note(recorded);
            }
            if self.lost || !self.renew().await? {
                return Ok(());
            }
            if !self.send_due().await? {
                self.wait().await;
            }
        }
        Ok(())
    }

    /// Waits until nothing is under way; what a stop leaves is dropped by the tracker.
    async fn finish(&mut self) {
        while self.under_way > 0 {
            if self.results.1.recv().await.is_none() {
                return;
            }
            self.under_way -= 1;
        }
    }

    async fn renew(&mut self) -> Result<bool, EngineFault> {
        if !self.engine.is_shared() || self.renewed.elapsed() < RENEW {
            return Ok(true);
        }
        let lease = self
            .engine
            .take_lease(&self.lease.gateway, self.holder)
            .await?;
        self.renewed = Instant::now();
        Ok(lease.as_ref() == Some(&self.lease))
    }

    /// How many more may be under way now.
    fn room(&mut self) -> usize {
        if let Flow::RestUntil(until) = self.flow
            && self.engine.clock().now() >= until
        {
            self.flow = Flow::Probe;
        }
        let most = match self.flow {
            Flow::Open => self.line.gateway.concurrency(),
            Flow::RestUntil(_) => 0,
            Flow::Probe => 1,
        };
        // Refilling by halves keeps the batches of intents large.
        if self.under_way > most / 2 {
            0
        } else {
            most.saturating_sub(self.under_way)
        }
    }

    /// Sends what is due and what the limiter allows; says whether anything was.
    async fn send_due(&mut self) -> Result<bool, EngineFault> {
        let room = self.room();
        if room == 0 {
            return Ok(false);
        }
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let due = self.engine.list_due(&self.lease.gateway, limit).await?;
        let Some(pieces) = self.pay(&due).await else {
            return Ok(false);
        };
        if pieces.is_empty() {
            return Ok(false);
        }
        match self.engine.claim(&self.lease, pieces).await? {
            Some(claimed) => claimed.into_iter().for_each(|one| self.send(one)),
            None => self.lost = true,
        }
        Ok(true)
    }

    /// Takes the price of the first message out of the bucket, waiting for it, and that of those
    /// behind it as far as that goes at once. Nothing when a stop came first.
    async fn pay(&self, due: &[Delivery]) -> Option<Vec<Piece>> {
        let mut paid = Vec::with_capacity(due.len());
        'messages: for delivery in due {
            for taken in 0..delivery.segments.max(1) {
                while let Err(wait) = self.limiter.take() {
                    if taken == 0 && !paid.is_empty() {
                        break 'messages;
                    }
                    if !rest(self.tasks, wait).await {
                        return None;
                    }
                }
            }
            paid.push(delivery.piece());
        }
        Some(paid)
    }

    fn send(&mut self, claimed: Claimed) {
        self.under_way += 1;
        let (engine, line, results) = (
            self.engine.clone(),
            self.line.clone(),
            self.results.0.clone(),
        );
        let epoch = self.lease.epoch;
        self.tasks.spawn("send", async move {
            let recorded = attempt(&engine, &line, epoch, claimed).await;
            // The sender is gone when its lease is, and needs no results then.
            let _ = results.send(recorded);
        });
    }

    /// Takes what was recorded into account.
    fn note(&mut self, recorded: Recorded) {
        self.under_way = self.under_way.saturating_sub(1);
        match recorded {
            Recorded::Done if self.flow == Flow::Probe => self.flow = Flow::Open,
            Recorded::Done => {}
            Recorded::RestUntil(until) => self.flow = Flow::RestUntil(until),
            Recorded::Stale => self.lost = true,
        }
    }

    /// Waits for something to do.
    async fn wait(&mut self) {
        let gateway = self.lease.gateway.clone();
        tokio::select! {
            () = self.tasks.stopped() => {}
            () = self.engine.woken(&gateway) => {}
            Some(recorded) = self.results.1.recv() => self.note(recorded),
            () = tokio::time::sleep(POLL) => self.line.gateway.tidy().await,
        }
    }
}

/// One call to the provider and the record of what came of it.
async fn attempt(engine: &Engine, line: &Line, epoch: i64, claimed: Claimed) -> Recorded {
    let started = Instant::now();
    let message = engine.outbound(line, &claimed).await;
    crash_point("before call");
    let sending = async {
        match message {
            Ok(message) => line.gateway.send(&message).await,
            Err(failure) => Outcome::NotSent(failure),
        }
    };
    let outcome = AssertUnwindSafe(sending)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            let detail = "the program failed while it was sending; it was not the provider's doing"
                .to_owned();
            Outcome::Unknown(Failure {
                class: FailureClass::Unknown,
                code: None,
                detail,
            })
        });
    crash_point("after call");
    let gateway = line.spec.name.as_str().to_owned();
    metrics::histogram!("postern_send_duration_seconds", "gateway" => gateway)
        .record(started.elapsed());
    let attempted = Attempted {
        message: claimed.delivery.message,
        part: claimed.delivery.part,
        gateway: claimed.delivery.gateway,
        epoch,
        attempt: claimed.delivery.attempt,
        outcome,
        witness: Witness::Caller,
        on_unknown: line.spec.on_unknown,
        retry: line.spec.retry,
        jitter: spread(line.spec.address.channel()),
    };
    record(engine, Arc::new(attempted)).await
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

async fn record(engine: &Engine, attempted: Arc<Attempted>) -> Recorded {
    for _ in 0..RECORD_TRIES {
        match engine.record(Attempted::clone(&attempted)).await {
            Ok(recorded) => return recorded,
            Err(fault) => {
                tracing::warn!(message = %attempted.message, %fault, "an outcome was not recorded yet");
                tokio::time::sleep(POLL).await;
            }
        }
    }
    tracing::error!(message = %attempted.message, "an outcome could not be recorded");
    Recorded::Stale
}
