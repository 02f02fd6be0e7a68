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
        /// A message was deleted: it is hidden until it is removed.
        MessageDeleted = "message.deleted",
        /// A deleted message is there again.
        MessageRestored = "message.restored",
        /// Somebody wrote, or was written to, for the first time.
        ConversationCreated = "conversation.created",
        /// An agent read a conversation.
        ConversationRead = "conversation.read",
        /// An agent keeps a conversation in sight.
        ConversationUnread = "conversation.unread",
        /// The work in a conversation is done.
        ConversationCompleted = "conversation.completed",
        /// A conversation was taken out of the inbox.
        ConversationArchived = "conversation.archived",
        /// A conversation was put back into the inbox.
        ConversationUnarchived = "conversation.unarchived",
        /// A conversation sleeps.
        ConversationSnoozed = "conversation.snoozed",
        /// A conversation woke.
        ConversationUnsnoozed = "conversation.unsnoozed",
        /// A tag was put on a conversation.
        ConversationTagged = "conversation.tagged",
        /// A tag was taken off a conversation.
        ConversationUntagged = "conversation.untagged",
        /// Who may see a conversation was changed.
        ConversationRestricted = "conversation.restricted",
        /// A conversation was deleted with all that was said in it.
        ConversationDeleted = "conversation.deleted",
        /// Work on a conversation waits for something; nothing raises this yet.
        ConversationPending = "conversation.pending",
        /// A note was put on a conversation.
        NoteAdded = "note.added",
        /// A note or a comment was changed.
        NoteChanged = "note.changed",
        /// A note or a comment was taken away.
        NoteDeleted = "note.deleted",
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
        /// Somebody commented on an issue; customers never see it.
        IssueCommented = "issue.commented",
        /// An issue got another title.
        IssueChanged = "issue.changed",
        /// Nobody could be found to have an issue.
        IssueAssignFailed = "issue.assign_failed",
        /// A message went to many; nothing raises this yet.
        BroadcastSent = "broadcast.sent",
        /// A survey began; nothing raises this yet.
        SurveyStarted = "survey.started",
        /// A survey was broken off; nothing raises this yet.
        SurveyCanceled = "survey.canceled",
        /// A survey was answered; nothing raises this yet.
        SurveyCompleted = "survey.completed",
        /// A survey could not be held; nothing raises this yet.
        SurveyFailed = "survey.failed",
        /// A bot answers here now; nothing raises this yet.
        BotOn = "bot.on",
        /// No bot answers here any more; nothing raises this yet.
        BotOff = "bot.off",
        /// A channel reported something of its own; nothing raises this yet.
        ChannelEvent = "channel.event",
        /// A visitor went to another page; nothing raises this yet.
        PageChanged = "page.changed",
        /// A person is known now.
        ContactCreated = "contact.created",
        /// More is known of a person.
        ContactChanged = "contact.changed",
        /// A contact asked not to be texted by a sender.
        ContactOptedOut = "contact.opted_out",
        /// A contact may be texted by a sender again.
        ContactOptedIn = "contact.opted_in",
        /// What was promised about an issue will be broken soon.
        SlaWarned = "sla.warned",
        /// It was broken.
        SlaBreached = "sla.breached",
        /// It was kept.
        SlaMet = "sla.met",
        /// Two contacts are one.
        ContactMerged = "contact.merged",
        /// What was merged into a contact is a contact of its own again.
        ContactUnmerged = "contact.unmerged",
        /// A contact was erased for ever.
        ContactErased = "contact.erased",
        /// A contact may have asked, in other words than a keyword, not to be texted.
        PossibleOptOut = "contact.possible_opt_out",
        // What everybody uses.
        /// There is a tag now.
        TagCreated = "tag.created",
        /// A tag's name or colour changed.
        TagChanged = "tag.changed",
        /// A tag is gone.
        TagDeleted = "tag.deleted",
        /// There is a quick reply of everybody's now.
        QuickReplyCreated = "quick_reply.created",
        /// A quick reply that is, or was, everybody's changed.
        QuickReplyChanged = "quick_reply.changed",
        /// A quick reply of everybody's is gone.
        QuickReplyDeleted = "quick_reply.deleted",
        /// There is a view of everybody's now.
        ViewCreated = "view.created",
        /// A view that is, or was, everybody's changed.
        ViewChanged = "view.changed",
        /// A view of everybody's is gone.
        ViewDeleted = "view.deleted",
        // People.
        /// Somebody works here now.
        AgentCreated = "agent.created",
        /// Something about an agent changed.
        AgentChanged = "agent.changed",
        /// An agent was shut out.
        AgentDisabled = "agent.disabled",
        /// An agent was let in again.
        AgentEnabled = "agent.enabled",
        /// There is a team now.
        TeamCreated = "team.created",
        /// A team's name changed, or who is in it.
        TeamChanged = "team.changed",
        /// A team is gone.
        TeamDeleted = "team.deleted",
        /// There is a key now.
        KeyCreated = "key.created",
        /// A key has another secret.
        KeyRotated = "key.rotated",
        /// A key ended.
        KeyRevoked = "key.revoked",
        /// A gateway does not send.
        GatewayDown = "gateway.down",
        /// A gateway sends again.
        GatewayUp = "gateway.up",
        /// Operators should know something about a gateway that works.
        GatewayNotice = "gateway.notice",
        /// What was kept longer than it may be was removed.
        RetentionRemoved = "retention.removed",
    }
}

impl EventKind {
    /// Whether it tells of a conversation as a whole, whatever else it names.
    pub fn is_about_a_conversation(self) -> bool {
        self.as_str().starts_with("conversation.")
    }

    /// Whether somebody may see or do more or less after it.
    pub fn is_about_rights(self) -> bool {
        matches!(
            self,
            Self::AgentChanged
                | Self::AgentDisabled
                | Self::TeamChanged
                | Self::TeamDeleted
                | Self::KeyRevoked
        )
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
    /// The id of another contact, who is or was the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<super::id::ContactId>,
    /// The id of an opt-out, in whose ledger the reason stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<super::id::OptOutId>,
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
    /// Whose queue the issue is in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<&'a super::conversation::TeamRef>,
    /// A tag's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<&'a str>,
    /// A note's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<super::id::NoteId>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What did it, where it was no person: `automation`, `bot`, `time`, `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'a str>,
    /// Plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// What was promised about an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<&'a str>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How many seconds of working time were left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
}

impl EventData<'_> {
    /// The data as JSON text.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("ids, names and texts always serialise")
    }
}
