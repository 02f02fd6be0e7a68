//! The audit: who did what, when, from where and to what. Rows are added and never changed.
//!
//! What a person does and the feed tells is audited with the event, by the store. What no stream
//! may tell, such as a login, is audited by itself. Like the feed, it carries ids and names of
//! fields, never a secret, an address of a customer or the words of a message.

use super::agent::{AgentRef, Origin};
use super::clock::Timestamp;
use super::event::{EventKind, NewEvent};
use super::id::{AuditId, ConversationId};

/// An entry about to be written.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// When.
    pub at: Timestamp,
    /// Who did it; nobody known where somebody failed to log in.
    pub actor: Option<AgentRef>,
    /// How they came.
    pub origin: Option<Origin>,
    /// What was done, named like an event.
    pub action: &'static str,
    /// The id or the name of what it was done to.
    pub target: Option<String>,
    /// The conversation that belongs to.
    pub conversation: Option<ConversationId>,
    /// What else is known, as a JSON object.
    pub data: String,
}

/// An entry as it stands in the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id; later entries have later ids.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Option<AgentRef>,
    /// The id of the key or the session that was shown.
    pub via: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// What was done.
    pub action: String,
    /// To what.
    pub target: Option<String>,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// A JSON object.
    pub data: String,
}

/// Which entries a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this agent did.
    pub actor: Option<super::id::AgentId>,
    /// Only this action, such as `issue.closed`.
    pub action: Option<String>,
    /// Only what was done to this.
    pub target: Option<String>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
}

/// What an event may be about, in the order of precedence.
const ABOUT: [&str; 12] = [
    "message",
    "note",
    "issue",
    "opt_out",
    "contact",
    "agent",
    "team",
    "key",
    "gateway",
    "quick_reply",
    "view",
    "tag",
];

/// What an event's data is about: the first that is named by an id or a name. A field may hold
/// more than that, as the team that an issue is given to does.
fn about(data: &str) -> Option<String> {
    let data: serde_json::Value = serde_json::from_str(data).ok()?;
    ABOUT
        .iter()
        .find_map(|field| data[*field].as_str().map(str::to_owned))
}

/// The entry of an event, when a person did it and it changed more than what they have seen.
pub fn of_event(event: &NewEvent, origin: Option<Origin>) -> Option<NewEntry> {
    let actor = event.actor.clone()?;
    if event.kind == EventKind::ConversationRead {
        return None;
    }
    let conversation = event.conversation.map(|id| id.to_string());
    let target = if event.kind.is_about_a_conversation() {
        conversation
    } else {
        about(&event.data).or(conversation)
    };
    Some(NewEntry {
        at: event.at,
        actor: Some(actor),
        origin,
        action: event.kind.as_str(),
        target,
        conversation: event.conversation,
        data: event.data.clone(),
    })
}
