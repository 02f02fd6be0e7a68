//! The one type that every HTTP error is made of (RFC 9457).
//!
//! The rule: a handler returns a `Problem` for what the caller can act on, with a detail that says
//! what was wrong and what to do. A failure of our own is logged where it is handled and answered
//! without its reasons.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::engine::EngineFault;
use crate::http::request_id;

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal, $remedy:literal;)*) => {
        /// What went wrong, in words that do not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in `code` and at the end of `type`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The same words for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What the caller can do about it, for the page about the code.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    /// The request could not be read as HTTP.
    BadRequest = "bad_request", BAD_REQUEST, "The request could not be read",
        "Check the request line, the headers and the encoding of the path.";
    /// The body is not JSON.
    NotJson = "not_json", BAD_REQUEST, "The body is not JSON",
        "Send one JSON object in UTF-8. The detail says where reading stopped.";
    /// No key, or one that is not known.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid key is needed",
        "Send a key in the header Authorization: Bearer KEY. A key in the URL is never accepted; revoke one that was sent there, because URLs are logged on the way.";
    /// The password is right, and a code is needed beside it.
    SecondFactorNeeded = "second_factor_needed", UNAUTHORIZED, "A code of the second factor is needed",
        "Log in again with the code that the authenticator shows, or one of the recovery codes, in the field code.";
    /// A permission is missing.
    Forbidden = "forbidden", FORBIDDEN, "A permission is missing",
        "Ask an admin for the permission that the detail names, or use a key whose scopes have it.";
    /// A callback whose signature does not fit.
    NotVerified = "not_verified", FORBIDDEN, "The callback could not be verified",
        "Check the gateway's secret, and that public_url is the address that the provider posts to.";
    /// No such resource, or no such page.
    NotFound = "not_found", NOT_FOUND, "Nothing is there",
        "Check the path and the id.";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here",
        "The header Allow lists the methods of this path.";
    /// The client was too slow to send its request.
    TooSlow = "too_slow", REQUEST_TIMEOUT, "The request took too long to arrive",
        "Send the whole request at once, then try again.";
    /// The present state does not allow it.
    Conflict = "conflict", CONFLICT, "The present state does not allow this",
        "Read the resource again and decide anew. The detail says what is in the way.";
    /// Too many attempts.
    TooMany = "too_many_attempts", TOO_MANY_REQUESTS, "There were too many attempts",
        "Wait as long as Retry-After says, then try again.";
    /// More requests than there may be.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "There were too many requests",
        "Wait as long as Retry-After says. RateLimit tells with every answer how many requests are left, and RateLimit-Policy how many there may be.";
    /// A request with the same idempotency key is under way.
    InFlight = "idempotency_in_flight", CONFLICT, "The same request is under way",
        "Wait as long as Retry-After says, then repeat the request unchanged to get its answer.";
    /// The resource is not as the caller saw it.
    Changed = "changed", PRECONDITION_FAILED, "Somebody changed this meanwhile",
        "Read the resource again, and send the change with its ETag in If-Match.";
    /// The body is larger than is read.
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large",
        "Send less; the detail says how much is read.";
    /// The body has another media type than is read.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The media type is not read here",
        "Send the header Content-Type: application/json.";
    /// One or more fields are wrong.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "One or more fields are wrong",
        "Each entry of errors points at one field and says what it should be.";
    /// An idempotency key came again with another request.
    KeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key belongs to another request",
        "Use a new key for a new request, and the same key only to repeat the same one.";
    /// The recipient asked not to be texted.
    Suppressed = "opted_out", UNPROCESSABLE_ENTITY, "The recipient asked not to be written to",
        "Do not send to this recipient from this sender until they opt in again.";
    /// It is more than may be done within a day.
    OverQuota = "over_quota", TOO_MANY_REQUESTS, "That is too much for one day",
        "Go on tomorrow, or ask an admin; the detail says how much is taken.";
    /// The headers are larger than is read.
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large",
        "Send fewer or shorter headers.";
    /// The agent has as many streams open as it may.
    TooManyStreams = "too_many_streams", TOO_MANY_REQUESTS, "Too many streams are open",
        "Close a stream, or share one among those who read it.";
    /// Our own fault.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong in postern",
        "Tell the operator the request_id; the log has the reasons.";
    /// A queue is full; nothing was accepted.
    Busy = "busy", SERVICE_UNAVAILABLE, "There is more to do than can be taken on",
        "Nothing was accepted. Repeat the request after Retry-After.";
    /// Something postern needs, such as its database, does not answer.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Something that postern needs does not answer",
        "Repeat the request after Retry-After; with an Idempotency-Key that is safe even when the first one was carried out.";
}

