//! The extractor for query strings, and the page that every list takes.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::http::fields::{Fields, Read, parsed, whole};
use crate::http::problem::{FieldError, Problem};

/// The largest page, and the one that is given when nothing is asked for.
const LARGEST_PAGE: i64 = 100;
const USUAL_PAGE: u32 = 50;

/// A query string with every parameter right.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: Read> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query string.
///
/// # Errors
///
/// The problem lists every wrong parameter.
pub fn parse<T: Read>(query: &str) -> Result<T, Problem> {
    let mut map = Map::new();
    let mut twice = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let name = name.into_owned();
        if map.contains_key(&name) {
            twice.push(FieldError {
                pointer: format!("/{name}"),
                detail: "is given twice".into(),
            });
        }
        map.insert(name, Value::String(value.into_owned()));
    }
    if !twice.is_empty() {
        return Err(Problem::invalid(twice));
    }
    Fields::new(map).read()
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// How many items at most, from 1 to 100.
    pub limit: u32,
    /// Where the last page ended: its `next_cursor`, not yet read.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// Takes `limit` and `cursor`.
    pub fn take(fields: &mut Fields) -> Self {
        let limit = fields
            .optional("limit", whole(1..=LARGEST_PAGE))
            .and_then(|limit| u32::try_from(limit).ok())
            .unwrap_or(USUAL_PAGE);
        let cursor = fields.optional("cursor", parsed("a cursor", |text| Some(text.to_owned())));
        Self { limit, cursor }
    }
}
