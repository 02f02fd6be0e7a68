//! A file as an answer: always to be saved, never to be run (T6).

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use futures_util::TryStreamExt as _;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName, X_CONTENT_TYPE_OPTIONS,
};

use crate::api::Api;
use crate::domain::attachment::{Attachment, FileState, served_type};
use crate::http::problem::{Code, Problem};

/// Who may load the file into a page (Fetch standard).
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The bytes of an attachment.
///
/// # Errors
///
/// A 409 while they are not here.
pub(in crate::api) async fn serve(api: &Api, attachment: &Attachment) -> Result<Response, Problem> {
    match attachment.state {
        FileState::Stored => {}
        FileState::Pending | FileState::Failed => return Err(not_here(attachment)),
    }
    let (size, pieces) = api.engine.open_file(attachment).await?;
    let pieces = pieces.inspect_err(|fault| tracing::error!(%fault, "a file broke off"));
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    let kind = served_type(&attachment.content_type, attachment.sniffed.as_deref());
    let kind =
        HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(CONTENT_DISPOSITION, disposition(&attachment.name));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (RESOURCE_POLICY, "same-origin"),
        (CACHE_CONTROL, "private"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn not_here(attachment: &Attachment) -> Problem {
    let detail = match &attachment.reason {
        Some(reason) => format!("the file is not here: {reason}"),
        None => "the file is not here yet".to_owned(),
    };
    Problem::new(Code::Conflict, detail).with("current_status", attachment.state)
}

/// A header that names the file (RFC 6266), in plain ASCII and in UTF-8 (RFC 8187).
fn disposition(name: &str) -> HeaderValue {
    let plain = |c: char| {
        if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' {
            c
        } else {
            '_'
        }
    };
    let ascii: String = name.chars().map(plain).collect();
    let mut text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a text never fails");
        }
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn t06_no_name_breaks_out_of_its_header() {
        let header = disposition("x\"\r\nSet-Cookie: a=b; \u{e4}%.pdf");
        assert_eq!(
            header.to_str().unwrap(),
            "attachment; filename=\"x___Set-Cookie: a=b_ __.pdf\"; \
             filename*=UTF-8''x%22%0D%0ASet-Cookie%3A%20a%3Db%3B%20%C3%A4%25.pdf"
        );
    }
}
