//! Look-alikes of GSM-7 characters, replaced so that a text takes fewer parts.
//!
//! Only characters that a reader would not miss are in the table: letters keep their accents, and
//! a text that needs UCS-2 anyway is left as its author wrote it.

use super::alphabet::septets;
use super::segments::{encoding_of, segment};
use super::{Encoding, Replacement};

/// The text with its look-alikes replaced, and each distinct replacement in order of appearance.
///
/// Unchanged, with no replacement, unless the whole text then fits GSM-7 and takes no more parts
/// than before.
#[must_use]
pub fn smart_encode(text: &str) -> (String, Vec<Replacement>) {
    let unchanged = || (text.to_owned(), Vec::new());
    if encoding_of(text) == Encoding::Gsm7 {
        return unchanged();
    }
    let mut encoded = String::with_capacity(text.len());
    let mut replacements: Vec<Replacement> = Vec::new();
    for character in text.chars() {
        if septets(character).is_some() {
            encoded.push(character);
            continue;
        }
        let Some(to) = look_alike(character) else {
            return unchanged();
        };
        encoded.push_str(to);
        // The table is short, so this list is too.
        if !replacements.iter().any(|known| known.from == character) {
            replacements.push(Replacement {
                from: character,
                to: to.to_owned(),
            });
        }
    }
    // An ellipsis becomes three characters: a text full of them may grow by a part.
    if segment(&encoded).segments > segment(text).segments {
        return unchanged();
    }
    (encoded, replacements)
}

fn look_alike(character: char) -> Option<&'static str> {
    let to = match character {
        '‘' | '’' | '‚' | '‛' | '′' | '‵' | '`' | '´' | 'ʼ' | '‹' | '›' => "'",
        '“' | '”' | '„' | '‟' | '″' | '‶' | '«' | '»' => "\"",
        // hyphens, figure dash, en dash, em dash, bar, minus
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '…' => "...",
        '•' | '‣' | '∙' => "*",
        '⁄' | '∕' => "/",
        // the tab and every space of one width or another, breaking or not
        '\t'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => " ",
        '\u{2028}' | '\u{2029}' | '\u{85}' => "\n",
        // Invisible: soft hyphen, zero-width space, joiners, direction marks, word joiner, byte
        // order mark. A joiner inside an emoji stays, because the emoji keeps the text as it is.
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => "",
        // the signs that have the shape of a Greek letter
        '\u{2126}' => "Ω",
        '\u{2206}' => "Δ",
        '\u{212b}' => "Å",
        _ => return None,
    };
    Some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_give_way_when_the_whole_text_then_fits() {
        let (text, replacements) = smart_encode("“It’s\u{a0}5–6 …” ’\u{200b}");
        assert_eq!(text, "\"It's 5-6 ...\" '");
        let from: Vec<char> = replacements.iter().map(|r| r.from).collect();
        assert_eq!(from, ['“', '’', '\u{a0}', '–', '…', '”', '\u{200b}']);
        assert_eq!(encoding_of(&text), Encoding::Gsm7);
    }

    #[test]
    fn a_text_that_needs_ucs2_anyway_is_left_alone() {
        for text in [
            "“It’s” 👩\u{200d}💻",
            "’ж",
            "plain",
            "",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(smart_encode(text), (text.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn a_text_never_grows_by_a_part() {
        let text = "…".repeat(70);
        assert_eq!(smart_encode(&text).0, text);
    }
}
