//! What the outcomes of attempts change.

use std::collections::HashMap;
use std::time::Duration;

use super::naming::{meanings, name, unpark};
use super::{Delivery, DeliveryState, Piece, known, whole};
use crate::domain::changes::{Changes, Reference};
use crate::domain::clock::Timestamp;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::{GatewayName, OnUnknown, RetrySchedule};
use crate::domain::health::{Health, Sign};
use crate::domain::id::MessageId;
use crate::domain::message::{Message, Note};
use crate::domain::outcome::Outcome;
use crate::domain::report::{Known, OwnReference, Parked, Timelines, heed_opt_out};
use crate::domain::status::Status;

/// The shortest and the longest wait that a provider may ask for (F25).
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(15));

/// What came of one attempt.
#[derive(Debug, Clone)]
pub struct Attempted {
    /// The message.
    pub message: MessageId,
    /// Which of its recipients, from one; zero where there is but one.
    pub part: u32,
    /// The gateway.
    pub gateway: GatewayName,
    /// The lease under which it was tried.
    pub epoch: i64,
    /// Which try it was.
    pub attempt: u32,
    /// By what reports name it; wanted when nobody knows what the provider answered.
    pub own_reference: Option<OwnReference>,
    /// What came of it.
    pub outcome: Outcome,
    /// Who knows that.
    pub witness: Witness,
    /// What the gateway does with a message of which nobody knows.
    pub on_unknown: OnUnknown,
    /// When the gateway tries again.
    pub retry: RetrySchedule,
    /// How much of the wait for another try is waited: a random number that spreads tries apart.
    pub jitter: f64,
}

impl Attempted {
    /// What of the message was tried.
    pub fn piece(&self) -> Piece {
        Piece {
            message: self.message,
            part: self.part,
        }
    }
}

/// Who knows what came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The daemon that made the call.
    Caller,
    /// Nobody: that daemon stopped before it could say, which tells nothing about the gateway.
    Nobody,
}

/// What the worker does after an outcome was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Goes on.
    Done,
    /// Lets the gateway rest until then.
    RestUntil(Timestamp),
    /// Gives up the gateway: another daemon has the lease, and the outcome was refused.
    Stale,
}

/// What was there before outcomes are recorded.
#[derive(Debug)]
pub struct Before {
    /// The present epochs of the gateways' leases.
    pub epochs: HashMap<GatewayName, i64>,
    /// The queue's rows of the messages.
    pub deliveries: HashMap<Piece, Delivery>,
    /// The messages.
    pub timelines: Timelines,
    /// References that are taken.
    pub references: HashMap<Reference, Known>,
    /// Reports that wait for the references.
    pub parked: Vec<Parked>,
    /// The gateways' health.
    pub health: HashMap<GatewayName, Health>,
}

/// Decides what the outcomes change, in their order; the health of the gateways is changed in
/// place.
pub fn record(
    slice: &[Attempted],
    before: &mut Before,
    now: Timestamp,
) -> (Changes, Vec<Recorded>) {
    let mut changes = Changes::default();
    let recorded = slice
        .iter()
        .map(|one| record_one(one, before, now, &mut changes))
        .collect();
    (changes, recorded)
}

fn record_one(
    one: &Attempted,
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) -> Recorded {
    let current = before.epochs.get(&one.gateway) == Some(&one.epoch);
    let delivery = before.deliveries.get(&one.piece()).filter(|delivery| {
        delivery.state == DeliveryState::Sending
            && delivery.attempt == one.attempt
            && delivery.epoch == one.epoch
    });
    let Some(delivery) = delivery.cloned() else {
        return Recorded::Stale;
    };
    if one.outcome == Outcome::NotTried {
        // Whoever has the lease by now: the row still is as this daemon left it.
        take_back(delivery.clone(), before, changes);
    }
    if !current {
        return Recorded::Stale;
    }
    let message = before.timelines.message(one.message);
    let known = message.map_or(whole(one.message, 0), |message| known(one.piece(), message));
    match &one.outcome {
        Outcome::Accepted { references, .. } => {
            accepted(one, known, references, before, now, changes)
        }
        Outcome::Rejected(failure) => {
            sign(one, Sign::Works, before, now);
            end(known, Status::Failed, failure, before, now, changes);
            let message = before.timelines.message(one.message);
            heed_opt_out(Some(failure.class), message, now, changes);
            Recorded::Done
        }
        Outcome::Throttled { after, failure } => {
            let wait = after
                .unwrap_or_else(|| backoff(one, delivery.attempt))
                .clamp(WAIT.0, WAIT.1);
            again(
                delivery,
                known,
                failure,
                now.plus(wait),
                before,
                now,
                changes,
            );
            Recorded::RestUntil(now.plus(wait))
        }
        Outcome::Deferred(failure) => {
            sign(one, Sign::Works, before, now);
            let due = now.plus(backoff(one, delivery.attempt));
            again(delivery, known, failure, due, before, now, changes);
            Recorded::Done
        }
        Outcome::NotSent(failure) => {
            let rest = sign(one, Sign::Failed(&failure.detail), before, now);
            let due = now.plus(backoff(one, delivery.attempt));
            again(delivery, known, failure, due, before, now, changes);
            rest
        }
        Outcome::NotTried => Recorded::Done,
        Outcome::Misconfigured(failure) => {
            let rest = sign(one, Sign::Refused(&failure.detail), before, now);
            again(delivery, known, failure, now, before, now, changes);
            rest
        }
        Outcome::Unknown(failure) => {
            let rest = sign(one, Sign::Failed(&failure.detail), before, now);
            match one.on_unknown {
                OnUnknown::Resend if !was_reported(one, before) => {
                    let due = now.plus(backoff(one, delivery.attempt));
                    again(delivery, known, failure, due, before, now, changes);
                }
                OnUnknown::Hold | OnUnknown::Resend => {
                    unconfirmed(one, known, failure, before, now, changes);
                }
            }
            rest
        }
    }
}

