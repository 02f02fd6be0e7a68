//! A message as clients see it.

use serde::Serialize;

use super::deletion::DeletionBody;
use super::mail::MailBody;
use super::recipients::{self, RecipientBody};
use crate::api::attachments::FileBody;
use crate::domain::agent::AgentRef;
use crate::domain::attachment::FileRefusal;
use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::gateway::{ChannelKind, GatewayName};
use crate::domain::id::{ConversationId, IssueId, MessageId};
use crate::domain::mail::Mailbox;
use crate::domain::message::{Direction, Message, OptOutPart, Receipt, StatusEvent};
use crate::domain::status::Status;
use crate::domain::submit::SubmitRefusal;
use crate::domain::text::{Encoding, Replacement};
use crate::engine::{DryRun, MessageDetails};

/// A message, inbound or outbound.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageBody {
    /// Its id; later messages have later ids.
    #[schema(value_type = String, example = "msg_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: MessageId,
    /// Which way it goes.
    direction: Direction,
    /// What it travels on.
    channel: ChannelKind,
    /// The name of the gateway.
    #[schema(value_type = String, example = "support-long")]
    gateway: GatewayName,
    /// Who sent it.
    #[schema(example = "+12025550100")]
    from: String,
    /// Who gets it.
    #[schema(example = "+12025550123")]
    to: String,
    /// Who else gets it; nobody, for a text.
    cc: Vec<String>,
    /// Its subject; none, for a text.
    subject: Option<String>,
    /// What became of a mail of ours for each of its recipients.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<RecipientBody>,
    /// Its words, as sent; of an inbound mail, what its writer wrote this time.
    #[schema(example = "Your parcel is on its way.")]
    text: String,
    /// `gsm7` or `ucs2`; `utf-8`, for a mail.
    #[schema(example = "gsm7")]
    encoding: &'static str,
    /// How many parts it costs.
    segments: u32,
    /// The files that go with it, in order.
    attachments: Vec<FileBody>,
    /// How many pictures or other files the provider announced with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<u32>,
    /// True when a customer's message is only thanks, an OK or the like: one may close its issue
    /// without a word.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    courtesy: bool,
    /// True when a customer may have asked, in other words than a keyword, not to be texted: see
    /// `POST /v1/opt-outs`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    possible_opt_out: bool,
    /// Characters that were replaced so that the text fits GSM-7.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replacements: Vec<Replacement>,
    /// A mail's HTML, made harmless; of an inbound one only in answers about one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// All of an inbound mail's text, where quoted mails or a signature make it longer; only in
    /// answers about one message.
    #[serde(skip_serializing_if = "Option::is_none")]
    full_text: Option<String>,
    /// What it has because it is a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailBody>,
    /// What is known of it.
    status: Status,
    /// Whether anybody will still say that it was delivered; only for a message that was sent.
    receipt: Option<Receipt>,
    /// Why it failed.
    error: Option<Failure>,
    /// The client's own reference.
    reference: Option<String>,
    /// The provider's id.
    provider_reference: Option<String>,
    /// The id of its conversation.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// The id of the issue that was open when it came or went.
    #[schema(value_type = Option<String>)]
    issue: Option<IssueId>,
    /// The agent who wrote it.
    author: Option<AgentBody>,
    /// Everything that is known of it, in the order we learned it.
    timeline: Vec<TimelineLine>,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was deleted and by whom; only of a deleted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<DeletionBody>,
}

/// Somebody who did something.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AgentReference)]
pub(crate) struct AgentBody {
    /// Their id.
    #[schema(value_type = String)]
    id: crate::domain::id::AgentId,
    /// Their name.
    name: String,
}

impl From<AgentRef> for AgentBody {
    fn from(agent: AgentRef) -> Self {
        Self {
            id: agent.id,
            name: agent.name,
        }
    }
}

/// One line of a message's timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TimelineLine {
    /// What it says.
    status: Status,
    /// When that was so.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The part it is about, from one, where the provider reports per part.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    /// The provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<StatusEvent> for TimelineLine {
    fn from(event: StatusEvent) -> Self {
        let note = event.note.unwrap_or_default();
        Self {
            status: event.status,
            at: event.at,
            part: (event.part > 0).then_some(event.part),
            code: note.code,
            detail: note.detail,
        }
    }
}

impl MessageBody {
    /// The message with all of its text, and its HTML made harmless.
    pub(super) fn whole(mut details: MessageDetails, html: Option<String>) -> Self {
        let mail = details.message.details.mail.as_mut();
        let full_text = mail.and_then(|mail| mail.full_text.take());
        let body = Self::from(details);
        Self {
            full_text,
            html: html.or(body.html),
            ..body
        }
    }
}

