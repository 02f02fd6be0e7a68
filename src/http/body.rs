//! Reading a body whole, never more than a cap and never for ever.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;

use crate::http::problem::{Code, Problem};

/// How much of a body is read: 1 MiB, a hundred times the longest message.
pub const CAP: usize = 1024 * 1024;

/// How long a body may stand still: what a phone network loses and repeats in, three times over.
pub const STALL: Duration = Duration::from_secs(10);

/// The whole body, or the problem to answer with.
pub async fn read(headers: &HeaderMap, mut body: Body) -> Result<Bytes, Problem> {
    refuse_encoded(headers)?;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > CAP as u64) {
        return Err(too_large());
    }
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    loop {
        let Ok(frame) = tokio::time::timeout(STALL, body.frame()).await else {
            return Err(Problem::new(
                Code::TooSlow,
                "the body stopped arriving and was given up",
            ));
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| Problem::new(Code::BadRequest, "the body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let so_far = rest.len() + first.as_ref().map_or(0, Bytes::len);
        if so_far + data.len() > CAP {
            return Err(too_large());
        }
        // Most bodies are one piece, which is then passed on without a copy.
        match first.take() {
            None if rest.is_empty() => first = Some(data),
            None => rest.extend_from_slice(&data),
            Some(start) => {
                rest.extend_from_slice(&start);
                rest.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

/// A packed body may be a thousand times as large unpacked, and nobody needs to send one (T10).
///
/// # Errors
///
/// A 415 when the body is packed.
pub fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let plain = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if plain {
        return Ok(());
    }
    Err(Problem::new(
        Code::UnsupportedMediaType,
        "a body with a Content-Encoding is not read; send it unpacked",
    ))
}

fn too_large() -> Problem {
    Problem::new(
        Code::TooLarge,
        format!("the body is larger than the {CAP} bytes that are read"),
    )
}
