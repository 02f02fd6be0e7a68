//! A mail that tells of a mail of ours becomes part of that one's timeline.

use super::{Deciding, InboundMail};
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::failure::FailureClass;
use crate::domain::id::MessageId;
use crate::domain::message::{Direction, Message, Note};
use crate::domain::report::Known;
use crate::domain::status::Status;
use crate::domain::threads::Threads;

/// What a mail tells about a mail of ours.
#[derive(Debug, Clone)]
pub struct Told {
    /// The Message-IDs that it names.
    pub ids: Vec<String>,
    /// What it tells about each recipient.
    pub recipients: Vec<ToldOf>,
}

/// What it tells about one of the recipients.
#[derive(Debug, Clone)]
pub struct ToldOf {
    /// Whom, in lower case, where it is told.
    pub recipient: Option<String>,
    /// What became of the mail.
    pub status: Status,
    /// Why, in the server's words.
    pub note: Note,
}

impl Deciding<'_> {
    /// Adds what a mail tells to the timeline of the message that it is about; nothing when none
    /// of ours is found.
    pub(super) fn report(
        &mut self,
        mail: &InboundMail,
        told: &Told,
        tokens: &[uuid::Uuid],
        now: Timestamp,
    ) -> Option<MessageId> {
        let id = self.told_of(told, tokens)?;
        for one in &told.recipients {
            self.report_one(id, one, mail, now);
        }
        Some(id)
    }

    /// The mail of ours that is meant: a token proves it, a Message-ID names it.
    fn told_of(&self, told: &Told, tokens: &[uuid::Uuid]) -> Option<MessageId> {
        let by_token = tokens.iter().map(|token| MessageId(*token));
        let by_id = told.ids.iter().filter_map(|id| self.before.ids.get(id));
        let recipients = told.recipients.iter();
        let recipients = recipients.filter_map(|one| one.recipient.as_ref());
        let recent = recipients.filter_map(|address| self.before.recent.get(address));
        let named = by_id.flatten().chain(recent).copied();
        by_token.chain(named).find(|id| {
            let ours = |message: &Message| message.direction == Direction::Outbound;
            self.before.timelines.message(*id).is_some_and(ours)
        })
    }

    fn report_one(&mut self, id: MessageId, told: &ToldOf, mail: &InboundMail, now: Timestamp) {
        let Some(message) = self.before.timelines.message(id) else {
            return;
        };
        let was = message.status;
        let known = known(message, told.recipient.as_deref());
        let address = told_address(message, told, known.part);
        let mut note = told.note.clone();
        if known.part == 0
            && let (Some(recipient), Some(detail)) = (&told.recipient, &mut note.detail)
        {
            *detail = format!("{recipient}: {detail}");
        }
        let timelines = &mut self.before.timelines;
        timelines.add(known, told.status, Some(note), now, Some(mail.raw.id));
        let events = self.changes.events.len();
        timelines.refold(id, now, &mut self.changes);
        let failed = timelines
            .message(id)
            .filter(|message| message.status == Status::Failed && was != Status::Failed)
            .cloned();
        if let Some(message) = failed {
            self.changes.events.truncate(events);
            let (threads, reopen) = (&mut self.before.threads, mail.reopen_on_failure);
            final_failure(threads, &message, reopen, now, &mut self.changes);
        }
        self.changes.bounces.extend(address.and_then(|address| {
            let reason = told.note.detail.clone().unwrap_or_default();
            match told.status {
                Status::Failed if is_for_good(told.note.class) => {
                    Some((address, Some((now, reason))))
                }
                Status::Delivered | Status::Read => Some((address, None)),
                _ => None,
            }
        }));
    }
}

/// Opens the issue of a mail that finally failed again, where that is asked for, and tells whoever
/// has it.
pub fn final_failure(
    threads: &mut Threads,
    message: &Message,
    reopen: bool,
    now: Timestamp,
    changes: &mut Changes,
) {
    if let Some(issue) = message.issue.filter(|_| reopen) {
        threads.reopen(message.conversation, issue, now, changes);
    }
    let issue = threads.issue(message.conversation);
    let issue = issue.filter(|issue| issue.is_open() || Some(issue.id) == message.issue);
    let assignee = issue.and_then(|issue| issue.assignee.clone());
    failed_event(message, assignee.as_ref(), now, changes);
}

fn failed_event(
    message: &Message,
    assignee: Option<&AgentRef>,
    now: Timestamp,
    changes: &mut Changes,
) {
    let data = EventData {
        message: Some(message.id),
        issue: message.issue,
        gateway: Some(message.gateway.as_str()),
        status: Some(message.status.as_str()),
        error: message.failure.as_ref(),
        assignee,
        ..EventData::default()
    };
    changes.events.push(NewEvent {
        kind: EventKind::MessageFailed,
        at: now,
        actor: None,
        conversation: Some(message.conversation),
        data: data.json(),
    });
}

/// Which of the message's recipients is meant: the only one, or the one of that address; the
/// message as a whole when nobody can say.
fn known(message: &Message, recipient: Option<&str>) -> Known {
    let mail = message.details.mail.as_deref();
    let all = mail.map(|mail| mail.to.iter().chain(&mail.cc).chain(&mail.bcc));
    let all: Vec<&str> = all
        .into_iter()
        .flatten()
        .map(|mailbox| mailbox.address.as_str())
        .collect();
    let named = recipient.and_then(|recipient| {
        all.iter()
            .position(|address| address.eq_ignore_ascii_case(recipient))
    });
    let only = (all.len() == 1).then_some(0);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Known {
        message: message.id,
        part: named.or(only).map_or(0, |place| count(place + 1)),
        parts: count(all.len()),
        round: message.round,
    }
}

/// The address that is told of: the one we sent to, not what a forwarder made of it.
fn told_address(message: &Message, told: &ToldOf, part: u32) -> Option<Address> {
    let mail = message.details.mail.as_deref()?;
    let place = part.checked_sub(1).map(|place| place as usize);
    let sent_to = place.and_then(|place| {
        let mut all = mail.to.iter().chain(&mail.cc).chain(&mail.bcc);
        all.nth(place).map(|mailbox| mailbox.address.as_str())
    });
    let address = sent_to.or(told.recipient.as_deref())?;
    Address::parse_email(address).ok()
}

/// Whether an address that failed so will fail again.
fn is_for_good(class: Option<FailureClass>) -> bool {
    class == Some(FailureClass::InvalidNumber)
}
