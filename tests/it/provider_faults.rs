//! What providers do to those who send through them, and what must become of the messages.

use std::time::{Duration, Instant};

use postern::domain::clock::Clock;
use serde_json::json;

use crate::both;
use crate::world::app::TestApp;
use crate::world::daemon::free_port;
use crate::world::db::Db;
use crate::world::provider::{FakeProvider, Reply};
use crate::world::setup::{FAST, Setup};
use crate::world::{PATIENCE, within};

const CUSTOMER: &str = "+12025550107";

fn throttled(retry_after: &str) -> Reply {
    let body = json!({"code": 20429, "message": "too many", "status": 429});
    Reply::with_header(429, "retry-after", retry_after, &body)
}

/// Two gateways at two providers, so that the one can be seen to be left alone.
async fn two_providers(db: &Db) -> (TestApp, FakeProvider, FakeProvider) {
    let (sick, healthy) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = TestApp::start(db, &two_gateways(db, &sick, &healthy)).await;
    (app, sick, healthy)
}

fn two_gateways(db: &Db, sick: &FakeProvider, healthy: &FakeProvider) -> Setup {
    Setup::bare(db)
        .twilio("long", "+12025550100", &sick.url(), FAST)
        .twilio("other", "+12025550199", &healthy.url(), FAST)
}

