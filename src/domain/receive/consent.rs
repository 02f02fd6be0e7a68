//! What follows from what a text says about being texted.

use std::time::Duration;

use super::{Deciding, Inbound};
use crate::domain::changes::Pair;
use crate::domain::clock::Timestamp;
use crate::domain::delivery::Delivery;
use crate::domain::event::{EventData, EventKind};
use crate::domain::id::{ConversationId, MessageId, OptOutId};
use crate::domain::message::{Details, Direction, Message, OptOutPart, Priority};
use crate::domain::opt_out::{EVERY_SENDER, OptOut, Origin, Reach, Word};
use crate::domain::report::status_event;
use crate::domain::status::Status;
use crate::domain::text::Encoding;

/// How late a keyword may be answered (47 CFR 64.1200(a)(12)).
const ANSWER_WITHIN: Duration = Duration::from_mins(5);

/// What a customer's text says about being texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Text me no more.
    Withdrawn,
    /// Text me again.
    Given,
    /// Who are you, and how do I end this?
    Asked,
    /// Perhaps no more, in words that a person has to judge.
    Doubtful,
}

/// What a keyword is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// The alphabet that they need.
    pub encoding: Encoding,
    /// How many segments they take.
    pub segments: u32,
}

impl Inbound {
    /// Our sender and the customer.
    pub fn own_pair(&self) -> Pair {
        (self.sender.clone(), self.from.value().to_owned())
    }

    /// Whom a consent is about: our sender, or all of ours, and the customer.
    pub fn pair(&self) -> Pair {
        let sender = match self.reach {
            Reach::Sender => self.sender.as_str(),
            Reach::Everybody => EVERY_SENDER,
        };
        (sender.to_owned(), self.from.value().to_owned())
    }
}

impl Deciding {
    /// Heeds what a text says about being texted.
    pub(super) fn consent(
        &mut self,
        inbound: &Inbound,
        consent: Consent,
        conversation: ConversationId,
        data: &EventData<'_>,
        now: Timestamp,
    ) {
        let word = Word {
            origin: Origin::Keyword,
            actor: None,
            words: Some(inbound.text.clone()),
            at: now,
        };
        let own = inbound.own_pair();
        let kind = match consent {
            Consent::Withdrawn => {
                let fresh = self.before.opted_out.insert(own);
                if fresh {
                    self.reply(inbound, data, conversation, now);
                }
                self.changes.suppressed.push(OptOut {
                    id: OptOutId::new(),
                    pair: inbound.pair(),
                    message: data.message,
                    began: word,
                    ended: None,
                });
                EventKind::ContactOptedOut
            }
            Consent::Given => {
                self.before.opted_out.remove(&own);
                let all = (EVERY_SENDER.to_owned(), own.1.clone());
                let suppressed = &mut self.changes.suppressed;
                suppressed.retain(|other| other.pair != own && other.pair != all);
                self.changes.lifted.push((own, word));
                EventKind::ContactOptedIn
            }
            Consent::Asked => {
                if !self.before.opted_out.contains(&own) {
                    self.reply(inbound, data, conversation, now);
                }
                return;
            }
            Consent::Doubtful => EventKind::PossibleOptOut,
        };
        self.emit(kind, conversation, data, now);
    }

    /// Answers a keyword at once, or not at all.
    fn reply(
        &mut self,
        inbound: &Inbound,
        data: &EventData<'_>,
        conversation: ConversationId,
        now: Timestamp,
    ) {
        let Some(reply) = &inbound.reply else { return };
        let message = Message {
            id: MessageId::new(),
            direction: Direction::Outbound,
            channel: inbound.from.channel(),
            gateway: inbound.gateway.clone(),
            from: inbound.sender.clone(),
            to: inbound.from.value().to_owned(),
            text: reply.text.clone(),
            encoding: Some(reply.encoding),
            segments: reply.segments,
            status: Status::Queued,
            failure: None,
            reference: None,
            provider_reference: None,
            conversation,
            issue: data.issue,
            author: None,
            details: Details {
                valid_for: ANSWER_WITHIN.as_secs(),
                opt_out: (inbound.consent == Some(Consent::Withdrawn))
                    .then_some(OptOutPart::Confirmation),
                ..Details::default()
            },
            raw: None,
            round: 0,
            created_at: now,
        };
        let queued = Delivery::queued(&message, Priority::Interactive, now);
        self.changes.deliveries.extend(queued);
        self.changes.events.extend(status_event(&message, now));
        self.changes.messages.push(message);
    }
}
