//! Whatever the bytes are, they end as a message or in quarantine, and those behind them flow.

use bytes::Bytes;
use postern::domain::receive::mail::MailReceipt;
use serde_json::json;

use super::post::{Letter, Mailbox, office};
use crate::both;

const ANN: &str = "Ann Example <ann@example.org>";

fn broken() -> Vec<Bytes> {
    let deep = (0..2_000).fold(String::new(), |text, n| {
        text + &format!("Content-Type: multipart/mixed; boundary=\"{n}\"\r\n\r\n--{n}\r\n")
    });
    let header = format!("Subject: {}\r\n\r\nHi", "x".repeat(10_000_000));
    let texts = [
        "",
        "\0\0\0",
        "no headers at all",
        "From: \r\nTo: \r\n\r\n",
        "\r\n\r\n\r\n",
    ];
    let mut all: Vec<Bytes> = texts
        .map(|text| Bytes::from(text.as_bytes().to_vec()))
        .into();
    all.extend([
        Bytes::from(deep),
        Bytes::from(header),
        Bytes::from(vec![0xff; 10_000]),
    ]);
    all
}

both! {
    async fn i06_i21_every_byte_string_is_kept_and_stops_nobody(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let mut mails = vec![Letter::new(ANN, "Before", "Hello").raw()];
        mails.extend(broken());
        mails.push(Letter::new(ANN, "Behind", "Hello\0there").raw());
        let count = mails.len();
        let receipts = inbox.put_all(mails.clone()).await;
        let stored = receipts.iter().filter(|one| matches!(one, MailReceipt::Stored(_))).count();
        let kept = receipts.iter().filter(|one| matches!(one, MailReceipt::Quarantined(_))).count();
        assert_eq!(stored + kept, count, "{receipts:?}");
        assert!(matches!(receipts[0], MailReceipt::Stored(_)));
        assert!(matches!(receipts[count - 1], MailReceipt::Stored(_)));
        assert_eq!(app.api.list("/v1/messages").await.len(), stored);
        assert_eq!(app.api.list("/v1/quarantine").await.len(), kept);
        assert_eq!(usize::try_from(inbox.read_to().await).unwrap(), count);
        // Numbered anew, nothing of it comes again.
        inbox.renumber(2).await;
        let receipts = inbox.put_all(mails).await;
        assert!(receipts.iter().all(|one| matches!(one, MailReceipt::Known(_))), "{receipts:?}");
        assert_eq!(app.api.list("/v1/quarantine").await.len(), kept);
        app.end().await;
    }

    async fn i06_what_still_cannot_be_read_stays_in_quarantine(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let receipt = inbox.put_all(vec![Bytes::new()]).await.pop().unwrap();
        let MailReceipt::Quarantined(id) = receipt else {
            panic!("{receipt:?}");
        };
        let waiting = app.api.list("/v1/quarantine").await;
        assert_eq!(waiting[0]["gateway"], "support");
        assert_eq!(waiting[0]["id"], id.to_string());
        let answer = app.api.post(&format!("/v1/quarantine/{id}/replay"), &json!({})).await;
        answer.expect(409);
        assert_eq!(app.api.list("/v1/quarantine").await.len(), 1);
        app.end().await;
    }

    async fn f51_only_the_headers_of_a_mail_that_is_too_large_are_shown_with_a_note(db: Db) {
        let (app, _sink) = office(&db, "").await;
        Mailbox::open(&app, "support").await;
        let raw = Letter::new(ANN, "Large", "Not fetched").raw();
        let head = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let mut fetched = super::post::fetched(1, 1, raw.slice(..head));
        (fetched.size, fetched.headers_only) = (90_000_000, true);
        let gateway = postern::domain::gateway::GatewayName::parse("support").unwrap();
        let line = app.engine().line(&gateway).unwrap();
        let receipt = app.engine().receive_mail(line, fetched).await.unwrap();
        assert!(matches!(receipt, MailReceipt::Stored(_)));
        let message = &app.api.list("/v1/messages").await[0];
        assert_eq!(message["subject"], "Large");
        let note = message["mail"]["incomplete"].as_str().unwrap();
        assert!(note.contains("90 MB"), "{note}");
        app.end().await;
    }
}
