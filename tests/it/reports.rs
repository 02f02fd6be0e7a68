//! Reports: whatever their order, number and time, the message ends with the strongest.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::hooks::{fresh_sid, now, sandbox_status};
use crate::world::provider::Reply;
use crate::world::within;

const CUSTOMER: &str = "+12025550107";

/// Every order of three things.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

fn lines(message: &Value, status: &str) -> usize {
    let timeline = message["timeline"].as_array().unwrap();
    timeline
        .iter()
        .filter(|line| line["status"] == status)
        .count()
}

both! {
    async fn i23_f38_any_order_and_repetition_ends_alike(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let reports = [("sent", ""), ("undelivered", "30005"), ("delivered", "")];
        for order in ORDERS {
            let message = app.api.send("long", CUSTOMER, &format!("{order:?}")).await;
            let sent = app.api.message_becomes(&message["id"], "sent").await;
            let reference = sent["provider_reference"].as_str().unwrap();
            for place in order.into_iter().chain(order).chain([order[0]]) {
                let (status, code) = reports[place];
                app.hooks.report("long", reference, status, code).await.expect(200);
            }
            let end = app.api.message(&message["id"]).await;
            assert_eq!(end["status"], "delivered", "{order:?}");
            assert_eq!((lines(&end, "delivered"), lines(&end, "failed")), (1, 1));
        }
        app.end().await;
    }

    async fn f36_a_failed_report_carries_class_code_and_words(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let message = app.api.send("long", CUSTOMER, "to nobody").await;
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        let reference = sent["provider_reference"].as_str().unwrap();
        app.hooks.report("long", reference, "undelivered", "30005").await.expect(200);
        let failed = app.api.message(&message["id"]).await;
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["error"]["class"], "invalid_number");
        assert_eq!(failed["error"]["code"], "30005");
        assert!(!failed["error"]["detail"].as_str().unwrap().is_empty());
        app.end().await;
    }

    async fn i24_a_report_before_the_answer_is_parked_and_applied(db: Db) {
        let (app, provider) = TestApp::usual(&db).await;
        let sid = fresh_sid();
        let known = sid.clone();
        provider.answers(move |_| Reply::TakenAs(known.clone(), Duration::from_millis(700)));
        let message = app.api.send("long", CUSTOMER, "quick network").await;
        provider.handed(1).await;
        app.hooks.report("long", &sid, "delivered", "").await.expect(200);
        let end = app.api.message_becomes(&message["id"], "delivered").await;
        assert_eq!(end["provider_reference"], sid.as_str());
        app.end().await;
    }

    async fn f38_a_hundred_repeats_at_once_are_one_line(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let message = app.api.send("long", CUSTOMER, "chatty").await;
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        let reference = sent["provider_reference"].as_str().unwrap();
        let posts = (0..100).map(|_| app.hooks.report("long", reference, "delivered", ""));
        for answer in join_all(posts).await {
            answer.expect(200);
        }
        let end = app.api.message(&message["id"]).await;
        assert_eq!(lines(&end, "delivered"), 1);
        let feed = app.api.feed().await;
        assert_eq!(feed.iter().filter(|event| event["type"] == "message.delivered").count(), 1);
        app.end().await;
    }

    async fn f38_a_report_nobody_knows_is_taken_and_harms_nothing(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        app.hooks.report("long", &fresh_sid(), "delivered", "").await.expect(200);
        let answer = app.hooks.standard("short", now(), &sandbox_status("nobody", "delivered")).await;
        assert_eq!(answer.status / 100, 2);
        assert!(app.api.list("/v1/messages").await.is_empty());
        app.end().await;
    }

    async fn f37_without_a_report_a_text_stays_sent(db: Db) {
        let (app, _provider) = TestApp::usual(&db).await;
        let message = app.api.send("long", CUSTOMER, "no news").await;
        app.api.message_becomes(&message["id"], "sent").await;
        let other = app.api.send("long", CUSTOMER, "later").await;
        app.api.message_becomes(&other["id"], "sent").await;
        assert_eq!(app.api.message(&message["id"]).await["status"], "sent");
        app.end().await;
    }
}

/// On PostgreSQL an outcome is recorded without a transaction first, in the hope that no other
/// daemon writes meanwhile. Here one always does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i24_a_parked_report_outlives_a_record_that_was_outrun() {
    let db = Db::postgres().await;
    let (app, provider) = TestApp::usual(&db).await;
    db.execute(
        "CREATE FUNCTION outrun() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF current_query() LIKE '%INTO reference %turn + 1 / (turn%' THEN
                PERFORM 1 / 0;
            END IF;
            RETURN NEW;
        END $$",
    )
    .await;
    db.execute(
        "CREATE TRIGGER outrun BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION outrun()",
    )
    .await;
    let sid = fresh_sid();
    app.hooks
        .report("long", &sid, "delivered", "")
        .await
        .expect(200);
    provider.answers(move |_| Reply::TakenAs(sid.clone(), Duration::ZERO));
    let message = app
        .api
        .send("long", CUSTOMER, "faster than the answer")
        .await;
    let sent = app.api.message_becomes(&message["id"], "delivered").await;
    assert_eq!((lines(&sent, "sent"), lines(&sent, "delivered")), (1, 1));
    let counted = app
        .metric("postern_messages_delivered_total", &["sms"])
        .await;
    assert!((counted - 1.0).abs() < 0.1, "counted {counted} times");
    app.end().await;
}

/// While the outcome of a call cannot be recorded it is kept and tried again, for as long as that
/// takes: here for more tries than there once were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f16_an_outcome_outlives_a_long_absence_of_the_database() {
    let db = Db::postgres().await;
    let (app, provider) = TestApp::usual(&db).await;
    db.execute("CREATE SEQUENCE refused").await;
    db.execute(
        "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('refused') <= 62 THEN
                RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full';
            END IF;
            RETURN NEW;
        END $$",
    )
    .await;
    db.execute(
        "CREATE TRIGGER away BEFORE INSERT ON reference FOR EACH ROW EXECUTE FUNCTION away()",
    )
    .await;
    let message = app.api.send("long", CUSTOMER, "one").await;
    let sent = within(Duration::from_mins(2), "the outcome on disk", async || {
        let message = app.api.message(&message["id"]).await;
        (message["status"] == "sent").then_some(message)
    });
    assert!(sent.await["provider_reference"].is_string());
    assert_eq!(provider.times_handed("one"), 1);
    app.end().await;
}
