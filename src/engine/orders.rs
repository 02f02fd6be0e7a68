//! What agents order of a message that was accepted: send it again, or do not send it.

use super::desk::store_changed;
use super::save::save;
use super::{Engine, EngineFault, MessageDetails};
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::delivery::{Delivery, DeliveryState, Piece, known};
use crate::domain::event::NewEvent;
use crate::domain::id::MessageId;
use crate::domain::idempotency::Answered;
use crate::domain::message::{Direction, Message, Note, Priority, StatusEvent};
use crate::domain::report::{Timelines, evidence, status_event};
use crate::domain::status::{Evidence, Status, recipient_status};
use crate::domain::submit::Once;
use crate::store::{
    StoreFault, Tx, conversation, delivery, idempotency, message, suppression, timeline,
};

use futures_util::future::BoxFuture;

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
                    let mut waiting = delivery::load_deliveries(&mut tx.conn, &[id]).await?;
                    waiting.retain(|one| one.state == DeliveryState::Queued);
                    if waiting.is_empty() {
                        let why = "only a message that still waits for its turn can be withdrawn";
                        return Err(OrderFault::Refused(why.to_owned(), message.status));
                    }
                    let pieces = waiting.iter().map(Delivery::piece);
                    let withdrawn: Vec<_> = pieces.map(|piece| known(piece, message)).collect();
                    let timeline = timeline::load_timelines(&mut tx.conn, &[id]).await?;
                    let mut timelines = Timelines::new(found, timeline);
                    let mut changes = Changes::default();
                    for known in withdrawn {
                        timelines.add(known, Status::Canceled, None, now, None);
                    }
                    timelines.refold(id, now, &mut changes);
                    for event in &mut changes.events {
                        event.actor = Some(actor.clone());
                    }
                    changes.finished.extend(waiting.iter().map(Delivery::piece));
                    let message = timelines.message(id).cloned().ok_or(OrderFault::Unknown)?;
                    timelines.settle(&mut changes);
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
        let timeline = timeline::load_timelines(&mut tx.conn, &[id]).await?;
        let lines = timeline.get(&id).map(Vec::as_slice).unwrap_or_default();
        let parts = unsent(&message, lines);
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
        let queued = Delivery::queued(&message, Priority::Interactive, now);
        let again = queued.into_iter().filter(|one| parts.contains(&one.part));
        changes.deliveries.extend(again);
        let event = status_event(&message, now).map(|event| NewEvent {
            actor: Some(actor),
            ..event
        });
        let mut timelines = Timelines::new([(id, message.clone())].into(), timeline);
        let note = Note {
            detail: Some("an agent ordered it to be sent again".to_owned()),
            ..Note::default()
        };
        for part in parts {
            let piece = Piece { message: id, part };
            let known = known(piece, &message);
            timelines.add(known, Status::Queued, Some(note.clone()), now, None);
        }
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
        let conversation = [message.conversation];
        for before in conversation::load_conversations(&mut tx.conn, &conversation).await? {
            let mut seen_to = before.clone();
            seen_to.failed = false;
            store_changed(&mut tx.conn, &before, &seen_to).await?;
        }
        Ok(Retried::Queued(Box::new(MessageDetails {
            message,
            timeline,
            receipt: None,
            deleted: None,
        })))
    })
}

/// The parts that are to be sent again: the whole of a text, of a mail those recipients whom it
/// did not reach as far as anybody knows.
fn unsent(message: &Message, timeline: &[StatusEvent]) -> Vec<u32> {
    let recipients = message.recipients();
    if recipients == 0 {
        return vec![0];
    }
    let evidence: Vec<Evidence> = timeline.iter().map(evidence).collect();
    let failed = |part: &u32| {
        matches!(
            recipient_status(*part, &evidence),
            Status::Failed | Status::Unconfirmed | Status::Expired
        )
    };
    let parts: Vec<u32> = (1..=recipients).filter(failed).collect();
    // What is known of the message as a whole alone tells nobody apart.
    if parts.is_empty() {
        (1..=recipients).collect()
    } else {
        parts
    }
}
