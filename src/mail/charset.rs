//! Character sets, and what mails say about them that is not so.

mod seven_bit;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Names that programs write and the WHATWG list does not know.
const ALIASES: &[(&str, &str)] = &[
    ("cp932", "shift_jis"),
    ("ms932", "shift_jis"),
    ("cp936", "gbk"),
    ("ms936", "gbk"),
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("cp950", "big5"),
    ("utf8mb4", "utf-8"),
    ("utf", "utf-8"),
    ("cp-1251", "windows-1251"),
    ("cp-1252", "windows-1252"),
    ("win-1251", "windows-1251"),
    ("iso-2022-jp-1", "iso-2022-jp"),
    ("iso-2022-jp-2", "iso-2022-jp"),
    ("iso-2022-jp-3", "iso-2022-jp"),
    ("iso-2022-jp-2004", "iso-2022-jp"),
    ("iso-8859-8-e", "iso-8859-8"),
    ("tis620", "tis-620"),
    // The letters of Western Europe are the same in all of these, but for the euro sign.
    ("cp437", "ibm850"),
    ("ibm437", "ibm850"),
    ("cp850", "ibm850"),
    ("cp-850", "ibm850"),
    ("cp858", "ibm850"),
];

/// The text of some bytes, by the character set that the mail names if it can be that, else by
/// the one that it most likely is. Without U+0000, which databases refuse.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let text = read(bytes, label.map(normal).as_deref());
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text.to_owned()
    }
}

fn normal(label: &str) -> String {
    let quotes: &[char] = &['"', '\'', ' ', '\t', '<', '>'];
    let name = label.trim_matches(quotes).to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(from, _)| *from == name);
    alias.map_or(name, |(_, to)| (*to).to_owned())
}

fn read<'a>(bytes: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    let named = label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    let wide = named.is_some_and(|named| named == UTF_16LE || named == UTF_16BE);
    if wide && !bytes.contains(&0) && bytes.is_ascii() {
        // Said to be UTF-16 and has not one byte of it.
        return guess(bytes);
    }
    match (named, label) {
        (Some(named), _) if wide => named.decode(bytes).0,
        (Some(named), _) if named == UTF_8 => utf_8_or_what_it_is(bytes),
        (Some(named), _) => by_name(bytes, named),
        (None, Some(label)) if bytes.is_ascii() => match label {
            "utf-7" | "unicode-1-1-utf-7" => Cow::Owned(seven_bit::utf_7(bytes)),
            "hz-gb-2312" | "hz" => Cow::Owned(seven_bit::hz(bytes)),
            "iso-2022-kr" => Cow::Owned(seven_bit::iso_2022_kr(bytes)),
            _ => guess(bytes),
        },
        (None, Some(label)) if std::str::from_utf8(bytes).is_err() => other(bytes, label),
        (None, _) => guess(bytes),
    }
}

/// A character set that only mail knows.
fn other<'a>(bytes: &'a [u8], label: &str) -> Cow<'a, str> {
    match charset_decoder(label.as_bytes()) {
        Some(decoder) => Cow::Owned(decoder(bytes)),
        None => guess(bytes),
    }
}

fn by_name<'a>(bytes: &'a [u8], named: &'static Encoding) -> Cow<'a, str> {
    let (text, _, faulty) = named.decode(bytes);
    if bytes.is_ascii() {
        return text;
    }
    // Bytes above 127 that are sound UTF-8 are hardly ever anything else, but for short texts in
    // the double-byte sets of East Asia.
    match std::str::from_utf8(bytes) {
        Ok(sound) if faulty || named.is_single_byte() => Cow::Borrowed(sound),
        Ok(_) | Err(_) => text,
    }
}

fn utf_8_or_what_it_is(bytes: &[u8]) -> Cow<'_, str> {
    let (text, _, faulty) = UTF_8.decode(bytes);
    let sound = |text: &str| text.chars().any(|c| !c.is_ascii() && c != '\u{fffd}');
    if faulty && !sound(&text) {
        return WINDOWS_1252.decode(bytes).0;
    }
    text
}

/// Without a name: UTF-8, the Japanese escapes, else Western European.
fn guess(bytes: &[u8]) -> Cow<'_, str> {
    if has_japanese_escape(bytes) {
        return encoding_rs::ISO_2022_JP.decode(bytes).0;
    }
    utf_8_or_what_it_is(bytes)
}

/// `ESC $ B` or `ESC $ @` in what is otherwise ASCII (RFC 1468).
fn has_japanese_escape(bytes: &[u8]) -> bool {
    let escape = |three: &[u8]| three == b"\x1b$B" || three == b"\x1b$@";
    bytes.is_ascii() && bytes.contains(&0x1b) && bytes.windows(3).any(escape)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn names_that_lie_are_not_believed() {
        for label in [None, Some("us-ascii"), Some("iso-8859-1"), Some("x-none")] {
            assert_eq!(decode("Grüße".as_bytes(), label), "Grüße", "{label:?}");
            assert_eq!(decode(b"Gr\xfc\xdfe", label), "Grüße", "{label:?}");
        }
        assert_eq!(decode(b"Gr\xfc\xdfe", Some("utf-8")), "Grüße");
        assert_eq!(decode(b"\x93hi\x94", Some("iso-8859-1")), "“hi”");
        assert_eq!(decode(b"plain", Some("utf-16")), "plain");
        assert_eq!(decode("привет".as_bytes(), Some("koi8-r")), "привет");
    }

    #[test]
    fn names_are_known_by_their_aliases() {
        assert_eq!(decode(b"\x93\xfa\x96\x7b", Some("CP932")), "日本");
        assert_eq!(
            decode(b"\xd0\xd2\xc9\xd7\xc5\xd4", Some("KOI8-R")),
            "привет"
        );
        assert_eq!(decode(b"Hi Mom -+Jjo--!", Some("utf-7")), "Hi Mom -☺-!");
        assert_eq!(decode(b"\x1b$BF|K\\\x1b(B", None), "日本");
        assert_eq!(decode(b"a\0b\xef\xbb\xbf", None), "ab\u{feff}");
        assert_eq!(decode(b"\xff\xfeh\0i\0", Some("utf-16")), "hi");
    }
}
