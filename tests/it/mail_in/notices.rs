//! Bounces, receipts and complaints become part of the message that they are about.

use postern::domain::receive::mail::MailReceipt;
use serde_json::{Value, json};

use super::post::{Letter, Mailbox, SUPPORT, office};
use crate::both;
use crate::world::api::Api;
use crate::world::smtp::{Act, Step};

async fn sent(api: &Api, to: &str, cc: &[&str]) -> Value {
    let body = json!({"to": to, "cc": cc, "subject": "Your parcel", "text": "It is on its way.", "gateway": "support"});
    let message = api.post("/v1/messages", &body).await.expect(202);
    api.message_becomes(&message["id"], "sent").await
}

/// A delivery status report (RFC 3464) about one recipient of a message of ours.
fn report(message: &Value, recipient: &str, action: &str, code: &str) -> Letter {
    let id = message["mail"]["message_id"].as_str().unwrap();
    let body = format!(
        "--r\nContent-Type: text/plain\n\nSorry.\n\
         --r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n\
         Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {code}\n\
         Diagnostic-Code: smtp; 550 {code} no such mailbox here\n\n\
         --r\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{id}>\nSubject: Your parcel\n\n--r--"
    );
    Letter::new(
        "Mail Delivery <mailer-daemon@mx.example.com>",
        "Undelivered",
        &body,
    )
    .stamped("Return-Path", "<>")
    .with("Auto-Submitted", "auto-replied")
    .with("MIME-Version", "1.0")
    .with(
        "Content-Type",
        "multipart/report; report-type=delivery-status; boundary=\"r\"",
    )
}

