//! Opt-outs: who must not be written to by which of our senders, since when and at whose word.

use serde::{Deserialize, Serialize};

use super::agent::AgentRef;
use super::changes::Pair;
use super::clock::Timestamp;
use super::id::{MessageId, OptOutId};
use super::named::named;

/// Stands for every sender of ours.
pub const EVERY_SENDER: &str = "*";

/// Whose messages a keyword ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Those of the sender that it was written to.
    #[default]
    Sender,
    /// Those of all senders (the "revoke-all" of 47 CFR 64.1200(a)(10), waived until 2027-01-31).
    Everybody,
}

named! {
    /// How we learned of it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Origin {
        /// The recipient wrote a keyword.
        Keyword = "keyword",
        /// The provider told us.
        Provider = "provider",
        /// An agent, or a program with a key, said so.
        Agent = "agent",
        /// It was in a list of contacts.
        Import = "import",
    }
}

/// At whose word an opt-out began or ended, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// How we learned of it.
    pub origin: Origin,
    /// Who said so, when it was one of us.
    pub actor: Option<AgentRef>,
    /// The recipient's own words, or the reason that was given.
    pub words: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// Its id.
    pub id: OptOutId,
    /// Our sender and the recipient; [`EVERY_SENDER`] for all of ours.
    pub pair: Pair,
    /// The message that asked for it.
    pub message: Option<MessageId>,
    /// How it began.
    pub began: Word,
    /// How it ended, once it did.
    pub ended: Option<Word>,
}
