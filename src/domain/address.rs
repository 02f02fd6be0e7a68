//! Addresses: phone numbers in E.164, short codes, alphanumeric senders and mailboxes.

use std::fmt;

use serde::Serialize;

use super::gateway::ChannelKind;

/// An address in its one normal form, which is also its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "channel", content = "value", rename_all = "snake_case")]
pub enum Address {
    /// A number, code or name that texts are sent to: `+12025550100`, `24680`, `Example`.
    Sms(String),
    /// A mailbox, lower-cased.
    Email(String),
}

impl Address {
    /// The channel it belongs to.
    pub fn channel(&self) -> ChannelKind {
        match self {
            Self::Sms(_) => ChannelKind::Sms,
            Self::Email(_) => ChannelKind::Email,
        }
    }

    /// Its text.
    pub fn value(&self) -> &str {
        match self {
            Self::Sms(value) | Self::Email(value) => value,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value())
    }
}
