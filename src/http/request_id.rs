//! The id of a request: the caller's own when it is decent, else one of ours; on every answer, in
//! the log and in every problem.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over.
const LONGEST: usize = 128;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// An id that is safe to log and to send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id that the caller sent, or a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get(HEADER)
            .and_then(|value| value.to_str().ok())
            .and_then(Self::parse)
            .unwrap_or_else(Self::random)
    }

    /// The id, when the text is short and made of harmless characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=LONGEST).contains(&text.len());
        let clean = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:/+=@,~".contains(&b));
        (fits && clean).then(|| Self(text.to_owned()))
    }

    fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header's value.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("only harmless ASCII was let in")
    }

    /// Runs a future in which [`current`] gives this id.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }
}

/// The id of the request that is being answered; empty outside of one.
pub fn current() -> String {
    CURRENT.try_with(|id| id.0.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_line_break_or_none_at_all_is_replaced() {
        assert!(RequestId::parse("order-17/a").is_some());
        assert!(RequestId::parse("").is_none());
        assert!(RequestId::parse("a\nb").is_none());
        assert!(RequestId::parse("a b").is_none());
        assert!(RequestId::parse(&"x".repeat(129)).is_none());
        assert!(!RequestId::of(&HeaderMap::new()).as_str().is_empty());
    }
}
