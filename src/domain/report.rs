//! What providers say about messages we sent, and how it changes them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::changes::{Changes, Reference, Transition};
use super::clock::Timestamp;
use super::event::{EventData, EventKind, NewEvent};
use super::failure::FailureClass;
use super::gateway::GatewayName;
use super::id::MessageId;
use super::message::{Direction, Message, Note, RawRequest, StatusEvent};
use super::status::{Evidence, Status, fold, fold_recipients};

/// What a provider's id means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The message.
    pub message: MessageId,
    /// The part of it, from one; zero for the message as a whole.
    pub part: u32,
    /// How many parts the provider made of it.
    pub parts: u32,
    /// The order to send that led to it.
    pub round: u32,
}

impl Known {
    /// The meaning for a report that names a part of the message by itself.
    #[must_use]
    pub fn of_part(self, part: Option<(u32, u32)>) -> Self {
        part.map_or(self, |(part, parts)| Self {
            part,
            parts,
            ..self
        })
    }
}

/// A report on its way in.
#[derive(Debug, Clone)]
pub struct Report {
    /// The gateway it came in by.
    pub gateway: GatewayName,
    /// The provider's id of the message.
    pub reference: String,
    /// What it says.
    pub status: Status,
    /// The provider's words and code.
    pub note: Option<Note>,
    /// The part it is about, from one, and how many there are; for providers that report per part
    /// under one id.
    pub part: Option<(u32, u32)>,
    /// When that was so, as far as anybody says.
    pub at: Timestamp,
    /// True when nothing more will be said of it.
    pub no_receipt: bool,
    /// The request that brought it.
    pub raw: Option<Arc<RawRequest>>,
}

/// A report that waits until its reference is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The gateway it came in by.
    pub gateway: GatewayName,
    /// The provider's id.
    pub reference: String,
    /// What it says.
    pub status: Status,
    /// The provider's words and code.
    pub note: Option<Note>,
    /// The part it is about, and how many there are.
    pub part: Option<(u32, u32)>,
    /// When that was so.
    pub at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// The request that brought it.
    pub raw: Option<uuid::Uuid>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is part of the message's timeline.
    To(MessageId),
    /// It had been said before.
    Repeated(MessageId),
    /// Nobody knows the reference yet; it is kept.
    Parked,
}

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
        // A wait for another try may be said twice; a provider's word is said once.
        let repeated = status != Status::Queued
            && timeline.iter().any(|line| {
                line.status == status
                    && line.part == known.part
                    && line.round == known.round
                    && code(line.note.as_ref()) == code(note.as_ref())
            });
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

fn failure(timeline: &[StatusEvent], status: Status) -> Option<super::failure::Failure> {
    let told = timeline.iter().rev().filter(|line| line.status == status);
    told.filter_map(|line| line.note.as_ref()).find_map(|note| {
        note.failure().or_else(|| {
            let detail = note.detail.clone()?;
            Some(super::failure::Failure {
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

/// Decides what reports change, in their order.
pub fn report(
    slice: &[Report],
    references: &HashMap<Reference, Known>,
    mut timelines: Timelines,
    now: Timestamp,
) -> (Changes, Vec<Applied>) {
    let mut changes = Changes::default();
    let mut applied = Vec::with_capacity(slice.len());
    for report in slice {
        let key = (report.gateway.clone(), report.reference.clone());
        let raw = report.raw.as_ref().map(|raw| raw.id);
        let outcome = match references.get(&key) {
            Some(known) => {
                let known = &known.of_part(report.part);
                let new = timelines.add(*known, report.status, report.note.clone(), report.at, raw);
                apply_report(report, *known, &mut timelines, now, &mut changes);
                if new {
                    Applied::To(known.message)
                } else {
                    Applied::Repeated(known.message)
                }
            }
            None => {
                changes.parked.push(park(report, raw, now));
                Applied::Parked
            }
        };
        if outcome != Applied::Parked || raw.is_some() {
            keep_raw(report, outcome, &mut changes);
        }
        applied.push(outcome);
    }
    timelines.settle(&mut changes);
    (changes, applied)
}

fn keep_raw(report: &Report, outcome: Applied, changes: &mut Changes) {
    let Some(raw) = report
        .raw
        .as_ref()
        .filter(|_| !matches!(outcome, Applied::Repeated(_)))
    else {
        return;
    };
    if !changes
        .raw_requests
        .iter()
        .any(|other| Arc::ptr_eq(other, raw))
    {
        changes.raw_requests.push(Arc::clone(raw));
    }
}

fn park(report: &Report, raw: Option<uuid::Uuid>, now: Timestamp) -> Parked {
    Parked {
        gateway: report.gateway.clone(),
        reference: report.reference.clone(),
        status: report.status,
        note: report.note.clone(),
        part: report.part,
        at: report.at,
        received_at: now,
        raw,
    }
}

fn apply_report(
    report: &Report,
    known: Known,
    timelines: &mut Timelines,
    now: Timestamp,
    changes: &mut Changes,
) {
    if report.no_receipt
        && let Some(message) = timelines.change(known.message)
    {
        message.details.no_receipt = true;
    }
    timelines.refold(known.message, now, changes);
    let opted_out =
        report.note.as_ref().and_then(|note| note.class) == Some(FailureClass::OptedOut);
    if let Some(message) = timelines.message(known.message).filter(|_| opted_out) {
        suppress(message, now, changes);
    }
}

/// Takes over an opt-out that the provider told us of.
pub fn suppress(message: &Message, now: Timestamp, changes: &mut Changes) {
    if message.direction != Direction::Outbound {
        return;
    }
    let pair = (message.from.clone(), message.to.clone());
    if changes.suppressed.iter().any(|(other, ..)| *other == pair) {
        return;
    }
    changes.suppressed.push((pair, "provider", now));
    let data = EventData {
        message: Some(message.id),
        gateway: Some(message.gateway.as_str()),
        reason: Some("the provider says that the recipient opted out"),
        ..EventData::default()
    };
    let conversation = Some(message.conversation);
    let kind = EventKind::ContactOptedOut;
    changes.events.push(NewEvent {
        kind,
        at: now,
        actor: None,
        conversation,
        data: data.json(),
    });
}
