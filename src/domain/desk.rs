//! What agents do with a conversation as a whole, one at a time or with many at once.

use super::clock::Timestamp;
use super::conversation::{Conversation, Shelf};
use super::event::EventKind;
use super::id::{MessageId, TagId, TeamId};

/// Something that is done with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Everything in it was read.
    Read,
    /// It stays in sight, as if its newest message had not been read.
    Unread,
    /// The work is done: the open issue is closed, and the conversation leaves the inbox.
    Complete,
    /// It leaves the inbox, without a word on whether the work is done.
    Archive,
    /// It comes back into the inbox.
    Unarchive,
    /// It sleeps until then, or until the contact writes.
    Snooze(Timestamp),
    /// It wakes.
    Unsnooze,
    /// A tag is put on.
    Tag(TagId),
    /// A tag is taken off.
    Untag(TagId),
    /// Only this team sees it from now on; everybody, without one.
    Restrict(Option<TeamId>),
    /// It is deleted with all that was said in it, until somebody says something again.
    Delete,
}

impl Deed {
    /// Does it; says what happened, or nothing when it was so already.
    pub fn apply(self, conversation: &mut Conversation) -> Option<EventKind> {
        let before = conversation.clone();
        let kind = self.change(conversation);
        (*conversation != before).then_some(kind)
    }

    fn change(self, conversation: &mut Conversation) -> EventKind {
        match self {
            Self::Read => {
                conversation.unread = 0;
                EventKind::ConversationRead
            }
            Self::Unread => {
                conversation.unread = conversation.unread.max(1);
                EventKind::ConversationUnread
            }
            Self::Complete => {
                conversation.done = true;
                conversation.archived = false;
                conversation.snoozed_until = None;
                conversation.failed = false;
                conversation.unread = 0;
                EventKind::ConversationCompleted
            }
            Self::Archive => {
                conversation.archived = true;
                conversation.snoozed_until = None;
                conversation.failed = false;
                conversation.unread = 0;
                EventKind::ConversationArchived
            }
            Self::Unarchive => {
                conversation.archived = false;
                EventKind::ConversationUnarchived
            }
            Self::Snooze(until) => {
                conversation.snoozed_until = Some(until);
                conversation.unread = 0;
                EventKind::ConversationSnoozed
            }
            Self::Unsnooze => {
                conversation.snoozed_until = None;
                EventKind::ConversationUnsnoozed
            }
            Self::Tag(tag) => {
                if !conversation.tags.contains(&tag) {
                    conversation.tags.push(tag);
                }
                EventKind::ConversationTagged
            }
            Self::Untag(tag) => {
                conversation.tags.retain(|known| *known != tag);
                EventKind::ConversationUntagged
            }
            Self::Restrict(team) => {
                conversation.private_to = team;
                EventKind::ConversationRestricted
            }
            Self::Delete => {
                conversation.deleted = true;
                conversation.archived = false;
                conversation.done = false;
                conversation.snoozed_until = None;
                conversation.failed = false;
                conversation.unread = 0;
                conversation.tags.clear();
                EventKind::ConversationDeleted
            }
        }
    }
}

/// How a conversation stands for one agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// The last message that they read; none, where they were never there.
    pub left_off: Option<MessageId>,
    /// What the contact wrote after that, counted up to a hundred messages back.
    pub unread: u32,
    /// Until when they want no notice of it.
    pub muted_until: Option<Timestamp>,
}

/// A named list of conversations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// What waits.
    Inbox,
    /// What waits and whose issue the one who asks has.
    Mine,
    /// What waits and whose issue nobody has.
    Unassigned,
    /// What sleeps.
    Snoozed,
    /// What is complete.
    Done,
    /// What was taken out of the inbox.
    Archived,
    /// Where a message failed.
    Failed,
    /// Everything.
    All,
}

impl View {
    /// Every view.
    pub const ALL: [Self; 8] = [
        Self::Inbox,
        Self::Mine,
        Self::Unassigned,
        Self::Snoozed,
        Self::Done,
        Self::Archived,
        Self::Failed,
        Self::All,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
            Self::Archived => "archived",
            Self::Failed => "failed",
            Self::All => "all",
        }
    }

    /// The view of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == name)
    }

    /// The shelves it is made of.
    pub fn shelves(self) -> &'static [Shelf] {
        match self {
            Self::Inbox => &[Shelf::Unassigned, Shelf::Assigned, Shelf::Quiet],
            Self::Mine => &[Shelf::Assigned],
            Self::Unassigned => &[Shelf::Unassigned],
            Self::Snoozed => &[Shelf::Snoozed],
            Self::Done => &[Shelf::Done],
            Self::Archived => &[Shelf::Archived],
            Self::Failed | Self::All => &Shelf::ALL,
        }
    }
}
