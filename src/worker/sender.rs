//! One gateway's sender: under its lease, takes what is due in order, waits for the limiter and has
//! the intent recorded; its calls do the rest.

mod calls;
mod flow;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::calls::{Calls, Told};
use self::flow::Flow;
use super::limiter::Limiter;
use super::rest;
use crate::domain::delivery::{Delivery, Piece};
use crate::engine::{Engine, EngineFault, Lease, Line, Untried};
use crate::lifecycle::Tasks;

/// How often the queue is looked at when nothing woke the sender: the look is the truth.
const POLL: Duration = Duration::from_millis(500);

/// How long another daemon's lease is waited for between two tries.
const WAIT: Duration = Duration::from_secs(2);

/// How often a lease is renewed; well within the time that it lasts.
const RENEW: Duration = Duration::from_secs(3);

/// Sends through a gateway until a stop, whenever this daemon has the lease.
pub async fn run(engine: Engine, line: Line, holder: String, tasks: Tasks) {
    let name = line.spec.name.clone();
    let mut untried = Untried::default();
    while !tasks.is_stopped() {
        let asked = Instant::now();
        match engine.take_lease(&name, &holder).await {
            Ok(Some(lease)) => {
                let mut sender = Sender::new(&engine, &line, &holder, (lease, asked), &tasks);
                sender.untried = std::mem::take(&mut untried);
                if let Err(fault) = sender.work().await {
                    tracing::warn!(gateway = %name, %fault, "the sender lost the database, and will try again");
                }
                sender.finish().await;
                untried = sender.untried;
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

struct Sender<'a> {
    engine: &'a Engine,
    line: &'a Line,
    holder: &'a str,
    tasks: &'a Tasks,
    lease: Lease,
    renewed: Instant,
    limiter: Limiter,
    calls: Arc<Calls>,
    told: mpsc::UnboundedReceiver<Told>,
    /// The claim that was not acknowledged, if there was one.
    untried: Untried,
    /// How many were claimed whose calls have not ended.
    waiting: usize,
    /// How many were claimed whose outcomes are not on disk.
    under_way: usize,
}

impl<'a> Sender<'a> {
    fn new(
        engine: &'a Engine,
        line: &'a Line,
        holder: &'a str,
        (lease, renewed): (Lease, Instant),
        tasks: &'a Tasks,
    ) -> Self {
        let (calls, told) = Calls::new(engine, line, lease.epoch, tasks, renewed);
        Self {
            engine,
            line,
            holder,
            tasks,
            lease,
            renewed,
            limiter: Limiter::empty(line.spec.rate),
            calls,
            told,
            untried: Untried::default(),
            waiting: 0,
            under_way: 0,
        }
    }

    /// Returns when the lease is lost or a stop is asked for.
    async fn work(&mut self) -> Result<(), EngineFault> {
        let settled = (self.engine)
            .settle_abandoned(&self.lease, &self.untried)
            .await?;
        if settled > 0 {
            tracing::warn!(gateway = %self.lease.gateway, settled, "messages were being sent when a daemon stopped or lost the database");
        }
        self.untried = Untried::default();
        let health = self.engine.health(&self.lease.gateway).await?;
        if let Some(probe_at) = health.and_then(|health| health.probe_at) {
            self.calls.state().flow = Flow::RestUntil(probe_at);
        }
        while !self.tasks.is_stopped() {
            // Before the look at the room: what is noted behind it would make room that nobody
            // looks for until the next poll.
            while let Ok(told) = self.told.try_recv() {
                self.note(told);
            }
            if self.is_lost() || !self.renew().await? {
                self.lose();
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
            match self.told.recv().await {
                Some(told) => self.note(told),
                None => return,
            }
        }
    }

    fn is_lost(&self) -> bool {
        self.calls.state().flow == Flow::Lost
    }

    /// Lets no further call begin.
    fn lose(&self) {
        self.calls.state().flow = Flow::Lost;
    }

    async fn renew(&mut self) -> Result<bool, EngineFault> {
        if !self.engine.is_shared() || self.renewed.elapsed() < RENEW {
            return Ok(true);
        }
        let asked = Instant::now();
        let lease = self
            .engine
            .take_lease(&self.lease.gateway, self.holder)
            .await?;
        self.renewed = asked;
        self.calls.state().renewed = Some(asked);
        Ok(lease.as_ref() == Some(&self.lease))
    }

    /// How many more may be claimed now.
    fn room(&self) -> usize {
        let mut state = self.calls.state();
        state.flow = state.flow.at(self.engine.clock().now());
        let at_once = self.line.gateway.concurrency();
        match state.flow {
            // An outcome that is not on disk yet may say that the gateway is to rest.
            Flow::Probe if self.under_way > 0 => 0,
            // No more than twice as many are in doubt, however late outcomes are recorded.
            flow => flow.room(self.waiting.max(self.under_way / 2), at_once, state.pace),
        }
    }

    /// Claims what is due and what the limiter allows; says whether anything was.
    async fn send_due(&mut self) -> Result<bool, EngineFault> {
        let room = self.room();
        if room == 0 {
            return Ok(false);
        }
        // More than a full bucket pays for, and the one that is waited for, cannot leave.
        let payable = self.line.spec.rate.burst.saturating_add(1);
        let limit = u32::try_from(room).unwrap_or(u32::MAX).min(payable);
        let due = self.engine.list_due(&self.lease.gateway, limit).await?;
        let Some(pieces) = self.pay(&due).await else {
            return Ok(false);
        };
        if pieces.is_empty() {
            return Ok(false);
        }
        // Paying may have taken longer than the lease is good for.
        if !self.renew().await? {
            self.lose();
            return Ok(true);
        }
        let claimed = self.engine.claim(&self.lease, pieces.clone()).await;
        let epoch = self.lease.epoch;
        match claimed.inspect_err(|_| self.untried = Untried { epoch, pieces })? {
            Some(claimed) => {
                self.waiting += claimed.len();
                self.under_way += claimed.len();
                for one in claimed {
                    self.calls.begin(one);
                }
            }
            None => self.lose(),
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

    /// Takes into account what a call told.
    fn note(&mut self, told: Told) {
        match told {
            Told::Ended => self.waiting = self.waiting.saturating_sub(1),
            Told::Recorded => self.under_way = self.under_way.saturating_sub(1),
        }
    }

    /// Waits for something to do.
    async fn wait(&mut self) {
        let gateway = self.lease.gateway.clone();
        tokio::select! {
            () = self.tasks.stopped() => {}
            () = self.engine.woken(&gateway) => {}
            Some(told) = self.told.recv() => self.note(told),
            () = tokio::time::sleep(POLL) => self.line.gateway.tidy().await,
        }
    }
}
