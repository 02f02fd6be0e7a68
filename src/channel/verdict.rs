//! From a provider's answer to the outcome of a send.
//!
//! An answer that proves nothing leaves the outcome unknown: a text that may have gone out is
//! never reported as refused.

use std::time::Duration;

use http::StatusCode;
use minijinja::{Value, context};

use super::client::Exchange;
use super::payload;
use super::profile::{AnswerFormat, ErrorRow, Results, ServerError};
use super::read::explain;
use crate::domain::clock::Timestamp;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::outcome::Outcome;

/// What an answer says about the text.
pub(super) fn judge(
    results: &Results,
    exchange: &Exchange,
    message: &Value,
    settings: &Value,
    now: Timestamp,
) -> Outcome {
    let status = exchange.status;
    if status.is_redirection() {
        return Outcome::Misconfigured(redirected(exchange));
    }
    let answer = read_answer(results.format, exchange);
    let scope = context! {
        r => answer.clone().unwrap_or(Value::UNDEFINED),
        h => payload::header_values(&exchange.headers),
        status => status.as_u16(),
        msg => message,
        settings => settings,
    };
    let refusal = Refused {
        results,
        scope: &scope,
        now,
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        return refusal.throttled();
    }
    if status.is_success() {
        return match (answer, &results.accepted) {
            (None, _) => {
                unknown("the provider's answer could not be read; the text may have been sent")
            }
            (Some(_), None) => accepted(results, &scope),
            (Some(_), Some(accepts)) => match accepts.truth(&scope) {
                Some(true) => accepted(results, &scope),
                Some(false) => refusal.refused(status),
                None => unknown("the provider's answer does not say whether it took the text"),
            },
        };
    }
    refusal.refused(status)
}

/// A refusal, to be explained.
struct Refused<'a> {
    results: &'a Results,
    scope: &'a Value,
    now: Timestamp,
}

impl Refused<'_> {
    fn refused(&self, status: StatusCode) -> Outcome {
        let (failure, row) = self.explain(ours(status));
        if let Some(row) = row {
            return self.by_class(failure, row);
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Misconfigured(failure),
            // Whoever answers that may be a proxy that waited for the provider.
            StatusCode::REQUEST_TIMEOUT => Outcome::Unknown(failure),
            _ if status.is_server_error() => self.server_error(failure),
            _ => Outcome::Rejected(failure),
        }
    }

    fn throttled(&self) -> Outcome {
        let ours = (
            FailureClass::Throttled,
            "the provider takes no more texts for now",
        );
        let (failure, _) = self.explain(ours);
        let failure = Failure {
            class: FailureClass::Throttled,
            ..failure
        };
        Outcome::Throttled {
            after: self.wait(),
            failure,
        }
    }

    fn by_class(&self, failure: Failure, row: &ErrorRow) -> Outcome {
        if row.pauses {
            return Outcome::Misconfigured(failure);
        }
        match row.class {
            FailureClass::Throttled => Outcome::Throttled {
                after: self.wait(),
                failure,
            },
            FailureClass::CarrierError | FailureClass::Unreachable => Outcome::NotSent(failure),
            FailureClass::ProviderError => self.server_error(failure),
            FailureClass::Duplicate => Outcome::Unknown(failure),
            FailureClass::OptedOut
            | FailureClass::InvalidNumber
            | FailureClass::Filtered
            | FailureClass::Expired
            | FailureClass::Content
            | FailureClass::SenderConfig
            | FailureClass::Geo
            // About this recipient alone, such as those that a trial account may not text.
            | FailureClass::Account
            | FailureClass::Unknown => Outcome::Rejected(failure),
        }
    }

    fn server_error(&self, failure: Failure) -> Outcome {
        match self.results.server_error {
            ServerError::Unknown => Outcome::Unknown(failure),
            ServerError::NotSent => Outcome::NotSent(failure),
        }
    }

    fn explain(&self, ours: (FailureClass, &str)) -> (Failure, Option<&ErrorRow>) {
        let results = self.results;
        let code = results.code.as_ref().and_then(|code| code.text(self.scope));
        let words = results
            .detail
            .as_ref()
            .and_then(|detail| detail.text(self.scope));
        explain(code, words, &results.errors, ours)
    }

    /// How long to wait: by the profile, else by `Retry-After` (RFC 9110, 10.2.3).
    fn wait(&self) -> Option<Duration> {
        let own = self
            .results
            .retry_after
            .as_ref()
            .and_then(|wait| wait.text(self.scope));
        let header = || {
            let headers = self.scope.get_attr("h").ok()?;
            Some(headers.get_attr("retry-after").ok()?.as_str()?.to_owned())
        };
        read_wait(own.or_else(header)?.trim(), self.now)
    }
}

/// Seconds, also below zero or with a fraction, or a date.
fn read_wait(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        if seconds.is_nan() {
            return None;
        }
        return Some(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp(date.timestamp().as_microsecond()).since(now))
}

fn read_answer(format: AnswerFormat, exchange: &Exchange) -> Option<Value> {
    let body = exchange.body.as_ref()?;
    match format {
        AnswerFormat::Text => Some(Value::from(String::from_utf8_lossy(body).trim())),
        AnswerFormat::Json => {
            let json: serde_json::Value = serde_json::from_slice(body).ok()?;
            Some(Value::from(minijinja::value::Serde(json)))
        }
    }
}

fn accepted(results: &Results, scope: &Value) -> Outcome {
    let mut references = results.references.texts(scope);
    references.retain(|reference| {
        !reference.is_empty() && reference.len() <= super::read::LONGEST_REFERENCE
    });
    if references.is_empty() {
        return unknown("the provider's answer names no id; the text may have been sent");
    }
    let segments = results
        .segments
        .as_ref()
        .and_then(|segments| segments.number(scope));
    Outcome::Accepted {
        references,
        segments: segments.filter(|count| *count > 0),
    }
}

fn unknown(detail: &str) -> Outcome {
    Outcome::Unknown(Failure {
        class: FailureClass::ProviderError,
        code: None,
        detail: detail.to_owned(),
    })
}

/// What a status means when the provider's code does not.
fn ours(status: StatusCode) -> (FailureClass, &'static str) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (
            FailureClass::Account,
            "the provider refused the gateway's credentials",
        ),
        _ if status.is_server_error() => (
            FailureClass::ProviderError,
            "the provider failed; the text may have been sent",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            FailureClass::ProviderError,
            "the provider gave up waiting; the text may have been sent",
        ),
        _ => (FailureClass::Unknown, "the provider refused the text"),
    }
}

fn redirected(exchange: &Exchange) -> Failure {
    let target = exchange.headers.get(http::header::LOCATION);
    let target = target.and_then(|target| target.to_str().ok()).unwrap_or("");
    let host = url::Url::parse(target)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| "another path of the same host".to_owned());
    Failure {
        class: FailureClass::Account,
        code: Some(exchange.status.as_u16().to_string()),
        detail: format!(
            "the gateway's base_url answers with a redirect to {host}, which is not followed"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f25_every_form_of_a_wait_is_read() {
        let now: Timestamp = "2015-10-21T07:27:00Z".parse().unwrap();
        let seconds = |text| read_wait(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("-1"), Some(0));
        assert_eq!(seconds("1e9"), Some(1_000_000_000));
        assert_eq!(read_wait("1e300", now), Some(Duration::MAX));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(60));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:26:00 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("NaN"), None);
    }
}
