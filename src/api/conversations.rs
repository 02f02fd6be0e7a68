//! Conversations, as the API shows them.

mod actions;
mod bulk;
mod counts;
mod list;

pub(super) use actions::{
    __path_archive, __path_complete, __path_delete, __path_mute, __path_read, __path_restrict,
    __path_snooze, __path_tag, __path_unarchive, __path_unmute, __path_unread, __path_unsnooze,
    __path_untag, archive, complete, delete, mute, read, restrict, snooze, tag, unarchive, unmute,
    unread, unsnooze, untag,
};
pub(super) use bulk::{__path_bulk, bulk};
pub(super) use counts::{__path_count, count};
pub(super) use list::{__path_find, __path_list, find, list, listing};

use serde::Serialize;

use super::opt_outs::OptOutBody;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::ContactAddress;
use crate::domain::desk::Bookmark;
use crate::domain::gateway::ChannelKind;
use crate::domain::id::{AgentId, ContactId, ConversationId, IssueId, MessageId, TeamId};
use crate::domain::message::{Direction, Message};
use crate::domain::status::Status;
use crate::engine::ConversationDetails;

/// How much of the newest message a list shows, in characters: two lines of a phone.
const PREVIEW: usize = 160;

/// Everything said with one contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationBody {
    /// Its id.
    #[schema(value_type = String, example = "cnv_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: ConversationId,
    /// With whom.
    contact: ContactBody,
    /// The id of the newest message that was not deleted; of the newest, where all were.
    #[schema(value_type = String)]
    last_message: MessageId,
    /// How that message begins.
    preview: Option<Preview>,
    /// When it came or went.
    #[schema(value_type = String, format = DateTime)]
    last_message_at: Timestamp,
    /// How many inbound messages nobody has read.
    unread: u32,
    /// The id of the open issue.
    #[schema(value_type = Option<String>)]
    open_issue: Option<IssueId>,
    /// Who has the open issue: an agent's id.
    #[schema(value_type = Option<String>)]
    assignee: Option<AgentId>,
    /// Whose queue the open issue is in: a team's id.
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// Its tags.
    tags: Vec<String>,
    /// A message to the contact failed, and nobody has seen to that yet.
    failed: bool,
    /// The only team that sees it: its id.
    #[schema(value_type = Option<String>)]
    private_to: Option<TeamId>,
    /// Until when it sleeps.
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// Taken out of the inbox.
    archived: bool,
    /// Marked as complete.
    done: bool,
    /// How it stands for the one who asks.
    me: BookmarkBody,
}

/// How a conversation stands for the agent who asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Bookmark)]
pub(crate) struct BookmarkBody {
    /// The id of the last message that they read: what is new begins after it. None, where they
    /// never marked it as read.
    #[schema(value_type = Option<String>)]
    left_off: Option<MessageId>,
    /// How many of the newest hundred messages the contact wrote after that; after the agent was
    /// added, where they never marked it as read.
    #[schema(maximum = 100)]
    unread: u32,
    /// Until when they want no notice of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    muted_until: Option<Timestamp>,
}

impl From<Bookmark> for BookmarkBody {
    fn from(bookmark: Bookmark) -> Self {
        Self {
            left_off: bookmark.left_off,
            unread: bookmark.unread,
            muted_until: bookmark.muted_until,
        }
    }
}

/// A person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactBody {
    /// Their id.
    #[schema(value_type = String)]
    id: ContactId,
    /// Their name, once somebody knows it.
    name: Option<String>,
    /// Where they can be reached.
    addresses: Vec<AddressBody>,
}

/// Where somebody can be reached.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Address)]
pub(crate) struct AddressBody {
    /// By what.
    channel: ChannelKind,
    /// The number or mailbox. What is in parentheses behind a mailbox says why it is not believed:
    /// `ann@example.com (not verified)`.
    #[schema(example = "+12025550123")]
    value: String,
    /// Since when mail to it comes back; only where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    bounced_at: Option<Timestamp>,
    /// Why, in the words of the server that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounce_reason: Option<String>,
    /// Opt-outs that hold: by these senders it must not be written to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opted_out: Vec<OptOutBody>,
}

impl From<ContactAddress> for AddressBody {
    fn from(known: ContactAddress) -> Self {
        let (bounced_at, bounce_reason) = known.bounced.unzip();
        Self {
            channel: known.address.channel(),
            value: known.address.value().to_owned(),
            bounced_at,
            bounce_reason,
            opted_out: known.opted_out.into_iter().map(OptOutBody::from).collect(),
        }
    }
}

/// How the newest message of a conversation begins.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Preview {
    /// Which way it goes.
    direction: Direction,
    /// What is known of it.
    status: Status,
    /// Its subject; none, for a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Its first 160 characters.
    text: String,
}

impl From<Message> for Preview {
    fn from(message: Message) -> Self {
        Self {
            direction: message.direction,
            status: message.status,
            subject: (message.details.mail.as_ref()).map(|mail| mail.subject.clone()),
            text: message.text.chars().take(PREVIEW).collect(),
        }
    }
}

impl From<ConversationDetails> for ConversationBody {
    fn from(details: ConversationDetails) -> Self {
        let conversation = details.conversation;
        Self {
            id: conversation.id,
            contact: ContactBody {
                id: details.contact.id,
                name: details.contact.name,
                addresses: details.addresses.into_iter().map(Into::into).collect(),
            },
            last_message: conversation.last_message,
            preview: details.last_message.map(Preview::from),
            last_message_at: conversation.last_message_at,
            unread: conversation.unread,
            open_issue: details.open_issue.map(|issue| issue.id),
            assignee: conversation.work.and_then(|work| work.assignee),
            team: conversation.work.and_then(|work| work.team),
            tags: details.tags.into_iter().map(|tag| tag.name).collect(),
            failed: conversation.failed,
            private_to: conversation.private_to,
            snoozed_until: conversation.snoozed_until,
            archived: conversation.archived,
            done: conversation.done,
            me: details.bookmark.into(),
        }
    }
}
