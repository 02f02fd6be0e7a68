//! Deleting: what is deleted is hidden at once, and removed when its time is over.

use super::agent::AgentRef;
use super::clock::Timestamp;
use super::named::named;

/// What an issue is called once the message that it was called by is deleted.
pub const TITLE: &str = "(deleted)";

/// When something was deleted, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// When.
    pub at: Timestamp,
    /// By whom; nobody, where the program did it by itself.
    pub by: Option<AgentRef>,
}

named! {
    /// What a timeline shows of a message that was deleted.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub enum Shown {
        /// Nothing.
        #[default]
        Hidden = "hidden",
        /// That it was deleted, when and by whom, and none of its words.
        Marked = "marked",
    }
}
