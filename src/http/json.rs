//! The extractors for JSON bodies: `Json<T>` for a body that must be there, `Action<T>` for the
//! body of an action, which may be left out.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::http::body;
use crate::http::fields::{Fields, Read};
use crate::http::problem::{Code, Problem};
use crate::http::strict_json;

/// A body that was JSON with every field right, and its bytes.
#[derive(Debug)]
pub struct Json<T> {
    /// What the body says.
    pub value: T,
    /// The body as it came, to recognise its repetition.
    pub bytes: Bytes,
}

/// The body of an action: `{}` when there is none.
#[derive(Debug)]
pub struct Action<T> {
    /// What the body says.
    pub value: T,
    /// The body as it came, to recognise its repetition.
    pub bytes: Bytes,
}

/// The body of an action that takes no fields.
#[derive(Debug)]
pub struct Nothing;

impl Read for Nothing {
    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

impl<S: Send + Sync, T: Read> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        check_media_type(&parts.headers)?;
        let bytes = body::read(&parts.headers, body).await?;
        let value = Fields::new(object(&bytes)?).read()?;
        Ok(Self { value, bytes })
    }
}

impl<S: Send + Sync, T: Read> FromRequest<S> for Action<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body).await?;
        let map = if bytes.is_empty() {
            Map::new()
        } else {
            check_media_type(&parts.headers)?;
            object(&bytes)?
        };
        let value = Fields::new(map).read()?;
        Ok(Self { value, bytes })
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let full = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = full.split(';').next().unwrap_or_default().trim();
    let fits = essence.eq_ignore_ascii_case("application/json")
        || (essence.len() > 5
            && essence.is_char_boundary(essence.len() - 5)
            && essence[essence.len() - 5..].eq_ignore_ascii_case("+json"));
    if fits {
        return Ok(());
    }
    let found = if essence.is_empty() {
        "the header Content-Type is missing; send application/json".to_owned()
    } else {
        format!("the body is {essence:?}, and only application/json is read")
    };
    Err(Problem::new(Code::UnsupportedMediaType, found))
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let value = strict_json::parse(bytes)
        .map_err(|fault| Problem::new(Code::NotJson, format!("the body is not JSON: {fault}")))?;
    let Value::Object(map) = value else {
        return Err(Problem::field("", "the body must be a JSON object"));
    };
    Ok(map)
}
