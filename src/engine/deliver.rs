//! Deliver: a lease on a gateway, the intent to send, and what came of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::RngExt;

use super::failures::follow_up;
use super::save::save;
use super::{Context, Engine, EngineFault};
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::delivery::{
    Attempted, Before, Delivery, Piece, Recorded, Witness, claim, record,
};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::GatewayName;
use crate::domain::health::{Half, Health, HealthState};
use crate::domain::id::MessageId;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::domain::report::Timelines;
use crate::store::{Tx, delivery, gateway, message, slice as load_slice, suppression, timeline};

/// How long a lease lasts after it was taken or renewed: how long a gateway rests at most when
/// its daemon dies.
const LEASE: Duration = Duration::from_secs(10);

/// How many abandoned messages are settled in one transaction.
const SETTLE: u32 = 500;

/// The right to send through a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The gateway.
    pub gateway: GatewayName,
    /// The fencing token: what is written under an older one is refused.
    pub epoch: i64,
}

/// A message whose intent to be sent is on disk.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The queue's row.
    pub delivery: Delivery,
    /// The message.
    pub message: Message,
}

/// Messages whose claim was not acknowledged: it may be on disk or not, but nobody was called.
#[derive(Debug, Clone, Default)]
pub struct Untried {
    /// Under which epoch they were to be claimed.
    pub epoch: i64,
    /// Which.
    pub pieces: Vec<Piece>,
}

impl Untried {
    /// Whether this is the row of one of them.
    fn has(&self, delivery: &Delivery) -> bool {
        delivery.epoch == self.epoch && self.pieces.contains(&delivery.piece())
    }
}

impl Engine {
    /// Takes or renews the lease on a gateway; nothing while another daemon has it.
    pub async fn take_lease(
        &self,
        name: &GatewayName,
        holder: &str,
    ) -> Result<Option<Lease>, EngineFault> {
        let (name, holder, now) = (name.clone(), holder.to_owned(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let epoch =
                        gateway::upsert_lease(&mut tx.conn, &name, &holder, now, LEASE).await?;
                    Ok(epoch.map(|epoch| Lease {
                        gateway: name,
                        epoch,
                    }))
                })
            })
            .await
    }

    /// Gives the lease back, so that another daemon need not wait for its end.
    pub async fn release_lease(&self, name: &GatewayName, holder: &str) -> Result<(), EngineFault> {
        let (name, holder) = (name.clone(), holder.to_owned());
        self.context
            .store
            .write(move |tx| {
                Box::pin(
                    async move { Ok(gateway::release_lease(&mut tx.conn, &name, &holder).await?) },
                )
            })
            .await
    }

    /// Settles what was begun and has no outcome, before anything is claimed under a lease that was
    /// just taken and when no call of this daemon is under way: nobody knows whether it was sent.
    /// What is known not to have been tried waits for its turn again.
    pub async fn settle_abandoned(
        &self,
        lease: &Lease,
        untried: &Untried,
    ) -> Result<usize, EngineFault> {
        let mut settled = 0;
        loop {
            let mut conn = self.context.store.read().await?;
            let abandoned =
                delivery::list_abandoned(&mut conn, &lease.gateway, lease.epoch, SETTLE).await?;
            drop(conn);
            if abandoned.is_empty() {
                return Ok(settled);
            }
            let count = abandoned.len();
            if !self.settle(lease.clone(), abandoned, untried).await? {
                return Ok(settled);
            }
            settled += count;
        }
    }

    /// Settles some; says whether the lease still was good for that.
    async fn settle(
        &self,
        lease: Lease,
        abandoned: Vec<Delivery>,
        untried: &Untried,
    ) -> Result<bool, EngineFault> {
        let Some(line) = self.line(&lease.gateway) else {
            return Ok(false);
        };
        let (on_unknown, retry) = (line.spec.on_unknown, line.spec.retry);
        let context = Arc::clone(&self.context);
        let mut attempted: Vec<Attempted> = abandoned
            .into_iter()
            .map(|delivery| Attempted {
                outcome: if untried.has(&delivery) {
                    Outcome::NotTried
                } else {
                    Outcome::Unknown(interrupted())
                },
                message: delivery.message,
                part: delivery.part,
                gateway: delivery.gateway,
                epoch: delivery.epoch,
                attempt: delivery.attempt,
                own_reference: line.gateway.own_reference(delivery.message),
                witness: Witness::Nobody,
                on_unknown,
                retry,
                jitter: rand::rng().random(),
            })
            .collect();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut before = load(tx, &attempted).await?;
                    if before.epochs.get(&lease.gateway) != Some(&lease.epoch) {
                        return Ok(false);
                    }
                    adopt(&lease, &mut attempted, &mut before);
                    record_slice(tx, &attempted, before, &context).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// What may leave by a gateway now, in order, before anything is promised.
    pub async fn list_due(
        &self,
        name: &GatewayName,
        limit: u32,
    ) -> Result<Vec<Delivery>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        Ok(delivery::list_due(&mut conn, name, self.context.clock.now(), limit).await?)
    }

    /// How a gateway is.
    pub async fn health(&self, name: &GatewayName) -> Result<Option<Health>, EngineFault> {
        let mut conn = self.context.store.read().await?;
        Ok(gateway::find_health(&mut conn, Half::Sender, name).await?)
    }

    /// Records the intent to send these messages; nothing when the lease is lost.
    ///
    /// What was canceled, opted out or came too late meanwhile is not among what is given back.
    pub async fn claim(
        &self,
        lease: &Lease,
        pieces: Vec<Piece>,
    ) -> Result<Option<Vec<Claimed>>, EngineFault> {
        let (lease, context) = (lease.clone(), Arc::clone(&self.context));
        self.context
            .store
            .write_in_hope(move |tx| claim_slice(tx, lease, pieces, context))
            .await
    }

    /// Records what came of an attempt.
    pub async fn record(&self, attempted: Attempted) -> Result<Recorded, EngineFault> {
        let gateway = attempted.gateway.clone();
        let recorded = self.record.ask(attempted).await?;
        self.context.wake(&gateway);
        Ok(recorded)
    }
}

