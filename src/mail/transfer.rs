//! Transfer encodings of bodies (RFC 2045, 6.7 and 6.8), read as leniently as mail programs do.

use std::borrow::Cow;

use super::uuencode;

/// How a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// As it is.
    Identity,
    /// Quoted-printable.
    Quoted,
    /// Base64.
    Base64,
    /// What there was before MIME.
    Uuencode,
}

impl Transfer {
    /// What a `Content-Transfer-Encoding` means; what nobody knows is taken as it is.
    pub(super) fn named(value: &[u8]) -> Self {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let start = value.iter().position(word).unwrap_or(value.len());
        let name = value[start..].split(|byte| !word(byte)).next();
        match name.unwrap_or_default().to_ascii_lowercase().as_slice() {
            b"base64" => Self::Base64,
            b"quoted-printable" => Self::Quoted,
            b"x-uuencode" | b"uuencode" | b"x-uue" | b"uue" => Self::Uuencode,
            _ => Self::Identity,
        }
    }

    /// The bytes that were meant; the body itself where it is not encoded.
    pub(super) fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::Quoted => Cow::Owned(quoted(body)),
            Self::Base64 => base64(body),
            Self::Uuencode => uuencode::decode(body).map_or(Cow::Borrowed(body), Cow::Owned),
        }
    }
}

/// Quoted-printable; what is no escape stays as it stands.
pub(super) fn quoted(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        // Blanks at the end of a line were added under way (RFC 2045, 6.7, rule 3).
        let (text, soft) = match text.strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (text, false),
        };
        unescape(text, b'=', &mut out);
        if !soft && line.ends_with(b"\n") {
            out.extend_from_slice(if line.ends_with(b"\r\n") {
                b"\r\n"
            } else {
                b"\n"
            });
        }
    }
    out
}

/// Replaces `mark` and two hexadecimal digits by the byte that they name.
pub(super) fn unescape(text: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.first().zip(after.get(1));
        let value = digits.and_then(|(high, low)| Some((digit(*high)?, digit(*low)?)));
        match value {
            Some((high, low)) if byte == mark => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Marks what is no letter of the alphabet in [`VALUES`].
const NONE: u8 = 0xff;

/// The value of each byte (RFC 4648, section 4).
const VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < alphabet.len() {
        #[expect(clippy::cast_possible_truncation, reason = "there are 64 of them")]
        let value = at as u8;
        values[alphabet[at] as usize] = value;
        at += 1;
    }
    values
};

/// Base64; a text that is none comes back as it is, and what a list or a virus scanner wrote
/// behind the end is kept.
pub(super) fn base64(body: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    let (mut strange, mut at) = (0_usize, 0_usize);
    while at < body.len() {
        // Nearly all of a body is groups of four that stand together.
        if count == 0
            && let Some(group) = body[at..].first_chunk().copied().and_then(whole_group)
        {
            out.extend_from_slice(&group);
            at += 4;
            continue;
        }
        let byte = body[at];
        let value = VALUES[usize::from(byte)];
        if value != NONE {
            bits = bits << 6 | u32::from(value);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                (bits, count) = (0, 0);
            }
        } else if byte == b'=' {
            finish(bits, count, &mut out);
            (bits, count) = (0, 0);
            let rest = body[at..].trim_ascii_start();
            let rest = &rest[rest.iter().take_while(|byte| **byte == b'=').count()..];
            let plain = |byte: &u8| VALUES[usize::from(*byte)] == NONE && !b"=\r\n".contains(byte);
            if rest.trim_ascii().iter().take(200).any(plain) {
                out.extend_from_slice(rest);
                return Cow::Owned(out);
            }
        } else if !byte.is_ascii_whitespace() {
            strange += 1;
        }
        at += 1;
    }
    if strange * 10 > body.len() || (strange > 0 && out.is_empty()) {
        return Cow::Borrowed(body);
    }
    finish(bits, count, &mut out);
    Cow::Owned(out)
}

/// The bytes of four letters, if they are letters.
fn whole_group(letters: [u8; 4]) -> Option<[u8; 3]> {
    let [a, b, c, d] = letters.map(|letter| VALUES[usize::from(letter)]);
    let [_, bytes @ ..] =
        (u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d)).to_be_bytes();
    ((a | b | c | d) != NONE).then_some(bytes)
}

/// The bytes of a last group of fewer than four letters.
fn finish(bits: u32, count: u32, out: &mut Vec<u8>) {
    let whole = (bits << (6 * (4 - count)) & 0x00ff_ffff).to_be_bytes();
    match count {
        2 => out.push(whole[1]),
        3 => out.extend_from_slice(&whole[1..3]),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Transfer, base64, quoted};

    #[test]
    fn base64_is_read_whatever_stands_around_it() {
        assert_eq!(base64(b"aGVsbG8=").as_ref(), b"hello");
        assert_eq!(base64(b"aGVs\r\nbG8").as_ref(), b"hello");
        assert_eq!(base64(b"aGk=aGk=").as_ref(), b"hihi");
        assert_eq!(
            base64(b"aGk=\r\n\r\n-- \r\nthe list\r\n").as_ref(),
            b"hi\r\n\r\n-- \r\nthe list\r\n"
        );
        let plain = "kein Base64: Grüße, öäü, schön!".as_bytes();
        assert_eq!(base64(plain).as_ref(), plain);
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        assert_eq!(quoted(b"a=20b=\r\nc  \r\nd=ZZ=3d\n"), b"a bc\r\nd=ZZ=\n");
        assert_eq!(quoted(b"end="), b"end");
    }

    #[test]
    fn the_name_may_be_wrapped() {
        assert_eq!(Transfer::named(b" \"BASE64\" (x)"), Transfer::Base64);
        assert_eq!(Transfer::named(b" Quoted-Printable;"), Transfer::Quoted);
        assert_eq!(Transfer::named(b"x-strange"), Transfer::Identity);
    }
}
