//! Texts in: once, filed rightly, and never dropped.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::both;
use crate::world::app::TestApp;
use crate::world::hooks::{fresh_sid, now, sandbox_text};
use crate::world::provider::FakeProvider;
use crate::world::setup::{FAST, Setup};

const CUSTOMER: &str = "+12025550107";

fn count<'a>(feed: &'a [Value], kind: &'a str) -> usize {
    feed.iter().filter(|event| event["type"] == kind).count()
}

both! {
    async fn i05_f41_a_twentyfold_repeat_is_one_message(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let sid = fresh_sid();
        let posts = (0..20).map(|_| app.hooks.text_in("long", CUSTOMER, "Hello", &sid));
        for answer in join_all(posts).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert!(answer.text.contains("<Response"), "{}", answer.text);
            assert!(answer.headers["content-type"].contains("xml"));
        }
        let messages = app.api.list("/v1/messages").await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["text"], "Hello");
        assert_eq!(messages[0]["from"], CUSTOMER);
        assert_eq!(messages[0]["provider_reference"], sid.as_str());
        let feed = app.api.feed().await;
        assert_eq!(count(&feed, "message.received"), 1);
        assert_eq!(count(&feed, "issue.created"), 1);
        assert_eq!(app.api.list("/v1/conversations").await[0]["unread"], 1);
        app.end().await;
    }

    async fn i05_a_repeat_after_a_restart_is_still_known(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let sid = fresh_sid();
        app.hooks.text_in("long", CUSTOMER, "Hello", &sid).await.expect(200);
        let app = app.restart(&Setup::usual(&db, &provider.url())).await;
        app.hooks.text_in("long", CUSTOMER, "Hello", &sid).await.expect(200);
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        app.end().await;
    }

    async fn f42_i09_first_messages_at_once_are_one_conversation(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let texts: Vec<String> = (0..20).map(|n| format!("first {n}")).collect();
        let sids: Vec<String> = texts.iter().map(|_| fresh_sid()).collect();
        let posts = texts.iter().zip(&sids);
        let posts = posts.map(|(text, sid)| app.hooks.text_in("long", CUSTOMER, text, sid));
        for answer in join_all(posts).await {
            answer.expect(200);
        }
        let messages = app.api.list("/v1/messages").await;
        assert_eq!(messages.len(), 20);
        let conversations = app.api.list("/v1/conversations").await;
        assert_eq!(conversations.len(), 1);
        assert_eq!(conversations[0]["unread"], 20);
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 1);
        assert!(messages.iter().all(|message| message["issue"] == issues[0]["id"]));
        let feed = app.api.feed().await;
        assert_eq!(count(&feed, "contact.created"), 1);
        assert_eq!(count(&feed, "conversation.created"), 1);
        assert_eq!(count(&feed, "issue.created"), 1);
        app.end().await;
    }

    async fn i10_texts_after_the_close_open_exactly_one_new_issue(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        app.hooks.text_in("long", CUSTOMER, "Before", &fresh_sid()).await.expect(200);
        let first = app.api.list("/v1/issues").await.remove(0);
        let path = format!("/v1/issues/{}/close", first["id"].as_str().unwrap());
        let closed = app.api.post(&path, &json!({})).await.expect(200);
        assert_eq!(closed["state"], "closed");
        let sids: Vec<String> = (0..5).map(|_| fresh_sid()).collect();
        let posts = sids.iter().map(|sid| app.hooks.text_in("long", CUSTOMER, "After", sid));
        for answer in join_all(posts).await {
            answer.expect(200);
        }
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 2);
        let open: Vec<_> = issues.iter().filter(|issue| issue["state"] != "closed").collect();
        assert_eq!(open.len(), 1);
        assert_eq!(open[0]["title"], "After");
        app.end().await;
    }

    async fn i10_a_text_after_the_close_opens_the_old_issue_where_told_to(db: Db) {
        let provider = FakeProvider::start().await;
        let more = format!("{FAST}\nafter_close = \"reopen\"");
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), &more);
        let app = TestApp::start(&db, &setup).await;
        app.hooks.text_in("long", CUSTOMER, "Before", &fresh_sid()).await.expect(200);
        let issue = app.api.list("/v1/issues").await.remove(0);
        let path = format!("/v1/issues/{}/close", issue["id"].as_str().unwrap());
        app.api.post(&path, &json!({})).await.expect(200);
        app.hooks.text_in("long", CUSTOMER, "After", &fresh_sid()).await.expect(200);
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 1);
        assert_ne!(issues[0]["state"], "closed");
        assert_eq!(issues[0]["id"], issue["id"]);
        app.end().await;
    }

    async fn i06_f44_what_cannot_be_read_is_kept_and_never_a_500(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let unreadable: &[&[u8]] = &[
            b"",
            b"\0",
            b"not json",
            b"[]",
            b"{}",
            b"{\"type\":\"message.inbound\"}",
            b"{\"type\":\"message.inbound\",\"id\":7}",
            b"{\"type\":\"message.inbound\",\"id\":[[[[[[]]]]]]}",
            b"\xff\xfe{\x00}\x00",
        ];
        let mut kept = 0;
        for body in unreadable {
            let answer = app.hooks.standard_bytes("short", now(), body.to_vec()).await;
            assert!(answer.status < 500, "{body:?}: {} {}", answer.status, answer.text);
            kept += usize::from(answer.status < 300);
        }
        let quarantine = app.api.list("/v1/quarantine").await;
        assert_eq!(quarantine.len(), kept);
        assert!(kept >= 5, "only {kept} of {} were kept", unreadable.len());
        assert!(app.api.list("/v1/messages").await.is_empty());
        app.end().await;
    }

    async fn f44_odd_texts_are_stored(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let odd = ["nul \0 inside", "'; DROP TABLE message; --", "\u{1F9FF} \u{202E} % _ \\", "", "\u{feff}"];
        for (n, text) in odd.iter().enumerate() {
            let body = sandbox_text(&format!("odd-{n}"), CUSTOMER, "24680", text);
            let answer = app.hooks.standard("short", now(), &body).await;
            assert_eq!(answer.status / 100, 2, "{text:?}: {}", answer.text);
        }
        let there = app.api.list("/v1/messages").await.len() + app.api.list("/v1/quarantine").await.len();
        assert_eq!(there, odd.len());
        let huge = "x".repeat(2 * 1024 * 1024);
        let body = sandbox_text("huge", CUSTOMER, "24680", &huge);
        assert_eq!(app.hooks.standard("short", now(), &body).await.status, 413);
        app.end().await;
    }

    async fn an_unknown_gateway_is_not_found(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let answer = app.hooks.text_in("nobody", CUSTOMER, "Hello", &fresh_sid()).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        app.end().await;
    }
}
