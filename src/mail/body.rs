//! What of a mail is there to be read: its plain text and its HTML, put together from its parts.

use std::collections::BTreeSet;
use std::ops::Range;

use mail_parser::{Message, MessagePart, PartType};

use super::calendar;
use super::fields::Fields;
use super::flowed;
use super::html::escape;
use super::html_text::{self, Page};
use super::structure::{self, LONGEST_TEXT};
use super::uuencode;

/// The text of a mail, in both its forms.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// As plain text.
    pub(super) text: String,
    /// What of the text is quoted or a signature, as far as HTML tells, in bytes, in order.
    pub(super) aside: Vec<Range<usize>>,
    /// As HTML, where the mail has any.
    pub(super) html: Option<String>,
    /// The files that stand in it.
    pub(super) files: Vec<uuencode::File>,
    /// The parts that are nothing but that.
    pub(super) parts: BTreeSet<u32>,
    /// Whether the text had to be cut.
    pub(super) cut: bool,
    /// The character set that the first text names.
    pub(super) charset: Option<String>,
}

/// A stretch of the text, in the forms that the mail has of it.
#[derive(Default)]
struct Piece {
    plain: Option<String>,
    html: Option<String>,
}

/// Puts the text together.
pub(super) fn read(message: &Message<'_>) -> Body {
    let mut pieces = Vec::new();
    let mut parts = BTreeSet::new();
    collect(message, 0, &mut pieces, &mut parts);
    let Page { text, aside } = text(&pieces);
    let mut body = Body {
        html: html(&pieces),
        text,
        aside,
        files: Vec::new(),
        charset: charset(message),
        parts,
        cut: false,
    };
    if body.html.is_none() && body.text.contains(uuencode::BEGIN) {
        (body.text, body.files) = uuencode::take(&body.text);
        body.text.truncate(body.text.trim_end().len());
    }
    if body.text.trim().is_empty()
        && let Some(event) = invitation(message)
    {
        body.text = event;
    }
    if body.text.len() > LONGEST_TEXT {
        body.text
            .truncate(body.text.floor_char_boundary(LONGEST_TEXT));
        body.cut = true;
    }
    body
}

/// Walks in order through what stands in the text. The depth is bounded by the structure.
fn collect(message: &Message<'_>, id: u32, pieces: &mut Vec<Piece>, parts: &mut BTreeSet<u32>) {
    let Some(part) = message.parts.get(id as usize) else {
        return;
    };
    let fields = Fields::new(&message.raw_message, &part.headers);
    let kind = structure::kind(fields, "text/plain");
    match &part.body {
        PartType::Multipart(children) if kind.value == "multipart/alternative" => {
            pieces.push(alternative(message, children, parts));
            parts.insert(id);
        }
        PartType::Multipart(children) => {
            for child in children {
                collect(message, *child, pieces, parts);
            }
            parts.insert(id);
        }
        PartType::Text(text) if message.text_body.contains(&id) => {
            let flows = kind
                .get("format")
                .is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
            let plain = if flows {
                let delsp = kind
                    .get("delsp")
                    .is_some_and(|d| d.eq_ignore_ascii_case("yes"));
                flowed::unwrap(&lines(text), if delsp { "" } else { " " })
            } else {
                lines(text)
            };
            pieces.push(Piece {
                plain: Some(plain),
                html: None,
            });
            parts.insert(id);
        }
        PartType::Html(page) if message.html_body.contains(&id) => {
            pieces.push(Piece {
                plain: None,
                html: Some(lines(page)),
            });
            parts.insert(id);
        }
        PartType::Text(_)
        | PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_) => {}
    }
}

/// One stretch of which a mail has several forms.
fn alternative(message: &Message<'_>, children: &[u32], parts: &mut BTreeSet<u32>) -> Piece {
    let mut whole = Piece::default();
    for child in children {
        let mut pieces = Vec::new();
        collect(message, *child, &mut pieces, parts);
        let has_plain = pieces.iter().any(|piece| piece.plain.is_some());
        if whole
            .plain
            .as_ref()
            .is_none_or(|known| known.trim().is_empty())
            && has_plain
        {
            whole.plain = Some(text(&pieces).text);
        }
        whole.html = html(&pieces).or(whole.html);
        if message
            .parts
            .get(*child as usize)
            .is_some_and(is_other_form)
        {
            parts.insert(*child);
        }
    }
    whole
}

/// Forms of a text for programs that few people use; the raw mail has them.
fn is_other_form(part: &MessagePart<'_>) -> bool {
    use mail_parser::MimeHeaders;
    let kind = part.content_type();
    let form = kind
        .and_then(mail_parser::ContentType::subtype)
        .unwrap_or_default();
    ["x-amp-html", "watch-html", "enriched", "richtext"].contains(&form)
}

/// Line ends as one character.
fn lines(text: &str) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

fn text(pieces: &[Piece]) -> Page {
    let plain = |text: &String| Page {
        text: text.clone(),
        aside: Vec::new(),
    };
    let pages = pieces
        .iter()
        .map(|piece| match (&piece.plain, &piece.html) {
            (Some(text), None) => plain(text),
            (Some(text), Some(_)) if !text.trim().is_empty() => plain(text),
            (_, Some(page)) => html_text::read(page),
            (None, None) => Page::default(),
        });
    let mut whole = Page::default();
    for page in pages.filter(|page| !page.text.trim().is_empty()) {
        if !whole.text.is_empty() && !whole.text.ends_with('\n') {
            whole.text.push('\n');
        }
        let from = whole.text.len();
        let moved = page.aside.iter().map(|at| at.start + from..at.end + from);
        whole.aside.extend(moved);
        whole.text.push_str(&page.text);
    }
    whole.text.truncate(whole.text.trim_end().len());
    whole
}

/// One page of all pieces, when one of them is HTML.
fn html(pieces: &[Piece]) -> Option<String> {
    pieces.iter().find(|piece| piece.html.is_some())?;
    let mut whole = String::new();
    for piece in pieces {
        match (&piece.html, &piece.plain) {
            (Some(page), _) => whole.push_str(page),
            (None, Some(plain)) if !plain.trim().is_empty() => {
                let plain = escape(plain.trim_end()).replace('\n', "<br>\n");
                whole.push_str("<div>");
                whole.push_str(&plain);
                whole.push_str("</div>");
            }
            (None, _) => {}
        }
    }
    Some(whole)
}

/// What an invitation says, for a mail that says nothing else.
fn invitation(message: &Message<'_>) -> Option<String> {
    let mut texts = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text),
        PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    });
    texts.find_map(|text| calendar::summary(text))
}

fn charset(message: &Message<'_>) -> Option<String> {
    let first = message.text_body.first()?;
    let part = message.parts.get(*first as usize)?;
    let kind = Fields::new(&message.raw_message, &part.headers).parameters("Content-Type");
    kind.get("charset").map(ToOwned::to_owned)
}