fn interrupted() -> Failure {
    Failure {
        class: FailureClass::Unknown,
        code: None,
        detail: "the daemon stopped while the message was being sent".to_owned(),
    }
}

fn claim_slice(
    tx: &mut Tx,
    lease: Lease,
    pieces: Vec<Piece>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Option<Vec<Claimed>>, EngineFault>> {
    Box::pin(async move {
        let mut ids: Vec<MessageId> = pieces.iter().map(|piece| piece.message).collect();
        ids.dedup();
        let loaded = load_slice::load_claimable(&mut tx.conn, &lease.gateway, &ids).await?;
        if loaded.epoch != Some(lease.epoch) {
            return Ok(None);
        }
        let now = context.clock.now();
        let mut found: HashMap<Piece, Delivery> = loaded
            .deliveries
            .into_iter()
            .map(|one| (one.piece(), one))
            .collect();
        let waiting = |one: &Delivery| one.state == crate::domain::delivery::DeliveryState::Queued;
        let due: Vec<Delivery> = pieces
            .iter()
            .filter_map(|piece| found.remove(piece))
            .filter(waiting)
            .collect();
        let (messages, mut suppressed) = (loaded.messages, loaded.suppressed);
        // Those of a mail beside its first recipient were not among what was loaded.
        let pair = |one: &Delivery| {
            let message = messages.get(&one.message)?;
            let recipient = message.recipient(one.part);
            (recipient != message.to).then(|| (message.from.clone(), recipient.to_owned()))
        };
        let pairs: Vec<_> = due.iter().filter_map(pair).collect();
        suppressed.extend(suppression::load_suppressed(&mut tx.conn, &pairs).await?);
        let mut timelines = Timelines::new(messages, HashMap::new());
        let mut changes = Changes::default();
        // What ends here gets a line in its timeline, which has to be known for that.
        if due
            .iter()
            .any(|one| one.valid_until <= now || one.attempt > 0)
            || !suppressed.is_empty()
        {
            let messages = message::load_messages(&mut tx.conn, &ids).await?;
            timelines = Timelines::new(
                messages,
                timeline::load_timelines(&mut tx.conn, &ids).await?,
            );
        }
        let claimed = claim(
            due,
            lease.epoch,
            &suppressed,
            &mut timelines,
            now,
            &mut changes,
        );
        let give = |delivery: Delivery| {
            let message = timelines.message(delivery.message)?.clone();
            Some(Claimed { delivery, message })
        };
        let claimed = claimed.into_iter().filter_map(give).collect();
        timelines.settle(&mut changes);
        follow_up(&mut tx.conn, &mut changes, &context, now).await?;
        save(tx, changes, now).await?;
        Ok(Some(claimed))
    })
}

async fn load(tx: &mut Tx, commands: &[Attempted]) -> Result<Before, EngineFault> {
    let mut gateways: Vec<_> = commands.iter().map(|one| one.gateway.clone()).collect();
    gateways.sort();
    gateways.dedup();
    let ids: Vec<MessageId> = commands.iter().map(|command| command.message).collect();
    let keys: Vec<_> = commands.iter().flat_map(keys).collect();
    let loaded = load_slice::load_attempted(&mut tx.conn, &gateways, &ids, &keys).await?;
    let deliveries = loaded.deliveries.into_iter();
    Ok(Before {
        epochs: loaded.epochs,
        deliveries: deliveries.map(|one| (one.piece(), one)).collect(),
        timelines: Timelines::new(loaded.messages, loaded.timelines),
        references: loaded.references,
        parked: loaded.parked,
        health: loaded.health,
    })
}

fn keys(command: &Attempted) -> Vec<(GatewayName, String)> {
    let key = |value: &String| (command.gateway.clone(), value.clone());
    match &command.outcome {
        Outcome::Accepted { references, .. } => references.iter().map(key).collect(),
        Outcome::Unknown(_) => {
            let own = command.own_reference.iter();
            own.map(|own| key(&own.value)).collect()
        }
        Outcome::Throttled { .. }
        | Outcome::Deferred(_)
        | Outcome::NotSent(_)
        | Outcome::NotTried
        | Outcome::Rejected(_)
        | Outcome::Misconfigured(_) => Vec::new(),
    }
}

/// Takes over what an older lease left, so that this one may settle it.
fn adopt(lease: &Lease, attempted: &mut [Attempted], before: &mut Before) {
    for one in attempted {
        one.epoch = lease.epoch;
        if let Some(delivery) = before.deliveries.get_mut(&one.piece()) {
            delivery.epoch = lease.epoch;
        }
    }
}

pub(super) fn slice(
    tx: &mut Tx,
    commands: Arc<Vec<Attempted>>,
    context: Arc<Context>,
) -> BoxFuture<'_, Result<Vec<Recorded>, EngineFault>> {
    Box::pin(async move {
        let before = load(tx, &commands).await?;
        record_slice(tx, &commands, before, &context).await
    })
}

