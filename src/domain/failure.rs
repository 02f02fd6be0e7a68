//! Why a message failed, in the words that every provider's codes are translated to.

use serde::{Deserialize, Serialize};

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
    OptedOut,
    /// The number does not exist or cannot take texts.
    InvalidNumber,
    /// The handset could not be reached.
    Unreachable,
    /// A carrier or provider took it for spam.
    Filtered,
    /// A carrier failed.
    CarrierError,
    /// Too many at once.
    Throttled,
    /// Too late.
    Expired,
    /// The text itself was refused.
    Content,
    /// The sender is not set up for this.
    SenderConfig,
    /// The destination country is not allowed.
    Geo,
    /// The account at the provider refused: credentials, funds, suspension.
    Account,
    /// The provider failed.
    ProviderError,
    /// The provider had this message already.
    Duplicate,
    /// The provider did not say, or said something nobody knows.
    Unknown,
}

impl FailureClass {
    /// The name in the API, in the store and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::InvalidNumber => "invalid_number",
            Self::Unreachable => "unreachable",
            Self::Filtered => "filtered",
            Self::CarrierError => "carrier_error",
            Self::Throttled => "throttled",
            Self::Expired => "expired",
            Self::Content => "content",
            Self::SenderConfig => "sender_config",
            Self::Geo => "geo",
            Self::Account => "account",
            Self::ProviderError => "provider_error",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
        }
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
