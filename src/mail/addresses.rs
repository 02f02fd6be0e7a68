//! Lists of mailboxes in headers (RFC 5322, 3.4), also those that break its rules.

use crate::domain::address::Address;
use crate::domain::mail::Mailbox;

use super::words;

/// What is read of one list, in bytes, when it is longer than any header may be.
const LONGEST: usize = 1 << 20;

/// The mailboxes of a list, at most `limit` of them, groups taken apart.
///
/// What has no address in it is left out; an address is kept as it is written.
pub(super) fn read(value: &[u8], limit: usize) -> Vec<Mailbox> {
    let mut found = Vec::new();
    let mut one = One::default();
    let mut rest = &value[..value.len().min(LONGEST)];
    while let Some((&byte, after)) = rest.split_first() {
        if found.len() >= limit {
            return found;
        }
        rest = after;
        match byte {
            b'"' => rest = one.take_quoted(after),
            b'(' => rest = one.take_comment(after),
            b'<' => rest = one.take_angle(after),
            b',' | b';' => found.extend(std::mem::take(&mut one).mailbox()),
            b':' if !one.has_address() => one = One::default(),
            other => one.words.push(other),
        }
    }
    if found.len() < limit {
        found.extend(one.mailbox());
    }
    found
}

/// An address that mail can go to, in its normal form.
pub(super) fn normal(mailbox: &Mailbox) -> Option<Address> {
    Address::parse_email(&mailbox.address).ok()
}

/// What was read of one mailbox.
#[derive(Default)]
struct One {
    words: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl One {
    fn has_address(&self) -> bool {
        self.angle.is_some() || self.words.contains(&b'@')
    }

    fn take_quoted<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let mut escaped = false;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                b'"' if !escaped => return &text[at + 1..],
                _ => self.words.push(byte),
            }
            escaped = false;
        }
        &[]
    }

    fn take_comment<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let mut depth = 1;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return &text[at + 1..];
            }
            self.comment.push(byte);
        }
        &[]
    }

    fn take_angle<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let end = text.iter().position(|byte| b">,".contains(byte));
        let inside = &text[..end.unwrap_or(text.len())];
        self.angle = Some(inside.to_vec());
        match end {
            Some(at) if text[at] == b'>' => &text[at + 1..],
            // The closing bracket is missing; the comma ends the mailbox.
            Some(at) => &text[at..],
            None => &[],
        }
    }

    fn mailbox(self) -> Option<Mailbox> {
        let (address, name) = match self.angle {
            Some(angle) => (angle, self.words),
            None => bare(&self.words),
        };
        let address = clean(&address)?;
        let name = [name, self.comment]
            .iter()
            .map(|name| words::decode(name, None))
            .map(|name| name.trim_matches(['"', '\'', ' ']).to_owned())
            .find(|name| !name.is_empty() && !name.eq_ignore_ascii_case(&address));
        Some(Mailbox { name, address })
    }
}

/// `name@domain` without angle brackets, and the words that are not it.
fn bare(words: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let is_address = |word: &&[u8]| word.contains(&b'@');
    let address = words.split(blank).find(is_address).unwrap_or_default();
    let others = words.split(blank).filter(|word| *word != address);
    (address.to_vec(), others.collect::<Vec<_>>().join(&b' '))
}

/// An address without what cannot be in one; nothing when that leaves none.
fn clean(address: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(address);
    let text = text.trim_matches(|c: char| c.is_whitespace() || "'\"<>".contains(c));
    let text = text
        .strip_prefix("mailto:")
        .or_else(|| text.strip_prefix("MAILTO:"))
        .unwrap_or(text);
    // A route (RFC 5322, 4.4).
    let text = match text.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => text,
    };
    let text: String = (text.chars())
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let (local, domain) = text.rsplit_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && text.len() <= 320;
    sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    fn all(value: &str) -> Vec<String> {
        let show = |one: super::Mailbox| match one.name {
            Some(name) => format!("{name} <{}>", one.address),
            None => one.address,
        };
        read(value.as_bytes(), 100).into_iter().map(show).collect()
    }

    #[test]
    fn lists_are_read_as_they_are_written_out_there() {
        for (value, expected) in [
            ("a@x.org", "a@x.org"),
            (" <a@x.org>\r\n", "a@x.org"),
            (
                "Ann <a@x.org>, Bob <b@x.org>",
                "Ann <a@x.org>|Bob <b@x.org>",
            ),
            ("\"Lee, Ann\" <a@x.org>", "Lee, Ann <a@x.org>"),
            ("\"a \\\"b\\\" c\" <a@x.org>", "a \"b\" c <a@x.org>"),
            ("a@x.org (Ann (the) Lee)", "Ann (the) Lee <a@x.org>"),
            ("=?utf-8?q?J=C3=BCrgen?= <j@x.org>", "Jürgen <j@x.org>"),
            ("\"=?utf-8?q?J=C3=BCrgen?=\" <j@x.org>", "Jürgen <j@x.org>"),
            (
                "team: a@x.org, B <b@x.org>; c@x.org",
                "a@x.org|B <b@x.org>|c@x.org",
            ),
            ("undisclosed-recipients:;", ""),
            ("a@x.org; b@x.org", "a@x.org|b@x.org"),
            ("'a@x.org' <a@x.org>", "a@x.org"),
            ("Ann a@x.org", "Ann <a@x.org>"),
            ("Ann <a@x.org, Bob <b@x.org>", "Ann <a@x.org>|Bob <b@x.org>"),
            ("<mailto:a@x.org>", "a@x.org"),
            ("<@relay.org:a@x.org>", "a@x.org"),
            ("Nobody", ""),
            ("\"open", ""),
            ("MAILER-DAEMON <>", ""),
            ("J\u{fc}rgen <j@x.org>", "Jürgen <j@x.org>"),
            (",,, a@x.org,,", "a@x.org"),
        ] {
            assert_eq!(all(value).join("|"), expected, "{value}");
        }
    }

    #[test]
    fn t11_no_more_than_the_limit_is_read() {
        let many = "a@x.org, ".repeat(100_000);
        assert_eq!(read(many.as_bytes(), 1_000).len(), 1_000);
    }
}
