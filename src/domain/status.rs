//! What is known of an outbound message, and how many pieces of evidence become one status.
//!
//! The fold picks the strongest evidence, so it does not matter in which order it came or how
//! often (`design/interface.md`, "Statuses").

use serde::{Deserialize, Serialize};

/// What became of a message, from the weakest evidence to the strongest.
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
pub enum Status {
    /// An inbound message; it has no further history.
    Received,
    /// To be queued at a later time.
    Scheduled,
    /// Waiting for its turn at the gateway.
    Queued,
    /// Being handed to the provider.
    Sending,
    /// Handed over, and nobody knows whether the provider took it.
    Unconfirmed,
    /// The provider took it and gave it a reference.
    Sent,
    /// Withdrawn before it was sent.
    Canceled,
    /// Too late to be sent, or too late for the provider to deliver.
    Expired,
    /// Not sent, or not delivered.
    Failed,
    /// Delivered to the recipient's device or mailbox.
    Delivered,
    /// Read by the recipient.
    Read,
}

impl Status {
    /// Every status, from the weakest to the strongest.
    pub const ALL: [Self; 11] = [
        Self::Received,
        Self::Scheduled,
        Self::Queued,
        Self::Sending,
        Self::Unconfirmed,
        Self::Sent,
        Self::Canceled,
        Self::Expired,
        Self::Failed,
        Self::Delivered,
        Self::Read,
    ];

    /// The name in the API, in the store and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unconfirmed => "unconfirmed",
            Self::Sent => "sent",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}