/// Decides and saves, with the health of gateways that came out different.
async fn record_slice(
    tx: &mut Tx,
    commands: &[Attempted],
    mut before: Before,
    context: &Context,
) -> Result<Vec<Recorded>, EngineFault> {
    let now = context.clock.now();
    let healthy = before.health.clone();
    let (mut changes, recorded) = record(commands, &mut before, now);
    for (name, health) in &before.health {
        let was = healthy.get(name);
        if was == Some(health)
            || (was.is_none() && health.state == HealthState::Up && health.failures == 0)
        {
            continue;
        }
        gateway::upsert_health(&mut tx.conn, Half::Sender, health).await?;
        let turned = was.map_or(HealthState::Up, |was| was.state) != health.state;
        changes
            .events
            .extend(turned.then(|| health_event(health, now)));
    }
    before.timelines.settle(&mut changes);
    follow_up(&mut tx.conn, &mut changes, context, now).await?;
    save(tx, changes, now).await?;
    Ok(recorded)
}

pub(super) fn health_event(health: &Health, now: Timestamp) -> NewEvent {
    let kind = match health.state {
        HealthState::Up => EventKind::GatewayUp,
        HealthState::Paused | HealthState::Down => EventKind::GatewayDown,
    };
    let data = EventData {
        gateway: Some(health.gateway.as_str()),
        status: Some(health.state.as_str()),
        reason: health.reason.as_deref(),
        ..EventData::default()
    };
    NewEvent {
        kind,
        at: now,
        actor: None,
        conversation: None,
        data: data.json(),
    }
}
