//! Phone numbers in a query that stand there without quotes, in groups.

use crate::domain::address::Address;

/// The fewest digits of a number in groups; fewer are two short words more often than a number.
const FEWEST: usize = 7;
/// The most digits of a number (ITU-T E.164, section 6.2), with what is dialled before it.
const MOST: usize = 19;

/// The length in bytes of the number that a text begins with, where it is one and has groups.
pub(super) fn written(text: &str, country: &str) -> Option<usize> {
    let run = text.split(|c| !belongs(c)).next()?;
    // A minus behind a space takes the next word back.
    let run = run.split(" -").next()?;
    let run = &run[..=run.rfind(|c: char| c.is_ascii_digit())?];
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let has_groups = run.contains(|c: char| c.is_whitespace() || c == '(');
    let fits = has_groups && (FEWEST..=MOST).contains(&digits);
    (fits && Address::parse_sms(run, country).is_ok()).then_some(run.len())
}

fn belongs(character: char) -> bool {
    character.is_ascii_digit()
        || matches!(
            character,
            '+' | '(' | ')' | '-' | '.' | '/' | ' ' | '\u{a0}' | '\u{2011}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_groups_is_seen_up_to_its_last_digit() {
        let number = |text: &str| written(text, "US").map(|length| text[..length].to_owned());
        for text in [
            "(202) 555-0143",
            "+1 202 555 0143",
            "202 555 0143",
            "+44 20 7946 0958",
        ] {
            assert_eq!(number(text).as_deref(), Some(text));
            assert_eq!(number(&format!("{text} refund")).as_deref(), Some(text));
        }
        for text in [
            "2025550143",
            "202-555-0143",
            "12 34",
            "refund 202 555 0143",
            "202 -555 0143",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
