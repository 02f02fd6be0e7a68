//! `Idempotency-Key` on what is made one at a time.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;

use super::Api;
use crate::domain::agent::Principal;
use crate::domain::idempotency::Key;
use crate::engine::{Made, Remember};
use crate::http::idempotency::{Entered, IdempotencyKey, fingerprint};
use crate::http::problem::Problem;

/// What a creating request said of its repetition.
pub(super) struct Once<T> {
    /// What the engine has to remember.
    pub(super) remember: Option<Remember<T>>,
    /// Holds off the same request while this one is under way.
    _entered: Option<Entered>,
}

impl<T> Once<T> {
    /// Reads the key of a request, if it has one.
    pub(super) fn of(
        api: &Api,
        principal: &Principal,
        headers: &HeaderMap,
        (path, body): (&str, &[u8]),
        render: fn(&T) -> String,
    ) -> Result<Self, Problem> {
        let Some(key) = IdempotencyKey::of(headers)? else {
            return Ok(Self {
                remember: None,
                _entered: None,
            });
        };
        let remember = Remember {
            key: Key {
                scope: principal.via.into(),
                value: key.as_str().to_owned(),
            },
            fingerprint: hex::encode(fingerprint(&Method::POST, path, body)),
            render,
        };
        let entered = api.in_flight.enter(principal.via.to_string(), key)?;
        Ok(Self {
            remember: Some(remember),
            _entered: Some(entered),
        })
    }
}

/// The `ETag` of what was just made.
const FIRST: &str = "\"1\"";

/// The answer to a creation: 201 with what was made, in its first version, or what was answered
/// before.
pub(super) fn created<T>(made: Made<T>, render: fn(&T) -> String) -> Response {
    let json = match made {
        Made::New(new) => render(&new),
        Made::Repeated(answered) => answered.response,
    };
    (
        StatusCode::CREATED,
        [(CONTENT_TYPE, "application/json"), (ETAG, FIRST)],
        json,
    )
        .into_response()
}

/// A body as JSON text.
pub(super) fn json<B: Serialize>(body: &B) -> String {
    serde_json::to_string(body).expect("plain values always serialise")
}
