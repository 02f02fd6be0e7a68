//! What an answer says (RFC 9051, 7). What we never ask for is [`Response::Noise`].

use bytes::Bytes;

use super::assembler::Answer;
use super::fault::WireFault;
use crate::channel::oauth2::shown;
use crate::domain::clock::Timestamp;

/// The outcome of a command, or what a server says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

/// A status with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) status: Status,
    /// What stands in brackets, such as `UIDNEXT 5`; upper-cased as far as it is a word.
    pub(super) code: Option<(String, String)>,
    /// The server's words, as they may be shown.
    pub(super) words: String,
}

impl Told {
    /// Whether the code is this one.
    pub(super) fn has(&self, name: &str) -> bool {
        self.code.as_ref().is_some_and(|(code, _)| code == name)
    }
}

/// What is told about one mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) uid: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) internal_date: Option<Timestamp>,
    pub(super) body: Option<Bytes>,
}

/// An answer, understood as far as it concerns us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Response {
    /// The server waits for more, and may say for what.
    Continue(String),
    /// The end of the command with that tag.
    Done(String, Told),
    /// What the server says by itself or on the way.
    Told(Told),
    /// What the server can do, upper-cased.
    Capability(Vec<String>),
    /// How many mails there are.
    Exists(u32),
    /// What a search found.
    Search(Vec<u32>),
    /// About one mail.
    Fetch(Fetched),
    /// Anything else.
    Noise,
}

/// Understands an answer.
///
/// # Errors
///
/// Only when it is about a mail and broken: whatever follows cannot be trusted then.
pub(super) fn understand(answer: Answer) -> Result<Response, WireFault> {
    let Answer { text, literals } = answer;
    if let Some(rest) = text.strip_prefix(b"+") {
        let words = String::from_utf8_lossy(rest).trim().to_owned();
        return Ok(Response::Continue(words));
    }
    let Some(rest) = text.strip_prefix(b"* ") else {
        return Ok(tagged(&text));
    };
    let (word, after) = split(rest);
    if let Some(status) = status(word) {
        return Ok(Response::Told(told(status, after)));
    }
    if word.eq_ignore_ascii_case(b"CAPABILITY") {
        return Ok(Response::Capability(words(after)));
    }
    if word.eq_ignore_ascii_case(b"SEARCH") {
        let found = after.split(|byte| *byte == b' ').filter_map(number);
        return Ok(Response::Search(found.collect()));
    }
    let Some(count) = number(word) else {
        return Ok(Response::Noise);
    };
    let (kind, after) = split(after);
    if kind.eq_ignore_ascii_case(b"EXISTS") {
        return Ok(Response::Exists(count));
    }
    if kind.eq_ignore_ascii_case(b"FETCH") {
        let mut cursor = Cursor {
            rest: after,
            literals: literals.into_iter(),
        };
        return match cursor.fetched() {
            Some(fetched) => Ok(Response::Fetch(fetched)),
            None => Err(WireFault::Garbled(
                "what it says about a mail is broken off",
            )),
        };
    }
    Ok(Response::Noise)
}

fn tagged(text: &[u8]) -> Response {
    let (tag, rest) = split(text);
    let (word, after) = split(rest);
    match (status(word), std::str::from_utf8(tag)) {
        (Some(status), Ok(tag)) => Response::Done(tag.to_owned(), told(status, after)),
        _ => Response::Noise,
    }
}

fn told(status: Status, text: &[u8]) -> Told {
    let text = String::from_utf8_lossy(text);
    let (code, words) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((code, words)) => {
            let (name, value) = code.split_once(' ').unwrap_or((code, ""));
            (Some((name.to_ascii_uppercase(), value.to_owned())), words)
        }
        None => (None, &*text),
    };
    Told {
        status,
        code,
        words: shown(words),
    }
}

fn status(word: &[u8]) -> Option<Status> {
    let known = [
        ("OK", Status::Ok),
        ("NO", Status::No),
        ("BAD", Status::Bad),
        ("BYE", Status::Bye),
        ("PREAUTH", Status::Preauth),
    ];
    let same = |(name, _): &&(&str, Status)| word.eq_ignore_ascii_case(name.as_bytes());
    known.iter().find(same).map(|(_, status)| *status)
}

fn split(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

/// The words of a list, upper-cased.
pub(super) fn words(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text)
        .split_ascii_whitespace()
        .map(str::to_ascii_uppercase)
        .collect()
}

fn number<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A value in a list.
enum Value {
    Nothing,
    Text(Vec<u8>),
    Literal(Bytes),
    List,
}

struct Cursor<'a> {
    rest: &'a [u8],
    literals: std::vec::IntoIter<Bytes>,
}

