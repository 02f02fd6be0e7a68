//! The feed, as pages and as a stream.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use http::Request;
use postern::domain::agent::Role;
use serde_json::{Value, json};

use super::Desk;
use crate::both;

/// A stream that is being read.
struct Reading {
    body: BodyDataStream,
    text: String,
}

impl Reading {
    async fn open(desk: &Desk, after: Option<i64>) -> Self {
        Self::by(desk, &desk.key, after).await
    }

    /// Opened by whoever has that key.
    async fn by(desk: &Desk, key: &str, after: Option<i64>) -> Self {
        let mut request =
            Request::get("/v1/events/stream").header("authorization", format!("Bearer {key}"));
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = desk.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The next event: id, type and data. Comments are passed over.
    async fn next(&mut self) -> Option<(i64, String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = event(&block) {
                    return Some(event);
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next());
            let chunk = chunk.await.expect("something in time")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn event(block: &str) -> Option<(i64, String, Value)> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let id = field("id: ")?.parse().unwrap();
    let data = serde_json::from_str(field("data: ")?).unwrap();
    Some((id, field("event: ")?.to_owned(), data))
}

async fn pages(desk: &Desk, limit: u32) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = json!(0);
    loop {
        let page = desk
            .get(&format!("/v1/events?after={after}&limit={limit}"))
            .await;
        let page = page.expect(200);
        let data = page["data"].as_array().unwrap();
        if data.is_empty() {
            assert_eq!(page["next_cursor"], after);
            return all;
        }
        all.extend(data.iter().cloned());
        after = page["next_cursor"].clone();
    }
}

#[tokio::test]
async fn b08_a_quiet_stream_shows_that_it_is_alive() {
    let desk = Desk::open().await;
    desk.text_in("in-1", "One").await;
    let mut stream = Reading::open(&desk, None).await;
    let greeting = stream.body.next().await.unwrap().unwrap();
    assert!(greeting.starts_with(b":"));
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let beat = stream.body.next().await.unwrap().unwrap();
    assert_eq!(&beat[..], b":\n\n");
    assert!(before.elapsed() <= Duration::from_millis(15_100));
    tokio::time::resume();
    drop(stream);
    desk.end().await;
}

both! {
    async fn t18_the_stream_of_a_revoked_key_ends(db: Db) {
        let desk = Desk::on(&db).await;
        let made = desk.post("/v1/keys", json!({"name": "crm", "role": "observer"})).await.expect(201);
        let mut theirs = Reading::by(&desk, made["key"].as_str().unwrap(), None).await;
        let mut ours = Reading::open(&desk, None).await;
        desk.text_in("in-1", "One").await;
        assert!(theirs.next().await.is_some());
        let path = format!("/v1/keys/{}", super::id(&made));
        desk.with_key(&desk.key, "DELETE", &path, None).await.expect(200);
        // What was on its way may still come, and then the end.
        while theirs.next().await.is_some() {}
        desk.text_in("in-2", "Two").await;
        assert!(ours.next().await.is_some());
        drop((theirs, ours));
        desk.end().await;
    }

    async fn t27_an_agent_has_twenty_streams_open_at_most(db: Db) {
        let desk = Desk::on(&db).await;
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(Reading::open(&desk, None).await);
        }
        let one_more = async || desk.get("/v1/events/stream").await;
        assert_eq!(one_more().await.expect(429)["code"], "too_many_streams");
        // Another agent is not kept out by it.
        let other = desk.key("bob", Role::Observer).await;
        drop(Reading::by(&desk, &other, None).await);
        drop(open.pop());
        open.push(Reading::open(&desk, None).await);
        assert_eq!(one_more().await.expect(429)["code"], "too_many_streams");
        drop(open);
        desk.end().await;
    }

    async fn i26_the_stream_tells_what_the_pages_tell_without_gap_or_repeat(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "One").await;
        let mut live = Reading::open(&desk, None).await;
        let mut whole = Reading::open(&desk, Some(0)).await;
        desk.text_in("in-2", "Two").await;
        desk.post(
            "/v1/messages",
            json!({"to": super::CUSTOMER, "text": "Yes"}),
        )
        .await
        .expect(202);
        let all = pages(&desk, 2).await;
        assert_eq!(all, pages(&desk, 100).await);
        let seqs: Vec<i64> = all
            .iter()
            .map(|event| event["seq"].as_i64().unwrap())
            .collect();
        assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1));
        for expected in &all {
            let (id, kind, data) = whole.next().await.unwrap();
            assert_eq!(
                (json!(id), json!(kind)),
                (expected["seq"].clone(), expected["type"].clone())
            );
            assert_eq!(&data, expected);
        }
        // The other one began after the first text.
        let (first, ..) = live.next().await.unwrap();
        assert!(first > seqs[0]);
        let last = *seqs.last().unwrap();
        for seq in first + 1..=last {
            assert_eq!(live.next().await.unwrap().0, seq);
        }
        // What comes next comes once, to both.
        desk.text_in("in-3", "Three").await;
        assert_eq!(live.next().await.unwrap().0, last + 1);
        assert_eq!(whole.next().await.unwrap().0, last + 1);
        let mut middle = Reading::open(&desk, Some(seqs[2])).await;
        assert_eq!(middle.next().await.unwrap().0, seqs[3]);
        drop((live, whole, middle));
        desk.end().await;
    }

    async fn i26_a_place_that_is_not_in_the_feed_is_reset(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "One").await;
        let last = pages(&desk, 100).await.last().unwrap()["seq"]
            .as_i64()
            .unwrap();
        let mut stream = Reading::open(&desk, Some(last + 1_000)).await;
        let (id, kind, _) = stream.next().await.unwrap();
        assert_eq!((id, kind.as_str()), (last, "reset"));
        desk.text_in("in-2", "Two").await;
        assert_eq!(stream.next().await.unwrap().0, last + 1);
        drop(stream);
        let request = Request::get("/v1/events/stream")
            .header("authorization", format!("Bearer {}", desk.key))
            .header("last-event-id", "yesterday");
        let answer = desk.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), 400);
        desk.end().await;
    }

    async fn i32_a_stream_ends_when_the_daemon_stops(db: Db) {
        let desk = Desk::on(&db).await;
        let mut stream = Reading::open(&desk, None).await;
        desk.tasks.ask_to_stop();
        assert!(stream.next().await.is_none());
        drop(stream);
        desk.end().await;
    }

    async fn a_place_in_the_feed_is_a_number(db: Db) {
        let desk = Desk::on(&db).await;
        for (query, pointer) in [
            ("after=-1", "/after"),
            ("after=x", "/after"),
            ("cursor=x", "/cursor"),
            ("after=1&cursor=2", "/cursor"),
            ("limit=0", "/limit"),
        ] {
            assert_eq!(
                desk.get(&format!("/v1/events?{query}")).await.pointers(),
                [pointer]
            );
        }
        desk.end().await;
    }
}
