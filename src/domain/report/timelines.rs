//! Messages and their timelines while they are being decided on.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Known;
use crate::domain::changes::{Changes, Transition};
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::failure::FailureClass;
use crate::domain::id::MessageId;
use crate::domain::message::{Message, Note, StatusEvent};
use crate::domain::status::{Evidence, Status, fold, fold_recipients};

/// When a wait for another try is worth a line again that says the same as the last.
const SAID_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// Messages and their timelines while new evidence is added to them.
#[derive(Debug)]
pub struct Timelines {
    messages: HashMap<MessageId, Message>,
    timelines: HashMap<MessageId, Vec<StatusEvent>>,
    touched: BTreeSet<MessageId>,
    fresh: Vec<StatusEvent>,
}

impl Timelines {
    /// What was loaded.
    pub fn new(
        messages: HashMap<MessageId, Message>,
        timelines: HashMap<MessageId, Vec<StatusEvent>>,
    ) -> Self {
        Self {
            messages,
            timelines,
            touched: BTreeSet::new(),
            fresh: Vec::new(),
        }
    }

    /// A message that was loaded.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// A message's timeline as it is now.
    pub fn timeline(&self, id: MessageId) -> &[StatusEvent] {
        self.timelines
            .get(&id)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// A message that was loaded, to be changed.
    pub fn change(&mut self, id: MessageId) -> Option<&mut Message> {
        self.touched.insert(id);
        self.messages.get_mut(&id)
    }

    /// Adds a line to a timeline, unless it says nothing new; says whether it did.
    pub fn add(
        &mut self,
        known: Known,
        status: Status,
        note: Option<Note>,
        at: Timestamp,
        raw: Option<uuid::Uuid>,
    ) -> bool {
        let timeline = self.timelines.entry(known.message).or_default();
        let same = |line: &&StatusEvent| {
            line.status == status
                && line.part == known.part
                && line.round == known.round
                && code(line.note.as_ref()) == code(note.as_ref())
        };
        // A provider's word is said once. A wait for another try is said again, but not each
        // second of the hours for which a gateway may be throttled.
        let repeated = match status {
            Status::Queued => {
                let last = timeline.last().filter(same);
                last.is_some_and(|line| line.note == note && at.since(line.at) < SAID_AGAIN_AFTER)
            }
            _ => timeline.iter().any(|line| same(&line)),
        };
        if repeated {
            return false;
        }
        let n = u32::try_from(timeline.len()).unwrap_or(u32::MAX);
        let Known {
            message,
            part,
            parts,
            round,
        } = known;
        let line = StatusEvent {
            message,
            n,
            round,
            part,
            parts,
            status,
            at,
            note,
            raw,
        };
        timeline.push(line.clone());
        self.fresh.push(line);
        self.touched.insert(message);
        true
    }

    /// Folds what is known of a message into its status; writes the event when that changed.
    pub fn refold(&mut self, id: MessageId, now: Timestamp, changes: &mut Changes) {
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        let timeline = self
            .timelines
            .get(&id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let evidence: Vec<Evidence> = timeline.iter().map(evidence).collect();
        let folded = match message.recipients() {
            0 => fold(message.round, &evidence),
            recipients => fold_recipients(recipients, &evidence),
        };
        // Queued and sending are the queue's to say; the fold only knows what came of it.
        if folded <= Status::Sending || folded == message.status {
            return;
        }
        message.status = folded;
        message.failure = match folded {
            Status::Failed | Status::Expired | Status::Unconfirmed => failure(timeline, folded),
            Status::Received
            | Status::Scheduled
            | Status::Queued
            | Status::Sending
            | Status::Sent
            | Status::Canceled
            | Status::Delivered
            | Status::Read => None,
        };
        changes.events.extend(status_event(message, now));
        let class = message.failure.as_ref().map(|failure| failure.class);
        changes.transitions.push(Transition {
            gateway: message.gateway.clone(),
            channel: message.channel,
            status: folded,
            class,
        });
    }

    /// Moves what was changed to where it will be written from.
    pub fn settle(self, changes: &mut Changes) {
        let Self {
            mut messages,
            touched,
            fresh,
            ..
        } = self;
        changes
            .messages
            .extend(touched.iter().filter_map(|id| messages.remove(id)));
        changes.status_events.extend(fresh);
    }
}

/// A line of a timeline, as far as the fold needs it.
pub fn evidence(line: &StatusEvent) -> Evidence {
    Evidence {
        round: line.round,
        part: line.part,
        parts: line.parts,
        status: line.status,
    }
}

fn code(note: Option<&Note>) -> Option<&str> {
    note.and_then(|note| note.code.as_deref())
}

fn failure(timeline: &[StatusEvent], status: Status) -> Option<crate::domain::failure::Failure> {
    let told = timeline.iter().rev().filter(|line| line.status == status);
    told.filter_map(|line| line.note.as_ref()).find_map(|note| {
        note.failure().or_else(|| {
            let detail = note.detail.clone()?;
            Some(crate::domain::failure::Failure {
                class: FailureClass::Unknown,
                code: note.code.clone(),
                detail,
            })
        })
    })
}

/// The event that tells of a message's status, for those that the feed tells of.
pub fn status_event(message: &Message, now: Timestamp) -> Option<NewEvent> {
    let kind = match message.status {
        Status::Received | Status::Scheduled | Status::Sending => return None,
        Status::Queued => EventKind::MessageQueued,
        Status::Unconfirmed => EventKind::MessageUnconfirmed,
        Status::Sent => EventKind::MessageSent,
        Status::Canceled => EventKind::MessageCanceled,
        Status::Expired | Status::Failed => EventKind::MessageFailed,
        Status::Delivered => EventKind::MessageDelivered,
        Status::Read => EventKind::MessageRead,
    };
    let data = EventData {
        message: Some(message.id),
        issue: message.issue,
        gateway: Some(message.gateway.as_str()),
        status: Some(message.status.as_str()),
        error: message.failure.as_ref(),
        ..EventData::default()
    };
    let (conversation, data) = (Some(message.conversation), data.json());
    Some(NewEvent {
        kind,
        at: now,
        actor: None,
        conversation,
        data,
    })
}
