//! Handing messages over: what waits, what is claimed, and what each attempt's outcome changes.

mod naming;
mod record;

pub use record::{Attempted, Before, Recorded, Witness, record};

use std::collections::HashSet;
use std::time::Duration;

use super::changes::Changes;
use super::clock::Timestamp;
use super::failure::FailureClass;
use super::gateway::GatewayName;
use super::id::{ConversationId, MessageId};
use super::message::{Message, Note, OptOutPart, Priority};
use super::named::named;
use super::report::{Known, Timelines};
use super::status::Status;

named! {
    /// Whether a message waits or is under way.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum DeliveryState {
        /// It waits for its turn.
        Queued = "queued",
        /// The intent is on disk; the call may be under way.
        Sending = "sending",
    }
}

/// What of a message is handed over in one go: all of it (part zero), or a mail to one of its
/// recipients (from one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// The message.
    pub message: MessageId,
    /// Which recipient, from one; zero where there is but one.
    pub part: u32,
}

/// A piece of a message in the queue of its gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message.
    pub message: MessageId,
    /// Which of its recipients, from one; zero where there is but one.
    pub part: u32,
    /// The gateway.
    pub gateway: GatewayName,
    /// Its conversation; in each, messages leave in their order.
    pub conversation: ConversationId,
    /// Which messages go first.
    pub priority: Priority,
    /// Whether it is under way.
    pub state: DeliveryState,
    /// When it may be tried.
    pub due_at: Timestamp,
    /// After when it is not worth sending.
    pub valid_until: Timestamp,
    /// How often it was tried.
    pub attempt: u32,
    /// The lease under which it was tried last.
    pub epoch: i64,
    /// What it costs.
    pub segments: u32,
}

impl Delivery {
    /// All that of a message is to be handed over, due at once.
    pub fn queued(message: &Message, priority: Priority, now: Timestamp) -> Vec<Self> {
        let parts = match message.recipients() {
            0 => 0..=0,
            recipients => 1..=recipients,
        };
        let valid_for = Duration::from_secs(message.details.valid_for.max(1));
        let part = |part| Self {
            message: message.id,
            part,
            gateway: message.gateway.clone(),
            conversation: message.conversation,
            priority,
            state: DeliveryState::Queued,
            due_at: now,
            valid_until: now.plus(valid_for),
            attempt: 0,
            epoch: 0,
            segments: message.segments,
        };
        parts.map(part).collect()
    }

    /// What of the message it is.
    pub fn piece(&self) -> Piece {
        Piece {
            message: self.message,
            part: self.part,
        }
    }
}

/// How much waits at a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// The gateway.
    pub gateway: GatewayName,
    /// How many messages.
    pub depth: i64,
    /// Since when the first of them has been due.
    pub oldest_due: Timestamp,
}

/// Records the intent to send: of what is due, takes out what must not leave, and marks the rest
/// as being sent under a lease. Gives back what is to be sent.
pub fn claim(
    due: Vec<Delivery>,
    epoch: i64,
    suppressed: &HashSet<(String, String)>,
    timelines: &mut Timelines,
    now: Timestamp,
    changes: &mut Changes,
) -> Vec<Delivery> {
    let mut claimed = Vec::with_capacity(due.len());
    for mut delivery in due {
        let Some(message) = timelines.message(delivery.message) else {
            changes.finished.push(delivery.piece());
            continue;
        };
        let known = known(delivery.piece(), message);
        let recipient = message.recipient(delivery.part).to_owned();
        let bars = message.details.opt_out != Some(OptOutPart::Confirmation);
        let end = if bars && suppressed.contains(&(message.from.clone(), recipient)) {
            Some((
                Status::Failed,
                FailureClass::OptedOut,
                "the recipient opted out before the message was sent",
            ))
        } else if delivery.valid_until <= now {
            Some((
                Status::Expired,
                FailureClass::Expired,
                "the message was not sent while it was worth sending",
            ))
        } else {
            None
        };
        if let Some((status, class, detail)) = end {
            let note = Note {
                class: Some(class),
                code: None,
                detail: Some(detail.to_owned()),
            };
            timelines.add(known, status, Some(note), now, None);
            timelines.refold(delivery.message, now, changes);
            changes.finished.push(delivery.piece());
            continue;
        }
        delivery.state = DeliveryState::Sending;
        delivery.attempt += 1;
        delivery.epoch = epoch;
        let is_open = |message: &&mut Message| message.status < Status::Unconfirmed;
        if let Some(message) = timelines.change(delivery.message).filter(is_open) {
            message.status = Status::Sending;
        }
        changes.deliveries.push(delivery.clone());
        claimed.push(delivery);
    }
    claimed
}

/// A piece of a message, in its present order to send.
pub fn known(piece: Piece, message: &Message) -> Known {
    Known {
        part: piece.part,
        parts: message.recipients(),
        ..whole(piece.message, message.round)
    }
}

/// The message as a whole, in one order to send.
pub fn whole(message: MessageId, round: u32) -> Known {
    Known {
        message,
        part: 0,
        parts: 0,
        round,
    }
}
