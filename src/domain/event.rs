//! The feed: everything that happened, in one order, for the console, streams and audit alike.
//!
//! An event carries ids and states, never the words of a message, so that erasing a message
//! erases it everywhere.

use std::sync::Arc;

use serde::Serialize;

use super::agent::AgentRef;
use super::clock::Timestamp;
use super::id::{ConversationId, EventId};
use super::named::named;

named! {
    /// What sort of thing happened.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum EventKind {
        /// A customer wrote.
        MessageReceived = "message.received",
        /// A further part of a long message came.
        MessageChanged = "message.changed",
        /// A message waits for its turn.
        MessageQueued = "message.queued",
        /// A provider took a message.
        MessageSent = "message.sent",
        /// A message was delivered.
        MessageDelivered = "message.delivered",
        /// A message was read.
        MessageRead = "message.read",
        /// A message failed, or came too late.
        MessageFailed = "message.failed",
        /// Nobody knows whether a provider took a message.
        MessageUnconfirmed = "message.unconfirmed",
        /// A message was withdrawn.
        MessageCanceled = "message.canceled",
        /// Somebody wrote, or was written to, for the first time.
        ConversationCreated = "conversation.created",
        /// An agent read a conversation.
        ConversationRead = "conversation.read",
        /// A period of work began.
        IssueCreated = "issue.created",
        /// Somebody has an issue now.
        IssueAssigned = "issue.assigned",
        /// Nobody has an issue any more.
        IssueUnassigned = "issue.unassigned",
        /// A period of work ended.
        IssueClosed = "issue.closed",
        /// A closed issue is open again.
        IssueReopened = "issue.reopened",
        /// A person is known now.
        ContactCreated = "contact.created",
        /// More is known of a person.
        ContactChanged = "contact.changed",
        /// A contact asked not to be texted by a sender.
        ContactOptedOut = "contact.opted_out",
        /// A contact may be texted by a sender again.
        ContactOptedIn = "contact.opted_in",
        /// A gateway does not send.
        GatewayDown = "gateway.down",
        /// A gateway sends again.
        GatewayUp = "gateway.up",
        /// Operators should know something about a gateway that works.
        GatewayNotice = "gateway.notice",
    }
}

/// An event that is about to be written; the feed gives it its number.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What sort of thing happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Who did it; nobody for what customers, providers and clocks do.
    pub actor: Option<AgentRef>,
    /// The conversation it belongs to.
    pub conversation: Option<ConversationId>,
    /// The ids and states that the kind calls for, as a JSON object.
    pub data: String,
}

/// An event as it stands in the feed.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its place: without gaps, and never given out late.
    pub seq: i64,
    /// Its id, the same in every copy.
    pub id: EventId,
    /// What sort of thing happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Option<AgentRef>,
    /// The conversation it belongs to.
    pub conversation: Option<ConversationId>,
    /// A JSON object.
    pub data: Arc<str>,
}

/// The data of an event: whatever ids and states are known, and nothing else.
#[derive(Debug, Default, Serialize)]
pub struct EventData<'a> {
    /// A message's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<super::id::MessageId>,
    /// An issue's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<super::id::IssueId>,
    /// A contact's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<super::id::ContactId>,
    /// A gateway's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<&'a str>,
    /// A message's or an issue's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'a str>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a super::failure::Failure>,
    /// The number of an issue that people can say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Who has the issue now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<&'a AgentRef>,
    /// Plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

impl EventData<'_> {
    /// The data as JSON text.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("ids, names and texts always serialise")
    }
}
