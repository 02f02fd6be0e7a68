//! Mail to a real Postfix, and what it tells the gateway's mailbox about it.

use serde_json::{Value, json};

use super::mail_to;
use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::postfix::Postfix;
use crate::world::{PATIENCE, within};

const ANN: &str = "ann@example.test";
/// Accepted by the server, and nobody's mailbox.
const GONE: &str = "gone@example.test";
/// Accepted by the server, which then tries for days.
const FULL: &str = "max@full.test";

async fn start(db: &Db, smtp: &str) -> (TestApp, Postfix) {
    let server = Postfix::start();
    let app = TestApp::start(db, &server.setup(db, smtp)).await;
    (app, server)
}

/// A message once `done` is true of it.
async fn once(app: &TestApp, id: &Value, what: &str, done: impl Fn(&Value) -> bool) -> Value {
    within(PATIENCE * 3, what, async || {
        Some(app.api.message(id).await).filter(&done)
    })
    .await
}

async fn send(app: &TestApp, body: &Value) -> Value {
    app.api.post("/v1/messages", body).await.expect(202)
}

/// What became of a message, in order.
async fn fates(app: &TestApp, id: &Value) -> Vec<String> {
    let feed = app.api.feed().await;
    let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
    feed.iter()
        .filter(|event| event["data"]["message"] == *id)
        .map(kind)
        .filter(|kind| kind != "message.changed")
        .collect()
}

fn status<'a>(message: &'a Value, recipient: &str) -> &'a str {
    let all = message["recipients"].as_array().unwrap();
    let of = all.iter().find(|one| one["address"] == recipient).unwrap();
    of["status"].as_str().unwrap()
}

/// No report of the server became a message or an issue.
async fn nothing_came_in(app: &TestApp) {
    let received = app.api.list("/v1/messages?direction=inbound").await;
    assert_eq!(received, Vec::<Value>::new());
    assert_eq!(app.api.list("/v1/issues").await.len(), 0);
}

both! {
    async fn f55_a_mail_reaches_the_mailbox_and_the_real_report_says_so(db: Db) {
        let (app, server) = start(&db, "").await;
        let id = send(&app, &mail_to(ANN, "It is here, Ann.")).await["id"].clone();
        let message = once(&app, &id, "the delivery", |now| now["status"] == "delivered").await;
        assert_eq!(fates(&app, &id).await, ["message.queued", "message.sent", "message.delivered"]);
        assert_eq!(status(&message, ANN), "delivered");
        let mails = server.mails("ann");
        assert_eq!(mails.len(), 1);
        let own_id = message["mail"]["message_id"].as_str().unwrap();
        assert!(mails[0].contains(&format!("Message-ID: <{own_id}>\n")), "{}", mails[0]);
        assert!(mails[0].contains("Return-Path: <support@example.test>\n"), "{}", mails[0]);
        assert!(mails[0].contains("It is here, Ann."), "{}", mails[0]);
        nothing_came_in(&app).await;
        app.end().await;
    }

    async fn f55_a_real_bounce_fails_its_message_and_marks_the_address(db: Db) {
        let (app, _server) = start(&db, "").await;
        let id = send(&app, &mail_to(GONE, "Anybody there?")).await["id"].clone();
        let message = once(&app, &id, "the bounce", |now| now["status"] == "failed").await;
        assert_eq!(fates(&app, &id).await, ["message.queued", "message.sent", "message.failed"]);
        assert_eq!(message["error"]["code"], "5.1.1");
        assert!(message["error"]["detail"].as_str().unwrap().contains("unknown user"), "{message}");
        assert_eq!(status(&message, GONE), "failed");
        let address = &app.api.list("/v1/conversations").await[0]["contact"]["addresses"][0];
        assert_eq!(address["value"], GONE);
        assert!(address["bounced_at"].is_string(), "{address}");
        nothing_came_in(&app).await;
        app.end().await;
    }

    async fn f55_each_recipient_of_a_mail_meets_its_own_real_fate(db: Db) {
        // With a bounce address of its own for each mail, the server has to know it as ours.
        let (app, server) = start(&db, "verp = true").await;
        let mut body = mail_to(ANN, "Hello, all of you");
        body["cc"] = json!([GONE]);
        body["bcc"] = json!([FULL]);
        let id = send(&app, &body).await["id"].clone();
        let told = |line: &Value| line["detail"].as_str().is_some_and(|text| text.contains("not delivered yet"));
        let message = once(&app, &id, "three reports", |now| {
            status(now, ANN) == "delivered"
                && status(now, GONE) == "failed"
                && now["timeline"].as_array().unwrap().iter().any(told)
                && now["error"]["code"] == "5.1.1"
        })
        .await;
        assert_eq!(status(&message, FULL), "sent");
        let mails = server.mails("ann");
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("Return-Path: <support+"), "{}", mails[0]);
        assert!(!mails[0].contains(FULL), "nobody is told of those unseen: {}", mails[0]);
        nothing_came_in(&app).await;
        app.end().await;
    }

    async fn t08_nothing_is_smuggled_through_a_server_that_would_let_it(db: Db) {
        let (app, server) = start(&db, "").await;
        let ends = ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r\n", "\r\n.\r", "\r.\r\n", "\n.\r"];
        for end in ends {
            let hidden = "MAIL FROM:<eve@example.test>\r\nRCPT TO:<eve@example.test>\r\nDATA\r\n\r\nsmuggled\r\n.\r\n";
            let text = format!("first{end}{hidden}last");
            let id = send(&app, &mail_to(ANN, &text)).await["id"].clone();
            once(&app, &id, "the delivery", |now| now["status"] == "delivered").await;
        }
        let mails = server.mails("ann");
        assert_eq!(mails.len(), ends.len());
        for mail in mails {
            assert!(mail.contains("first") && mail.contains("smuggled") && mail.contains("last"), "{mail}");
        }
        assert_eq!(server.mails("eve"), Vec::<String>::new());
        app.end().await;
    }
}
