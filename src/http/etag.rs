//! `ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1) over a version that counts changes.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ETAG, IF_MATCH};
use http::request::Parts;
use serde::Serialize;

use crate::engine::EditFault;
use crate::http::problem::{Code, Problem};

/// A resource with its version in the header `ETag`.
#[derive(Debug)]
pub struct Versioned<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let Self(version, body) = self;
        let tag = HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes");
        ([(ETAG, tag)], Json(body)).into_response()
    }
}

/// Which version the caller wants to change: the one that `If-Match` names, or whichever there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// The version that the caller saw, where they say so; one that never was, where they name none
    /// that we gave out.
    pub fn seen(&self) -> Option<i64> {
        let wanted = self.0.as_deref()?.trim();
        let version = wanted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match version {
            None if wanted == "*" => None,
            Some(version) => Some(version.parse().unwrap_or(i64::MIN)),
            None => Some(i64::MIN),
        }
    }
}

impl From<EditFault> for Problem {
    fn from(fault: EditFault) -> Self {
        let detail = fault.to_string();
        match fault {
            EditFault::Changed(version) => {
                let detail = format!("{detail}; read it again and decide anew");
                Self::new(Code::Changed, detail).with("version", version)
            }
            EditFault::KeyReused => Self::new(Code::KeyReused, detail),
            EditFault::Engine(fault) => fault.into(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let all = parts.headers.get_all(IF_MATCH).iter();
        let texts: Vec<&str> = all.map(|one| one.to_str().unwrap_or("")).collect();
        Ok(Self((!texts.is_empty()).then(|| texts.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_to_what_the_caller_saw() {
        let header = |text: &str| IfMatch(Some(text.to_owned())).seen();
        assert_eq!(IfMatch(None).seen(), None);
        assert_eq!((header("\"3\""), header("*")), (Some(3), None));
        for other in ["3", "W/\"3\"", "", "\"x\""] {
            assert_eq!(header(other), Some(i64::MIN), "{other}");
        }
    }
}