/// Whether a report has come that names the message by our id: then the provider took it.
fn was_reported(one: &Attempted, before: &Before) -> bool {
    one.own_reference.as_ref().is_some_and(|own| {
        let mut parked = before.parked.iter();
        parked.any(|report| report.names(&one.gateway, &own.value))
    })
}

fn accepted(
    one: &Attempted,
    known: Known,
    references: &[String],
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) -> Recorded {
    sign(one, Sign::Works, before, now);
    // Mail servers use their ids again, and what they report names our own.
    let keys: Vec<Reference> = references
        .iter()
        .filter(|_| one.part == 0)
        .map(|value| (one.gateway.clone(), value.clone()))
        .collect();
    let taken = keys.iter().any(|key| {
        before
            .references
            .get(key)
            .is_some_and(|other| other.message != one.message)
    });
    if taken {
        let failure = Failure {
            class: FailureClass::ProviderError,
            code: None,
            detail: "the provider answered with the id of another message".to_owned(),
        };
        end(known, Status::Unconfirmed, &failure, before, now, changes);
        return Recorded::Done;
    }
    name(meanings(known, &keys), before, changes);
    if let Some(message) = before.timelines.change(one.message) {
        message.provider_reference = references.first().cloned();
    }
    let note = (references.first().filter(|_| one.part > 0)).map(|said| Note {
        detail: Some(said.clone()),
        ..Note::default()
    });
    finish(known, Status::Sent, note, &keys, before, now, changes);
    Recorded::Done
}

/// Ends a message of which nobody knows. A report can still decide, where it names the message by
/// an id that does not depend on the answer.
fn unconfirmed(
    one: &Attempted,
    known: Known,
    failure: &Failure,
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) {
    let Some(own) = &one.own_reference else {
        return end(known, Status::Unconfirmed, failure, before, now, changes);
    };
    let segments = before.timelines.message(one.message).map(|it| it.segments);
    let parts = segments.filter(|count| own.parts_have_ids && *count > 1);
    // Where there are parts, each of the provider's ids that comes with ours is one of them.
    let meaning = Known {
        parts: parts.unwrap_or(0),
        ..known
    };
    let key = (one.gateway.clone(), own.value.clone());
    name(vec![(key.clone(), meaning)], before, changes);
    let note = Some(Note::from(failure));
    finish(
        known,
        Status::Unconfirmed,
        note,
        &[key],
        before,
        now,
        changes,
    );
}

/// Ends the message's time in the queue with a status.
fn end(
    known: Known,
    status: Status,
    failure: &Failure,
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) {
    let note = Some(Note::from(failure));
    finish(known, status, note, &[], before, now, changes);
}

/// The same, when reports of these ids may have waited for that.
fn finish(
    known: Known,
    status: Status,
    note: Option<Note>,
    keys: &[Reference],
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) {
    before.timelines.add(known, status, note, now, None);
    unpark(known, keys, before, now, changes);
    before.timelines.refold(known.message, now, changes);
    changes.finished.push(Piece {
        message: known.message,
        part: known.part,
    });
}

/// Puts the message back into the queue, or ends it when its time will be over by then.
fn again(
    mut delivery: Delivery,
    known: Known,
    failure: &Failure,
    due: Timestamp,
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) {
    if due >= delivery.valid_until {
        let mut failure = failure.clone();
        failure.detail = format!(
            "not sent while it was worth sending; the last try: {}",
            failure.detail
        );
        end(known, Status::Expired, &failure, before, now, changes);
        return;
    }
    before
        .timelines
        .add(known, Status::Queued, Some(Note::from(failure)), now, None);
    let is_open = |message: &&mut Message| message.status < Status::Unconfirmed;
    if let Some(message) = before.timelines.change(known.message).filter(is_open) {
        message.status = Status::Queued;
    }
    delivery.state = DeliveryState::Queued;
    delivery.due_at = due;
    changes.deliveries.push(delivery);
}

/// Puts the message back to where it was before the intent to send it.
fn take_back(mut delivery: Delivery, before: &mut Before, changes: &mut Changes) {
    let is_open = |message: &&mut Message| message.status < Status::Unconfirmed;
    if let Some(message) = before.timelines.change(delivery.message).filter(is_open) {
        message.status = Status::Queued;
    }
    delivery.state = DeliveryState::Queued;
    delivery.attempt = delivery.attempt.saturating_sub(1);
    changes.deliveries.push(delivery);
}

/// Records what the attempt says about the gateway; how long that has to rest.
fn sign(one: &Attempted, sign: Sign<'_>, before: &mut Before, now: Timestamp) -> Recorded {
    match one.witness {
        Witness::Caller => {}
        Witness::Nobody => return Recorded::Done,
    }
    let health = before
        .health
        .entry(one.gateway.clone())
        .or_insert_with(|| Health::up(one.gateway.clone(), now));
    *health = health.after(sign, now);
    health.probe_at.map_or(Recorded::Done, Recorded::RestUntil)
}

/// Exponential: the first wait doubled with each try, times a random number.
fn backoff(one: &Attempted, attempt: u32) -> Duration {
    let doubled = one
        .retry
        .first
        .saturating_mul(1 << attempt.saturating_sub(1).min(20));
    doubled
        .min(one.retry.max)
        .mul_f64(one.jitter.clamp(0.0, 2.0))
}
