//! What one attempt to hand a message to a provider came to.

use std::time::Duration;

use super::failure::Failure;

/// The verdict on one attempt. It decides alone what happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the message.
    Accepted {
        /// The provider's ids: one, or one per part.
        references: Vec<String>,
        /// How many segments the provider counted, when it says.
        segments: Option<u32>,
    },
    /// The provider refused it for now; it was not sent. The whole gateway waits.
    Throttled {
        /// How long the provider asked to wait, not yet clamped.
        after: Option<Duration>,
        /// Why.
        failure: Failure,
    },
    /// The server refused this one message for now; it was not sent, and the gateway works.
    Deferred(Failure),
    /// It was provably not sent, and another try may succeed.
    NotSent(Failure),
    /// It was not sent, and no other try would help.
    Rejected(Failure),
    /// The gateway itself is not accepted: credentials, funds, sender. It was not sent.
    Misconfigured(Failure),
    /// Nobody called: the intent is taken back as if it had never been.
    NotTried,
    /// Nobody knows whether it was sent.
    Unknown(Failure),
}
