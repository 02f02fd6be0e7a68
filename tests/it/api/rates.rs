//! How many requests there may be, and how a client learns it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use postern::http::Quota;
use postern::http::client_address::Peer;

use super::{Answer, Desk};
use crate::world::db::Db;

/// The number after `name=` in a field such as `"key";r=3;t=1`.
fn number(answer: &Answer, field: &str, name: &str) -> u64 {
    let value = answer.headers[field].to_str().unwrap();
    let mut parts = value.split(';').filter_map(|part| part.split_once('='));
    let found = parts.find(|(known, _)| *known == name);
    found.unwrap().1.parse().unwrap()
}

async fn small(db: &Db) -> Desk {
    Desk::paced(db, Quota { rate: 2, burst: 5 }).await
}

#[tokio::test]
async fn b07_a_client_that_heeds_what_it_is_told_is_never_refused() {
    let db = Db::sqlite();
    let desk = small(&db).await;
    for nth in 0..50 {
        let answer = desk.get("/v1/me").await;
        answer.expect(200);
        assert_eq!(answer.headers["ratelimit-policy"], "\"key\";q=5;w=3");
        let left = number(&answer, "ratelimit", "r");
        assert!(nth >= 5 || left == 4 - nth, "{left} after {nth}");
        if left == 0 {
            let wait = number(&answer, "ratelimit", "t");
            desk.clock.advance(Duration::from_secs(wait));
        }
    }
    desk.end().await;
}

#[tokio::test]
async fn b07_whoever_does_not_heed_it_waits_and_nobody_else_does() {
    let db = Db::sqlite();
    let desk = small(&db).await;
    let other = desk
        .key("bob", postern::domain::agent::Role::Observer)
        .await;
    for _ in 0..5 {
        desk.get("/v1/me").await.expect(200);
    }
    let refused = desk.get("/v1/me").await;
    assert_eq!(refused.expect(429)["code"], "rate_limited");
    assert_eq!(refused.headers["ratelimit"], "\"key\";r=0;t=1");
    let wait: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    desk.with_key(&other, "GET", "/v1/me", None)
        .await
        .expect(200);
    desk.clock.advance(Duration::from_secs(wait));
    desk.get("/v1/me").await.expect(200);
    desk.end().await;
}

#[tokio::test]
async fn t27_an_address_without_a_good_key_has_a_bucket_and_callbacks_have_none() {
    let db = Db::sqlite();
    let desk = small(&db).await;
    let from = |path: &str, peer: &str, key: Option<&str>| {
        let mut request = Request::builder().uri(path.to_owned());
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        let answer = desk.ask(request);
        async move { answer.await.status().as_u16() }
    };
    let thief = "192.0.2.1:1";
    for key in [None, Some("none")] {
        for _ in 0..5 {
            assert_eq!(from("/v1/me", thief, key).await, 401);
        }
        assert_eq!(from("/v1/me", thief, key).await, 429);
        assert_eq!(from("/v1/me", "192.0.2.2:1", key).await, 401);
        // A good key is not held up by its neighbours, and callbacks are not counted.
        assert_eq!(from("/v1/me", thief, Some(&desk.key)).await, 200);
        for _ in 0..9 {
            assert_eq!(from("/hooks/none", thief, None).await, 404);
        }
        desk.clock.advance(Duration::from_secs(9));
    }
    desk.end().await;
}
