//! Notes on a conversation and comments on an issue: what agents tell each other, and customers
//! never see.

use super::agent::AgentRef;
use super::clock::Timestamp;
use super::id::{ConversationId, IssueId, NoteId};

/// A note, or a comment where it is about one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The issue that it is a comment on.
    pub issue: Option<IssueId>,
    /// Who wrote it.
    pub author: AgentRef,
    /// What they wrote.
    pub text: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub edited_at: Option<Timestamp>,
    /// How often it was changed, from one.
    pub version: i64,
}
