//! Why a message failed, in the words that every provider's codes are translated to.

use serde::{Deserialize, Serialize};

use super::named::named;

named! {
    /// The class of a failure (`providers/README.md`, section 3).
    #[derive(
        Debug,
        Clone,
        Copy,
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        Hash,
        Serialize,
        Deserialize,
        utoipa::ToSchema,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum FailureClass {
        /// The recipient asked not to be texted.
        OptedOut = "opted_out",
        /// The number does not exist or cannot take texts.
        InvalidNumber = "invalid_number",
        /// The handset could not be reached.
        Unreachable = "unreachable",
        /// A carrier or provider took it for spam.
        Filtered = "filtered",
        /// A carrier failed.
        CarrierError = "carrier_error",
        /// Too many at once.
        Throttled = "throttled",
        /// Too late.
        Expired = "expired",
        /// The text itself was refused.
        Content = "content",
        /// The sender is not set up for this.
        SenderConfig = "sender_config",
        /// The destination country is not allowed.
        Geo = "geo",
        /// The account at the provider refused: credentials, funds, suspension.
        Account = "account",
        /// The provider failed.
        ProviderError = "provider_error",
        /// The provider had this message already.
        Duplicate = "duplicate",
        /// The provider did not say, or said something nobody knows.
        Unknown = "unknown",
    }
}

/// A failure as an agent and an operator read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Failure {
    /// The class that decides what happens next.
    pub class: FailureClass,
    /// The provider's own code, as text.
    pub code: Option<String>,
    /// Plain words: what happened and, where known, what to do.
    pub detail: String,
}
