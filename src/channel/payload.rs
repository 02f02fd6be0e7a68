//! What a post carries, taken apart: pairs of a form, pairs of the query, a JSON value.
//!
//! Signatures and reading use the same taking apart, so that nothing can be read that was not
//! signed. Knows no profile.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8};
use minijinja::value::{Serde, Value};
use serde::Deserialize;

use super::message::CallbackRequest;

/// How the body of a provider's post is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// A form in the body, or in the query of a GET.
    Form,
    /// JSON in the body, whatever its media type.
    Json,
    /// By the media type of the body; in the query of a GET.
    Any,
}

/// One name and its value, as bytes: what is signed need not be UTF-8.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// The pairs of a form or query (URL standard, `application/x-www-form-urlencoded`).
pub(super) fn pairs(form: &[u8]) -> Vec<Pair> {
    let chunks = form.split(|byte| *byte == b'&');
    chunks
        .filter(|chunk| !chunk.is_empty())
        .map(|chunk| {
            let at = chunk.iter().position(|byte| *byte == b'=');
            let (name, value) = match at {
                Some(at) => (&chunk[..at], &chunk[at + 1..]),
                None => (chunk, &[][..]),
            };
            (decode(name), decode(value))
        })
        .collect()
}

/// The query of a request, without the question mark.
pub(super) fn query<'a>(request: &CallbackRequest<'a>) -> &'a [u8] {
    let query = request.path_and_query.split_once('?');
    query.map_or(&[], |(_, query)| query.as_bytes())
}

/// The media type of the body in lower case, without parameters.
pub(super) fn media_type(request: &CallbackRequest<'_>) -> String {
    let value = request.headers.get(http::header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("");
    essence.trim().to_ascii_lowercase()
}

/// Whether the body is a form.
pub(super) fn is_form(request: &CallbackRequest<'_>) -> bool {
    media_type(request) == "application/x-www-form-urlencoded"
}

/// Whether the body is JSON.
pub(super) fn is_json(request: &CallbackRequest<'_>) -> bool {
    let media_type = media_type(request);
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The value `p` of a profile's expressions: what the provider posted.
///
/// Bytes that are not UTF-8 in a form become U+FFFD; the request is kept as it came elsewhere.
pub(super) fn parameters(request: &CallbackRequest<'_>, format: Format) -> Result<Value, String> {
    let in_query = request.method == http::Method::GET || request.method == http::Method::HEAD;
    match format {
        Format::Json => json(request.body),
        Format::Form | Format::Any if in_query => Ok(map(pairs(query(request)))),
        Format::Form => Ok(map(pairs(request.body))),
        Format::Any if is_json(request) => json(request.body),
        Format::Any if is_form(request) => Ok(map(pairs(request.body))),
        Format::Any => Ok(map(pairs(query(request)))),
    }
}

/// The value `body`: the body as a text, in the character set that its media type names, else in
/// UTF-8. What is not of that set becomes U+FFFD.
pub(super) fn body_text<'a>(request: &CallbackRequest<'a>) -> Cow<'a, str> {
    let value = request.headers.get(http::header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let label = value.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| label.trim().trim_matches('"'))
    });
    let named = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    named.unwrap_or(UTF_8).decode(request.body).0
}

/// The value `q`: the query, whatever the method.
pub(super) fn query_values(request: &CallbackRequest<'_>) -> Value {
    map(pairs(query(request)))
}

/// The value `h`: the headers, with their names in lower case; the first of a name counts.
pub(super) fn header_values(headers: &http::HeaderMap) -> Value {
    let names = headers.keys().map(|name| {
        let value = headers.get(name).map(http::HeaderValue::as_bytes);
        let value = String::from_utf8_lossy(value.unwrap_or_default());
        (name.as_str().to_owned(), Value::from(value.into_owned()))
    });
    map_of(names)
}

fn json(body: &[u8]) -> Result<Value, String> {
    let parsed: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    if !parsed.is_object() {
        return Err("the body is not a JSON object".to_owned());
    }
    Ok(Value::from(Serde(parsed)))
}

/// The first value of each name.
fn map(pairs: Vec<Pair>) -> Value {
    let texts = pairs.into_iter().rev().map(|(name, value)| {
        let name = String::from_utf8_lossy(&name).into_owned();
        let value = String::from_utf8_lossy(&value).into_owned();
        (name, Value::from(value))
    });
    map_of(texts)
}

fn map_of(items: impl Iterator<Item = (String, Value)>) -> Value {
    Value::from(items.collect::<BTreeMap<_, _>>())
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escaped = match text[at] {
            b'%' => text.get(at + 1..at + 3).and_then(hex_byte),
            _ => None,
        };
        match (text[at], escaped) {
            (_, Some(byte)) => {
                bytes.push(byte);
                at += 3;
                continue;
            }
            (b'+', None) => bytes.push(b' '),
            (byte, None) => bytes.push(byte),
        }
        at += 1;
    }
    bytes
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_taken_apart_like_the_url_standard_does() {
        let form = b"a=1+2&b=%2B%zz&&c&=d&a=%C3%BC";
        let ours: Vec<_> = pairs(form)
            .into_iter()
            .map(|(name, value)| {
                (
                    String::from_utf8(name).unwrap(),
                    String::from_utf8(value).unwrap(),
                )
            })
            .collect();
        let theirs: Vec<_> = form_urlencoded::parse(form).into_owned().collect();
        assert_eq!(ours, theirs);
    }
}
