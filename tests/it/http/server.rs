//! The server loop over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONNECTION;
use axum::http::{HeaderName, StatusCode};
use axum::routing::{get, post};
use postern::http::server::{ServerLimits, serve};
use postern::lifecycle::Tasks;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// The bound of every wait of these tests.
const SOON: Duration = Duration::from_secs(10);

struct Running {
    address: SocketAddr,
    tasks: Tasks,
    /// Lets `/held` answer.
    release: Arc<Notify>,
    /// Told when `/held` is being answered.
    entered: Arc<Notify>,
}

async fn start(max_connections: usize, header_timeout: Duration) -> Running {
    let (release, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, tell) = (Arc::clone(&release), Arc::clone(&entered));
    let held = move || async move {
        tell.notify_one();
        wait.notified().await;
        "held"
    };
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/early", post(async || refused()))
        .route("/held", get(held));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    let limits = ServerLimits {
        max_connections,
        header_timeout,
        drain: SOON,
    };
    let inner = tasks.clone();
    tasks.spawn("server", async move {
        serve(listener, router, limits, &inner).await;
    });
    Running {
        address,
        tasks,
        release,
        entered,
    }
}

/// An answer that does not wait for the body.
fn refused() -> (StatusCode, [(HeaderName, &'static str); 1]) {
    (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")])
}

impl Running {
    /// The head of a request that is answered before its body, of so many bytes, has come.
    async fn announce(&self, length: u64) -> TcpStream {
        let mut stream = self.connect().await;
        let head = format!("POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn exchange(stream: &mut TcpStream) -> String {
    stream.write_all(GET).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        let count = stream.read_buf(&mut answer).await.unwrap();
        assert!(
            count > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&answer)
        );
    }
    String::from_utf8(answer).unwrap()
}

async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut answer))
        .await
        .expect("the connection stays open");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn f62_headers_that_never_come_are_cut_and_others_go_on() {
    let server = start(2_000, Duration::from_millis(500)).await;
    let mut silent = Vec::new();
    for _ in 0..500 {
        silent.push(server.connect().await);
    }
    let mut dripping = server.connect().await;
    dripping
        .write_all(b"GET / HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    let mut good = server.connect().await;
    assert!(exchange(&mut good).await.starts_with("HTTP/1.1 200"));
    for mut one in silent {
        until_closed(&mut one).await;
    }
    until_closed(&mut dripping).await;
    let mut later = server.connect().await;
    assert!(exchange(&mut later).await.starts_with("HTTP/1.1 200"));
    server.tasks.stop(SOON).await;
}

#[tokio::test]
async fn i31_a_connection_over_the_bound_is_told_to_come_back() {
    let server = start(1, SOON).await;
    let mut first = server.connect().await;
    exchange(&mut first).await;
    let mut second = server.connect().await;
    let answer = until_closed(&mut second).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1"));
    drop(first);
    // The place is free once the server has seen the end of the first connection.
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let mut third = server.connect().await;
        let _ = third.write_all(GET).await;
        let mut start = [0; 12];
        if third.read_exact(&mut start).await.is_ok() && start.ends_with(b"200") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline);
    }
    server.tasks.stop(SOON).await;
}

#[tokio::test]
async fn i32_a_stop_answers_what_is_under_way_and_closes_what_is_idle() {
    let server = start(100, SOON).await;
    let mut idle = server.connect().await;
    exchange(&mut idle).await;
    let mut fresh = server.connect().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /held HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    server.entered.notified().await;
    server.tasks.ask_to_stop();
    until_closed(&mut idle).await;
    until_closed(&mut fresh).await;
    assert!(TcpStream::connect(server.address).await.is_err());
    server.release.notify_one();
    let answer = until_closed(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("held"));
    let drained = server.tasks.stop(SOON).await;
    assert_eq!(drained, postern::lifecycle::Drained::All);
}

#[tokio::test]
async fn t27_headers_over_the_bound_are_a_431() {
    let server = start(100, SOON).await;
    let mut stream = server.connect().await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "y".repeat(200_000)
    );
    // The answer may come, and the connection end, before everything is written.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 431");
    server.tasks.stop(SOON).await;
}

#[tokio::test]
async fn b05_who_sends_more_than_is_read_gets_the_answer_to_it() {
    let server = start(100, SOON).await;
    let mut stream = server.announce(20_000_000).await;
    // The answer comes before the body has, and must not be lost because of that.
    stream.write_all(&vec![b'x'; 20_000_000]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 413"),
        "{}",
        answer.escape_ascii()
    );
    drop(stream);
    server.tasks.stop(SOON).await;
}

#[tokio::test]
async fn t27_who_never_stops_sending_is_cut_after_the_answer() {
    let server = start(100, SOON).await;
    let mut stream = server.announce(30_000_000_000).await;
    let piece = vec![b'x'; 100_000];
    while stream.write_all(&piece).await.is_ok() {}
    server.tasks.stop(SOON).await;
}
