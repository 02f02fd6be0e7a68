//! What agents order of a message that was accepted: send it again, or do not send it.

use super::report::count;
use super::save::save;
use super::{Engine, EngineFault};
use crate::domain::agent::Principal;
use crate::domain::changes::Changes;
use crate::domain::delivery::{Delivery, DeliveryState, whole};
use crate::domain::event::NewEvent;
use crate::domain::id::MessageId;
use crate::domain::message::{Direction, Message, Note, Priority};
use crate::domain::report::{Timelines, status_event};
use crate::domain::status::Status;
use crate::store::{StoreFault, delivery, message, suppression};

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
    /// The recipient opted out.
    #[error("the recipient opted out of texts from {0}")]
    OptedOut(String),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for OrderFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl Engine {
    /// Sends a message again that failed, came too late, or of which nobody knows.
    pub async fn retry_message(
        &self,
        id: MessageId,
        by: &Principal,
    ) -> Result<Message, OrderFault> {
        let (actor, now) = (by.agent.clone(), self.context.clock.now());
        let message = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
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
                    let valid_for = Duration::from_secs(message.details.valid_for.max(1));
                    let mut changes = Changes::default();
                    changes.deliveries.push(Delivery {
                        message: id,
                        gateway: message.gateway.clone(),
                        conversation: message.conversation,
                        priority: Priority::Interactive,
                        state: DeliveryState::Queued,
                        due_at: now,
                        valid_until: now.plus(valid_for),
                        attempt: 0,
                        epoch: 0,
                        segments: message.segments,
                    });
                    let timeline = message::load_timelines(&mut tx.conn, &[id]).await?;
                    let event = status_event(&message, now).map(|event| NewEvent {
                        actor: Some(actor),
                        ..event
                    });
                    let mut timelines = Timelines::new([(id, message.clone())].into(), timeline);
                    let detail = Some("an agent ordered it to be sent again".to_owned());
                    let known = whole(id, message.round);
                    timelines.add(
                        known,
                        Status::Queued,
                        Some(Note {
                            detail,
                            ..Note::default()
                        }),
                        now,
                        None,
                    );
                    timelines.settle(&mut changes);
                    changes.events.extend(event);
                    save(tx, changes, now).await?;
                    Ok(message)
                })
            })
            .await?;
        self.context.wake(&message.gateway);
        Ok(message)
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
