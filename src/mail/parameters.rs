//! Values with parameters (RFC 2045, 5.1; RFC 2231), also those that break its rules.

use super::charset;
use super::transfer::unescape;
use super::words;

/// How many parameters are looked at.
const MANY: usize = 200;

/// A value such as `text/plain; charset=utf-8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    /// What stands before the parameters, lower-cased, without white space.
    pub(super) value: String,
    list: Vec<(String, String)>,
}

/// A piece of a parameter that was cut in several (RFC 2231, section 3).
struct Piece {
    name: String,
    place: u32,
    encoded: bool,
    bytes: Vec<u8>,
}

impl Parameters {
    /// Reads a header value; what makes no sense in it is left out.
    pub(super) fn read(value: &[u8]) -> Self {
        let mut pieces = split(value).into_iter();
        let kind = pieces.next().unwrap_or_default();
        let kind = String::from_utf8_lossy(&kind).to_ascii_lowercase();
        let kind = first_word(&kind);
        let mut list: Vec<(String, String)> = Vec::new();
        let mut cut: Vec<Piece> = Vec::new();
        for piece in pieces.take(MANY) {
            let Some(at) = piece.iter().position(|byte| *byte == b'=') else {
                continue;
            };
            let name = String::from_utf8_lossy(piece[..at].trim_ascii()).to_ascii_lowercase();
            let bytes = unquote(piece[at + 1..].trim_ascii());
            match name.split_once('*') {
                None => list.push((name, plain(&bytes))),
                Some((base, "")) => cut.push(Piece {
                    name: base.to_owned(),
                    place: 0,
                    encoded: true,
                    bytes,
                }),
                Some((base, place)) => cut.push(Piece {
                    name: base.to_owned(),
                    place: place.trim_end_matches('*').parse().unwrap_or(u32::MAX),
                    encoded: place.ends_with('*'),
                    bytes,
                }),
            }
        }
        // What is written by RFC 2231 is the better name (RFC 6266, 4.3).
        let mut whole = join(cut);
        whole.append(&mut list);
        Self {
            value: kind,
            list: whole,
        }
    }

