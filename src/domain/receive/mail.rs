//! What a slice of inbound mails changes.
//!
//! A mail is known by its fingerprint at its gateway: a copy, and the same mail under another UID,
//! is stored once. What became of a mail is written with the place it was found at, so that the
//! cursor of a mailbox never passes a mail that is not kept.

mod acknowledge;
mod filing;
mod matching;
mod reporting;

pub use acknowledge::{Acknowledged, Acknowledgement, HOUR, ONCE_IN, Token, WINDOW, person};
pub use reporting::{Told, ToldOf, final_failure};

use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::address::Address;
use crate::domain::attachment::Attachment;
use crate::domain::changes::{Changes, Reference};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::{FilingRules, GatewayName};
use crate::domain::id::{MessageId, QuarantineId};
use crate::domain::mail::MailDetails;
use crate::domain::mailbox::MailboxState;
use crate::domain::message::Message;
use crate::domain::quarantine::Quarantined;
use crate::domain::report::{Known, Timelines};
use crate::domain::threads::Threads;

/// Where a mail is in a mailbox (RFC 9051, 2.3.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The gateway whose mailbox it is.
    pub gateway: GatewayName,
    /// The mailbox's name.
    pub mailbox: String,
    /// What makes the UIDs of a mailbox unlike those of an earlier one of that name.
    pub uidvalidity: u32,
    /// The mail's number in it.
    pub uid: u32,
}

/// A mail as it came; its bytes are in the blob store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMail {
    /// Its id.
    pub id: Uuid,
    /// The gateway it came in by.
    pub gateway: GatewayName,
    /// When the mail server received it.
    pub received_at: Timestamp,
    /// How large it is on the server, in bytes.
    pub size: u64,
    /// True when only its headers were fetched.
    pub partial: bool,
    /// The key of its bytes.
    pub blob: String,
}

/// A mail that a mailbox brought, with the rules of its gateway.
#[derive(Debug, Clone)]
pub struct InboundMail {
    /// Where it was found; nothing when it is read again from quarantine.
    pub place: Option<Place>,
    /// What it was in quarantine, when it is read again.
    pub replays: Option<QuarantineId>,
    /// The mail as it came.
    pub raw: RawMail,
    /// What makes two copies one.
    pub fingerprint: String,
    /// Whether something is to be done with it on the server once it is stored.
    pub waits: bool,
    /// What it does to the issues of its conversation.
    pub filing: FilingRules,
    /// Whether mail that nobody wrote by hand opens issues.
    pub automatic_opens_issue: bool,
    /// Whether a mail of ours that finally fails opens its closed issue again.
    pub reopen_on_failure: bool,
    /// What a person is answered whose mail opens an issue.
    pub acknowledge: Option<Acknowledgement>,
    /// What it says; or why it could not be read, in plain words.
    pub content: Result<Box<Letter>, String>,
}

/// What a mail says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Who wrote it; see [`Address::claimed`] for those that nobody vouches for.
    pub from: Address,
    /// Our address that it was sent to, as far as it says.
    pub to: String,
    /// What its writer wrote this time.
    pub text: String,
    /// Whether that is only thanks, an OK or the like.
    pub courtesy: bool,
    /// What it has because it is a mail.
    pub details: MailDetails,
    /// Whether it asks programs not to answer it, whoever wrote it.
    pub asks_for_silence: bool,
    /// What the tokens of ours in its recipients' addresses name: messages or conversations.
    pub tokens: Vec<Uuid>,
    /// What the tokens of ours in the Message-IDs that it answers name.
    pub answered_tokens: Vec<Uuid>,
    /// What it tells about a mail of ours.
    pub told: Option<Told>,
    /// The files in it, whose bytes are kept.
    pub files: Vec<Attachment>,
    /// The Message-IDs that it answers.
    pub in_reply_to: Vec<String>,
    /// The Message-IDs of its thread, the nearest first.
    pub references: Vec<String>,
}

impl InboundMail {
    /// By what a copy of it is known.
    pub fn key(&self) -> Reference {
        (self.raw.gateway.clone(), self.fingerprint.clone())
    }
}

impl Letter {
    /// Every Message-ID that says something of where the mail belongs, its own among them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let answered = self.in_reply_to.iter().chain(&self.references);
        let told = self.told.iter().flat_map(|told| &told.ids);
        let own = &self.details.message_id;
        answered.chain(told).chain(own).map(String::as_str)
    }
}

