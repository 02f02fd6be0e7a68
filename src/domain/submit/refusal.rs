//! Why a message is not accepted.

use super::mail::MOST_RECIPIENTS;
use crate::domain::attachment::FileRefusal;
use crate::domain::conversation::Conversation;
use crate::domain::gateway::GatewayName;
use crate::domain::threads::Threads;

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitRefusal {
    /// No gateway has that name.
    #[error("no gateway is called {0}; GET /v1/gateways lists them")]
    UnknownGateway(GatewayName),
    /// No gateway can be chosen.
    #[error("no gateway sends to such an address; name one in gateway, or configure one")]
    NoGateway,
    /// The gateway is of another channel.
    #[error("gateway {0} does not send to such an address")]
    WrongChannel(GatewayName),
    /// The conversation is with somebody else, or does not exist.
    #[error("the conversation is not with the one that to names")]
    WrongConversation,
    /// The conversation is archived, and nobody may write in such a one.
    #[error("the conversation is archived; unarchive it first (inbox.write_to_closed is false)")]
    Archived,
    /// The issue of this number is closed, and nobody may write where none is open after it.
    #[error("issue {0} is closed; reopen it first (inbox.write_to_closed is false)")]
    IssueClosed(i64),
    /// The text is too long.
    #[error("the text takes {segments} segments, and gateway {gateway} sends at most {max}")]
    TooLong {
        /// What it takes.
        segments: u32,
        /// What is allowed.
        max: u32,
        /// At which gateway.
        gateway: GatewayName,
    },
    /// The recipient does not want to be texted by the sender.
    #[error("the recipient opted out of texts from {0}; they can text START to be texted again")]
    OptedOut(String),
    /// A file cannot go with it.
    #[error(transparent)]
    File(#[from] FileRefusal),
    /// The mail that it shall answer is not there, or of another conversation.
    #[error("no mail of this conversation has this id")]
    NotAnswerable,
    /// A mail that answers nothing has no subject.
    #[error("is missing: there is no earlier mail in this conversation to take it from")]
    NoSubject,
    /// Too many would get it.
    #[error("the mail has more than {} recipients", MOST_RECIPIENTS)]
    TooManyRecipients,
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
}

/// What is closed about a conversation. A deleted one begins anew.
pub(super) fn closed(thread: &Conversation, threads: &Threads) -> Option<SubmitRefusal> {
    if thread.deleted {
        return None;
    }
    if thread.archived {
        return Some(SubmitRefusal::Archived);
    }
    let issue = threads.issue(thread.id)?;
    (!issue.is_open()).then_some(SubmitRefusal::IssueClosed(issue.number))
}
