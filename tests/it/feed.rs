//! The feed: no gap, no repeat, in one order, also for those who come back.

use serde_json::Value;
use tokio::task::JoinSet;

use crate::both;
use crate::world::PATIENCE;
use crate::world::api::EventStream;
use crate::world::app::TestApp;
use crate::world::hooks::fresh_sid;
use crate::world::setup::Setup;

/// Reads events until the one with this number.
async fn until(stream: &mut EventStream, last: i64) -> Vec<Value> {
    let mut events = Vec::new();
    while events
        .last()
        .is_none_or(|event: &Value| event["seq"].as_i64() < Some(last))
    {
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        let (id, kind, event) = next.expect("an event in time").expect("an open stream");
        assert_eq!(id, event["seq"].to_string());
        assert_eq!(kind, event["type"].as_str().unwrap());
        events.push(event);
    }
    events
}

fn last_seq(feed: &[Value]) -> i64 {
    feed.last()
        .map_or(0, |event| event["seq"].as_i64().unwrap())
}

fn starts_with_no_gap(feed: &[Value]) {
    for (place, event) in feed.iter().enumerate() {
        let expected = feed[0]["seq"].as_i64().unwrap() + i64::try_from(place).unwrap();
        assert_eq!(event["seq"].as_i64(), Some(expected));
    }
}

both! {
    async fn i26_a_stream_has_every_event_once_while_many_write(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let mut live = app.api.stream(Some(0)).await;
        let mut writers = JoinSet::new();
        for writer in 0..8 {
            let (hooks, api) = (app.hooks.clone(), app.api.clone());
            writers.spawn(async move {
                for n in 0..15 {
                    let customer = format!("+120255501{writer:02}");
                    let text = format!("{writer} {n}");
                    hooks.text_in("long", &customer, &text, &fresh_sid()).await.expect(200);
                    if n % 5 == 0 {
                        api.send("long", &customer, &text).await;
                    }
                }
            });
        }
        // One that comes while everybody writes, from the middle of what is there.
        let middle = app.api.feed().await.len() / 2;
        let after = i64::try_from(middle).unwrap();
        let mut late = app.api.stream(Some(after)).await;
        writers.join_all().await;
        for message in app.api.list("/v1/messages?direction=outbound").await {
            app.api.message_becomes(&message["id"], "sent").await;
        }
        let feed = app.api.feed().await;
        starts_with_no_gap(&feed);
        let last = last_seq(&feed);
        assert_eq!(until(&mut live, last).await, feed);
        let of_late = until(&mut late, last).await;
        let expected: Vec<_> = feed.iter().filter(|event| event["seq"].as_i64() > Some(after)).cloned().collect();
        assert_eq!(of_late, expected);
        drop((live, late));
        app.end().await;
    }

    async fn i26_a_stream_resumes_over_a_restart(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        app.hooks.text_in("long", "+12025550107", "one", &fresh_sid()).await.expect(200);
        let mut stream = app.api.stream(Some(0)).await;
        let before = until(&mut stream, last_seq(&app.api.feed().await)).await;
        app.hooks.text_in("long", "+12025550107", "two", &fresh_sid()).await.expect(200);
        let app = app.restart(&Setup::usual(&db, &provider.url())).await;
        // It ended with the first daemon.
        while stream.next().await.is_some() {}
        app.hooks.text_in("long", "+12025550107", "three", &fresh_sid()).await.expect(200);
        let feed = app.api.feed().await;
        let mut stream = app.api.stream(Some(last_seq(&before))).await;
        let rest = until(&mut stream, last_seq(&feed)).await;
        assert_eq!([before, rest].concat(), feed);
        drop(stream);
        app.end().await;
    }

    async fn a_stream_from_the_future_is_reset(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let mut stream = app.api.stream(Some(1_000_000)).await;
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        assert_eq!(next.unwrap().unwrap().1, "reset");
        drop(stream);
        app.end().await;
    }
}
