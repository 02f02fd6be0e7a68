//! Header texts: unfolded, their encoded words (RFC 2047) read, also those that break its rules.

use super::charset;
use super::transfer;

/// The longest encoded word that is looked for; 75 characters are allowed (RFC 2047, section 2).
const LONGEST_WORD: usize = 4_096;

/// The text of a header value, on one line.
///
/// `hint` is the character set of bytes above 127 that are not encoded at all.
pub(super) fn decode(value: &[u8], hint: Option<&str>) -> String {
    let mut text = Text {
        out: String::with_capacity(value.len()),
        word: None,
    };
    let mut rest = value;
    while !rest.is_empty() {
        if let Some((word, length)) = encoded_word(rest) {
            text.push_word(word);
            rest = &rest[length..];
            let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            // White space between two encoded words is not part of the text.
            if blank > 0 && encoded_word(&rest[blank..]).is_some() {
                rest = &rest[blank..];
            }
        } else {
            let length = rest[1..]
                .windows(2)
                .position(|two| two == b"=?")
                .map_or(rest.len(), |at| at + 1);
            text.flush();
            text.out.push_str(&charset::decode(&rest[..length], hint));
            rest = &rest[length..];
        }
    }
    text.flush();
    one_line(&text.out)
}

/// White space of any length becomes one blank, control characters nothing.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.trim().chars() {
        if matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}') {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !character.is_control() {
            out.push(character);
        }
    }
    out
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// Texts are put together as bytes first: programs cut characters in two between words.
struct Text<'a> {
    out: String,
    word: Option<Word<'a>>,
}

impl<'a> Text<'a> {
    fn push_word(&mut self, word: Word<'a>) {
        match &mut self.word {
            Some(open) if open.charset.eq_ignore_ascii_case(word.charset) => {
                open.bytes.extend_from_slice(&word.bytes);
            }
            _ => {
                self.flush();
                self.word = Some(word);
            }
        }
    }

    fn flush(&mut self) {
        if let Some(word) = self.word.take() {
            let text = charset::decode(&word.bytes, Some(word.charset));
            self.out.push_str(&text);
        }
    }
}

/// The encoded word at the start of a text, and how long it is.
fn encoded_word(text: &[u8]) -> Option<(Word<'_>, usize)> {
    let inside = text.strip_prefix(b"=?")?;
    let mut pieces = inside.splitn(3, |byte| *byte == b'?');
    let (name, encoding) = (pieces.next()?, pieces.next()?);
    let rest = pieces.next()?;
    if name.is_empty() || name.len() > 60 || name.contains(&b' ') || encoding.len() != 1 {
        return None;
    }
    let within = &rest[..rest.len().min(LONGEST_WORD)];
    let end = within.windows(2).position(|two| two == b"?=")?;
    let coded = &rest[..end];
    let bytes = match encoding[0] {
        b'b' | b'B' => transfer::base64(coded).into_owned(),
        b'q' | b'Q' => {
            let spaced = coded.iter().map(|b| if *b == b'_' { b' ' } else { *b });
            let mut bytes = Vec::with_capacity(coded.len());
            transfer::unescape(&spaced.collect::<Vec<u8>>(), b'=', &mut bytes);
            bytes
        }
        _ => return None,
    };
    // A language may follow (RFC 2231, section 5).
    let charset = name.split(|byte| *byte == b'*').next()?;
    let charset = std::str::from_utf8(charset).ok()?;
    let length = text.len() - rest.len() + end + 2;
    Some((Word { charset, bytes }, length))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_are_read_as_they_are_written_out_there() {
        for (value, text) in [
            ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle", "Grüße an alle"),
            ("=?UTF-8?B?R3LDvA==?=\r\n =?utf-8?Q?=C3=9Fe?=", "Grüße"),
            // A character cut in two.
            ("=?utf-8?B?4pw=?= =?utf-8?B?kw==?=", "✓"),
            ("=?utf-8?Q?a b?=", "a b"),
            ("=?iso-8859-1*de?q?=FC?=ber", "über"),
            ("Re: =?utf-8?q?x?=y =?utf-8?q?z?=", "Re: xy z"),
            ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
            ("a =? b ?= c", "a =? b ?= c"),
            ("tab\r\n\tfolded", "tab folded"),
            ("=?utf-8?q?a=00b=0D=0Ac?=", "ab c"),
            ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ] {
            assert_eq!(decode(value.as_bytes(), None), text);
        }
        assert_eq!(decode(b"\xf0\xd2\xc9", Some("koi8-r")), "При");
    }

    #[test]
    fn t11_words_that_never_end_are_read_in_linear_time() {
        let bomb = "=?utf-8?q?.".repeat(40_000);
        assert!(decode(bomb.as_bytes(), None).len() <= bomb.len());
    }
}
