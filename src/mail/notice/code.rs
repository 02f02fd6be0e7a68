//! Status codes in servers' words, and what they and the words mean.

use super::words::{
    AUTHENTICATION, BAD_MAILBOX, CONTENT, EXPIRED, FULL, NETWORK, SPAM, THROTTLED, UNPROVEN,
};
use crate::domain::failure::FailureClass;

/// The first enhanced code (RFC 3463) in a text; one that says more than `x.0.0` goes first.
pub(super) fn enhanced(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut plain = None;
    for at in 0..bytes.len() {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.') {
            continue;
        }
        let Some(code) = text.get(at..).and_then(code_at) else {
            continue;
        };
        if !code.ends_with(".0.0") {
            return Some(code);
        }
        plain.get_or_insert(code);
    }
    plain
}

/// The enhanced code at the start of a text. Four groups of digits are an IP address.
fn code_at(text: &str) -> Option<String> {
    if !text.starts_with(['2', '4', '5']) {
        return None;
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let code = text[..end].trim_end_matches('.');
    let groups: Vec<&str> = code.split('.').collect();
    let sound = groups.len() == 3
        && groups[0].len() == 1
        && groups[1..]
            .iter()
            .all(|group| (1..=3).contains(&group.len()));
    let word = text[end..].starts_with(|c: char| c.is_alphabetic());
    (sound && !word).then(|| code.to_owned())
}

/// The first SMTP reply code of a failure in a text that is a server's answer.
pub(super) fn smtp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(2)).find_map(|at| {
        let code = bytes.get(at..at + 3)?;
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + 3).copied();
        let sound = matches!(code[0], b'4' | b'5')
            && (b'0'..=b'5').contains(&code[1])
            && code[2].is_ascii_digit()
            && !before.is_some_and(|b| {
                b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'/' | b'$')
            })
            && after.is_none_or(|b| {
                matches!(
                    b,
                    b' ' | b'-'
                        | b'\r'
                        | b'\n'
                        | b':'
                        | b'>'
                        | b')'
                        | b'\''
                        | b'"'
                        | b'#'
                        | b';'
                        | b','
                )
            });
        sound.then(|| String::from_utf8_lossy(code).into_owned())
    })
}

/// Why a server did not take a mail, by its code (enhanced or of SMTP) and its words.
pub fn class(code: Option<&str>, words: &str) -> FailureClass {
    let words = words.to_lowercase();
    let code = code.unwrap_or_default();
    if UNPROVEN.are_in(&words) {
        return FailureClass::SenderConfig;
    }
    if SPAM.are_in(&words) {
        return FailureClass::Filtered;
    }
    by_code(code)
        .or_else(|| by_words(&words))
        .unwrap_or(match code.as_bytes() {
            [b'5', b'.', b'7', ..] => FailureClass::Filtered,
            [b'4', ..] | [b'5', b'.', b'4', ..] => FailureClass::Unreachable,
            [b'5', b'.', b'1', ..] => FailureClass::InvalidNumber,
            [b'5', b'.', b'6', ..] => FailureClass::Content,
            _ => FailureClass::Unknown,
        })
}

/// Codes that servers use for one thing only, whatever they say with it.
fn by_code(code: &str) -> Option<FailureClass> {
    let (kind, rest) = code.split_once('.')?;
    match rest {
        "1.1" | "2.1" if kind == "4" => None,
        "1.0" | "1.1" | "1.2" | "1.3" | "1.4" | "1.6" | "1.10" | "2.1" | "4.4" => {
            Some(FailureClass::InvalidNumber)
        }
        "2.2" => Some(FailureClass::Unreachable),
        "2.3" | "3.4" | "6.0" | "6.1" | "6.2" | "6.3" | "6.5" => Some(FailureClass::Content),
        "4.7" => Some(FailureClass::Expired),
        "1.7" | "1.8" | "7.8" | "7.23" | "7.26" | "7.27" | "7.60" => {
            Some(FailureClass::SenderConfig)
        }
        _ => None,
    }
}

fn by_words(words: &str) -> Option<FailureClass> {
    let classes = [
        (&FULL, FailureClass::Unreachable),
        (&CONTENT, FailureClass::Content),
        (&THROTTLED, FailureClass::Throttled),
        (&AUTHENTICATION, FailureClass::SenderConfig),
        (&BAD_MAILBOX, FailureClass::InvalidNumber),
        (&EXPIRED, FailureClass::Expired),
        (&NETWORK, FailureClass::Unreachable),
    ];
    classes
        .into_iter()
        .find(|(list, _)| list.are_in(words))
        .map(|(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_addresses_of_machines() {
        for (text, code) in [
            ("550 5.1.1 <ann@example.com>: no such user", Some("5.1.1")),
            ("550-5.1.1 The address", Some("5.1.1")),
            ("host mx[5.1.1.2] said: 550 unknown", None),
            ("#5.1.1 smtp;550", Some("5.1.1")),
            ("(5.4.4)", Some("5.4.4")),
            ("5.0.0 then 5.2.2", Some("5.2.2")),
            ("version 15.1.20", None),
        ] {
            assert_eq!(enhanced(text).as_deref(), code, "{text}");
        }
        assert_eq!(smtp("said: 550 unknown").as_deref(), Some("550"));
        assert_eq!(smtp("SMTP; 452-4 full").as_deref(), Some("452"));
        assert_eq!(smtp("in 2550 days at 10.0.0.450"), None);
    }

    #[test]
    fn words_and_codes_tell_why() {
        for (code, words, expected) in [
            (Some("5.1.1"), "user unknown", FailureClass::InvalidNumber),
            (Some("5.0.0"), "mailbox full", FailureClass::Unreachable),
            (
                Some("5.7.1"),
                "blocked using spamhaus",
                FailureClass::Filtered,
            ),
            (Some("5.7.1"), "relaying denied", FailureClass::SenderConfig),
            (Some("5.3.4"), "too big", FailureClass::Content),
            (Some("4.4.7"), "", FailureClass::Expired),
            (
                Some("550"),
                "no such user here",
                FailureClass::InvalidNumber,
            ),
            (None, "", FailureClass::Unknown),
        ] {
            assert_eq!(class(code, words), expected, "{code:?} {words}");
        }
    }
}
