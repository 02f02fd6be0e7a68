//! A mail becomes a message, its writer a contact, its subject an issue.

use postern::domain::receive::mail::MailReceipt;
use serde_json::json;

use super::post::{Letter, Mailbox, SUPPORT, office};
use crate::both;
use crate::world::api::Answer;

const ANN: &str = "Ann Example <Ann@Example.org>";

both! {
    async fn a_mail_is_a_message_with_all_that_it_has(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = Letter::new(ANN, "Where is my parcel?", "Hello,\nwhere is it?\n\n-- \nAnn")
            .with("Cc", "Bob <bob@example.org>");
        let message = inbox.message(&letter).await;
        assert_eq!(message["channel"], "email");
        assert_eq!(message["direction"], "inbound");
        assert_eq!(message["status"], "received");
        assert_eq!(message["from"], "Ann@Example.org");
        assert_eq!(message["to"], SUPPORT);
        assert_eq!(message["cc"], json!(["bob@example.org"]));
        assert_eq!(message["subject"], "Where is my parcel?");
        assert!(message["text"].as_str().unwrap().contains("where is it?"));
        assert!(!message["text"].as_str().unwrap().contains("-- "));
        assert!(message["full_text"].as_str().unwrap().contains("-- "));
        assert_eq!(message["mail"]["message_id"], letter.id());
        assert_eq!(message["mail"]["from_name"], "Ann Example");
        assert_eq!(message["mail"]["verified"], "unknown");
        assert_eq!(message["mail"]["automatic"], json!(null));
        assert_eq!(message["mail"]["matcher"], "sender");
        let conversation = &app.api.list("/v1/conversations").await[0];
        assert_eq!(conversation["contact"]["name"], "Ann Example");
        assert_eq!(
            conversation["contact"]["addresses"],
            json!([{"channel": "email", "value": "ann@example.org"}])
        );
        assert_eq!(conversation["unread"], 1);
        assert_eq!(conversation["preview"]["subject"], "Where is my parcel?");
        let issue = &app.api.list("/v1/issues").await[0];
        assert_eq!(issue["title"], "Where is my parcel?");
        assert_eq!(issue["id"], message["issue"]);
        app.end().await;
    }

    async fn t06_the_mail_as_it_came_is_given_to_nobody_to_run(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = Letter::new(ANN, "Hi", "<script>alert(1)</script>");
        let message = inbox.message(&letter).await;
        let path = format!("/v1/messages/{}/raw", message["id"].as_str().unwrap());
        let answer: Answer = app.api.get(&path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text.as_bytes(), &letter.raw()[..]);
        assert_eq!(answer.headers["content-type"], "message/rfc822");
        assert!(answer.headers["content-disposition"].starts_with("attachment;"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert!(answer.headers["content-security-policy"].contains("sandbox"));
        app.end().await;
    }

    async fn html_is_shown_harmless_and_files_are_kept(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let body = "--b\nContent-Type: text/html; charset=utf-8\n\n\
            <p onclick=\"x()\">Look: <img src=\"cid:pic@x\"><img src=\"http://evil.example/x\"></p>\
            <script>x()</script>\n\
            --b\nContent-Type: image/gif; name=\"dot.gif\"\nContent-ID: <pic@x>\n\
            Content-Disposition: inline; filename=\"dot.gif\"\nContent-Transfer-Encoding: base64\n\n\
            R0lGODlhAQABAAAAACw=\n--b--";
        let letter = Letter::new(ANN, "A picture", body)
            .with("MIME-Version", "1.0")
            .with("Content-Type", "multipart/related; boundary=\"b\"");
        let message = inbox.message(&letter).await;
        let file = &message["attachments"][0];
        assert_eq!(file["name"], "dot.gif");
        assert_eq!(file["content_type"], "image/gif");
        let html = message["html"].as_str().unwrap();
        let url = format!("/v1/attachments/{}", file["id"].as_str().unwrap());
        assert!(html.contains(&url), "{html}");
        assert!(!html.contains("script") && !html.contains("onclick"), "{html}");
        assert!(!html.contains(" src=\"http"), "{html}");
        assert!(message["text"].as_str().unwrap().contains("Look"));
        let answer = app.api.get(&url).await;
        assert_eq!(answer.status, 200);
        app.end().await;
    }

    async fn i09_first_mails_at_once_are_one_conversation_and_one_issue(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letters = (0..20).map(|n| Letter::new(ANN, &format!("Mail {n}"), "Hello").raw());
        let receipts = inbox.put_all(letters.collect()).await;
        assert!(receipts.iter().all(|one| matches!(one, MailReceipt::Stored(_))));
        assert_eq!(app.api.list("/v1/messages").await.len(), 20);
        let conversations = app.api.list("/v1/conversations").await;
        assert_eq!(conversations.len(), 1);
        assert_eq!(conversations[0]["unread"], 20);
        let issues = app.api.list("/v1/issues").await;
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0]["title"], "Mail 0");
        app.end().await;
    }

    async fn i10_a_mail_after_the_close_opens_one_new_issue(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let first = inbox.message(&Letter::new(ANN, "First", "Hello")).await;
        let close = format!("/v1/issues/{}/close", first["issue"].as_str().unwrap());
        app.api.post(&close, &json!({})).await.expect(200);
        let second = inbox.message(&Letter::new(ANN, "Second", "Hello")).await;
        let third = inbox.message(&Letter::new(ANN, "Third", "Hello")).await;
        assert_ne!(first["issue"], second["issue"]);
        assert_eq!(second["issue"], third["issue"]);
        assert_eq!(app.api.list("/v1/issues").await.len(), 2);
        app.end().await;
    }

    async fn peers_11_what_programs_write_is_kept_and_opens_nothing(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let automatic = [
            Letter::new(ANN, "Out of office", "I am away").with("Auto-Submitted", "auto-replied"),
            Letter::new("News <news@example.org>", "News", "Buy").with("List-Id", "<news.example.org>"),
            Letter::new(BILLING_NAMED, "Copy", "From us"),
        ];
        for letter in &automatic {
            let message = inbox.message(letter).await;
            assert_ne!(message["mail"]["automatic"], json!(null), "{message}");
            assert_eq!(message["issue"], json!(null));
        }
        assert_eq!(app.api.list("/v1/issues").await.len(), 0);
        for conversation in app.api.list("/v1/conversations?view=all").await {
            assert_eq!(conversation["unread"], 0);
        }
        app.end().await;
    }

    async fn automatic_mail_opens_issues_where_that_is_wanted(db: Db) {
        let (app, _sink) = office(&db, "automatic_opens_issue = true").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = Letter::new(ANN, "Away", "Away").with("Auto-Submitted", "auto-replied");
        assert_ne!(inbox.message(&letter).await["issue"], json!(null));
        let own = Letter::new(BILLING_NAMED, "Copy", "From us");
        assert_eq!(inbox.message(&own).await["issue"], json!(null));
        app.end().await;
    }
}

const BILLING_NAMED: &str = "Billing <billing@example.net>";
