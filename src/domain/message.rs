//! Messages, inbound and outbound, and the timeline of the latter.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::agent::AgentRef;
use super::clock::Timestamp;
use super::failure::Failure;
use super::gateway::{ChannelKind, GatewayName};
use super::id::{ConversationId, IssueId, MessageId};
use super::named::named;
use super::status::Status;
use super::text::{Encoding, Replacement};

named! {
    /// Which way a message goes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Direction {
        /// From a customer to us.
        Inbound = "inbound",
        /// From us to a customer.
        Outbound = "outbound",
    }
}

/// Which messages go first at a gateway.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody waits for it.
    Interactive,
    /// One of many; it yields to every interactive message.
    Bulk,
}

/// What a message has to do with an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutPart {
    /// A customer may ask by it, in other words than a keyword, not to be texted.
    Doubtful,
    /// It confirms the opt-out: the one message that may follow it.
    Confirmation,
}

/// What is rarely there, kept as one JSON object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Characters that smart encoding replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replacements: Vec<Replacement>,
    /// The files that go with it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<super::attachment::Enclosed>,
    /// How many media the provider announced with an inbound message.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub media: u32,
    /// When the customer's provider says the message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The texts of a long message that arrives in parts, by number from one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Option<String>>,
    /// How long the message is worth sending, in seconds.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub valid_for: u64,
    /// True when the provider will never say whether it was delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_receipt: bool,
    /// True when a customer's message is only thanks, an OK or the like.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub courtesy: bool,
    /// What it has to do with an opt-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<OptOutPart>,
    /// What it has because it is a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Box<super::mail::MailDetails>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero_u64(count: &u64) -> bool {
    *count == 0
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id; later messages have later ids.
    pub id: MessageId,
    /// Which way it goes.
    pub direction: Direction,
    /// What it travels on.
    pub channel: ChannelKind,
    /// The gateway it came in by or leaves by.
    pub gateway: GatewayName,
    /// Who sent it.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// Its words, as sent.
    pub text: String,
    /// `gsm7` or `ucs2`.
    pub encoding: Option<Encoding>,
    /// How many parts it costs.
    pub segments: u32,
    /// What is known of it.
    pub status: Status,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The client's own reference.
    pub reference: Option<String>,
    /// The provider's id.
    pub provider_reference: Option<String>,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The issue that was open when it came or went.
    pub issue: Option<IssueId>,
    /// The agent who wrote it.
    pub author: Option<AgentRef>,
    /// What is rarely there.
    pub details: Details,
    /// The raw request that brought it.
    pub raw: Option<uuid::Uuid>,
    /// How often an agent ordered it to be sent, from zero for the first time.
    pub round: u32,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// How long after a message was sent its receipt is waited for (F37).
const RECEIPT_OVERDUE: Duration = Duration::from_hours(12);

/// Whether anybody will still say that a sent message was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// A report may still come.
    Pending,
    /// None came in twelve hours; whether it was delivered is not known.
    Overdue,
    /// The gateway or the carrier does not say.
    Unavailable,
}

impl Message {
    /// The title of an issue that begins with this message: of a mail its subject, else the first
    /// words.
    pub fn title(&self) -> String {
        let mail = self.details.mail.as_deref();
        let subject = mail.map(|mail| mail.subject.trim());
        let words = subject.filter(|subject| !subject.is_empty());
        super::conversation::title(words.unwrap_or(&self.text))
    }

    /// How many recipients have a status of their own; zero where there is but one and one status.
    pub fn recipients(&self) -> u32 {
        let mail = self.details.mail.as_deref();
        let count = mail.map_or(0, |mail| mail.to.len() + mail.cc.len() + mail.bcc.len());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The address of a recipient, counted from one: To, then Cc, then those unseen; for zero, and
    /// beyond the last, the one that the message is to.
    pub fn recipient(&self, part: u32) -> &str {
        let index = part.checked_sub(1).map(|index| index as usize);
        let mail = self.details.mail.as_deref();
        let found = mail.zip(index).and_then(|(mail, index)| {
            let all = mail.to.iter().chain(&mail.cc).chain(&mail.bcc);
            all.map(|mailbox| mailbox.address.as_str()).nth(index)
        });
        found.unwrap_or(&self.to)
    }

    /// What may be expected for a message that was sent at a time, by a gateway that does or does
    /// not report deliveries; nothing for a message that is not, or not only, sent.
    pub fn receipt(&self, sent_at: Timestamp, reports: bool, now: Timestamp) -> Option<Receipt> {
        if self.direction == Direction::Inbound || self.status != Status::Sent {
            return None;
        }
        if self.details.no_receipt || !reports {
            return Some(Receipt::Unavailable);
        }
        let overdue = now.since(sent_at) > RECEIPT_OVERDUE;
        Some(if overdue {
            Receipt::Overdue
        } else {
            Receipt::Pending
        })
    }
}

/// One line of an outbound message's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    /// The message.
    pub message: MessageId,
    /// Its place in the timeline, from zero.
    pub n: u32,
    /// The order to send that it belongs to.
    pub round: u32,
    /// The part it is about, from one; zero for the message as a whole.
    pub part: u32,
    /// How many parts the provider made of the message; zero when it did not say.
    pub parts: u32,
    /// What it says.
    pub status: Status,
    /// When that was so, as far as anybody says.
    pub at: Timestamp,
    /// The provider's words and code, where there are any.
    pub note: Option<Note>,
    /// The raw request that brought it.
    pub raw: Option<uuid::Uuid>,
}

/// The words that came with a status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// The class, when it is a failure.
    pub class: Option<super::failure::FailureClass>,
    /// The provider's code.
    pub code: Option<String>,
    /// Plain words.
    pub detail: Option<String>,
}

impl From<&Failure> for Note {
    fn from(failure: &Failure) -> Self {
        Self {
            class: Some(failure.class),
            code: failure.code.clone(),
            detail: Some(failure.detail.clone()),
        }
    }
}

impl Note {
    /// The failure this note tells of, when it tells of one.
    pub fn failure(&self) -> Option<Failure> {
        let class = self.class?;
        Some(Failure {
            class,
            code: self.code.clone(),
            detail: self.detail.clone().unwrap_or_default(),
        })
    }
}

/// A provider's request as it came, kept for audit and replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// Its id.
    pub id: uuid::Uuid,
    /// The gateway it was posted to.
    pub gateway: GatewayName,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// Path and query, as received.
    pub target: String,
    /// The headers in order, without those that carry secrets.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: bytes::Bytes,
}
