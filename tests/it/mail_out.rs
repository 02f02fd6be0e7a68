//! Mail out: composed as meant, handed over once to each recipient, and what came of it.

mod compose;
mod faults;
mod kill;
mod offers;
mod pictures;
mod postfix;
mod signed;
pub(crate) mod wire;

use serde_json::{Value, json};

use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::setup::{FAST_MAIL, Setup};
use crate::world::smtp::MailSink;

pub(crate) const CUSTOMER: &str = "ann@example.com";

/// A daemon with one gateway for mail, and its server.
pub(crate) async fn with_mail(db: &Db) -> (TestApp, MailSink) {
    let sink = MailSink::start().await;
    let app = TestApp::start(db, &setup(db, &sink)).await;
    (app, sink)
}

pub(crate) fn setup(db: &Db, sink: &MailSink) -> Setup {
    Setup::bare(db).mail(
        "mail",
        "support@example.net",
        sink.address,
        [FAST_MAIL, "", ""],
    )
}

pub(crate) fn mail_to(to: &str, text: &str) -> Value {
    json!({"to": to, "subject": "Your order", "text": text})
}

both! {
    async fn a_mail_leaves_and_is_sent(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "It *is* here, Ann.")).await.expect(202);
        assert_eq!((&message["channel"], &message["status"]), (&json!("email"), &json!("queued")));
        assert_eq!((&message["subject"], &message["encoding"]), (&json!("Your order"), &json!("utf-8")));
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        let letter = sink.took(1).await.remove(0);
        assert_eq!((letter.sender().as_str(), letter.recipient().as_str()), ("support@example.net", CUSTOMER));
        assert_eq!(letter.header("From").unwrap(), "\"Example Support\" <support@example.net>");
        assert_eq!(letter.header("To").unwrap(), "<ann@example.com>");
        assert_eq!(letter.header("Subject").unwrap(), "Your order");
        assert!(letter.text().contains("It *is* here, Ann."), "{}", letter.text());
        assert!(letter.text().contains("It <em>is</em> here, Ann."), "{}", letter.text());
        assert!(sent["provider_reference"].as_str().unwrap().contains("queued as Q1"), "{sent}");
        let recipients = &sent["recipients"];
        assert_eq!(recipients[0]["address"], CUSTOMER);
        assert_eq!((&recipients[0]["kind"], &recipients[0]["status"]), (&json!("to"), &json!("sent")));
        app.end().await;
    }
}
