//! The HTTP client of a gateway, with its limits, and what a broken exchange means for the text.
//!
//! Never follows a redirect, never takes a proxy from the environment, never reads an answer
//! without end.

use std::error::Error;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use reqwest::Certificate;
use reqwest::redirect::Policy;

use super::oauth2::plainly;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::outcome::Outcome;

/// From looking up the name to the end of the TLS handshake.
const CONNECT_BUDGET: Duration = Duration::from_secs(5);

/// Connections to a provider are kept for less time than providers keep them, so that a send is
/// seldom written to one that was just closed.
const IDLE: Duration = Duration::from_secs(20);

/// The longest answer that is read, after decoding; real ones are a few thousand bytes.
const LONGEST_ANSWER: usize = 1 << 20;

/// What TLS is for, as far as the gateway's addresses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// Plain HTTP only: the machine's certificates need not be there.
    Plain,
    /// HTTPS, checked against the machine's certificates.
    Encrypted,
}

/// An answer, as far as it could be read.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The status.
    pub(super) status: StatusCode,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body; nothing when it broke off or never ended.
    pub(super) body: Option<Vec<u8>>,
}

/// Builds a client whose calls take `budget` at most, all in all, and which trusts these
/// authorities besides those of the machine.
pub(super) fn build(
    transport: Transport,
    authorities: &[Certificate],
    budget: Duration,
) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_BUDGET)
        .timeout(budget)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")));
    let builder = match transport {
        Transport::Plain => builder.tls_certs_only(std::iter::empty()),
        Transport::Encrypted => builder.tls_certs_merge(authorities.iter().cloned()),
    };
    builder.build()
}

/// Makes one call. The error is what the broken exchange means for the text.
pub(super) async fn call(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<Exchange, Outcome> {
    let mut response = client
        .execute(request)
        .await
        .map_err(|error| broken(&error))?;
    let status = response.status();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LONGEST_ANSWER => {
                return Ok(Exchange {
                    status,
                    headers,
                    body: None,
                });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => {
                return Ok(Exchange {
                    status,
                    headers,
                    body: Some(body),
                });
            }
            Err(_) => {
                return Ok(Exchange {
                    status,
                    headers,
                    body: None,
                });
            }
        }
    }
}

fn broken(error: &reqwest::Error) -> Outcome {
    let failure = |detail: &str| Failure {
        class: FailureClass::ProviderError,
        code: None,
        detail: detail.to_owned(),
    };
    if error.is_builder() {
        return Outcome::Misconfigured(failure(
            "the gateway's address or credentials cannot be written as a request",
        ));
    }
    if !error.is_connect() {
        let detail = if error.is_timeout() {
            "the provider did not answer in time; the text may have been sent"
        } else {
            "the connection broke before the provider answered; the text may have been sent"
        };
        return Outcome::Unknown(failure(detail));
    }
    if let Some(fault) = tls_fault(error) {
        let detail = format!("no trusted connection to the provider: {fault}");
        return Outcome::Misconfigured(failure(&detail));
    }
    let place = error.url().map(place).unwrap_or_default();
    let why = plainly(error);
    Outcome::NotSent(failure(&format!(
        "the provider could not be reached at {place}: {why}"
    )))
}

/// Host and port; what follows them may hold secrets.
fn place(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}

/// The refusal of TLS in a chain of errors.
fn tls_fault<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<rustls::Error>() {
            return Some(fault);
        }
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if let Some(fault) = inner.and_then(|inner| tls_fault(inner)) {
            return Some(fault);
        }
        next = error.source();
    }
    None
}
