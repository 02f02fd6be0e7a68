//! What a mail server answers (RFC 5321, 4.2), and what it offers (RFC 5321, 4.1.1.1).

use std::collections::HashMap;

/// One answer, all its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The three digits.
    pub code: u16,
    /// The text of each line, without the digits.
    pub lines: Vec<String>,
}

impl Reply {
    /// Adds a line of the wire, without its end; says whether it is the last, nothing when it is
    /// no line of an answer.
    pub(super) fn add(&mut self, line: &str) -> Option<bool> {
        let (digits, rest) = line.split_at_checked(3)?;
        let code: u16 = digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())??;
        if !(200..600).contains(&code) {
            return None;
        }
        self.code = code;
        let (last, text) = match rest.split_at_checked(1) {
            Some(("-", text)) => (false, text),
            Some((" ", text)) => (true, text),
            None => (true, ""),
            Some(_) => return None,
        };
        self.lines.push(text.trim_end().to_owned());
        Some(last)
    }

    /// Whether the server agreed, or waits for more.
    pub(super) fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Whether another try may succeed.
    pub(super) fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// The enhanced status code (RFC 3463), where the server gives one of the same class.
    pub(super) fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let mut numbers = word.split('.');
        let class = numbers.next()?;
        let (subject, detail) = (numbers.next()?, numbers.next()?);
        let is_number =
            |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let fits = class == (self.code / 100).to_string()
            && is_number(subject)
            && is_number(detail)
            && numbers.next().is_none();
        fits.then_some(word)
    }

    /// The server's words on one line, without control characters, not too long to be shown.
    pub(super) fn words(&self) -> String {
        let joined = self.lines.join(" ");
        let clean: String = joined
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(500)
            .collect();
        clean.trim().to_owned()
    }
}

/// What a server offers, by keyword in upper case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offers {
    keywords: HashMap<String, String>,
}

impl Offers {
    /// What the answer to EHLO offers.
    pub(super) fn read(reply: &Reply) -> Self {
        let keyword = |line: &String| {
            // Old servers write AUTH=LOGIN.
            let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            (word.to_ascii_uppercase(), rest.to_ascii_uppercase())
        };
        let mut keywords: HashMap<String, String> = HashMap::new();
        for (word, rest) in reply.lines.iter().skip(1).map(keyword) {
            let known = keywords.entry(word).or_default();
            *known = format!("{known} {rest}");
        }
        Self { keywords }
    }

    /// Whether it offers that.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.keywords.contains_key(keyword)
    }

    /// Whether it knows that way to log in.
    pub(super) fn has_login(&self, mechanism: &str) -> bool {
        let known = self.keywords.get("AUTH");
        known.is_some_and(|known| known.split_whitespace().any(|one| one == mechanism))
    }

    /// How large a mail may be, in bytes, when it says (RFC 1870).
    pub(super) fn largest(&self) -> Option<usize> {
        let size = self.keywords.get("SIZE")?.trim().parse().ok();
        size.filter(|size| *size > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Reply {
        let mut reply = Reply {
            code: 0,
            lines: Vec::new(),
        };
        for line in lines {
            reply.add(line).expect("a line of an answer");
        }
        reply
    }

    #[test]
    fn offers_are_read_as_old_and_new_servers_write_them() {
        let hello = reply(&[
            "250-mail.example.com",
            "250-SIZE 1000",
            "250-auth PLAIN login",
            "250-AUTH=XOAUTH2",
            "250 DSN",
        ]);
        let offers = Offers::read(&hello);
        assert_eq!(offers.largest(), Some(1000));
        for mechanism in ["PLAIN", "LOGIN", "XOAUTH2"] {
            assert!(offers.has_login(mechanism), "{mechanism}");
        }
        assert!(offers.has("DSN") && !offers.has("STARTTLS") && !offers.has("MAIL.EXAMPLE.COM"));
    }

    #[test]
    fn enhanced_codes_are_told_from_words() {
        for (line, expected) in [
            ("550 5.1.1 unknown", Some("5.1.1")),
            ("550 5.1.1", Some("5.1.1")),
            ("450 5.1.1 of another class", None),
            ("550 1.2.3.4 is blocked", None),
            ("550 no such user", None),
        ] {
            assert_eq!(reply(&[line]).enhanced(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for line in ["", "25", "99 x", "2x0 ok", "250?", "650 x", "héllo"] {
            let mut reply = Reply {
                code: 0,
                lines: Vec::new(),
            };
            assert_eq!(reply.add(line), None, "{line:?}");
        }
    }
}