    /// A parameter by its name in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.list.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The first word of a value; white space around a slash separates nothing.
fn first_word(value: &str) -> String {
    let mut out = String::new();
    for word in value.split_whitespace() {
        if !(out.is_empty() || out.ends_with('/') || word.starts_with('/')) {
            break;
        }
        out.push_str(word);
    }
    out
}

/// The pieces between semicolons; without comments, quotes left as they are.
fn split(value: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let (mut quoted, mut escaped, mut comments) = (false, false, 0_u32);
    for &byte in value {
        let was_escaped = std::mem::take(&mut escaped);
        match byte {
            b'\r' | b'\n' => continue,
            b'\\' if (quoted || comments > 0) && !was_escaped => escaped = true,
            b'"' if comments == 0 && !was_escaped => quoted = !quoted,
            b'(' if !quoted && !was_escaped && starts_comment(&pieces, comments) => {
                comments += 1;
                continue;
            }
            b')' if comments > 0 && !was_escaped => {
                comments -= 1;
                continue;
            }
            b';' if !quoted && comments == 0 => {
                pieces.push(Vec::new());
                if pieces.len() > MANY {
                    break;
                }
                continue;
            }
            _ => {}
        }
        if comments == 0 {
            pieces.last_mut().expect("one is there").push(byte);
        }
    }
    pieces
}

/// A parenthesis inside of a value that is not quoted, `name=a (1).pdf`, is part of it.
fn starts_comment(pieces: &[Vec<u8>], comments: u32) -> bool {
    let piece = pieces.last().map(Vec::as_slice).unwrap_or_default();
    comments > 0 || pieces.len() == 1 || !piece.contains(&b'=') || piece.ends_with(b"\" ")
}

fn unquote(value: &[u8]) -> Vec<u8> {
    let Some(inside) = value.strip_prefix(b"\"") else {
        return value.to_vec();
    };
    let inside = inside.strip_suffix(b"\"").unwrap_or(inside);
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((&byte, after)) = rest.split_first() {
        // A lone backslash is a Windows path, not an escape.
        let escape = byte == b'\\' && after.first().is_some_and(|next| b"\"\\".contains(next));
        out.push(if escape { after[0] } else { byte });
        rest = if escape { &after[1..] } else { after };
    }
    out
}

/// A value as it stands, or with the encodings that do not belong there and are found there.
fn plain(bytes: &[u8]) -> String {
    if bytes.windows(2).any(|two| two == b"=?") {
        return words::decode(bytes, None);
    }
    if bytes.contains(&b'%') {
        let mut out = Vec::with_capacity(bytes.len());
        unescape(bytes, b'%', &mut out);
        match String::from_utf8(out) {
            Ok(text) if !text.is_ascii() || bytes.windows(3).any(|three| three == b"%20") => {
                return words::one_line(&text);
            }
            Ok(_) | Err(_) => {}
        }
    }
    words::one_line(&charset::decode(bytes, None))
}

/// The parameters that were cut, whole again.
fn join(mut cut: Vec<Piece>) -> Vec<(String, String)> {
    cut.sort_by(|a, b| (&a.name, a.place).cmp(&(&b.name, b.place)));
    let mut whole = Vec::new();
    for pieces in cut.chunk_by(|a, b| a.name == b.name) {
        let mut charset = None;
        let mut bytes = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            if !piece.encoded {
                bytes.extend_from_slice(&piece.bytes);
                continue;
            }
            let mut parts = piece.bytes.splitn(3, |byte| *byte == b'\'');
            let coded = match (parts.next(), parts.next(), parts.next()) {
                (Some(name), Some(_), Some(coded)) if at == 0 => {
                    charset = std::str::from_utf8(name).ok();
                    coded
                }
                _ => piece.bytes.as_slice(),
            };
            unescape(coded, b'%', &mut bytes);
        }
        let value = match charset.filter(|name| !name.is_empty()) {
            Some(charset) => words::one_line(&charset::decode(&bytes, Some(charset))),
            None => plain(&bytes),
        };
        whole.push((pieces[0].name.clone(), value));
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    fn name(value: &str) -> String {
        let read = Parameters::read(value.as_bytes());
        read.get("filename").unwrap_or_default().to_owned()
    }

    #[test]
    fn names_of_files_are_read_as_they_are_written_out_there() {
        for (value, expected) in [
            ("attachment; filename=a.pdf", "a.pdf"),
            ("attachment; filename=\"a;b.pdf\"; size=3", "a;b.pdf"),
            ("attachment; filename=my file (1).pdf", "my file (1).pdf"),
            (
                "attachment; filename*=UTF-8''%e2%82%ac%20rates.pdf",
                "€ rates.pdf",
            ),
            (
                "attachment; filename=x.pdf; filename*=utf-8''%C3%BC.pdf",
                "ü.pdf",
            ),
            (
                "attachment;\r\n filename*0*=utf-8''Gr%C3%BC;\r\n filename*1*=%C3%9Fe;\r\n filename*2=.pdf",
                "Grüße.pdf",
            ),
            // A character cut in two between the pieces, and the pieces out of order.
            (
                "a; filename*1*=%9Fe.txt; filename*0*=utf-8''Gr%C3",
                "Grße.txt",
            ),
            (
                "a; filename=\"=?utf-8?B?R3LDvA==?= =?utf-8?B?w59l?=.pdf\"",
                "Grüße.pdf",
            ),
            ("a; filename==?utf-8?q?a=20b.pdf?=", "a b.pdf"),
            ("a; filename=\"na%20me.pdf\"", "na me.pdf"),
            ("a; filename=\"100%25.pdf\"", "100%25.pdf"),
            ("a; filename=\"C:\\dir\\f\\\"x.pdf\"", "C:\\dir\\f\"x.pdf"),
            ("a; filename=\"open", "open"),
            ("a; FILENAME = b.txt (a comment)", "b.txt (a comment)"),
            ("a (com;ment); filename=\"c.txt\" (really)", "c.txt"),
        ] {
            assert_eq!(name(value), expected, "{value}");
        }
        assert_eq!(name("a; filename=\u{fc}.pdf"), "ü.pdf");
    }

    #[test]
    fn the_value_stands_alone() {
        let read = Parameters::read(b" Text / Plain (x) ;CharSet = \"UTF-8\"");
        assert_eq!(read.value, "text/plain");
        assert_eq!(read.get("charset"), Some("UTF-8"));
    }
}
