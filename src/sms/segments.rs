//! Into how many parts a text is cut, and where (3GPP TS 23.040, 9.2.3.24.1).
//!
//! Knows nothing of what a part costs or how a provider counts.

use std::collections::HashSet;

use serde::Serialize;

use super::Encoding;
use super::alphabet::{septets, units};

/// What a text takes on the air.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Segmentation {
    /// The alphabet that carries the whole text.
    pub encoding: Encoding,
    /// The size of the text: septets, where an extension character counts two, or UTF-16 code
    /// units.
    pub units: u32,
    /// The number of parts; none for an empty text, of which there is nothing to send.
    pub segments: u32,
    /// The units that a part holds: 160 or 70 alone, 153 or 67 with a concatenation header.
    pub per_segment: u32,
    /// The units that are left in the last part before another one is needed.
    pub remaining: u32,
    /// The distinct characters that force UCS-2, in order of first appearance.
    pub forcing: Vec<char>,
}

/// Counts the parts of a text, in time linear in its length.
#[must_use]
pub fn segment(text: &str) -> Segmentation {
    let mut seen = HashSet::new();
    let forcing: Vec<char> = text
        .chars()
        .filter(|c| septets(*c).is_none() && seen.insert(*c))
        .collect();
    let encoding = if forcing.is_empty() {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    };
    let units = size(encoding, text);
    let per_segment = capacity(encoding, units);
    let mut segments = u32::from(units > 0);
    let mut used = 0;
    for (_, weight) in weights(encoding, text) {
        if used + weight > per_segment {
            segments += 1;
            used = 0;
        }
        used += weight;
    }
    Segmentation {
        encoding,
        units,
        segments,
        per_segment,
        remaining: per_segment - used,
        forcing,
    }
}

/// Cuts a text into its parts, in order; none for an empty text.
///
/// Neither an escape with its character nor a surrogate pair is ever cut, so a part may hold one
/// unit less than it could.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let encoding = encoding_of(text);
    let per_segment = capacity(encoding, size(encoding, text));
    let mut parts = Vec::new();
    let mut start = 0;
    let mut used = 0;
    for (at, weight) in weights(encoding, text) {
        if used + weight > per_segment {
            parts.push(&text[start..at]);
            start = at;
            used = 0;
        }
        used += weight;
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

/// GSM-7 when it carries every character.
pub(super) fn encoding_of(text: &str) -> Encoding {
    if text.chars().all(|c| septets(c).is_some()) {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    }
}

/// The units of each character and the byte it starts at.
fn weights(encoding: Encoding, text: &str) -> impl Iterator<Item = (usize, u32)> {
    text.char_indices()
        .filter_map(move |(at, c)| Some((at, units(encoding, c)?)))
}

fn size(encoding: Encoding, text: &str) -> u32 {
    weights(encoding, text).map(|(_, weight)| weight).sum()
}

/// The units of a part, of a text of that size.
fn capacity(encoding: Encoding, units: u32) -> u32 {
    // 140 octets hold 160 septets or 70 code units. A concatenation header takes 6 of them, which
    // leaves 134: 153 septets, since 6 octets are 48 bits and so 7 septets, or 67 code units.
    let (alone, joined) = match encoding {
        Encoding::Gsm7 => (160, 153),
        Encoding::Ucs2 => (70, 67),
    };
    if units > alone { joined } else { alone }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> (u32, u32, u32, u32) {
        let found = segment(text);
        (
            found.units,
            found.segments,
            found.per_segment,
            found.remaining,
        )
    }

    #[test]
    fn the_limits_are_those_of_the_standard() {
        assert_eq!(counted(""), (0, 0, 160, 160));
        assert_eq!(counted(&"a".repeat(160)), (160, 1, 160, 0));
        assert_eq!(counted(&"a".repeat(161)), (161, 2, 153, 145));
        assert_eq!(counted(&"ж".repeat(70)), (70, 1, 70, 0));
        assert_eq!(counted(&"ж".repeat(71)), (71, 2, 67, 63));
    }

    #[test]
    fn a_pair_is_never_cut() {
        // 306 units would fill two parts; the pair moves to the second and makes a third.
        let text = format!("{}€{}", "a".repeat(152), "a".repeat(152));
        assert_eq!(counted(&text), (306, 3, 153, 152));
        let smileys = "😀".repeat(36);
        assert_eq!(counted(&smileys), (72, 2, 67, 61));
        assert_eq!(split(&smileys)[0].chars().count(), 33);
    }

    #[test]
    fn the_forcing_characters_are_named_once_and_in_order() {
        assert_eq!(segment("a\u{1b}ж`ж€").forcing, ['\u{1b}', 'ж', '`']);
        assert_eq!(segment("\u{c}").units, 2);
    }
}
