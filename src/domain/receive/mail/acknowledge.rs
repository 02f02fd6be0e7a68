//! The automatic answer to a mail that opens an issue (T7).
//!
//! It is for people only, says nothing of what they wrote, and one person gets one a day: whoever
//! forges mail in somebody's name can make us write to them no more than that. Whoever forges it in
//! everybody's name soon finds that no more answers are given at all.

use std::collections::HashSet;
use std::time::Duration;

use uuid::Uuid;

use super::{Deciding, InboundMail, Letter};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{AfterFiling, title};
use crate::domain::delivery::Delivery;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::MessageId;
use crate::domain::mail::{Automatic, MailDetails, Mailbox, Verified};
use crate::domain::message::{Details, Direction, Message, Priority};
use crate::domain::report::status_event;
use crate::domain::status::Status;

/// How long one person gets no second answer.
pub const ONCE_IN: Duration = Duration::from_hours(24);

/// The time over which a gateway's answers are counted.
pub const WINDOW: Duration = Duration::from_mins(1);

/// How many answers a gateway gives in that time.
const MOST: usize = 20;

/// The time over which the answers of all gateways are counted; it begins anew with each hour.
pub const HOUR: Duration = Duration::from_hours(1);

/// How many answers all gateways give together in that time: five a minute, for a whole hour, is
/// more than people begin to write to one house by themselves.
const MOST_IN_ALL: usize = 300;

/// How long an answer that could not be handed over is worth it: a day later it only puzzles.
const VALID_FOR: Duration = Duration::from_hours(24);

/// What a gateway answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The words; the first of them are the subject.
    pub text: String,
    /// The gateway's address.
    pub sender: Address,
}

/// What was answered of late.
#[derive(Debug, Clone, Default)]
pub struct Acknowledged {
    /// Who had an answer within [`ONCE_IN`].
    pub people: HashSet<Address>,
    /// How many answers the gateway gave within [`WINDOW`].
    pub recent: usize,
    /// How many answers all gateways gave in this [`HOUR`].
    pub in_all: usize,
}

/// Makes a token of an id, which mails of ours carry in their Message-ID.
pub type Token<'t> = dyn Fn(Uuid) -> String + Send + Sync + 't;

impl Deciding<'_> {
    /// Answers a mail that opened an issue, when that is wanted and may be.
    pub(super) fn acknowledge(
        &mut self,
        mail: &InboundMail,
        letter: &Letter,
        filed: AfterFiling,
        now: Timestamp,
    ) {
        let Some(answer) = &mail.acknowledge else {
            return;
        };
        let told = &mut self.before.acknowledged;
        if !may_be_answered(letter)
            || told.recent >= MOST
            || told.in_all >= MOST_IN_ALL
            || !told.people.insert(person(&letter.from))
        {
            return;
        }
        told.recent += 1;
        told.in_all += 1;
        if told.in_all == MOST_IN_ALL {
            self.changes.events.push(no_more(&mail.raw.gateway, now));
        }
        let message = self.answer(answer, mail, letter, filed, now);
        let deliveries = Delivery::queued(&message, Priority::Interactive, now);
        self.changes.deliveries.extend(deliveries);
        self.changes.events.extend(status_event(&message, now));
        let gateway = mail.raw.gateway.clone();
        let told = (person(&letter.from), gateway, now);
        self.changes.acknowledged.push(told);
        self.changes.messages.push(message);
    }

    fn answer(
        &mut self,
        answer: &Acknowledgement,
        mail: &InboundMail,
        letter: &Letter,
        filed: AfterFiling,
        now: Timestamp,
    ) -> Message {
        let id = MessageId::new();
        let domain = answer.sender.value().rsplit_once('@');
        let domain = domain.map_or("mail.invalid", |(_, domain)| domain);
        let mail_id = format!("{}@{domain}", (self.token)(id.0));
        self.changes.mail_ids.push((mail_id.clone(), id));
        let mailbox = |address: &Address| Mailbox {
            name: None,
            address: address.value().to_owned(),
        };
        let details = MailDetails {
            subject: title(&answer.text),
            from: Some(mailbox(&answer.sender)),
            to: vec![mailbox(&letter.from)],
            message_id: Some(mail_id),
            thread: letter.details.message_id.iter().cloned().collect(),
            automatic: Some(Automatic::AutoReply),
            ..MailDetails::default()
        };
        Message {
            id,
            direction: Direction::Outbound,
            channel: ChannelKind::Email,
            gateway: mail.raw.gateway.clone(),
            from: answer.sender.value().to_owned(),
            to: letter.from.value().to_owned(),
            text: answer.text.clone(),
            encoding: None,
            segments: 1,
            status: Status::Queued,
            failure: None,
            reference: None,
            provider_reference: None,
            conversation: filed.conversation,
            issue: Some(filed.issue),
            author: None,
            details: Details {
                valid_for: VALID_FOR.as_secs(),
                mail: Some(Box::new(details)),
                ..Details::default()
            },
            raw: None,
            round: 0,
            created_at: now,
        }
    }
}

/// Whose mailbox an address is: what stands behind a plus sign only tells mails to one mailbox
/// apart, so whoever forges it could have us write to one person any number of times.
pub fn person(address: &Address) -> Address {
    let Some((local, host)) = address.value().rsplit_once('@') else {
        return address.clone();
    };
    let local = local.split_once('+').map_or(local, |(mailbox, _)| mailbox);
    Address::Email(format!("{local}@{host}"))
}

/// What operators hear when the last answer of an hour was given.
fn no_more(gateway: &GatewayName, now: Timestamp) -> NewEvent {
    let reason = format!(
        "{MOST_IN_ALL} automatic answers were given within this hour; there are no more until the next one"
    );
    let data = EventData {
        gateway: Some(gateway.as_str()),
        reason: Some(&reason),
        ..EventData::default()
    };
    NewEvent {
        kind: EventKind::GatewayNotice,
        at: now,
        actor: None,
        conversation: None,
        data: data.json(),
    }
}

/// Whether somebody wrote by hand who is not known to be somebody else, and can be written to.
fn may_be_answered(letter: &Letter) -> bool {
    letter.details.automatic.is_none()
        && !letter.asks_for_silence
        && letter.details.verified != Verified::No
        && Address::parse_email(letter.from.value()).is_ok()
}
