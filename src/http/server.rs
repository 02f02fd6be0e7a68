//! The server loop: accept, hand to the router, and stop without dropping what is under way.
//!
//! `axum::serve` has no limit for headers that never come, so connections are driven by hyper
//! itself, and with HTTP/1.1 alone: hyper-util's guess between the versions waits for the first
//! bytes without a time limit.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::http::client_address::Peer;
use crate::http::patience::Patient;
use crate::lifecycle::Tasks;

/// The longest request line and headers together.
const HEAD_SIZE: usize = 32 * 1024;

/// How long a connection over the bound waits for another one to end.
const QUEUE: Duration = Duration::from_millis(50);

/// How long nothing is accepted after the system refused to, as it does without free descriptors.
const BACK_OFF: Duration = Duration::from_millis(200);

/// What a connection over the bound is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\nretry-after: 1\r\nconnection: close\r\n\
    content-length: 156\r\n\r\n\
    {\"type\":\"/docs/problems/busy\",\"title\":\"There is more to do than can be taken on\",\
    \"status\":503,\"detail\":\"too many connections\",\"code\":\"busy\",\"request_id\":\"\"}";

/// The bounds of one listener.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// How many connections may be open at once.
    pub max_connections: usize,
    /// How long the headers of a request may take to arrive, on a new connection and on a kept one.
    pub header_timeout: Duration,
    /// How long requests under way may go on after a stop.
    pub drain: Duration,
}

/// Serves the router on the listener until a stop, then until the last request is answered.
pub async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, tasks: &Tasks) {
    let room = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    let cut = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = tasks.stopped() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(fault) => {
                back_off(&fault, tasks).await;
                continue;
            }
        };
        let Some(permit) = enter(&room).await else {
            refuse(&stream);
            continue;
        };
        let connection = Connection {
            stream,
            peer,
            permit,
            cut: cut.clone(),
        };
        connection.start(router.clone(), &limits, &graceful, tasks);
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests under way were cut off at the end of the drain time");
    }
    cut.cancel();
}

async fn back_off(fault: &io::Error, tasks: &Tasks) {
    let passing = matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    );
    if passing {
        return;
    }
    tracing::error!(error = %fault, "no connection can be accepted for now");
    tokio::select! {
        () = tasks.stopped() => {}
        () = tokio::time::sleep(BACK_OFF) => {}
    }
}

async fn enter(room: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    tokio::time::timeout(QUEUE, Arc::clone(room).acquire_owned())
        .await
        .ok()?
        .ok()
}

fn refuse(stream: &TcpStream) {
    metrics::counter!("postern_connections_refused_total").increment(1);
    // The socket's buffer is empty, so this fits; a client that is gone does not matter.
    let _ = stream.try_write(FULL);
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    cut: CancellationToken,
}

impl Connection {
    fn start(
        self,
        router: Router,
        limits: &ServerLimits,
        graceful: &GracefulShutdown,
        tasks: &Tasks,
    ) {
        let Self {
            stream,
            peer,
            permit,
            cut,
        } = self;
        // Small answers must not wait for the acknowledgement of the one before.
        if let Err(fault) = stream.set_nodelay(true) {
            tracing::debug!(error = %fault, "a connection was gone before it was served");
            return;
        }
        let service = service_fn(move |request: http::Request<Incoming>| {
            let router = router.clone();
            async move {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer));
                let Ok(response) = router.oneshot(request).await;
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(HEAD_SIZE)
            .serve_connection(TokioIo::new(Patient::new(stream)), service);
        let served = graceful.watch(connection);
        tasks.spawn("http connection", async move {
            let _permit = permit;
            tokio::select! {
                () = cut.cancelled() => {}
                result = served => if let Err(fault) = result {
                    tracing::debug!(error = %fault, "a connection broke");
                },
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::FULL;

    #[test]
    fn the_answer_of_a_full_house_announces_its_length() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
