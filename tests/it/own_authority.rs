//! A provider whose certificate only the operator's own authority vouches for.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::both;
use crate::mail_out::wire::acceptor;
use crate::world::app::TestApp;
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};

const CUSTOMER: &str = "+12025550107";

/// Unwraps TLS in front of a provider; it goes when the set is dropped.
async fn unwrap(acceptor: TlsAcceptor, provider: SocketAddr) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                let mut outside = acceptor.accept(stream).await.ok()?;
                let mut inside = TcpStream::connect(provider).await.ok()?;
                copy_bidirectional(&mut outside, &mut inside).await.ok()
            });
        }
    });
    (url, tasks)
}

both! {
    async fn a_provider_is_trusted_whose_authority_the_operator_names(db: Db) {
        let (acceptor, ca) = acceptor();
        let provider = FakeProvider::start().await;
        let (url, _tasks) = unwrap(acceptor, provider.address).await;
        let trusting = format!("{FAST}\nca = \"\"\"{ca}\"\"\"");
        let setup = Setup::bare(&db)
            .twilio("known", "+12025550100", &url, &trusting)
            .twilio("unknown", "+12025550101", &url, FAST);
        let app = TestApp::start(&db, &setup).await;
        let message = app.api.send("known", CUSTOMER, "Hello").await;
        app.api.message_becomes(&message["id"], "sent").await;
        assert_eq!(provider.handed(1).await[0].text, "Hello");
        // Another gateway's authorities are not this one's.
        app.api.send("unknown", CUSTOMER, "Hello").await;
        let gateway = app.gateway_becomes("unknown", "paused").await;
        let reason = gateway["health"]["reason"].as_str().unwrap();
        assert!(reason.contains("no trusted connection"), "{reason}");
        assert_eq!(provider.ledger().len(), 1);
        app.end().await;
    }
}
