//! A mail is stored once, whatever the server does with its numbers, and none is passed over.

use futures_util::future::join_all;
use postern::domain::clock::Timestamp;
use postern::domain::gateway::GatewayName;
use postern::domain::mailbox::MailboxState;
use postern::domain::receive::mail::MailReceipt;
use serde_json::Value;

use super::post::{BILLING, Letter, Mailbox, SUPPORT, fetched, office, state};
use crate::both;

const ANN: &str = "Ann Example <ann@example.org>";

fn count(feed: &[Value], kind: &str) -> usize {
    feed.iter().filter(|event| event["type"] == kind).count()
}

both! {
    async fn i05_one_mail_twenty_times_at_once_is_one_message(db: Db) {
        let (app, _sink) = office(&db, "").await;
        Mailbox::open(&app, "support").await;
        let letter = Letter::new(ANN, "Hello", "Hello");
        let line = app.engine().line(&GatewayName::parse("support").unwrap()).unwrap();
        let copies = (1..=20).map(|uid| {
            let trace = format!("from a by b; copy {uid}");
            let copy = letter.clone().stamped("Received", &trace).raw();
            app.engine().receive_mail(line, fetched(1, uid, copy))
        });
        let receipts: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
        let stored = receipts.iter().filter(|one| matches!(one, MailReceipt::Stored(_)));
        assert_eq!(stored.count(), 1);
        let feed = app.api.feed().await;
        assert_eq!(count(&feed, "message.received"), 1);
        assert_eq!(count(&feed, "issue.created"), 1);
        assert_eq!(app.api.list("/v1/conversations").await[0]["unread"], 1);
        app.end().await;
    }

    async fn f54_what_is_not_the_same_mail_is_kept(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let nameless = Letter::new(ANN, "No id", "One").without("Message-ID");
        let letter = Letter::new(ANN, "Same id", "One");
        let other = Letter::new(ANN, "Same id", "Two").with("Message-ID", &format!("<{}>", letter.id()));
        let empty = Letter::new(ANN, "Empty id", "Three").with("Message-ID", "");
        let mails = vec![
            nameless.raw(),
            nameless.clone().with("Subject", "No id either").raw(),
            letter.raw(),
            other.raw(),
            empty.raw(),
        ];
        let receipts = inbox.put_all(mails).await;
        assert!(receipts.iter().all(|one| matches!(one, MailReceipt::Stored(_))), "{receipts:?}");
        assert_eq!(app.api.list("/v1/messages").await.len(), 5);
        assert!(matches!(inbox.put(&nameless).await, MailReceipt::Known(_)));
        assert_eq!(app.api.list("/v1/messages").await.len(), 5);
        app.end().await;
    }

    async fn f54_one_mail_to_two_mailboxes_is_one_message_of_each(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut support = Mailbox::open(&app, "support").await;
        let mut billing = Mailbox::open(&app, "billing").await;
        let letter = Letter::new(ANN, "To both", "Hello").with("To", &format!("{SUPPORT}, {BILLING}"));
        for _ in 0..3 {
            support.put(&letter).await;
            billing.put(&letter).await;
        }
        let mut gateways: Vec<Value> = app.api.list("/v1/messages").await.into_iter()
            .map(|message| message["gateway"].clone()).collect();
        gateways.sort_by_key(ToString::to_string);
        assert_eq!(gateways, ["billing", "support"]);
        assert_eq!(app.api.list("/v1/conversations").await.len(), 1);
        assert_eq!(app.api.list("/v1/issues").await.len(), 1);
        app.end().await;
    }

    async fn i07_the_cursor_goes_with_the_mails(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        assert_eq!(inbox.read_to().await, 0);
        let letters = (0..5).map(|n| Letter::new(ANN, &format!("{n}"), "Hello").raw());
        inbox.put_all(letters.collect()).await;
        assert_eq!(inbox.read_to().await, 5);
        let gateway = GatewayName::parse("support").unwrap();
        let known = app.engine().known_uids(&gateway, 1, 2, 9).await.unwrap();
        assert_eq!(known, [2, 3, 4, 5]);
        assert!(app.engine().known_uids(&gateway, 2, 1, 9).await.unwrap().is_empty());
        assert!(app.engine().waiting_after_read(&gateway, 9).await.unwrap().is_empty());
        app.end().await;
    }

    async fn f47_i08_a_mailbox_numbered_anew_brings_no_mail_twice(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letters: Vec<_> = (0..10).map(|n| Letter::new(ANN, &format!("{n}"), "Hello").raw()).collect();
        inbox.put_all(letters.clone()).await;
        inbox.renumber(2).await;
        assert_eq!(inbox.read_to().await, 0);
        let mut all = letters;
        all.reverse();
        all.push(Letter::new(ANN, "Meanwhile", "Hello").raw());
        let receipts = inbox.put_all(all).await;
        let known = receipts.iter().filter(|one| matches!(one, MailReceipt::Known(_)));
        assert_eq!(known.count(), 10);
        assert_eq!(inbox.read_to().await, 11);
        assert_eq!(app.api.list("/v1/messages").await.len(), 11);
        assert_eq!(app.api.list("/v1/issues").await.len(), 1);
        assert_eq!(count(&app.api.feed().await, "gateway.notice"), 1);
        app.end().await;
    }

    async fn f47_what_was_there_before_the_first_run_stays_unread(db: Db) {
        let (app, _sink) = office(&db, "").await;
        let gateway = GatewayName::parse("support").unwrap();
        let engine = app.engine();
        let first = state(&gateway, 1);
        let opened = MailboxState { start_uid: 7, read_to: 7, since: first.opened_at, ..first.clone() };
        let opened = engine.open_mailbox(opened).await.unwrap();
        assert_eq!((opened.start_uid, opened.read_to), (7, 7));
        let anew = MailboxState { uidvalidity: 2, history_to: 2, ..first };
        let again = engine.open_mailbox(anew).await.unwrap();
        assert_eq!((again.start_uid, again.read_to, again.since), (0, 0, opened.since));
        let days = |days: i64| days * 24 * 3_600 * 1_000_000;
        let line = engine.line(&gateway).unwrap();
        let mail = |uid, received: i64| {
            let mut fetched = fetched(2, uid, Letter::new(ANN, &format!("{uid}"), "Hello").raw());
            fetched.internal_date = Some(Timestamp(opened.since.0 + days(received)));
            fetched
        };
        let receipts = engine.receive_mails(line, vec![mail(1, -2), mail(2, 0), mail(3, -2)]).await;
        assert!(matches!(receipts[0], Ok(MailReceipt::Skipped)));
        // In doubt, and what comes in later, is read.
        assert!(matches!(receipts[1], Ok(MailReceipt::Stored(_))));
        assert!(matches!(receipts[2], Ok(MailReceipt::Stored(_))));
        assert_eq!(app.api.list("/v1/messages").await.len(), 2);
        app.end().await;
    }

    async fn after_read_duties_wait_until_they_are_done(db: Db) {
        let sink = crate::world::smtp::MailSink::start().await;
        let setup = super::post::setup(&db, &sink, "");
        let imap = "[gateway.imap]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\nafter_read = { flag = \"Kept\" }\n";
        let app = crate::world::app::TestApp::start(&db, &setup.and(imap)).await;
        let mut inbox = Mailbox::open(&app, "billing").await;
        let letters = (0..3).map(|n| Letter::new(ANN, &format!("{n}"), "Hello").raw());
        inbox.put_all(letters.collect()).await;
        let gateway = GatewayName::parse("billing").unwrap();
        let engine = app.engine();
        assert_eq!(engine.waiting_after_read(&gateway, 2).await.unwrap(), [1, 2]);
        engine.after_read_done(&gateway, 1, vec![1, 3]).await.unwrap();
        engine.after_read_done(&gateway, 1, vec![1]).await.unwrap();
        assert_eq!(engine.waiting_after_read(&gateway, 9).await.unwrap(), [2]);
        app.end().await;
    }
}