impl Code {
    /// The code of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The code for an answer of which nothing but the status is known.
    pub fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::TooSlow,
            409 => Self::Conflict,
            412 => Self::Changed,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::Invalid,
            429 => Self::TooMany,
            431 => Self::HeadersTooLarge,
            503 => Self::Unavailable,
            400..=499 => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where it is: a JSON pointer (RFC 6901) into the body, or `/` and the parameter's name.
    #[schema(example = "/to")]
    pub pointer: String,
    /// What is wrong, and what is expected.
    #[schema(example = "is missing")]
    pub detail: String,
}

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    extra: Vec<(&'static str, serde_json::Value)>,
}

/// The body of every error (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A page about this sort of problem, relative to the server.
    #[serde(rename = "type")]
    #[schema(example = "/docs/problems/invalid")]
    pub kind: String,
    /// The same words for every problem of this type.
    #[schema(example = "One or more fields are wrong")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    #[schema(example = "1 field of the request is wrong: /to is missing")]
    pub detail: String,
    /// The type in one word, which does not change.
    #[schema(example = "invalid")]
    pub code: String,
    /// What to tell the operator; also in the header `X-Request-Id`.
    #[schema(example = "0198c5a4e8f17d3c9b2a6f1e5d4c3b2a")]
    pub request_id: String,
    /// Every wrong field at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What else the code calls for.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem with a detail that says what happened this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            status: code.status(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            extra: Vec::new(),
        }
    }

    /// A 422 that lists every wrong field.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let shown: Vec<String> = errors
            .iter()
            .take(3)
            .map(|error| format!("{} {}", error.pointer, error.detail))
            .collect();
        let count = errors.len();
        let fields = if count == 1 { "field" } else { "fields" };
        let verb = if count == 1 { "is" } else { "are" };
        let more = if count > shown.len() { "; …" } else { "" };
        let detail = format!(
            "{count} {fields} of the request {verb} wrong: {}{more}",
            shown.join("; ")
        );
        Self {
            errors,
            ..Self::new(Code::Invalid, detail)
        }
    }

    /// A 422 about one field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        }])
    }

    /// A 404 for a resource that does not exist or is not the caller's.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// Our own fault, whose reasons are in the log and not in the answer.
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            "the request was not carried out; the log has the reasons under this request_id",
        )
    }

    /// The same problem with the advice to come back after that time, in whole seconds.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait.as_secs().max(1)),
            ..self
        }
    }

    /// The same problem with one more member, such as the present owner of an issue.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
        self.extra.push((name, value));
        self
    }

    /// The same problem with the fields that it is about.
    #[must_use]
    pub fn because(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened this time.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The wrong fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    fn body(&self) -> ProblemBody {
        ProblemBody {
            kind: format!("/docs/problems/{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.as_str().to_owned(),
            request_id: request_id::current(),
            errors: self.errors.clone(),
            extra: self
                .extra
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        }
    }
}

/// How long a caller waits before the engine is asked again.
const COME_BACK: Duration = Duration::from_secs(1);

impl From<EngineFault> for Problem {
    fn from(fault: EngineFault) -> Self {
        match fault {
            EngineFault::Busy => Self::new(
                Code::Busy,
                "too much is waiting to be written; nothing of this was accepted",
            )
            .retry_after(COME_BACK),
            EngineFault::Unavailable(reason) => {
                tracing::warn!(error = %reason, "the database does not answer");
                Self::new(
                    Code::Unavailable,
                    "the database does not answer; whether this was carried out is not known",
                )
                .retry_after(COME_BACK)
            }
            EngineFault::Refused(reason) => {
                tracing::error!(error = %reason, "the database refused what a request said");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).expect("texts and numbers always serialise");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"postern\"");
            headers.insert(WWW_AUTHENTICATE, scheme);
        }
        if self.code == Code::TooSlow || self.code == Code::TooLarge {
            // What is left of the body is not read, so the connection cannot be used again.
            headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Turns an error that something else answered, such as a router or a layer, into a problem.
pub fn normalise(response: Response) -> Response {
    let status = response.status();
    let plain = response
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|kind| !kind.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    if !(status.is_client_error() || status.is_server_error()) || !plain {
        return response;
    }
    let code = Code::from_status(status);
    let problem = Problem {
        status,
        ..Problem::new(code, code.remedy())
    };
    let mut answer = problem.into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allow.clone());
    }
    answer
}
