//! The header fields of a part: cut out of the bytes, found by name.

use std::io::BufRead;

use mail_parser::parsers::MessageStream;
use mail_parser::{Header, MessageParser};

use super::parameters::Parameters;
use super::transfer::Transfer;
use super::words;

/// Fields that are read even where the headers are longer than their limit, and how much of each.
const NEEDED: [&str; 13] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "mime-version",
];

/// How much of a needed field is read beyond the limit, in bytes.
const NEEDED_LENGTH: usize = 8 * 1024;

/// The header fields of one part.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    raw: &'a [u8],
    headers: &'a [Header<'a>],
}

impl<'a> Fields<'a> {
    /// The fields of a part of `raw`.
    pub(super) fn new(raw: &'a [u8], headers: &'a [Header<'a>]) -> Self {
        Self { raw, headers }
    }

    /// Every field in order: its name as written and its raw value.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers.iter().map(move |header| {
            let (start, end) = (header.offset_start as usize, header.offset_end as usize);
            let value = self.raw.get(start..end).unwrap_or_default();
            (header.name.as_str(), value)
        })
    }

    /// The raw values of a field, the topmost first.
    pub(super) fn all(self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let same = move |(known, _): &(&str, &[u8])| known.eq_ignore_ascii_case(name);
        self.iter().filter(same).map(|(_, value)| value)
    }

    /// The raw value of the topmost field of that name.
    pub(super) fn first(self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The topmost field of that name as a text; nothing when it is empty.
    pub(super) fn text(self, name: &'a str) -> Option<String> {
        let text = words::decode(self.first(name)?, None);
        Some(text).filter(|text| !text.is_empty())
    }

    /// The topmost field of that name with its parameters.
    pub(super) fn parameters(self, name: &'a str) -> Parameters {
        Parameters::read(self.first(name).unwrap_or_default())
    }

    /// How the body travels.
    pub(super) fn transfer(self) -> Transfer {
        let value = self.first("Content-Transfer-Encoding");
        Transfer::named(value.unwrap_or_default())
    }
}

/// Where the line that starts at `at` ends, its line end included.
pub(super) fn line_end(raw: &[u8], at: usize) -> usize {
    let mut rest = raw.get(at..).unwrap_or_default();
    at + rest.skip_until(b'\n').unwrap_or(0)
}

/// Reads a field into `headers`; of one that is cut off, as much as `length` bytes.
fn push<'x>(raw: &'x [u8], from: usize, length: usize, headers: &mut Vec<Header<'x>>) {
    let before = headers.len();
    MessageStream::new(&raw[from..from + length]).parse_headers(&MessageParser::new(), headers);
    let base = u32::try_from(from).unwrap_or(u32::MAX);
    headers.truncate(before + 1);
    for header in headers.iter_mut().skip(before) {
        header.offset_field = header.offset_field.saturating_add(base);
        header.offset_start = header.offset_start.saturating_add(base);
        // What the parser does not understand is still part of the value.
        header.offset_end = base.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    }
}

/// The fields that start at `start`, and where the body behind them starts.
///
/// `budget` is what all headers together may still have; the second answer is whether it was not
/// enough. A line that is no field ends the headers too, as does one for which `is_end` holds.
pub(super) fn read<'x>(
    raw: &'x [u8],
    start: usize,
    budget: &mut usize,
    is_end: impl Fn(&[u8]) -> bool,
) -> (Vec<Header<'x>>, usize, bool) {
    let mut headers = Vec::new();
    let mut cut = false;
    let mut at = start;
    while at < raw.len() {
        let first_end = line_end(raw, at);
        let line = &raw[at..first_end];
        if line.trim_ascii().is_empty() {
            return (headers, first_end, cut);
        }
        let Some(name) = name(line) else {
            if headers.is_empty() && is_mbox(line) {
                at = first_end;
                continue;
            }
            return (headers, at, cut);
        };
        if line.starts_with(b"--") && is_end(line) {
            return (headers, at, cut);
        }
        let mut end = first_end;
        while raw.get(end).is_some_and(|byte| b" \t".contains(byte)) {
            end = line_end(raw, end);
        }
        let length = end - at;
        if length <= *budget {
            *budget -= length;
            push(raw, at, length, &mut headers);
        } else {
            cut = true;
            if NEEDED
                .iter()
                .any(|needed| name.eq_ignore_ascii_case(needed.as_bytes()))
            {
                push(raw, at, length.min(NEEDED_LENGTH), &mut headers);
            }
        }
        at = end;
    }
    (headers, raw.len(), cut)
}

/// The name of the field that a line starts.
pub(super) fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let sound = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    sound.then_some(name)
}

/// The line that some stores write before a mail.
fn is_mbox(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}
