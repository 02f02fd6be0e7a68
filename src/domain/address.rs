//! Addresses: phone numbers in E.164, short codes, alphanumeric senders and mailboxes.

mod number;

use std::fmt;

use serde::Serialize;

use super::gateway::ChannelKind;

/// Why a text is no address, in words that name the fix.
///
/// The words never repeat the text, so that they may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// There is nothing to read.
    #[error("no address was given; write a number with its country, such as +12025550100")]
    Empty,
    /// It has characters that neither a number nor a sender name has.
    #[error(
        "neither a number nor a sender name; a number has digits, spaces, dashes, dots and \
         parentheses after an optional +, a sender name at most 11 of A to Z, digits, spaces \
         and . _ & -"
    )]
    Characters,
    /// It is written without its country, and no known country was given to read it by.
    #[error(
        "the country is missing; write the number with + and its country code, such as +12025550100"
    )]
    NoCountry,
    /// The digits behind the + are no country code.
    #[error("no country has this code; check the digits that follow the +")]
    CountryCode,
    /// Digits are missing.
    #[error("too short for its country; check that no digit and no area code is missing")]
    TooShort,
    /// It has too many digits.
    #[error("too long for its country; check for repeated digits and leave extensions out")]
    TooLong,
    /// The country has shorter and longer numbers, but none of this length.
    #[error("its country has no numbers of this length; check for missing or repeated digits")]
    Length,
    /// It is no mailbox.
    #[error("not a mailbox; write it like name@example.com, without a display name")]
    Mailbox,
}

/// The longest local part, in octets (RFC 5321, 4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// The longest domain, in octets (RFC 5321, 4.5.3.1.2).
const DOMAIN: usize = 255;

/// An address in its one normal form, which is also its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "channel", content = "value", rename_all = "snake_case")]
pub enum Address {
    /// A number, code or name that texts are sent to: `+12025550100`, `24680`, `Example`.
    Sms(String),
    /// A mailbox, lower-cased.
    Email(String),
}

impl Address {
    /// Reads what a person or a provider wrote for somebody that texts go to or come from.
    ///
    /// Three to six digits are a short code, seven or eight when no number of the country has that
    /// length. Up to eleven characters with a letter among them are a sender name and kept as
    /// written. The rest are numbers, made E.164 with `country` (ISO 3166-1 alpha-2) for those
    /// that are written without one. Numbers that are possible but not assigned are taken:
    /// numbering plans change faster than the list of them.
    pub fn parse_sms(text: &str, country: &str) -> Result<Self, AddressFault> {
        number::national(text, country).map(Self::Sms)
    }

    /// Reads what a provider sent that writes its numbers with the country but without the +.
    ///
    /// Short codes and sender names are taken as in [`Address::parse_sms`].
    pub fn parse_sms_international(text: &str) -> Result<Self, AddressFault> {
        number::international(text).map(Self::Sms)
    }

    /// Reads a bare mailbox, `name@domain`, into lower case; an internationalised domain is kept
    /// as written.
    pub fn parse_email(text: &str) -> Result<Self, AddressFault> {
        let mailbox = text.trim().to_lowercase();
        if mailbox.is_empty() {
            return Err(AddressFault::Empty);
        }
        let (local, domain) = mailbox.split_once('@').ok_or(AddressFault::Mailbox)?;
        let sound = is_local_part(local) && is_domain(domain);
        sound
            .then_some(Self::Email(mailbox))
            .ok_or(AddressFault::Mailbox)
    }

    /// Stands for somebody who only says that this is their address, with the reason why that is
    /// not believed. It is equal to no address that anybody can be written to by.
    #[must_use]
    pub fn claimed(text: &str, why: &str) -> Self {
        let shown: String = text
            .chars()
            .filter(|c| !c.is_control())
            .take(LOCAL_PART + DOMAIN)
            .collect();
        Self::Email(format!("{} ({why})", shown.trim().to_lowercase()))
    }

    /// The last four characters, and never more than half, for logs.
    pub fn masked(&self) -> String {
        let length = self.value().chars().count();
        let shown = self.value().chars().skip(length - (length / 2).min(4));
        std::iter::once('…').chain(shown).collect()
    }

    /// The channel it belongs to.
    pub fn channel(&self) -> ChannelKind {
        match self {
            Self::Sms(_) => ChannelKind::Sms,
            Self::Email(_) => ChannelKind::Email,
        }
    }

    /// Its text.
    pub fn value(&self) -> &str {
        match self {
            Self::Sms(value) | Self::Email(value) => value,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value())
    }
}

