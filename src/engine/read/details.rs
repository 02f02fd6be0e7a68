//! What is shown of a message, a conversation, a gateway and of what happened in a conversation.

use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Contact, ContactAddress, Conversation, Issue, Tag};
use crate::domain::deletion::Deletion;
use crate::domain::desk::Bookmark;
use crate::domain::event::Event;
use crate::domain::health::Health;
use crate::domain::message::{Message, Receipt, StatusEvent};
use crate::domain::note::Note;
use crate::engine::Line;

/// A message with its timeline.
#[derive(Debug, Clone)]
pub struct MessageDetails {
    /// The message.
    pub message: Message,
    /// What is known of it, in the order we learned it.
    pub timeline: Vec<StatusEvent>,
    /// Whether anybody will still say that it was delivered; only for a message that was sent.
    pub receipt: Option<Receipt>,
    /// When it was deleted and by whom, if it was.
    pub deleted: Option<Deletion>,
}

/// A conversation with what a list shows of it.
#[derive(Debug, Clone)]
pub struct ConversationDetails {
    /// The conversation.
    pub conversation: Conversation,
    /// With whom.
    pub contact: Contact,
    /// Their addresses.
    pub addresses: Vec<ContactAddress>,
    /// The newest message.
    pub last_message: Option<Message>,
    /// The open issue.
    pub open_issue: Option<Issue>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// How it stands for the one who asks.
    pub bookmark: Bookmark,
}

/// A gateway with how it is.
#[derive(Debug, Clone)]
pub struct GatewayDetails {
    /// The gateway.
    pub line: Line,
    /// What is known of its health; nothing bad when there is nothing.
    pub health: Option<Health>,
}

/// One entry of a conversation's timeline.
#[derive(Debug, Clone)]
pub enum TimelineEntry {
    /// Something was said.
    Message(Box<MessageDetails>),
    /// Something happened.
    Event(Event),
    /// An agent told the others something.
    Note(Note),
}

/// Which entries of a timeline are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineKind {
    /// All of them.
    Everything,
    /// What was said.
    Messages,
    /// What happened.
    Events,
    /// What agents told each other.
    Notes,
}

impl TimelineEntry {
    /// When it was.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Message(details) => details.message.created_at,
            Self::Event(event) => event.at,
            Self::Note(note) => note.created_at,
        }
    }
}
