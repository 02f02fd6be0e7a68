//! What agents order of a message that was accepted: send it again, or do not send it.

use super::report::count;
use super::save::save;
use super::{Engine, EngineFault, MessageDetails};
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::delivery::{Delivery, DeliveryState, whole};
use crate::domain::event::NewEvent;
use crate::domain::id::MessageId;
use crate::domain::idempotency::Answered;
use crate::domain::message::{Direction, Message, Note, Priority};
use crate::domain::report::{Timelines, status_event};
use crate::domain::status::Status;
use crate::domain::submit::Once;
use crate::store::{StoreFault, Tx, delivery, idempotency, message, suppression};

use futures_util::future::BoxFuture;

use std::time::Duration;

/// Why an order was not followed.
#[derive(Debug, thiserror::Error)]
pub enum OrderFault {
    /// There is no such message.
    #[error("no message has this id")]
    Unknown,
    /// The message is in a state that forbids it.
    #[error("{0}")]
    Refused(String, Status),
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// The recipient opted out.
    #[error("the recipient opted out of texts from {0}")]
    OptedOut(String),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

/// What became of the order to send again.
#[derive(Debug, Clone)]
pub enum Retried {
    /// The message waits for its turn.
    Queued(Box<MessageDetails>),
    /// The order had been given before, and was answered like this.
    Repeated(Answered),
}

impl From<StoreFault> for OrderFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl Engine {
    /// Sends a message again that failed, came too late, or of which nobody knows.
    ///
    /// With `once`, a repeated order gets the answer of the first and sends nothing more.
    pub async fn retry_message(
        &self,
        id: MessageId,
        by: &Principal,
        once: Option<Once>,
    ) -> Result<Retried, OrderFault> {
        let (actor, now) = (by.agent.clone(), self.context.clock.now());
        let store = &self.context.store;
        let retried = store
            .write(move |tx| again(tx, id, actor, once, now))
            .await?;
        if let Retried::Queued(message) = &retried {
            self.context.wake(&message.message.gateway);
        }
        Ok(retried)
    }

    /// Withdraws a message that still waits for its turn.
    pub async fn cancel_message(
        &self,
        id: MessageId,
        by: &Principal,
    ) -> Result<Message, OrderFault> {
        let (actor, now) = (by.agent.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = message::load_messages(&mut tx.conn, &[id]).await?;
                    let message = found.get(&id).ok_or(OrderFault::Unknown)?;
                    let waiting = delivery::load_deliveries(&mut tx.conn, &[id]).await?;
                    if !waiting.iter().any(|one| one.state == DeliveryState::Queued) {
                        let why = "only a message that still waits for its turn can be withdrawn";
                        return Err(OrderFault::Refused(why.to_owned(), message.status));
                    }
                    let known = whole(id, message.round);
                    let timeline = message::load_timelines(&mut tx.conn, &[id]).await?;
                    let mut timelines = Timelines::new(found, timeline);
                    let mut changes = Changes::default();
                    timelines.add(known, Status::Canceled, None, now, None);
                    timelines.refold(id, now, &mut changes);
                    for event in &mut changes.events {
                        event.actor = Some(actor.clone());
                    }
                    changes.finished.push(id);
                    let message = timelines.message(id).cloned().ok_or(OrderFault::Unknown)?;
                    timelines.settle(&mut changes);
                    count(&changes.transitions);
                    save(tx, changes, now).await?;
                    Ok(message)
                })
            })
            .await
    }
}

/// The whole order in one unit of work: looks whether it was given before, changes, answers.
fn again(
    tx: &mut Tx,
    id: MessageId,
    actor: AgentRef,
    once: Option<Once>,
    now: Timestamp,
) -> BoxFuture<'_, Result<Retried, OrderFault>> {
    Box::pin(async move {
        if let Some(once) = &once {
            let known =
                idempotency::load_answers(&mut tx.conn, std::slice::from_ref(&once.key)).await?;
            match known.into_values().next() {
                Some(answered) if answered.fingerprint == once.fingerprint => {
                    return Ok(Retried::Repeated(answered));
                }
                Some(_) => return Err(OrderFault::KeyReused),
                None => {}
            }
        }
        let mut found = message::load_messages(&mut tx.conn, &[id]).await?;
        let mut message = found.remove(&id).ok_or(OrderFault::Unknown)?;
        let again = matches!(
            message.status,
            Status::Failed | Status::Unconfirmed | Status::Expired
        );
        if message.direction != Direction::Outbound || !again {
            let why = "only a failed, expired or unconfirmed message can be sent again";
            return Err(OrderFault::Refused(why.to_owned(), message.status));
        }
        let pair = (message.from.clone(), message.to.clone());
        if !suppression::load_suppressed(&mut tx.conn, std::slice::from_ref(&pair))
            .await?
            .is_empty()
        {
            return Err(OrderFault::OptedOut(pair.0));
        }
        message.round += 1;
        message.status = Status::Queued;
        message.failure = None;
        let mut changes = Changes::default();
        changes.deliveries.push(queued_again(&message, now));
        let timeline = message::load_timelines(&mut tx.conn, &[id]).await?;
        let event = status_event(&message, now).map(|event| NewEvent {
            actor: Some(actor),
            ..event
        });
        let mut timelines = Timelines::new([(id, message.clone())].into(), timeline);
        let note = Note {
            detail: Some("an agent ordered it to be sent again".to_owned()),
            ..Note::default()
        };
        timelines.add(
            whole(id, message.round),
            Status::Queued,
            Some(note),
            now,
            None,
        );
        let timeline = timelines.timeline(id).to_vec();
        if let Some(once) = once {
            let response = (once.render)(&message, &timeline);
            changes.answers.push((
                once.key,
                Answered {
                    fingerprint: once.fingerprint,
                    status: 200,
                    response,
                },
            ));
        }
        timelines.settle(&mut changes);
        changes.events.extend(event);
        save(tx, changes, now).await?;
        Ok(Retried::Queued(Box::new(MessageDetails {
            message,
            timeline,
            receipt: None,
        })))
    })
}

fn queued_again(message: &Message, now: Timestamp) -> Delivery {
    Delivery {
        message: message.id,
        gateway: message.gateway.clone(),
        conversation: message.conversation,
        priority: Priority::Interactive,
        state: DeliveryState::Queued,
        due_at: now,
        valid_until: now.plus(Duration::from_secs(message.details.valid_for.max(1))),
        attempt: 0,
        epoch: 0,
        segments: message.segments,
    }
}