impl From<MessageDetails> for MessageBody {
    fn from(details: MessageDetails) -> Self {
        let MessageDetails {
            message,
            timeline,
            receipt,
            deleted,
        } = details;
        let recipients = recipients::of(&message, &timeline);
        let mail = message.details.mail;
        let mail_body = mail.as_deref().map(MailBody::from);
        // That a message was stored is written nowhere but in the message itself.
        let begin = TimelineLine {
            status: match message.direction {
                Direction::Inbound => Status::Received,
                Direction::Outbound => Status::Queued,
            },
            at: message.created_at,
            part: None,
            code: None,
            detail: None,
        };
        let starts = timeline
            .first()
            .is_some_and(|first| first.status == begin.status && first.at == begin.at);
        let begin = (!starts).then_some(begin);
        let lines = timeline.into_iter().map(TimelineLine::from);
        Self {
            id: message.id,
            direction: message.direction,
            channel: message.channel,
            gateway: message.gateway,
            from: message.from,
            to: message.to,
            cc: (mail.as_ref()).map_or_else(Vec::new, |mail| addresses(&mail.cc)),
            subject: mail.as_ref().map(|mail| mail.subject.clone()),
            recipients,
            text: message.text,
            encoding: named(message.encoding),
            segments: message.segments,
            attachments: message
                .details
                .files
                .into_iter()
                .map(FileBody::from)
                .collect(),
            media: (message.details.media > 0).then_some(message.details.media),
            courtesy: message.details.courtesy,
            possible_opt_out: message.details.opt_out == Some(OptOutPart::Doubtful),
            replacements: message.details.replacements,
            html: mail.and_then(|mail| mail.html),
            full_text: None,
            mail: mail_body,
            status: message.status,
            receipt,
            error: message.failure,
            reference: message.reference,
            provider_reference: message.provider_reference,
            conversation: message.conversation,
            issue: message.issue,
            author: message.author.map(AgentBody::from),
            timeline: begin.into_iter().chain(lines).collect(),
            created_at: message.created_at,
            deleted: deleted.map(Into::into),
        }
    }
}

/// The name of how the words travel; mail is not counted by an alphabet.
fn named(encoding: Option<Encoding>) -> &'static str {
    encoding.map_or("utf-8", Encoding::as_str)
}

fn addresses(mailboxes: &[Mailbox]) -> Vec<String> {
    let address = |mailbox: &Mailbox| mailbox.address.clone();
    mailboxes.iter().map(address).collect()
}

/// A message that was just accepted or ordered again, as JSON.
pub(super) fn render(message: &Message, timeline: &[StatusEvent]) -> String {
    let details = MessageDetails {
        deleted: None,
        message: message.clone(),
        timeline: timeline.to_vec(),
        receipt: None,
    };
    serde_json::to_string(&MessageBody::from(details)).expect("plain values always serialise")
}

/// What would become of a message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DryRun)]
pub(crate) struct DryRunBody {
    /// The gateway it would leave by; null when none can be chosen.
    #[schema(value_type = Option<String>)]
    gateway: Option<GatewayName>,
    /// The text as it would be sent.
    text: String,
    /// `gsm7` or `ucs2`; `utf-8`, for a mail.
    encoding: &'static str,
    /// How many parts it would cost.
    segments: u32,
    /// Characters that would be replaced so that the text fits GSM-7.
    replacements: Vec<Replacement>,
    /// Everything that stands in its way; empty when it would be sent.
    blocked_by: Vec<Block>,
}

/// Something that stands in a message's way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Block {
    /// What it is, in one word.
    #[schema(example = "opted_out")]
    code: &'static str,
    /// The field it is about.
    #[schema(example = "/to")]
    pointer: &'static str,
    /// Plain words.
    detail: String,
}

impl From<DryRun> for DryRunBody {
    fn from(run: DryRun) -> Self {
        let block = |refusal: SubmitRefusal| Block {
            code: code(&refusal),
            pointer: pointer(&refusal),
            detail: refusal.to_string(),
        };
        Self {
            gateway: run.gateway,
            text: run.priced.text,
            encoding: named(run.priced.encoding),
            segments: run.priced.segments,
            replacements: run.priced.replacements,
            blocked_by: run.blocked_by.into_iter().map(block).collect(),
        }
    }
}

fn code(refusal: &SubmitRefusal) -> &'static str {
    match refusal {
        SubmitRefusal::UnknownGateway(_) => "unknown_gateway",
        SubmitRefusal::NoGateway => "no_gateway",
        SubmitRefusal::WrongChannel(_) => "wrong_channel",
        SubmitRefusal::WrongConversation => "wrong_conversation",
        SubmitRefusal::Archived => "archived",
        SubmitRefusal::IssueClosed(_) => "issue_closed",
        SubmitRefusal::TooLong { .. } => "too_long",
        SubmitRefusal::OptedOut(_) => "opted_out",
        SubmitRefusal::File(_) => "attachment",
        SubmitRefusal::NotAnswerable => "not_answerable",
        SubmitRefusal::NoSubject => "no_subject",
        SubmitRefusal::TooManyRecipients => "too_many_recipients",
        SubmitRefusal::KeyReused => "idempotency_key_reused",
    }
}

/// The field of the request that a refusal is about.
pub(super) fn pointer(refusal: &SubmitRefusal) -> &'static str {
    match refusal {
        SubmitRefusal::UnknownGateway(_) | SubmitRefusal::WrongChannel(_) => "/gateway",
        SubmitRefusal::NoGateway
        | SubmitRefusal::Archived
        | SubmitRefusal::IssueClosed(_)
        | SubmitRefusal::OptedOut(_) => "/to",
        SubmitRefusal::WrongConversation => "/conversation",
        SubmitRefusal::TooLong { .. } => "/text",
        SubmitRefusal::File(FileRefusal::NotEnclosed(_)) => "/html",
        SubmitRefusal::File(_) => "/attachments",
        SubmitRefusal::NotAnswerable => "/in_reply_to",
        SubmitRefusal::NoSubject => "/subject",
        SubmitRefusal::TooManyRecipients => "/cc",
        SubmitRefusal::KeyReused => "/Idempotency-Key",
    }
}
