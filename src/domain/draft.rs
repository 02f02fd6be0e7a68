//! What an agent wrote to a contact and did not send yet.

use super::clock::Timestamp;
use super::gateway::GatewayName;
use super::id::ConversationId;

/// A draft; an agent has at most one in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The conversation.
    pub conversation: ConversationId,
    /// The gateway that was chosen.
    pub gateway: Option<GatewayName>,
    /// The subject, of a mail.
    pub subject: Option<String>,
    /// The words.
    pub text: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed, from one.
    pub version: i64,
}
