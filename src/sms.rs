//! Texts as the air interface sees them: alphabets, segments, look-alikes and opt-out words.
//!
//! Pure. Knows nothing of gateways, providers, contacts or suppression.

mod alphabet;
mod courtesy;
mod keyword;
mod segments;
mod smart;

pub use courtesy::is_courtesy;
pub use keyword::{Keyword, keyword};
pub use segments::{Segmentation, segment, split};
pub use smart::{Replacement, smart_encode};

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The alphabet a text travels in (3GPP TS 23.038).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// The 7-bit default alphabet with its extension table; units are septets.
    Gsm7,
    /// UTF-16; units are code units of two octets. The default, since it carries any text.
    #[default]
    Ucs2,
}

impl Encoding {
    /// Both encodings.
    pub const ALL: [Self; 2] = [Self::Gsm7, Self::Ucs2];

    /// The name in the API, in the store and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }

    /// The encoding of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.as_str() == name)
    }
}

/// A text that names no encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an encoding; it is gsm7 or ucs2")]
pub struct UnknownEncoding;

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::from_name(name).ok_or(UnknownEncoding)
    }
}
