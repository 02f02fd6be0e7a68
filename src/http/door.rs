//! What every request passes on its way in and every answer on its way out: an id, a time limit,
//! a net under panics, problems instead of plain errors, careful headers, one line in the log.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;

use crate::domain::network::Network;
use crate::engine::origin;
use crate::http::client_address::{Peer, client_address};
use crate::http::problem::{Code, Problem, normalise};
use crate::http::rate::{self, Rates, Shows};
use crate::http::request_id::{self, RequestId};
use crate::http::session::Client;

/// The longest part of a path that is logged.
const LOGGED_PATH: usize = 128;

/// What the door is told by the configuration.
#[derive(Debug, Clone)]
pub struct Door {
    /// Who may name the caller's address in `X-Forwarded-For`.
    pub trusted_proxies: Vec<Network>,
    /// How long a request may take until its answer begins.
    pub request_timeout: Duration,
    /// How many requests there may be; as many as come, without it.
    pub rates: Option<Arc<Rates>>,
}

/// Puts the door around every route of a surface, and around what no route matches.
pub fn guard(router: Router, door: Door) -> Router {
    let door = Arc::new(door);
    router
        .fallback(async || Problem::new(Code::NotFound, "no resource has this path"))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(door, pass))
}

async fn pass(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let client = caller(&door, &request);
    request.extensions_mut().insert(Client(client));
    let method = request.method().clone();
    let path = logged_path(request.uri().path());
    let shows = shown(request.headers());
    let from_provider = request.uri().path().starts_with("/hooks/");
    let rates = door.rates.clone().filter(|_| !from_provider);
    let answer = async {
        match tokio::time::timeout(door.request_timeout, origin::scope(next.run(request))).await {
            Ok(response) => normalise(response),
            Err(_) => out_of_time(),
        }
    };
    let counted = async {
        match rates {
            Some(rates) => rate::scope(rates, client, shows, answer).await,
            None => answer.await,
        }
    };
    let mut response = id.clone().scope(counted).await;
    careful_headers(&mut response);
    response
        .headers_mut()
        .insert(request_id::HEADER, id.header());
    let line = Line {
        id: id.as_str(),
        method: method.as_str(),
        path: &path,
        client,
        started,
    };
    line.log(response.status());
    response
}

fn shown(headers: &HeaderMap) -> Shows {
    if headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE) {
        Shows::Something
    } else {
        Shows::Nothing
    }
}

fn caller(door: &Door, request: &Request) -> Option<IpAddr> {
    let Peer(peer) = request.extensions().get::<Peer>()?;
    Some(client_address(
        peer.ip(),
        request.headers(),
        &door.trusted_proxies,
    ))
}

fn logged_path(path: &str) -> String {
    // What stands behind it is a permission, and logs are read by many.
    if path.starts_with("/media/") {
        return "/media/…".to_owned();
    }
    path.chars().take(LOGGED_PATH).collect()
}

fn out_of_time() -> Response {
    Problem::new(
        Code::Unavailable,
        "the answer took too long and was given up",
    )
    .retry_after(Duration::from_secs(1))
    .into_response()
}

fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged it; its words may hold a customer's and are not repeated.
    Problem::internal().into_response()
}

fn careful_headers(response: &mut Response) {
    const USUAL: [(HeaderName, &str); 5] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in USUAL {
        // A page that needs other rules has set its own.
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

struct Line<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    client: Option<IpAddr>,
    started: Instant,
}

impl Line<'_> {
    /// One line per request: quiet when all is well, because callbacks come by the thousand.
    fn log(&self, status: StatusCode) {
        let Self {
            id, method, path, ..
        } = self;
        let status = status.as_u16();
        let client = self.client.map(|address| address.to_string());
        let client = client.as_deref().unwrap_or("-");
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match status {
            500.. => tracing::error!(request_id = id, method, path, status, ms, client, "request"),
            400..=499 => {
                tracing::info!(request_id = id, method, path, status, ms, client, "request");
            }
            _ => tracing::debug!(request_id = id, method, path, status, ms, client, "request"),
        }
    }
}
