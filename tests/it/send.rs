//! Texts out: once, in order, no faster than allowed, and never to those who said STOP.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::both;
use crate::world::api::Answer;
use crate::world::app::TestApp;
use crate::world::eventually;
use crate::world::hooks::fresh_sid;
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::Setup;

const CUSTOMER: &str = "+12025550107";

fn text_to(to: &str, text: &str) -> Value {
    json!({"gateway": "long", "to": to, "text": text})
}

both! {
    async fn a_text_is_sent_and_delivered(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let message = app.api.send("long", CUSTOMER, "Hello").await;
        assert_eq!(message["status"], "queued");
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        let handed = provider.handed(1).await.remove(0);
        assert_eq!(handed.to, CUSTOMER);
        assert_eq!(handed.from, "+12025550100");
        assert_eq!(handed.text, "Hello");
        let place = format!("long?message={}", message["id"].as_str().unwrap());
        assert_eq!(handed.callback, Some(format!("https://postern.test/hooks/{place}")));
        assert_eq!(handed.request.method, "POST");
        assert!(handed.request.target.ends_with("/Messages.json"), "{}", handed.request.target);
        let reference = handed.reference.unwrap();
        assert_eq!(sent["provider_reference"], reference.as_str());
        app.hooks.report(&place, &reference, "delivered", "").await.expect(200);
        let delivered = app.api.message(&message["id"]).await;
        assert_eq!(delivered["status"], "delivered");
        let timeline = delivered["timeline"].as_array().unwrap();
        let statuses: Vec<_> = timeline.iter().map(|line| line["status"].as_str().unwrap()).collect();
        assert_eq!(statuses.first(), Some(&"queued"));
        assert_eq!(statuses.last(), Some(&"delivered"));
        app.end().await;
    }

    async fn i15_the_same_key_is_one_message_and_one_answer(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let body = text_to(CUSTOMER, "once");
        let first = app.api.post_once("/v1/messages", "key-1", &body).await;
        first.expect(202);
        let again = app.api.post_once("/v1/messages", "key-1", &body).await;
        assert_eq!((again.status, &again.text), (202, &first.text));
        let other = app.api.post_once("/v1/messages", "key-1", &text_to(CUSTOMER, "other")).await;
        assert_eq!(other.status, 422);
        let app = app.restart(&Setup::usual(&db, &provider.url())).await;
        let later = app.api.post_once("/v1/messages", "key-1", &body).await;
        assert_eq!((later.status, &later.text), (202, &first.text));
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        app.end().await;
    }

    async fn i15_the_same_key_at_once_is_one_message(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let body = text_to(CUSTOMER, "at once");
        let posts = (0..20).map(|_| app.api.post_once("/v1/messages", "key-2", &body));
        let answers = join_all(posts).await;
        let mut taken = answers.iter().filter(|answer| answer.status == 202);
        let first = taken.next().expect("one is taken");
        assert!(taken.all(|answer| answer.text == first.text));
        for answer in answers.iter().filter(|answer| answer.status != 202) {
            assert_eq!(answer.status, 409, "{}", answer.text);
            assert!(answer.headers.contains_key("retry-after"));
        }
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        app.end().await;
    }

    async fn i16_texts_to_one_customer_leave_in_their_order(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers(|_| Reply::TakenAfter(Duration::from_millis(rand::random_range(0..30))));
        for n in 0..60 {
            app.api.send("long", &format!("+1202555010{}", n % 3), &format!("{n:03}")).await;
        }
        let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for handed in provider.handed(60).await {
            of.entry(handed.to).or_default().push(handed.text);
        }
        for (customer, texts) in of {
            assert!(texts.is_sorted(), "{customer} got {texts:?}");
        }
        app.end().await;
    }

    async fn i16_an_unconfirmed_text_does_not_hold_up_the_next(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers_in_turn([Reply::Close]);
        let first = app.api.send("long", CUSTOMER, "first").await;
        let second = app.api.send("long", CUSTOMER, "second").await;
        app.api.message_becomes(&second["id"], "sent").await;
        assert_eq!(app.api.message(&first["id"]).await["status"], "unconfirmed");
        assert_eq!(provider.times_handed("first"), 1);
        app.end().await;
    }

    /// Counted from a moment before the first one could leave, so that whatever comes late on a
    /// busy machine only leaves more room.
    async fn i17_the_rate_holds_from_the_start_and_over_a_restart(db: Db) {
        const RATE: f64 = 20.0;
        let provider = FakeProvider::start().await;
        let more = "rate = { segments_per_second = 20, burst = 20 }";
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), more);
        let most = |since: std::time::Instant, at: std::time::Instant| {
            RATE * at.saturating_duration_since(since).as_secs_f64() + 1.0
        };
        let started = std::time::Instant::now();
        let app = TestApp::start(&db, &setup).await;
        for n in 0..50 {
            app.api.send("long", &format!("+120255501{n:02}"), "one segment").await;
        }
        provider.handed(15).await;
        let restarted = std::time::Instant::now();
        let app = app.restart(&setup).await;
        let ledger = provider.handed(50).await;
        for (place, handed) in ledger.iter().enumerate() {
            let count = f64::from(u32::try_from(place).unwrap()) + 1.0;
            assert!(count <= most(started, handed.at), "{count} after {:?}", handed.at - started);
        }
        // A daemon begins with nothing saved up; some were still on their way when the other ended.
        let on_their_way = 8.0;
        for (place, handed) in ledger.iter().filter(|one| one.at > restarted).enumerate() {
            let count = f64::from(u32::try_from(place).unwrap()) + 1.0;
            let most = most(restarted, handed.at) + on_their_way;
            assert!(count <= most, "{count} after {:?}", handed.at - restarted);
        }
        app.end().await;
    }

    async fn i18_nothing_leaves_after_stop(db: Db) {
        let provider = FakeProvider::start().await;
        let more = "rate = { segments_per_second = 2, burst = 1 }";
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), more);
        let app = TestApp::start(&db, &setup).await;
        let mut queued = Vec::new();
        for n in 0..6 {
            queued.push(app.api.send("long", CUSTOMER, &format!("offer {n}")).await);
        }
        app.hooks.text_in("long", CUSTOMER, " Stop. ", &fresh_sid()).await.expect(200);
        let left_before = provider.ledger().len();
        let refused = app.api.post("/v1/messages", &text_to(CUSTOMER, "one more")).await;
        assert!(matches!(refused.status, 409 | 422), "{}", refused.text);
        let last = app.api.message_becomes(&queued[5]["id"], "failed").await;
        assert_eq!(last["error"]["class"], "opted_out");
        // One may have been in the air while STOP came in.
        assert!(provider.ledger().len() <= left_before + 1);
        app.api.send("long", "+12025550108", "to somebody else").await;
        app.hooks.text_in("long", CUSTOMER, "START", &fresh_sid()).await.expect(200);
        let again = app.api.send("long", CUSTOMER, "welcome back").await;
        app.api.message_becomes(&again["id"], "sent").await;
        app.end().await;
    }

    async fn i20_f36_permanent_errors_fail_at_once(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let error = |code: u32| Reply::status(400, &json!({"code": code, "message": "no", "status": 400}));
        provider.answers_in_turn([error(21211), error(21610)]);
        let wrong = app.api.send("long", "+12025550101", "wrong number").await;
        let failed = app.api.message_becomes(&wrong["id"], "failed").await;
        assert_eq!(failed["error"]["class"], "invalid_number");
        assert_eq!(failed["error"]["code"], "21211");
        assert!(!failed["error"]["detail"].as_str().unwrap().is_empty());
        let stopped = app.api.send("long", CUSTOMER, "opted out at the provider").await;
        let failed = app.api.message_becomes(&stopped["id"], "failed").await;
        assert_eq!(failed["error"]["class"], "opted_out");
        let refused = app.api.post("/v1/messages", &text_to(CUSTOMER, "again")).await;
        assert!(matches!(refused.status, 409 | 422), "{}", refused.text);
        assert_eq!(provider.ledger().len(), 2);
        app.end().await;
    }

    async fn a_failed_text_is_sent_again_when_an_agent_says_so(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers_in_turn([Reply::Close]);
        let message = app.api.send("long", CUSTOMER, "again, please").await;
        app.api.message_becomes(&message["id"], "unconfirmed").await;
        let path = format!("/v1/messages/{}/retry", message["id"].as_str().unwrap());
        app.api.post(&path, &json!({})).await.expect(200);
        app.api.message_becomes(&message["id"], "sent").await;
        assert_eq!(provider.times_handed("again, please"), 2);
        app.end().await;
    }

    /// The client whose answer got lost orders again, and the customer gets one text more, not two.
    async fn i15_a_repeated_order_to_send_again_sends_once(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers_in_turn([Reply::Close]);
        let message = app.api.send("long", CUSTOMER, "once more").await;
        app.api.message_becomes(&message["id"], "unconfirmed").await;
        let path = format!("/v1/messages/{}/retry", message["id"].as_str().unwrap());
        let order = async |path: &str| {
            let request = app.api.request(reqwest::Method::POST, path).header("idempotency-key", "lost");
            Answer::of(request.json(&json!({}))).await.unwrap()
        };
        let first = order(&path).await;
        app.api.message_becomes(&message["id"], "sent").await;
        let second = order(&path).await;
        assert_eq!((first.status, &first.text), (200, &second.text));
        let other = app.api.send("long", CUSTOMER, "another").await;
        let path = format!("/v1/messages/{}/retry", other["id"].as_str().unwrap());
        order(&path).await.expect(422);
        assert_eq!(provider.times_handed("once more"), 2);
        app.end().await;
    }

    async fn a_dry_run_stores_nothing(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let mut body = text_to(CUSTOMER, &"ä".repeat(161));
        body["dry_run"] = json!(true);
        let answer = app.api.post("/v1/messages", &body).await.expect(200);
        assert_eq!((&answer["encoding"], &answer["segments"]), (&json!("gsm7"), &json!(2)));
        assert!(app.api.list("/v1/messages").await.is_empty());
        assert!(provider.ledger().is_empty());
        app.end().await;
    }

    async fn a_queued_text_can_be_canceled(db: Db) {
        let provider = FakeProvider::start().await;
        let more = "rate = { segments_per_second = 0.1, burst = 1 }";
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), more);
        let app = TestApp::start(&db, &setup).await;
        app.api.send("long", CUSTOMER, "first").await;
        let second = app.api.send("long", CUSTOMER, "second").await;
        let path = format!("/v1/messages/{}/cancel", second["id"].as_str().unwrap());
        let canceled = app.api.post(&path, &json!({})).await.expect(200);
        assert_eq!(canceled["status"], "canceled");
        assert_eq!(app.api.post(&path, &json!({})).await.status, 409);
        eventually("no text to be queued", async || {
            let queue = app.api.list("/v1/messages?status=queued").await;
            queue.iter().all(|message| message["id"] != second["id"]).then_some(())
        })
        .await;
        app.end().await;
    }
}