impl Letter {
    /// What every token of ours in it names.
    pub fn named(&self) -> impl Iterator<Item = Uuid> {
        self.tokens.iter().chain(&self.answered_tokens).copied()
    }
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailReceipt {
    /// It is a message now.
    Stored(MessageId),
    /// It had been stored before; this is a copy, or the same one under another UID.
    Known(MessageId),
    /// It told of a message of ours, and is part of that one's timeline.
    Reported(MessageId),
    /// It could not be read and is kept.
    Quarantined(QuarantineId),
    /// It was in the mailbox before the gateway began to read that.
    Skipped,
}

impl MailReceipt {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored(_) => "stored",
            Self::Known(_) => "known",
            Self::Reported(_) => "reported",
            Self::Quarantined(_) => "quarantined",
            Self::Skipped => "skipped",
        }
    }

    /// The id of what it became.
    pub fn target(self) -> Option<Uuid> {
        match self {
            Self::Stored(id) | Self::Known(id) | Self::Reported(id) => Some(id.0),
            Self::Quarantined(id) => Some(id.0),
            Self::Skipped => None,
        }
    }
}

/// What is written of a mail's place.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The place.
    pub place: Place,
    /// What became of the mail.
    pub receipt: MailReceipt,
    /// The mail as it came, where this is the copy that was kept.
    pub raw: Option<Uuid>,
    /// Whether something is to be done with it on the server.
    pub waits: bool,
}

/// What was there before.
#[derive(Debug)]
pub struct Before {
    /// What is known of the fingerprints.
    pub known: HashMap<Reference, Known>,
    /// The messages that bear the Message-IDs.
    pub ids: HashMap<String, Vec<MessageId>>,
    /// Those messages, and those that tokens name.
    pub messages: HashMap<MessageId, Message>,
    /// Of the messages that are told of: themselves and their timelines.
    pub timelines: Timelines,
    /// The latest mail of ours to those of whom a notice tells without naming one.
    pub recent: HashMap<String, MessageId>,
    /// What was answered of late.
    pub acknowledged: Acknowledged,
    /// The threads with the writers and of those messages.
    pub threads: Threads,
    /// How far the mailbox was read that the mails are in, when they are in one.
    pub mailbox: Option<MailboxState>,
}

/// Decides what the mails change, in their order.
pub fn receive(
    slice: &[InboundMail],
    before: Before,
    token: &Token<'_>,
    now: Timestamp,
) -> (Changes, Vec<MailReceipt>, i64) {
    let mut deciding = Deciding {
        before,
        token,
        changes: Changes::default(),
    };
    let receipts = slice.iter().map(|mail| deciding.one(mail, now)).collect();
    let Deciding {
        before,
        mut changes,
        ..
    } = deciding;
    let issue_number = before.threads.issue_number;
    before.timelines.settle(&mut changes);
    before.threads.settle(&mut changes);
    (changes, receipts, issue_number)
}

struct Deciding<'t> {
    before: Before,
    token: &'t Token<'t>,
    changes: Changes,
}

impl Deciding<'_> {
    fn one(&mut self, mail: &InboundMail, now: Timestamp) -> MailReceipt {
        let receipt = match self.before.known.get(&mail.key()) {
            Some(known) => MailReceipt::Known(known.message),
            None if self.is_history(mail) => MailReceipt::Skipped,
            None => self.keep(mail, now),
        };
        let kept = !matches!(receipt, MailReceipt::Known(_) | MailReceipt::Skipped);
        if let Some(place) = &mail.place {
            self.changes.taken.push(Taken {
                place: place.clone(),
                receipt,
                raw: kept.then_some(mail.raw.id),
                waits: mail.waits && receipt != MailReceipt::Skipped,
            });
        }
        receipt
    }

    fn is_history(&self, mail: &InboundMail) -> bool {
        let (Some(mailbox), Some(place)) = (&self.before.mailbox, &mail.place) else {
            return false;
        };
        mailbox.is_history(place.uid, mail.raw.received_at)
    }

    /// Keeps a mail that is not known.
    fn keep(&mut self, mail: &InboundMail, now: Timestamp) -> MailReceipt {
        let receipt = match &mail.content {
            Ok(letter) => {
                let tokens: Vec<Uuid> = letter.named().collect();
                let told = letter.told.as_ref();
                let reported = told.and_then(|told| self.report(mail, told, &tokens, now));
                match reported {
                    Some(id) => MailReceipt::Reported(id),
                    None => MailReceipt::Stored(self.store(mail, letter, now)),
                }
            }
            Err(reason) => MailReceipt::Quarantined(self.quarantine(mail, reason, now)),
        };
        if mail.place.is_some() {
            self.changes.raw_mails.push(mail.raw.clone());
        }
        let target = receipt
            .target()
            .expect("a mail that is kept became something");
        let known = Known {
            message: MessageId(target),
            part: 0,
            parts: 0,
            round: 0,
        };
        self.before.known.insert(mail.key(), known);
        self.changes.fingerprints.push((mail.key(), known));
        receipt
    }

    fn quarantine(&mut self, mail: &InboundMail, reason: &str, now: Timestamp) -> QuarantineId {
        let id = QuarantineId::new();
        self.changes.quarantined.push(Quarantined {
            id,
            gateway: mail.raw.gateway.clone(),
            reason: reason.to_owned(),
            raw: mail.raw.id,
            received_at: now,
            replayed_at: None,
        });
        id
    }
}
