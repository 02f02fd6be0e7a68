//! `Idempotency-Key`: the same request gets the same answer, however often it is sent.

use uuid::Uuid;

use super::agent::Via;

/// Whose keys are meant: the API key or the session that a request showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(pub Uuid);

impl From<Via> for Owner {
    fn from(via: Via) -> Self {
        match via {
            Via::Key(id) => Self(id.0),
            Via::Session(id) => Self(id.0),
        }
    }
}

/// A client's key, which means something only together with what it came with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// What the request showed.
    pub scope: Owner,
    /// The header's value.
    pub value: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// A hash of the method, the path and the body that were answered.
    pub fingerprint: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub response: String,
}
