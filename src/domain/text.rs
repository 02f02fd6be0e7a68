//! How the words of a text travel.

use serde::{Deserialize, Serialize};

use super::named::named;

named! {
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
        Gsm7 = "gsm7",
        /// UTF-16; units are code units of two octets. The default, since it carries any text.
        #[default]
        Ucs2 = "ucs2",
    }
}

/// A character of a text and what was put in its place so that the text fits GSM-7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Replacement {
    /// The character that GSM-7 lacks.
    pub from: char,
    /// What stands for it; empty when it was invisible and is left out.
    pub to: String,
}
