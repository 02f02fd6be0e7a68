//! `Idempotency-Key`: the same request gets the same answer, however often it is sent.

use super::id::KeyId;

/// A client's key, which means something only together with the API key it came with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The API key that the request showed.
    pub scope: KeyId,
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
