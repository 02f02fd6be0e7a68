//! Lists of conversations that are kept under a name.

use super::clock::Timestamp;
use super::id::{AgentId, ViewId};

/// A list that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: ViewId,
    /// Its name.
    pub name: String,
    /// Whose it is; everybody's, where nobody's.
    pub owner: Option<AgentId>,
    /// What it holds: the query of the list of conversations.
    pub filter: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was changed, from one.
    pub version: i64,
}

impl SavedView {
    /// Whether somebody may use it.
    pub fn is_for(&self, agent: AgentId) -> bool {
        self.owner.is_none_or(|owner| owner == agent)
    }
}
