//! What a broken exchange with a provider means for the text.

use std::time::{Duration, Instant};

use postern::channel::{Profiles, TextGateway};
use postern::domain::clock::Clock;
use postern::domain::outcome::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::wire::{PUBLIC_URL, gateway, now, outbound, settings, spec};

const SANDBOX: &str = include_str!("../../../gateways/sandbox.toml");

/// A gateway that waits for one second.
fn hasty(base_url: &str) -> TextGateway {
    let source = SANDBOX.replace("[send]\n", "[send]\ntimeout_seconds = 1\n");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sandbox.toml"), source).unwrap();
    let profiles = Profiles::load(Some(dir.path())).unwrap();
    let spec = spec("sandbox", settings("sandbox", base_url));
    let url = PUBLIC_URL.parse().unwrap();
    TextGateway::open(&spec, &profiles, &url, Clock::fixed(now())).unwrap()
}

/// What a provider does once it has read the request.
#[derive(Clone, Copy)]
enum Then {
    Hang,
    Close,
    Reset,
    Answer(&'static [u8]),
    Drip,
    Endless,
    CloseInside,
}

async fn read_request(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    while !seen.ends_with(b"}") {
        let count = stream.read(&mut chunk).await.unwrap();
        assert!(count > 0);
        seen.extend_from_slice(&chunk[..count]);
    }
}

async fn misbehave(mut stream: TcpStream, then: Then) {
    if matches!(then, Then::Reset) {
        // Closing with bytes unread makes the kernel answer with a reset.
        stream.read_exact(&mut [0; 10]).await.unwrap();
        return;
    }
    read_request(&mut stream).await;
    match then {
        Then::Hang => std::future::pending().await,
        Then::Close | Then::Reset => {}
        Then::Answer(answer) => stream.write_all(answer).await.unwrap(),
        Then::Drip => {
            let _ = stream
                .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 9000\r\n\r\n")
                .await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Then::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 202 Accepted\r\n\r\n").await;
            while stream.write_all(&[b' '; 4096]).await.is_ok() {}
        }
        Then::CloseInside => {
            let _ = stream
                .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 90\r\n\r\n{\"id\"")
                .await;
        }
    }
}

/// The address of a provider that takes one connection.
async fn provider(then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        misbehave(stream, then).await;
    });
    format!("http://{address}")
}

async fn outcome(then: Then) -> Outcome {
    let gateway = hasty(&provider(then).await);
    gateway.send(&outbound("+12025550123", "Hello")).await
}

#[tokio::test]
async fn f27_no_answer_is_unknown() {
    let start = Instant::now();
    let found = outcome(Then::Hang).await;
    assert!(matches!(found, Outcome::Unknown(_)), "{found:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn f28_refused_connections_prove_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = gateway("sandbox", &format!("http://{address}"));
    let found = gateway.send(&outbound("+12025550123", "Hello")).await;
    let Outcome::NotSent(failure) = found else {
        panic!("{found:?}");
    };
    let told = format!("the provider could not be reached at {address}: Connection refused");
    assert!(failure.detail.starts_with(&told), "{}", failure.detail);
}

#[tokio::test]
async fn f34_an_unknown_name_proves_that_nothing_was_sent() {
    let gateway = hasty("http://nobody.invalid");
    let found = gateway.send(&outbound("+12025550123", "Hello")).await;
    assert!(matches!(found, Outcome::NotSent(_)), "{found:?}");
}

#[tokio::test]
async fn f29_a_connection_that_breaks_after_the_request_is_unknown() {
    for then in [Then::Close, Then::Reset, Then::CloseInside] {
        let found = outcome(then).await;
        assert!(matches!(found, Outcome::Unknown(_)), "{found:?}");
    }
}

#[tokio::test]
async fn f30_slow_and_endless_answers_end() {
    for then in [Then::Drip, Then::Endless] {
        let start = Instant::now();
        let found = outcome(then).await;
        assert!(matches!(found, Outcome::Unknown(_)), "{found:?}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

/// 16 MiB of spaces, compressed to 16 KiB.
const BOMB: &[u8] = include_bytes!("../../fixtures/bomb.http");

#[tokio::test]
async fn f30_an_answer_is_capped_after_it_was_unpacked() {
    let found = outcome(Then::Answer(BOMB)).await;
    assert!(matches!(found, Outcome::Unknown(_)), "{found:?}");
}

#[tokio::test]
async fn f33_redirects_are_not_followed() {
    let found = outcome(Then::Answer(
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://localhost:1/x\r\ncontent-length: 0\r\n\r\n",
    ))
    .await;
    let Outcome::Misconfigured(failure) = found else {
        panic!("{found:?}");
    };
    assert!(failure.detail.contains("localhost"), "{}", failure.detail);
}

#[tokio::test]
async fn f31_a_server_that_is_not_trusted_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = stream.into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            tokio::task::spawn_blocking(move || shake_hands(stream));
        }
    });
    let gateway = gateway("sandbox", &format!("https://localhost:{}", address.port()));
    let found = gateway.send(&outbound("+12025550123", "Hello")).await;
    assert!(matches!(found, Outcome::Misconfigured(_)), "{found:?}");
}

/// A TLS server with a certificate that nobody signed but itself.
fn shake_hands(mut stream: std::net::TcpStream) {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let pem = include_bytes!("../../fixtures/self-signed.pem");
    let certificate = CertificateDer::from_pem_slice(pem).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(
        rustls::crypto::aws_lc_rs::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![certificate], key)
    .unwrap();
    let mut connection = rustls::ServerConnection::new(config.into()).unwrap();
    while connection.is_handshaking() {
        if connection.complete_io(&mut stream).is_err() {
            return;
        }
    }
}