impl Cursor<'_> {
    /// `(NAME value NAME value …)`
    fn fetched(&mut self) -> Option<Fetched> {
        let mut fetched = Fetched::default();
        self.rest = self.rest.strip_prefix(b"(")?;
        loop {
            self.rest = self.rest.trim_ascii_start();
            if let Some(rest) = self.rest.strip_prefix(b")") {
                return rest.trim_ascii().is_empty().then_some(fetched);
            }
            let name = self.name()?.to_ascii_uppercase();
            let value = self.value()?;
            match (name.as_slice(), value) {
                (b"UID", Value::Text(text)) => fetched.uid = Some(number(&text)?),
                (b"RFC822.SIZE", Value::Text(text)) => fetched.size = Some(number(&text)?),
                (b"INTERNALDATE", Value::Text(text)) => {
                    fetched.internal_date = internal_date(&text);
                }
                (b"BODY[]" | b"BODY[HEADER]<0>", Value::Literal(bytes)) => {
                    fetched.body = Some(bytes);
                }
                (b"BODY[]" | b"BODY[HEADER]<0>", Value::Text(text)) => {
                    fetched.body = Some(text.into());
                }
                _ => {}
            }
        }
    }

    /// Up to a space outside of brackets.
    fn name(&mut self) -> Option<Vec<u8>> {
        let mut inside = false;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => inside = true,
                b']' => inside = false,
                _ => {}
            }
            *byte == b' ' && !inside
        })?;
        let name = self.rest[..end].to_vec();
        self.rest = &self.rest[end + 1..];
        (!name.is_empty()).then_some(name)
    }

    fn value(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_ascii_start();
        match self.rest.first()? {
            b'"' => self.quoted().map(Value::Text),
            b'{' => {
                let end = self.rest.iter().position(|byte| *byte == b'}')?;
                self.rest = &self.rest[end + 1..];
                self.literals.next().map(Value::Literal)
            }
            b'(' => self.list(),
            _ => {
                let end = self.rest.iter().position(|byte| b" ()".contains(byte))?;
                let (atom, rest) = self.rest.split_at(end);
                self.rest = rest;
                let nothing = atom.eq_ignore_ascii_case(b"NIL");
                let text = (!atom.is_empty()).then(|| atom.to_vec())?;
                Some(if nothing {
                    Value::Nothing
                } else {
                    Value::Text(text)
                })
            }
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut at = 1;
        loop {
            match self.rest.get(at)? {
                b'"' => break,
                b'\\' => {
                    at += 1;
                    text.push(*self.rest.get(at)?);
                }
                byte => text.push(*byte),
            }
            at += 1;
        }
        self.rest = &self.rest[at + 1..];
        Some(text)
    }

    /// Skips a list, however deep; a loop, so that no server chooses how deep we call ourselves.
    fn list(&mut self) -> Option<Value> {
        let mut depth = 0_usize;
        loop {
            match self.rest.first()? {
                b'(' => {
                    depth += 1;
                    self.rest = &self.rest[1..];
                }
                b')' => {
                    depth -= 1;
                    self.rest = &self.rest[1..];
                    if depth == 0 {
                        return Some(Value::List);
                    }
                }
                b'"' => {
                    self.quoted()?;
                }
                b'{' => {
                    let end = self.rest.iter().position(|byte| *byte == b'}')?;
                    self.rest = &self.rest[end + 1..];
                    self.literals.next()?;
                }
                _ => self.rest = &self.rest[1..],
            }
        }
    }
}

/// A time as in `17-Jul-1996 02:44:25 -0700` (RFC 9051, `date-time`).
fn internal_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text).ok()?;
    let instant = parsed.to_timestamp().ok()?;
    Some(Timestamp(instant.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, literals: &[&str]) -> Result<Response, WireFault> {
        understand(Answer {
            text: text.as_bytes().to_vec(),
            literals: literals
                .iter()
                .map(|one| Bytes::copy_from_slice(one.as_bytes()))
                .collect(),
        })
    }

    #[test]
    fn a_mail_is_read_whatever_else_is_told_about_it() {
        let text = "* 12 FETCH (FLAGS (\\Seen \"a)b\" (x (y))) X-MAGIC[A B] NIL UID 7 RFC822.SIZE 5 \
            INTERNALDATE \" 7-Jul-2026 02:44:25 -0700\" BODY[] {5}";
        let text = format!("{text})");
        let Response::Fetch(fetched) = read(&text, &["hello"]).unwrap() else {
            panic!("it is about a mail");
        };
        assert_eq!(fetched.uid, Some(7));
        assert_eq!(fetched.size, Some(5));
        assert_eq!(fetched.body.as_deref(), Some(&b"hello"[..]));
        let date = fetched.internal_date.unwrap().to_string();
        assert_eq!(date, "2026-07-07T09:44:25.000000Z");
    }

    #[test]
    fn a_mail_that_is_broken_off_is_a_fault_and_other_nonsense_is_noise() {
        for text in [
            "* 1 FETCH (UID 7 BODY[] {5}",
            "* 1 FETCH (UID 7 BODY[] {5} trailing",
            "* 1 FETCH (UID x)",
            "* 1 FETCH",
            "* 1 FETCH (UID 1) and more",
            "* 1 FETCH ((((((",
        ] {
            assert!(read(text, &["hello"]).is_err(), "{text}");
        }
        for text in [
            "",
            "*",
            "* ",
            "* 5",
            "* x y",
            "a1 MAYBE",
            "* LIST (\\X) \"/\" {3}",
            "hello",
        ] {
            assert_eq!(read(text, &[]).unwrap(), Response::Noise, "{text}");
        }
    }

    #[test]
    fn codes_are_read() {
        let Response::Told(told) = read("* OK [uidvalidity 42] fine\x07 then", &[]).unwrap() else {
            panic!("it is a status");
        };
        assert_eq!(told.code, Some(("UIDVALIDITY".to_owned(), "42".to_owned())));
        assert_eq!(told.words, "fine  then");
        let done = read("a1 NO [AUTHENTICATIONFAILED] no", &[]).unwrap();
        assert!(
            matches!(done, Response::Done(tag, told) if tag == "a1" && told.has("AUTHENTICATIONFAILED"))
        );
        let found = read("* SEARCH 3 1 x 2", &[]).unwrap();
        assert_eq!(found, Response::Search(vec![3, 1, 2]));
    }
}
