//! The files in a mail: everything that is not its text.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use mail_parser::{Message, MessagePart, PartType};

use super::AttachedFile;
use super::body::Body;
use super::fields::Fields;
use super::filename;
use super::html::{Token, tokens};
use super::structure;
use super::uuencode;
use super::words::one_line;

/// The files of a mail; their bytes are taken out of `message`, and out of `raw` where nothing had
/// to be decoded.
pub(super) fn list(message: &mut Message<'_>, raw: &Bytes, body: &Body) -> Vec<AttachedFile> {
    let shown = body.html.as_deref().map(content_ids).unwrap_or_default();
    let mut parts = std::mem::take(&mut message.parts);
    let whole = message.raw_message.as_ref();
    let mut files = Vec::new();
    for (id, part) in (0_u32..).zip(parts.iter_mut()) {
        let is_container = matches!(part.body, PartType::Multipart(_));
        if !is_container && !body.parts.contains(&id) {
            files.push(file(part, whole, raw, &shown));
        }
    }
    message.parts = parts;
    files.extend(body.files.iter().map(in_text));
    files
}

/// A file that stood in the text.
fn in_text(file: &uuencode::File) -> AttachedFile {
    let name = filename::safe(&file.name);
    let guessed = mime_guess::from_path(name.as_deref().unwrap_or_default());
    let content_type = guessed.first_or_octet_stream().essence_str().to_owned();
    AttachedFile {
        name: name.unwrap_or_else(|| filename::by_type(&content_type)),
        content_type,
        content_id: None,
        inline: false,
        bytes: Bytes::copy_from_slice(&file.bytes),
    }
}

fn file(
    part: &mut MessagePart<'_>,
    whole: &[u8],
    raw: &Bytes,
    shown: &BTreeSet<String>,
) -> AttachedFile {
    let bytes = bytes(part, whole, raw);
    let fields = Fields::new(whole, &part.headers);
    let default = match part.body {
        PartType::Message(_) => "message/rfc822",
        PartType::Text(_) | PartType::Html(_) => "text/plain",
        PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Multipart(_) => {
            "application/octet-stream"
        }
    };
    let kind = structure::kind(fields, default);
    let disposition = fields.parameters("Content-Disposition");
    let named = disposition.get("filename").or_else(|| kind.get("name"));
    let content_type = if is_media_type(&kind.value) {
        kind.value.clone()
    } else {
        "application/octet-stream".to_owned()
    };
    let name = named.and_then(filename::safe);
    let name = name.or_else(|| subject(&part.body).and_then(|name| filename::safe(&name)));
    let content_id = fields.text("Content-ID");
    let content_id = content_id.map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
    let content_id = content_id.filter(|id| !id.is_empty());
    AttachedFile {
        name: name.unwrap_or_else(|| filename::by_type(&content_type)),
        content_type,
        inline: content_id.as_ref().is_some_and(|id| shown.contains(id)),
        content_id,
        bytes,
    }
}

/// What the sender saw, decoded; borrowed from `raw` where that is the same.
fn bytes(part: &mut MessagePart<'_>, whole: &[u8], raw: &Bytes) -> Bytes {
    let range = part.offset_body as usize..part.offset_end as usize;
    match &mut part.body {
        PartType::Binary(Cow::Owned(decoded)) | PartType::InlineBinary(Cow::Owned(decoded)) => {
            Bytes::from(std::mem::take(decoded))
        }
        PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Text(_)
        | PartType::Html(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => {
            let transfer = Fields::new(whole, &part.headers).transfer();
            match transfer.decode(whole.get(range.clone()).unwrap_or_default()) {
                Cow::Owned(decoded) => Bytes::from(decoded),
                // `whole` may be a repaired copy of `raw`, whose places are not the same then.
                Cow::Borrowed(same) if raw.get(range.clone()) == Some(same) => raw.slice(range),
                Cow::Borrowed(same) => Bytes::copy_from_slice(same),
            }
        }
    }
}

/// The subject of a mail in a mail, as the name of its file.
fn subject(body: &PartType<'_>) -> Option<String> {
    let PartType::Message(inner) = body else {
        return None;
    };
    let root = inner.parts.first()?;
    let subject = Fields::new(&inner.raw_message, &root.headers).text("Subject")?;
    // A slash of a subject is no path.
    Some(format!(
        "{}.eml",
        one_line(&subject).replace(['/', '\\'], "-")
    ))
}

/// `type/subtype` of nothing but what the standard allows in them.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let sound = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
        !part.is_empty() && part.bytes().all(sound)
    };
    let parts = text.split_once('/');
    text.len() <= 127 && parts.is_some_and(|(kind, sub)| token(kind) && token(sub))
}

/// The content ids whose pictures a page shows (RFC 2392).
pub fn content_ids(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for token in tokens(page) {
        let Token::Open(_, attributes) = token else {
            continue;
        };
        for name in ["src", "background"] {
            found.extend(attributes.get(name).and_then(|url| content_id(&url)));
        }
        if let Some(style) = attributes
            .get("style")
            .filter(|style| style.contains("cid:"))
        {
            let ends = |c: char| c.is_whitespace() || "'\")".contains(c);
            let urls = style.split("cid:").skip(1);
            found.extend(urls.map(|url| url.split(ends).next().unwrap_or_default().to_owned()));
        }
    }
    found
}

/// The content id that a `cid:` address names (RFC 2392).
pub(super) fn content_id(url: &str) -> Option<String> {
    let url = url.trim();
    let scheme = url.get(..4)?;
    if !scheme.eq_ignore_ascii_case("cid:") {
        return None;
    }
    let mut bytes = Vec::with_capacity(url.len());
    super::transfer::unescape(&url.as_bytes()[4..], b'%', &mut bytes);
    String::from_utf8(bytes).ok().filter(|id| !id.is_empty())
}
