//! The body: the words as text and as HTML, and the files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use pulldown_cmark::{Event, Options, Parser, html};
use sha2::{Digest, Sha256};

use super::{Draft, display_name};
use crate::mail::{AttachedFile, html_text};

/// The longest line of base64 (RFC 2045, 6.8).
const BASE64_LINE: usize = 76;

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 200;

/// The whole body of a mail.
pub(super) fn body(draft: &Draft) -> MimePart<'static> {
    let seed = seed(draft);
    let text = lines(&draft.text);
    let mut html = draft.html.clone().unwrap_or_else(|| to_html(&draft.text));
    let (mut pictures, mut files) = (Vec::new(), Vec::new());
    for one in &draft.files {
        match picture(one) {
            Some(id) => {
                let full = format!("{id}@{}", domain(&draft.from.address));
                html = html.replace(&format!("cid:{id}"), &format!("cid:{full}"));
                pictures.push(file(one, Some(&full)));
            }
            None => files.push(file(one, None)),
        }
    }
    let html = with(
        "related",
        &seed,
        MimePart::new("text/html", lines(&html)),
        pictures,
    );
    let text = MimePart::new("text/plain", text);
    let words = multipart("alternative", &seed, vec![text, html]);
    with("mixed", &seed, words, files)
}

/// A part with others that belong to it, if there are any.
fn with(
    kind: &str,
    seed: &str,
    first: MimePart<'static>,
    others: Vec<MimePart<'static>>,
) -> MimePart<'static> {
    if others.is_empty() {
        return first;
    }
    let parts = std::iter::once(first).chain(others).collect();
    multipart(kind, seed, parts)
}

/// The content id of a file that the HTML shows.
fn picture(file: &AttachedFile) -> Option<&str> {
    let id = file.content_id.as_deref().filter(|_| file.inline)?;
    is_plain(id).then_some(id)
}

/// What stands behind the `@` of content ids: they look like addresses (RFC 2045, 7).
fn domain(address: &str) -> &str {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain);
    domain.filter(|it| is_plain(it)).unwrap_or("localhost")
}

/// Whether it can stand in an address and in a header as it is.
fn is_plain(text: &str) -> bool {
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !text.is_empty() && text.bytes().all(sound)
}

fn multipart(kind: &str, seed: &str, parts: Vec<MimePart<'static>>) -> MimePart<'static> {
    let boundary = format!("=_{kind}_{seed}");
    let kind = ContentType::new(format!("multipart/{kind}")).attribute("boundary", boundary);
    MimePart::new(kind, parts)
}

/// What boundaries are made of: the same for the same draft, and not to be foreseen by who writes
/// a part of it.
fn seed(draft: &Draft) -> String {
    let mut hash = Sha256::new();
    for text in [
        draft.message_id.as_str(),
        draft.text.as_str(),
        draft.html.as_deref().unwrap_or_default(),
    ] {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hex::encode(&hash.finalize()[..12])
}

/// A file; one with a content id is shown by the HTML.
fn file(file: &AttachedFile, content_id: Option<&str>) -> MimePart<'static> {
    let name: String = display_name(&file.name)
        .chars()
        .take(LONGEST_NAME)
        .collect();
    let place = content_id.map_or("attachment", |_| "inline");
    let disposition = ContentType::new(place).attribute("filename", name);
    let kind = ContentType::new(media_type(&file.content_type));
    let id = content_id.map(|id| ("Content-ID".into(), Raw::new(format!("<{id}>")).into()));
    let headers = [
        ("Content-Type".into(), kind.into()),
        ("Content-Disposition".into(), disposition.into()),
        (
            "Content-Transfer-Encoding".into(),
            Raw::new("base64").into(),
        ),
    ];
    MimePart {
        headers: headers.into_iter().chain(id).collect(),
        contents: BodyPart::Text(base64(&file.bytes).into()),
    }
}

/// The media type, when it is one that base64 may carry (RFC 2045, 6.4 forbids it for composite
/// ones).
fn media_type(told: &str) -> String {
    let told = told.split(';').next().unwrap_or_default().trim();
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let fits = told.split_once('/').is_some_and(|(kind, sub)| {
        is_token(kind) && is_token(sub) && !matches!(kind, "multipart" | "message")
    });
    if fits && told.len() <= 127 {
        told.to_ascii_lowercase()
    } else {
        "application/octet-stream".to_owned()
    }
}

fn base64(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut wrapped = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE * 2);
    let mut rest = encoded.as_str();
    while rest.len() > BASE64_LINE {
        let (line, next) = rest.split_at(BASE64_LINE);
        wrapped.push_str(line);
        wrapped.push_str("\r\n");
        rest = next;
    }
    wrapped.push_str(rest);
    wrapped
}

/// The text with every line ended by CRLF, however it was ended, and without U+0000.
pub(super) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().filter(|c| *c != '\0').peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            c => out.push(c),
        }
    }
    out
}

/// Markdown-lite as HTML: paragraphs, line breaks, emphasis, lists, links and code; HTML in it is
/// shown as it was written.
pub(super) fn to_html(text: &str) -> String {
    let shown = |event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::SoftBreak => Event::HardBreak,
        other => other,
    };
    let mut out = String::from("<!DOCTYPE html>\n<html><body>\n");
    let parser = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).map(shown);
    html::push_html(&mut out, parser);
    out.push_str("</body></html>\n");
    out
}

/// HTML without scripts and whatever else could do harm where it is shown. Pictures of the mail
/// itself stay (RFC 2392).
pub fn harmless(html: &str) -> String {
    let mut builder = ammonia::Builder::default();
    builder.add_url_schemes(["cid"]).clean(html).to_string()
}

/// HTML as plain text.
pub fn to_text(page: &str) -> String {
    html_text::text(page)
}
