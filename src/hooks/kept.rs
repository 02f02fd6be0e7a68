//! A provider's post as it is kept, for audit and to be read again.

use bytes::Bytes;
use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};

use crate::channel::{CallbackRequest, TextGateway};
use crate::domain::id::new_raw_id;
use crate::domain::message::RawRequest;
use crate::engine::Line;

/// Headers that carry secrets and say nothing that reading needs.
const SECRET: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

/// The post, byte for byte but for what carries secrets in its address and its headers.
pub(super) fn keep(
    line: &Line,
    gateway: &TextGateway,
    request: &CallbackRequest<'_>,
    body: Bytes,
) -> RawRequest {
    let headers = request
        .headers
        .iter()
        .filter(|(name, _)| !SECRET.contains(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).replace('\0', "");
            (name.as_str().to_owned(), value)
        })
        .collect();
    RawRequest {
        id: new_raw_id(),
        gateway: line.spec.name.clone(),
        received_at: request.received_at,
        method: request.method.as_str().to_owned(),
        target: gateway.without_secret(request.path_and_query),
        headers,
        body,
    }
}
