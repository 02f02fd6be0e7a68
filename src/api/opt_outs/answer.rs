//! What an entry of the ledger looks like.

use serde::Serialize;

use crate::api::messages::AgentBody;
use crate::domain::clock::Timestamp;
use crate::domain::id::{MessageId, OptOutId};
use crate::domain::opt_out::{EVERY_SENDER, OptOut, Origin, Word};

/// An entry of the ledger of opt-outs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OptOut)]
pub(crate) struct OptOutBody {
    /// Its id.
    #[schema(value_type = String, example = "opt_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: OptOutId,
    /// Our address whose messages it ends; null for those of all.
    #[schema(example = "+12025550100")]
    sender: Option<String>,
    /// Who is not to be written to.
    #[schema(example = "+12025550123")]
    recipient: String,
    /// Whether it holds.
    active: bool,
    /// The message that asked for it.
    #[schema(value_type = Option<String>)]
    message: Option<MessageId>,
    /// How it began.
    began: WordBody,
    /// How it ended, once it did.
    ended: Option<WordBody>,
}

/// At whose word an opt-out began or ended, and when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OptOutWord)]
pub(crate) struct WordBody {
    /// How we learned of it.
    origin: Origin,
    /// Who said so, when it was one of us.
    by: Option<AgentBody>,
    /// The recipient's own words, or the reason that was given.
    #[schema(example = "STOP")]
    words: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Word> for WordBody {
    fn from(word: Word) -> Self {
        Self {
            origin: word.origin,
            by: word.actor.map(AgentBody::from),
            words: word.words,
            at: word.at,
        }
    }
}

impl From<OptOut> for OptOutBody {
    fn from(entry: OptOut) -> Self {
        let (sender, recipient) = entry.pair;
        Self {
            id: entry.id,
            sender: (sender != EVERY_SENDER).then_some(sender),
            recipient,
            active: entry.ended.is_none(),
            message: entry.message,
            began: entry.began.into(),
            ended: entry.ended.map(WordBody::from),
        }
    }
}