both! {
    async fn f25_a_throttled_gateway_waits_and_harms_no_other(db: Db) {
        let (app, sick, _healthy) = two_providers(&db).await;
        sick.answers_in_turn([throttled("2")]);
        let first = app.api.send("long", CUSTOMER, "throttled").await;
        sick.handed(1).await;
        let began = Instant::now();
        let second = app.api.send("long", "+12025550108", "behind it").await;
        let other = app.api.send("other", CUSTOMER, "elsewhere").await;
        app.api.message_becomes(&other["id"], "sent").await;
        let unharmed = began.elapsed();
        app.api.message_becomes(&first["id"], "sent").await;
        app.api.message_becomes(&second["id"], "sent").await;
        assert!(unharmed < Duration::from_millis(1500), "the other took {unharmed:?}");
        let ledger = sick.ledger();
        let wait = ledger[1].at.duration_since(ledger[0].at);
        assert!(wait >= Duration::from_millis(1900), "it waited {wait:?}");
        assert_eq!(ledger.len(), 3);
        app.end().await;
    }

    async fn f25_odd_forms_of_retry_after_are_clamped(db: Db) {
        let (app, sick, _healthy) = two_providers(&db).await;
        for odd in ["", "-1", "soon", "0"] {
            sick.answers_in_turn([throttled(odd)]);
            let before = sick.ledger().len();
            let message = app.api.send("long", CUSTOMER, &format!("throttled {odd}")).await;
            app.api.message_becomes(&message["id"], "sent").await;
            let ledger = sick.ledger();
            assert_eq!(ledger.len(), before + 2, "{odd:?}");
            let wait = ledger[before + 1].at.duration_since(ledger[before].at);
            assert!(wait >= Duration::from_millis(900), "{odd:?}: it waited {wait:?}");
        }
        app.end().await;
    }

    async fn f25_a_wait_for_ever_is_clamped_to_a_quarter_of_an_hour(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &Setup::usual(&db, &provider.url()), clock.clone()).await;
        provider.answers_in_turn([throttled("1000000000")]);
        let message = app.api.send("long", CUSTOMER, "for ever").await;
        provider.handed(1).await;
        app.api.message_becomes(&message["id"], "queued").await;
        clock.advance(Duration::from_mins(14));
        // Another gateway's text shows that the sender had its look at the clock.
        let other = app.api.send("short", CUSTOMER, "elsewhere").await;
        app.api.message_becomes(&other["id"], "sent").await;
        assert_eq!(provider.times_handed("for ever"), 1);
        clock.advance(Duration::from_mins(2));
        app.api.message_becomes(&message["id"], "sent").await;
        app.end().await;
    }

    async fn f25_hours_of_being_throttled_are_told_once_a_minute(db: Db) {
        let provider = FakeProvider::start().await;
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &Setup::usual(&db, &provider.url()), clock.clone()).await;
        provider.answers(|_| throttled("1"));
        let message = app.api.send("long", CUSTOMER, "too much").await;
        let told = async |tries: usize| {
            provider.handed(tries).await;
            app.api.message_becomes(&message["id"], "queued").await;
            let message = app.api.message(&message["id"]).await;
            let timeline = message["timeline"].as_array().unwrap().clone();
            timeline.iter().filter(|line| line["status"] == "queued" && line["code"] == "20429").count()
        };
        for tries in 1..=5 {
            assert_eq!(told(tries).await, 1);
            clock.advance(Duration::from_secs(2));
        }
        told(6).await;
        clock.advance(Duration::from_mins(1));
        assert_eq!(told(7).await, 2);
        app.end().await;
    }

    async fn f26_a_500_leaves_the_outcome_unknown_and_is_not_repeated(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        for status in [500, 502, 503, 504] {
            let body = json!({"code": 20500, "message": "oh", "status": status});
            provider.answers_in_turn([Reply::status(status, &body)]);
            let text = format!("answered {status}");
            let message = app.api.send("long", CUSTOMER, &text).await;
            app.api.message_becomes(&message["id"], "unconfirmed").await;
            assert_eq!(provider.times_handed(&text), 1);
        }
        app.end().await;
    }

    async fn f26_a_flapping_provider_gets_each_text_once_and_no_stampede(db: Db) {
        const TEXTS: u32 = 20;
        const RATE: usize = 50;
        let provider = FakeProvider::start().await;
        let mut calls = 0;
        provider.answers(move |_| {
            calls += 1;
            if calls % 2 == 0 { throttled("1") } else { Reply::Taken }
        });
        let limits = "rate = { segments_per_second = 50, burst = 5 }\nretry = { first = \"1s\", max = \"2s\" }";
        let setup = Setup::bare(&db).twilio("long", "+12025550100", &provider.url(), limits);
        let app = TestApp::start(&db, &setup).await;
        for n in 0..TEXTS {
            app.api.send("long", &format!("+1202555{:04}", 100 + n), &format!("text {n}")).await;
        }
        within(PATIENCE * 6, "every text to be sent", async || {
            let sent = app.metric("postern_messages_sent_total", &[]).await;
            (sent >= f64::from(TEXTS)).then_some(())
        })
        .await;
        let ledger = provider.ledger();
        for n in 0..TEXTS {
            let text = format!("text {n}");
            let taken = ledger.iter().filter(|handed| handed.text == text && handed.reference.is_some());
            assert_eq!(taken.count(), 1, "{text}");
        }
        // Also when it comes back, the provider never sees more than the gateway's rate.
        for (at, first) in ledger.iter().enumerate() {
            let second = ledger[at..].iter().take_while(|one| one.at.duration_since(first.at) < Duration::from_secs(1));
            let most = RATE + 5;
            assert!(second.count() <= most, "more than {most} in a second");
        }
        app.end().await;
    }

    async fn f27_f30_silence_and_drips_end_in_time_and_stay_unconfirmed(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers(|handed| match handed.text.as_str() {
            "silence" => Reply::Hang,
            "drip" => Reply::Drip,
            _ => Reply::Taken,
        });
        let silence = app.api.send("long", "+12025550101", "silence").await;
        let drip = app.api.send("long", "+12025550102", "drip").await;
        provider.handed(2).await;
        let quick = app.api.send("long", "+12025550103", "quick").await;
        app.api.message_becomes(&quick["id"], "sent").await;
        app.api.message_becomes(&silence["id"], "unconfirmed").await;
        app.api.message_becomes(&drip["id"], "unconfirmed").await;
        assert_eq!(provider.times_handed("silence"), 1);
        assert_eq!(provider.times_handed("drip"), 1);
        app.end().await;
    }

    async fn f28_a_refused_connection_is_tried_again(db: Db) {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let app = TestApp::start(&db, &Setup::usual(&db, &url)).await;
        let message = app.api.send("long", CUSTOMER, "nobody there").await;
        assert_eq!(app.api.message_becomes(&message["id"], "queued").await["status"], "queued");
        let provider = FakeProvider::on(([127, 0, 0, 1], port).into()).await;
        app.api.message_becomes(&message["id"], "sent").await;
        assert_eq!(provider.times_handed("nobody there"), 1);
        app.end().await;
    }

    async fn f29_f30_broken_answers_are_unconfirmed_and_not_repeated(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let warm = app.api.send("long", CUSTOMER, "warm the connection").await;
        app.api.message_becomes(&warm["id"], "sent").await;
        let broken = [Reply::Reset, Reply::Close, Reply::ResetInHeaders, Reply::Endless];
        for (n, reply) in broken.into_iter().enumerate() {
            let text = format!("{n} {reply:?}");
            provider.answers_in_turn([reply]);
            let message = app.api.send("long", CUSTOMER, &text).await;
            let message = app.api.message_becomes(&message["id"], "unconfirmed").await;
            assert!(message["error"]["detail"].is_string(), "{message}");
            assert_eq!(provider.times_handed(&text), 1, "{text}");
        }
        app.end().await;
    }

    async fn f32_answers_without_an_id_are_unconfirmed(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let html = vec![("content-type".to_owned(), "text/html".to_owned())];
        let answers = [
            Reply::Answer(200, html, "<html>Welcome</html>".to_owned()),
            Reply::Answer(201, vec![], "{\"sid\": ".to_owned()),
            Reply::status(201, &json!({"status": "queued"})),
            Reply::status(201, &json!({"sid": null})),
        ];
        for (n, reply) in answers.into_iter().enumerate() {
            let text = format!("odd answer {n}");
            provider.answers_in_turn([reply]);
            let message = app.api.send("long", CUSTOMER, &text).await;
            app.api.message_becomes(&message["id"], "unconfirmed").await;
            assert_eq!(provider.times_handed(&text), 1);
        }
        app.end().await;
    }

    async fn f32_the_same_id_for_two_messages_stays_with_the_first(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        provider.answers(|_| Reply::TakenAs("SM-the-same".to_owned(), Duration::ZERO));
        let first = app.api.send("long", "+12025550101", "first").await;
        app.api.message_becomes(&first["id"], "sent").await;
        let second = app.api.send("long", "+12025550102", "second").await;
        provider.handed(2).await;
        let last = app.api.message_becomes(&second["id"], "unconfirmed").await;
        assert_ne!(last["provider_reference"], "SM-the-same");
        app.hooks.report("long", "SM-the-same", "delivered", "").await.expect(200);
        assert_eq!(app.api.message(&first["id"]).await["status"], "delivered");
        assert_eq!(app.api.message(&second["id"]).await["status"], "unconfirmed");
        app.end().await;
    }

    async fn f33_a_redirect_is_not_followed_and_named(db: Db) {
        let (app, sick, healthy) = two_providers(&db).await;
        let target = format!("{}/elsewhere", healthy.url());
        sick.answers(move |_| Reply::with_header(307, "location", &target, &json!({})));
        app.api.send("long", CUSTOMER, "follow me").await;
        let gateway = app.gateway_becomes("long", "paused").await;
        let reason = gateway["health"]["reason"].as_str().unwrap();
        assert!(reason.contains("127.0.0.1"), "{reason}");
        assert!(healthy.ledger().is_empty());
        app.end().await;
    }

    async fn f35_refused_credentials_pause_the_gateway_and_fail_nothing(db: Db) {
        let (sick, healthy) = (FakeProvider::start().await, FakeProvider::start().await);
        let clock = Clock::fixed(Clock::System.now());
        let app = TestApp::start_at(&db, &two_gateways(&db, &sick, &healthy), clock.clone()).await;
        let body = json!({"code": 20003, "message": "authenticate", "status": 401});
        sick.answers(move |_| Reply::status(401, &body));
        let mut messages = Vec::new();
        for n in 0..10 {
            messages.push(app.api.send("long", &format!("+1202555011{n}"), "held").await);
        }
        let gateway = app.gateway_becomes("long", "paused").await;
        assert!(gateway["health"]["reason"].is_string());
        let other = app.api.send("other", CUSTOMER, "elsewhere").await;
        app.api.message_becomes(&other["id"], "sent").await;
        let tried = sick.ledger().len();
        assert!(tried <= 10, "a storm of {tried}");
        for message in &messages {
            assert_eq!(app.api.message(&message["id"]).await["status"], "queued");
        }
        let feed = app.api.feed().await;
        assert_eq!(feed.iter().filter(|event| event["type"] == "gateway.down").count(), 1);
        sick.answers(|_| Reply::Taken);
        clock.advance(Duration::from_secs(45));
        for message in &messages {
            app.api.message_becomes(&message["id"], "sent").await;
        }
        app.gateway_becomes("long", "up").await;
        let feed = app.api.feed().await;
        assert_eq!(feed.iter().filter(|event| event["type"] == "gateway.up").count(), 1);
        app.end().await;
    }
}
