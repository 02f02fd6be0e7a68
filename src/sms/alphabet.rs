//! How many units a character takes in each encoding (3GPP TS 23.038, 6.2.1 and 6.2.1.1).
//!
//! Knows nothing of parts.

use super::Encoding;

/// The units that a character takes, or nothing when the encoding cannot carry it.
pub(super) fn units(encoding: Encoding, character: char) -> Option<u32> {
    match encoding {
        Encoding::Gsm7 => septets(character),
        Encoding::Ucs2 => Some(utf16_units(character)),
    }
}

/// The septets that a character takes: one, or two behind an escape.
///
/// U+001B is no character of this alphabet: its code announces the extension table.
pub(super) fn septets(character: char) -> Option<u32> {
    match character {
        // What most texts consist of comes first. Of ASCII, the basic table lacks the controls
        // but LF and CR, the backtick, and what the extension table holds.
        ' '..='Z' | 'a'..='z' | '_' | '\n' | '\r' => Some(1),
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        _ => BEYOND_ASCII.contains(character).then_some(1),
    }
}

/// The characters of the basic table that are not in ASCII.
const BEYOND_ASCII: &str = "£¥¤§¡¿àèéùìòÇÉØøÅåÆæßÄÖÑÜäöñüΔΦΓΛΩΠΨΣΘΞ";

/// The UTF-16 code units that a character takes: one, or a surrogate pair.
fn utf16_units(character: char) -> u32 {
    if u32::from(character) > 0xffff { 2 } else { 1 }
}
