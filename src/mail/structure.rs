//! From bytes to the tree of parts, in one pass and within limits.
//!
//! The mail parser's own walk over the structure is not used: a boundary that never comes, asked
//! for by every part, makes it read the mail again and again, and messages in messages in messages
//! overflow the stack when they are dropped. Its header parser and its types are.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use mail_parser::{Encoding, Header, Message, MessagePart, PartType};

use super::Limits;
use super::charset;
use super::fields::{self, Fields, line_end};
use super::parameters::Parameters;
use super::transfer::Transfer;

/// How much of one text is read, in bytes.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// Texts that are no text even when a mail is nothing else.
const FILES: [&str; 5] = [
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "text/csv",
    "text/xml",
];

/// A mail taken apart.
pub(super) struct Structure<'x> {
    /// The parts, as the mail parser would have them.
    pub(super) message: Message<'x>,
    /// What was beyond the limits, in plain words.
    pub(super) problems: BTreeSet<&'static str>,
}

/// Takes a mail apart.
pub(super) fn read<'x>(raw: &'x [u8], limits: &Limits) -> Structure<'x> {
    let mut walk = Walk {
        raw,
        limits,
        budget: limits.headers,
        parts: 0,
        depth: 0,
        boundaries: HashMap::new(),
        problems: BTreeSet::new(),
    };
    let start = raw
        .iter()
        .take_while(|byte| b"\r\n\xef\xbb\xbf".contains(byte));
    let message = walk.message(start.count()).0;
    Structure {
        message,
        problems: walk.problems,
    }
}

/// The media type of a part and how it is treated.
pub(super) fn kind(fields: Fields<'_>, default: &str) -> Parameters {
    let mut kind = fields.parameters("Content-Type");
    if kind.value == "text" {
        "text/plain".clone_into(&mut kind.value);
    }
    if !kind.value.contains('/') {
        default.clone_into(&mut kind.value);
    }
    kind
}

/// Whether a text is a file rather than something to read.
pub(super) fn is_file(fields: Fields<'_>, kind: &Parameters) -> bool {
    let disposition = fields.parameters("Content-Disposition");
    !matches!(kind.value.as_str(), "text/plain" | "text/html")
        || disposition.value == "attachment"
        || disposition.get("filename").is_some()
        || kind.get("name").is_some()
}

struct Walk<'x, 'l> {
    raw: &'x [u8],
    limits: &'l Limits,
    budget: usize,
    parts: usize,
    depth: usize,
    /// For each boundary that is open, at which depths.
    boundaries: HashMap<Vec<u8>, Vec<usize>>,
    problems: BTreeSet<&'static str>,
}

/// Where a body ends and what ends it.
struct Stop {
    end: usize,
    next: usize,
    /// The depth of the multipart whose delimiter it is, and whether it is the closing one.
    hit: Option<(usize, bool)>,
}