both! {
    async fn peers_10_a_bounce_fails_its_message_marks_the_address_and_opens_nothing(db: Db) {
        let (app, sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let message = sent(&app.api, "gone@example.org", &[]).await;
        let bounce = report(&message, "gone@example.org", "failed", "5.1.1");
        let receipt = inbox.put(&bounce).await;
        assert!(matches!(receipt, MailReceipt::Reported(_)), "{receipt:?}");
        // The same again, and its copy under another number, say nothing new.
        inbox.put(&bounce).await;
        let message = app.api.message(&message["id"]).await;
        assert_eq!(message["status"], "failed");
        assert_eq!(message["error"]["code"], "5.1.1");
        assert!(message["error"]["detail"].as_str().unwrap().contains("no such mailbox"));
        assert_eq!(message["recipients"][0]["status"], "failed");
        let conversation = &app.api.list("/v1/conversations").await[0];
        let address = &conversation["contact"]["addresses"][0];
        assert_eq!(address["value"], "gone@example.org");
        assert!(address["bounced_at"].is_string(), "{address}");
        assert_eq!(app.api.list("/v1/messages").await.len(), 1);
        assert_eq!(app.api.list("/v1/issues").await.len(), 0);
        let counted = app.metric("postern_messages_failed_total", &["email"]).await;
        assert!((counted - 1.0).abs() < 0.1, "counted {counted} times");
        let feed = app.api.feed().await;
        let failed = feed.iter().filter(|event| event["type"] == "message.failed");
        assert_eq!(failed.count(), 1);
        assert_eq!(sink.letters().len(), 1);
        app.end().await;
    }

    async fn each_recipient_has_its_own_fate(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let message = sent(&app.api, "ann@example.org", &["bob@example.org"]).await;
        inbox.put(&report(&message, "Ann@example.org", "delivered", "2.0.0")).await;
        let now = app.api.message(&message["id"]).await;
        assert_eq!(now["recipients"][0]["status"], "delivered");
        assert_eq!(now["status"], "sent");
        inbox.put(&report(&message, "bob@example.org", "delayed", "4.4.1")).await;
        let now = app.api.message(&message["id"]).await;
        assert_eq!(now["recipients"][1]["status"], "sent");
        let told = |line: &Value| line["detail"].as_str().is_some_and(|detail| detail.contains("not delivered yet"));
        assert!(now["timeline"].as_array().unwrap().iter().any(told), "{now}");
        inbox.put(&report(&message, "bob@example.org", "failed", "5.2.2")).await;
        let now = app.api.message(&message["id"]).await;
        assert_eq!(now["recipients"][0]["status"], "delivered");
        assert_eq!(now["recipients"][1]["status"], "failed");
        assert_eq!(now["status"], "failed");
        app.end().await;
    }

    async fn peers_10_a_final_failure_opens_the_issue_again_or_tells_its_owner(db: Db) {
        let (app, _sink) = office(&db, "reopen_on_failure = true").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let first = Letter::new("Ann <ann@example.org>", "Hello", "Hello");
        let issue = inbox.message(&first).await["issue"].as_str().unwrap().to_owned();
        let mut answers = Vec::new();
        for _ in 0..2 {
            answers.push(sent(&app.api, "ann@example.org", &[]).await);
        }
        app.api.post(&format!("/v1/issues/{issue}/take"), &json!({})).await.expect(200);
        app.api.post(&format!("/v1/issues/{issue}/close"), &json!({})).await.expect(200);
        inbox.put(&report(&answers[0], "ann@example.org", "failed", "5.1.1")).await;
        let now = app.api.get(&format!("/v1/issues/{issue}")).await.expect(200);
        assert_eq!(now["state"], "assigned");
        inbox.put(&report(&answers[1], "ann@example.org", "failed", "5.1.1")).await;
        let feed = app.api.feed().await;
        let reopened = feed.iter().filter(|event| event["type"] == "issue.reopened");
        assert_eq!(reopened.count(), 1);
        let failed: Vec<&Value> = feed.iter().filter(|event| event["type"] == "message.failed").collect();
        assert_eq!(failed.len(), 2);
        assert_eq!(failed[1]["data"]["assignee"]["name"], "tests");
        assert_eq!(app.api.list("/v1/issues").await.len(), 1);
        app.end().await;
    }

    async fn peers_10_a_mail_that_the_server_refuses_opens_its_issue_again(db: Db) {
        let (app, sink) = office(&db, "reopen_on_failure = true").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let first = Letter::new("Ann <ann@example.org>", "Hello", "Hello");
        let issue = inbox.message(&first).await["issue"].as_str().unwrap().to_owned();
        sink.acts(|step| match step {
            Step::Rcpt(_) => Act::Say("550 5.1.1 nobody of that name"),
            _ => Act::Take,
        });
        let body = json!({"to": "ann@example.org", "text": "Hi", "gateway": "support"});
        let sent = app.api.post("/v1/messages", &body).await.expect(202);
        app.api.message_becomes(&sent["id"], "failed").await;
        app.api.post(&format!("/v1/issues/{issue}/close"), &json!({})).await.expect(200);
        let retry = format!("/v1/messages/{}/retry", sent["id"].as_str().unwrap());
        app.api.post(&retry, &json!({})).await.expect(200);
        app.api.message_becomes(&sent["id"], "failed").await;
        let now = app.api.get(&format!("/v1/issues/{issue}")).await.expect(200);
        assert_eq!(now["state"], "unassigned");
        let feed = app.api.feed().await;
        let count = |kind: &str| feed.iter().filter(|event| event["type"] == kind).count();
        assert_eq!((count("issue.reopened"), count("message.failed")), (1, 2));
        app.end().await;
    }

    async fn a_bounce_of_a_mail_that_we_did_not_send_is_kept_and_opens_nothing(db: Db) {
        let (app, sink) = office(&db, "acknowledge = \"We got it.\"").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let foreign = json!({"mail": {"message_id": "other@example.com"}});
        let message = inbox.message(&report(&foreign, SUPPORT, "failed", "5.1.1")).await;
        assert_eq!(message["mail"]["automatic"], "bounce");
        assert_eq!(message["issue"], json!(null));
        assert_eq!(app.api.list("/v1/issues").await.len(), 0);
        assert_eq!(app.api.list("/v1/conversations").await[0]["unread"], 0);
        assert!(sink.letters().is_empty());
        app.end().await;
    }
}
