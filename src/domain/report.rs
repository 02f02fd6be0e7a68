//! What providers say about messages we sent, and how it changes them.

mod meaning;
mod timelines;

pub use meaning::{OwnReference, meaning};
pub use timelines::{Timelines, evidence, status_event};

use std::collections::HashMap;
use std::sync::Arc;

use super::changes::{Changes, Reference};
use super::clock::Timestamp;
use super::event::{EventData, EventKind, NewEvent};
use super::failure::FailureClass;
use super::gateway::GatewayName;
use super::id::{MessageId, OptOutId};
use super::message::{Direction, Message, Note, RawRequest};
use super::opt_out::{OptOut, Origin, Word};
use super::status::Status;

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
    /// Our id of it, where the provider gives it back.
    pub ours: Option<String>,
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
    /// Our id of the message, where the provider gave it back.
    pub ours: Option<String>,
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

impl Parked {
    /// Whether it names a message by this id, which is the provider's or ours.
    pub fn names(&self, gateway: &GatewayName, id: &str) -> bool {
        self.gateway == *gateway && (self.reference == id || self.ours.as_deref() == Some(id))
    }
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

/// Decides what reports change, in their order.
pub fn report(
    slice: &[Report],
    mut references: HashMap<Reference, Known>,
    mut timelines: Timelines,
    now: Timestamp,
) -> (Changes, Vec<Applied>) {
    let mut changes = Changes::default();
    let mut applied = Vec::with_capacity(slice.len());
    for report in slice {
        let ids = (&report.gateway, &report.reference, report.ours.as_ref());
        let raw = report.raw.as_ref().map(|raw| raw.id);
        let outcome = match meaning(ids, &mut references, &mut timelines, &mut changes) {
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
        ours: report.ours.clone(),
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
    let class = report.note.as_ref().and_then(|note| note.class);
    heed_opt_out(class, timelines.message(known.message), now, changes);
}

/// Takes over an opt-out, when that is what the provider told us of a message.
pub fn heed_opt_out(
    class: Option<FailureClass>,
    message: Option<&Message>,
    now: Timestamp,
    changes: &mut Changes,
) {
    let Some(message) = message.filter(|message| message.direction == Direction::Outbound) else {
        return;
    };
    if class != Some(FailureClass::OptedOut) {
        return;
    }
    let pair = (message.from.clone(), message.to.clone());
    if changes.suppressed.iter().any(|other| other.pair == pair) {
        return;
    }
    changes.suppressed.push(OptOut {
        id: OptOutId::new(),
        pair,
        message: Some(message.id),
        began: Word {
            origin: Origin::Provider,
            actor: None,
            words: message
                .failure
                .as_ref()
                .map(|failure| failure.detail.clone()),
            at: now,
        },
        ended: None,
    });
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