impl<'x> Walk<'x, '_> {
    fn message(&mut self, start: usize) -> (Message<'x>, Stop) {
        let mut message = Message {
            raw_message: Cow::Borrowed(self.raw),
            ..Message::default()
        };
        let stop = self.entity(&mut message, start, "text/plain");
        if message.text_body.is_empty() {
            message.text_body.clone_from(&message.html_body);
        } else if message.html_body.is_empty() {
            message.html_body.clone_from(&message.text_body);
        }
        (message, stop)
    }

    /// One part with everything in it.
    fn entity(&mut self, message: &mut Message<'x>, start: usize, default: &str) -> Stop {
        self.parts += 1;
        let raw = self.raw;
        let mut budget = self.budget;
        let is_end = |line: &[u8]| self.delimiter(line).is_some();
        let (headers, body, cut) = fields::read(raw, start, &mut budget, is_end);
        self.budget = budget;
        if cut {
            self.problems.insert("its headers are too long");
        }
        let id = message.parts.len();
        let part_fields = Fields::new(raw, &headers);
        let kind = kind(part_fields, default);
        let transfer = part_fields.transfer();
        let is_file = if id > 0 {
            is_file(part_fields, &kind)
        } else {
            FILES.contains(&kind.value.as_str())
        };
        let is_message = matches!(kind.value.as_str(), "message/rfc822" | "message/global");
        message.parts.push(new_part(headers, transfer, start, body));
        let deep = self.depth >= self.limits.depth;
        if deep && (is_message || kind.value.starts_with("multipart/")) {
            self.problems.insert("its parts are nested too deep");
        } else if kind.value.starts_with("multipart/") {
            if let Some(stop) = self.multipart(message, id, body, &kind) {
                return stop;
            }
        } else if is_message && transfer == Transfer::Identity {
            self.depth += 1;
            let (inner, stop) = self.message(body);
            self.depth -= 1;
            message.attachments.push(index(id));
            message.parts[id].body = PartType::Message(inner);
            message.parts[id].offset_end = index(stop.end.max(body));
            return stop;
        }
        self.leaf(message, id, body, &kind, transfer, is_file)
    }

    /// The children of a multipart; nothing when its boundary never comes.
    fn multipart(
        &mut self,
        message: &mut Message<'x>,
        id: usize,
        body: usize,
        kind: &Parameters,
    ) -> Option<Stop> {
        let named = kind.get("boundary").map(str::trim_ascii_end);
        let found = named.and_then(|name| self.between(message, id, body, kind, name.as_bytes()));
        // Nobody named it, or it never comes: a gateway wrote another one.
        found.or_else(|| {
            let guessed = guess_boundary(self.raw, body)?;
            let taken = self.boundaries.contains_key(&guessed);
            (!taken).then(|| self.between(message, id, body, kind, &guessed))?
        })
    }

    /// The children of a multipart between delimiters; nothing when none comes.
    fn between(
        &mut self,
        message: &mut Message<'x>,
        id: usize,
        body: usize,
        kind: &Parameters,
        boundary: &[u8],
    ) -> Option<Stop> {
        let default = match kind.value.as_str() {
            "multipart/digest" => "message/rfc822",
            _ => "text/plain",
        };
        let level = self.depth;
        self.boundaries
            .entry(boundary.to_vec())
            .or_default()
            .push(level);
        self.depth += 1;
        let mut children = Vec::new();
        let mut stop = self.seek(body);
        while let Some((_, closing)) = stop.hit.filter(|(depth, _)| *depth == level) {
            if closing {
                // Some programs go on behind the end; whoever does not has nothing there.
                stop = self.seek(stop.next);
            } else if self.parts >= self.limits.parts {
                self.problems.insert("it has too many parts");
                stop = self.at_end();
            } else {
                children.push(index(message.parts.len()));
                stop = self.entity(message, stop.next, default);
            }
        }
        self.depth -= 1;
        if let Some(levels) = self.boundaries.get_mut(boundary) {
            levels.pop();
            if levels.is_empty() {
                self.boundaries.remove(boundary);
            }
        }
        if children.is_empty() {
            return None;
        }
        message.parts[id].body = PartType::Multipart(children);
        message.parts[id].offset_end = index(stop.end);
        Some(stop)
    }

    fn leaf(
        &mut self,
        message: &mut Message<'x>,
        id: usize,
        body: usize,
        kind: &Parameters,
        transfer: Transfer,
        is_file: bool,
    ) -> Stop {
        let stop = if self.boundaries.is_empty() {
            self.at_end()
        } else {
            self.seek(body)
        };
        let end = stop.end.max(body);
        let decoded = transfer.decode(&self.raw[body..end]);
        let is_html = kind.value == "text/html";
        let is_text = kind.value.starts_with("text/") || !kind.value.contains('/');
        let is_multipart = kind.value.starts_with("multipart/");
        let list = match () {
            () if is_file && !is_multipart => &mut message.attachments,
            () if is_html => &mut message.html_body,
            () if is_text || is_multipart => &mut message.text_body,
            () => &mut message.attachments,
        };
        list.push(index(id));
        let part = &mut message.parts[id];
        part.offset_end = index(end);
        let whole = decoded.len() <= LONGEST_TEXT;
        part.body = if (is_text || is_multipart) && (whole || !is_file) {
            if !whole {
                self.problems.insert("its text is too long");
            }
            let head = &decoded[..decoded.len().min(LONGEST_TEXT)];
            let label = kind.get("charset").map(ToOwned::to_owned);
            let label = label.or_else(|| is_html.then(|| charset_of_html(head)).flatten());
            let text = Cow::Owned(charset::decode(head, label.as_deref()));
            if is_html {
                PartType::Html(text)
            } else {
                PartType::Text(text)
            }
        } else {
            PartType::Binary(decoded)
        };
        stop
    }

    fn at_end(&self) -> Stop {
        Stop {
            end: self.raw.len(),
            next: self.raw.len(),
            hit: None,
        }
    }

    /// The next line that is a delimiter of anything that is open.
    fn seek(&self, from: usize) -> Stop {
        let mut at = from;
        while at < self.raw.len() {
            let next = line_end(self.raw, at);
            let line = &self.raw[at..next];
            if line.starts_with(b"--")
                && let Some(hit) = self.delimiter(line)
            {
                // The line end before a delimiter belongs to it (RFC 2046, 5.1.1).
                let body = &self.raw[from..at];
                let body = body.strip_suffix(b"\n").unwrap_or(body);
                let body = body.strip_suffix(b"\r").unwrap_or(body);
                return Stop {
                    end: from + body.len(),
                    next,
                    hit: Some(hit),
                };
            }
            at = next;
        }
        self.at_end()
    }

    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.get(2..)?.trim_ascii_end();
        let open = |boundary: &[u8]| self.boundaries.get(boundary)?.last().copied();
        if text.is_empty() {
            return None;
        }
        match open(text) {
            Some(level) => Some((level, false)),
            None => open(text.strip_suffix(b"--")?).map(|level| (level, true)),
        }
    }
}

fn new_part(
    headers: Vec<Header<'_>>,
    transfer: Transfer,
    start: usize,
    body: usize,
) -> MessagePart<'_> {
    MessagePart {
        headers,
        is_encoding_problem: false,
        body: PartType::default(),
        encoding: match transfer {
            // It has no name for the last.
            Transfer::Identity | Transfer::Uuencode => Encoding::None,
            Transfer::Quoted => Encoding::QuotedPrintable,
            Transfer::Base64 => Encoding::Base64,
        },
        offset_header: index(start),
        offset_body: index(body),
        offset_end: index(body),
    }
}

/// The mail parser counts in 32 bits; no mail of that size gets here.
fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The boundary of a multipart that does not name it: its first line that starts like one, above
/// a header or an empty line.
fn guess_boundary(raw: &[u8], body: usize) -> Option<Vec<u8>> {
    let head = &raw[body..raw.len().min(body + 4_096)];
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let boundary = lines.find_map(|line| line.strip_prefix(b"--"))?;
    let below = lines.next()?;
    let heads = below.is_empty() || fields::name(below).is_some();
    (heads && !boundary.is_empty() && !boundary.ends_with(b"--")).then(|| boundary.to_vec())
}

/// What an HTML page says about itself.
fn charset_of_html(page: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&page[..page.len().min(1_024)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let rest = rest.trim_start_matches(['"', '\'']);
    let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
    Some(rest[..end].to_owned()).filter(|name| !name.is_empty())
}
