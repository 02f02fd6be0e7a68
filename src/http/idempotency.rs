//! Idempotency keys: what the caller sent, what it stands for, and which are under way.
//!
//! Remembering an answer is the engine's work, in the transaction of the change itself. Here is
//! only what needs no database.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, Method};
use sha2::{Digest, Sha256};

use crate::http::problem::{Code, Problem};

/// The header that carries the key.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key.
const LONGEST: usize = 255;

/// A key as the caller chose it: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a request, when it has one.
    ///
    /// # Errors
    ///
    /// A 422 when the header is there and holds something else.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default();
        let fits =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits && values.next().is_none() {
            return Ok(Some(Self(text.to_owned())));
        }
        Err(Problem::field(
            "/Idempotency-Key",
            "must be one header of 1 to 255 visible ASCII characters",
        ))
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request stands for: SHA-256 over its method, path and body.
pub fn fingerprint(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method.as_str());
    hash.update([0]);
    hash.update(path);
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// The keys whose first request is under way in this process.
#[derive(Debug, Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<(String, IdempotencyKey)>>>);

impl InFlight {
    /// Claims a key until the returned guard is dropped. `owner` keeps apart callers who happen to
    /// choose the same key.
    ///
    /// # Errors
    ///
    /// A 409 with Retry-After when another request holds it.
    pub fn enter(&self, owner: String, key: IdempotencyKey) -> Result<Entered, Problem> {
        let claim = (owner, key);
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !set.insert(claim.clone()) {
            let problem = Problem::new(
                Code::InFlight,
                "a request with this Idempotency-Key is under way",
            );
            return Err(problem.retry_after(Duration::from_secs(1)));
        }
        Ok(Entered {
            all: self.clone(),
            claim,
        })
    }
}

/// The claim on a key; dropping it lets the key go.
#[derive(Debug)]
pub struct Entered {
    all: InFlight,
    claim: (String, IdempotencyKey),
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut set = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        set.remove(&self.claim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i15_a_key_is_held_until_its_request_is_done() {
        let flight = InFlight::default();
        let key = || IdempotencyKey("k".into());
        let first = flight.enter("a".into(), key()).unwrap();
        let second = flight.enter("a".into(), key()).unwrap_err();
        assert_eq!(second.code(), Code::InFlight);
        assert!(flight.enter("b".into(), key()).is_ok());
        drop(first);
        assert!(flight.enter("a".into(), key()).is_ok());
    }

    #[test]
    fn i15_another_body_is_another_request() {
        let print = |path, body: &str| fingerprint(&Method::POST, path, body.as_bytes());
        assert_eq!(print("/v1/messages", "{}"), print("/v1/messages", "{}"));
        assert_ne!(print("/v1/messages", "{}"), print("/v1/messages", "{ }"));
        assert_ne!(print("/v1/messages", "x"), print("/v1/message", "sx"));
    }
}
