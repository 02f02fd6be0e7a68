//! How much may come in within a day (T10): what one agent uploads, and what is fetched for one
//! conversation. Mails are not among it: they are bounded each, and none is ever turned away.

use std::time::Duration;

/// The time over which is counted.
pub const DAY: Duration = Duration::from_hours(24);

/// The most that one agent uploads within it, in bytes: a hundred messages as large as they may be.
pub const MOST_UPLOADED: u64 = 2_500_000_000;

/// The most that is fetched for one conversation within it, in bytes: ten messages as large as
/// they may be.
pub const MOST_FETCHED: u64 = 250_000_000;

/// Why something is more than may come in within a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverQuota {
    /// The agent uploads too much.
    #[error("one agent uploads at most {MOST_UPLOADED} bytes within a day")]
    Uploaded,
    /// Too much came in the conversation.
    #[error("at most {MOST_FETCHED} bytes of files are fetched for a conversation within a day")]
    Fetched,
}

impl OverQuota {
    /// Refuses what goes beyond the quota, given what there was within the day before.
    ///
    /// # Errors
    ///
    /// This very fault.
    pub fn check(self, before: u64, more: u64) -> Result<(), Self> {
        let most = match self {
            Self::Uploaded => MOST_UPLOADED,
            Self::Fetched => MOST_FETCHED,
        };
        if before.saturating_add(more) > most {
            return Err(self);
        }
        Ok(())
    }
}