fn is_local_part(text: &str) -> bool {
    let special = |c: char| r#"<>()[]\,;:"@"#.contains(c) || c.is_whitespace() || c.is_control();
    (1..=LOCAL_PART).contains(&text.len()) && !text.chars().any(special)
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let clean = label
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii());
        let visible = !label.chars().any(|c| c.is_whitespace() || c.is_control());
        let edges = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len()) && clean && visible && !edges
    };
    text.len() <= DOMAIN && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sms(text: &str, country: &str) -> Result<String, AddressFault> {
        Address::parse_sms(text, country).map(|address| address.to_string())
    }

    fn international(text: &str) -> Result<String, AddressFault> {
        Address::parse_sms_international(text).map(|address| address.to_string())
    }

    #[test]
    fn numbers_become_e164_however_they_are_written() {
        for (text, country, expected) in [
            ("+12025550100", "US", "+12025550100"),
            ("(202) 555-0100", "US", "+12025550100"),
            (" 1 202.555.0100 ", "US", "+12025550100"),
            ("+1\u{a0}202\u{2011}555\u{2011}0199", "DE", "+12025550199"),
            ("\u{202a}+12025550100\u{202c}", "US", "+12025550100"),
            ("0012025550100", "DE", "+12025550100"),
            ("0012025550100", "US", "+12025550100"),
            ("011 44 20 7946 0958", "US", "+442079460958"),
            ("+44 (0)20 7946 0958", "US", "+442079460958"),
            ("020 7946 0958", "GB", "+442079460958"),
            ("07700 900123", "gb", "+447700900123"),
            ("0151 23456789", "DE", "+4915123456789"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("0664 1234567", "AT", "+436641234567"),
            ("91234567", "SG", "+6591234567"),
            ("+299 22 12 34", "US", "+299221234"),
        ] {
            assert_eq!(sms(text, country).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn short_codes_and_sender_names_are_kept() {
        for (text, country, expected) in [
            ("24680", "US", "24680"),
            ("242 733", "US", "242733"),
            ("911", "US", "911"),
            ("1234567", "US", "1234567"),
            ("46001234", "US", "46001234"),
            ("Example", "US", "Example"),
            ("Ex & Co-1.a", "US", "Ex & Co-1.a"),
            ("4MATIC", "DE", "4MATIC"),
        ] {
            assert_eq!(sms(text, country).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(international("24680").as_deref(), Ok("24680"));
        assert_eq!(international("Example").as_deref(), Ok("Example"));
    }

    #[test]
    fn numbers_without_the_plus_get_it() {
        for text in ["12025550100", "+12025550100", "0012025550100"] {
            assert_eq!(international(text).as_deref(), Ok("+12025550100"), "{text}");
        }
        assert_eq!(
            international("447700900123").as_deref(),
            Ok("+447700900123")
        );
        assert_eq!(international("6591234567").as_deref(), Ok("+6591234567"));
        assert_eq!(international("29922123").as_deref(), Ok("29922123"));
        assert_eq!(international("07700900123"), Err(AddressFault::CountryCode));
    }

    #[test]
    fn faults_name_what_to_mend() {
        for (text, country, fault) in [
            ("", "US", AddressFault::Empty),
            (" ", "US", AddressFault::Empty),
            ("12", "US", AddressFault::TooShort),
            ("+1202555010", "US", AddressFault::TooShort),
            ("+120255501000", "US", AddressFault::TooLong),
            ("+1234567890123456789", "US", AddressFault::TooLong),
            ("+999 12345678", "US", AddressFault::CountryCode),
            ("2025550100", "ZZ", AddressFault::NoCountry),
            ("2025550100", "", AddressFault::NoCountry),
            ("2025550100", "Germany", AddressFault::NoCountry),
            ("1-800-FLOWERS", "US", AddressFault::Characters),
            ("+12025550100x12", "US", AddressFault::Characters),
            ("Exämple", "DE", AddressFault::Characters),
            ("A long sender", "US", AddressFault::Characters),
            ("12+025550100", "US", AddressFault::Characters),
            ("+", "US", AddressFault::TooShort),
            ("name@example.com", "US", AddressFault::Characters),
        ] {
            assert_eq!(sms(text, country), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn mailboxes_are_lower_cased_and_checked() {
        let read = |text| Address::parse_email(text).map(|address| address.to_string());
        assert_eq!(read(" Ann@Example.COM ").as_deref(), Ok("ann@example.com"));
        assert_eq!(
            read("a+b..c@bücher.example").as_deref(),
            Ok("a+b..c@bücher.example")
        );
        assert_eq!(read("root@localhost").as_deref(), Ok("root@localhost"));
        assert_eq!(read(""), Err(AddressFault::Empty));
        for text in [
            "ann",
            "@example.com",
            "ann@",
            "a@b@c",
            "a b@c.d",
            "Ann <a@b.c>",
            "a@b..c",
            "a@-b.c",
            "a@b.c\r\nBcc: x",
            "a@b.c.",
            "a@b_c.d",
        ] {
            assert_eq!(read(text), Err(AddressFault::Mailbox), "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert_eq!(read(&long), Err(AddressFault::Mailbox));
    }

    #[test]
    fn a_masked_address_shows_four_characters_at_most() {
        let masked = |text: &str| Address::Sms(text.to_owned()).masked();
        assert_eq!(masked("+12025550100"), "…0100");
        assert_eq!(masked("24680"), "…80");
        assert_eq!(masked("é"), "…");
        assert_eq!(masked(""), "…");
    }
}
