//! The automatic answer to a mail that opens an issue (T7).
//!
//! It is for people only, says nothing of what they wrote, and one person gets one a day: whoever
//! forges mail in somebody's name can make us write to them no more than that.

use std::collections::HashSet;
use std::time::Duration;

use uuid::Uuid;

use super::{Deciding, InboundMail, Letter};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{AfterFiling, title};
use crate::domain::delivery::Delivery;
use crate::domain::gateway::ChannelKind;
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
            || !told.people.insert(letter.from.clone())
        {
            return;
        }
        told.recent += 1;
        let message = self.answer(answer, mail, letter, filed, now);
        let deliveries = Delivery::queued(&message, Priority::Interactive, now);
        self.changes.deliveries.extend(deliveries);
        self.changes.events.extend(status_event(&message, now));
        let gateway = mail.raw.gateway.clone();
        let told = (letter.from.clone(), gateway, now);
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

/// Whether somebody wrote by hand who is not known to be somebody else, and can be written to.
fn may_be_answered(letter: &Letter) -> bool {
    letter.details.automatic.is_none()
        && !letter.asks_for_silence
        && letter.details.verified != Verified::No
        && Address::parse_email(letter.from.value()).is_ok()
}
