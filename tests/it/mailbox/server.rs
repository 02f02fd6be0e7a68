//! The daemon against a real Dovecot.

use std::time::Duration;

use super::{filed, subjects};
use crate::both;
use crate::world::app::TestApp;
use crate::world::daemon::Daemon;
use crate::world::db::Db;
use crate::world::dovecot::{Dovecot, QUICK, mail};
use crate::world::setup::Setup;
use crate::world::{PATIENCE, eventually, within};

const CUSTOMER: &str = "Kim <kim@customers.test>";

async fn start(db: &Db, server: &Dovecot, more: &str) -> TestApp {
    let gateway = server.gateway(&format!("{QUICK}\n{more}"));
    TestApp::start(db, &Setup::bare(db).with(&gateway)).await
}

fn kinds(feed: &[serde_json::Value], kind: &str) -> usize {
    feed.iter().filter(|event| event["type"] == kind).count()
}

both! {
    async fn i05_a_mail_wakes_the_reader_and_is_filed_unseen(db: Db) {
        let server = Dovecot::start();
        let mut client = server.client().await;
        client.append("INBOX", &mail(CUSTOMER, "history", "old")).await;
        // No look within the test: only the announcement can bring it.
        let gateway = server.gateway("tls = \"none\"\npassword = \"secret\"\npoll = \"10m\"");
        let app = TestApp::start(&db, &Setup::bare(&db).with(&gateway)).await;
        // What comes before the first look is history too.
        within(PATIENCE, "the first mail", async || {
            client.append("INBOX", &mail(CUSTOMER, "first", "hello")).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            (!subjects(&app).await.is_empty()).then_some(())
        })
        .await;
        client.append("INBOX", &mail(CUSTOMER, "new", "hello")).await;
        let all = within(PATIENCE, "the announced mail", async || {
            let all = subjects(&app).await;
            (all.last()? == "new").then_some(all)
        })
        .await;
        assert!(!all.contains(&"history".to_owned()), "{all:?}");
        client.ask("SELECT INBOX").await;
        assert!(!client.ask("FETCH 1:* (FLAGS)").await.contains("Seen"));
        app.end().await;
    }

    async fn f50_a_thousand_mails_after_downtime_are_filed_in_order_once(db: Db) {
        let server = Dovecot::start();
        let app = start(&db, &server, "first_run = \"all\"").await;
        let mut client = server.client().await;
        client.append("INBOX", &mail(CUSTOMER, "before", "x")).await;
        filed(&app, &["before"]).await;
        app.end().await;
        let expected: Vec<String> = (0..1_000).map(|n| format!("mail {n:04}")).collect();
        for subject in &expected {
            let from = format!("customer{}@customers.test", subject.len() % 7);
            client.append("INBOX", &mail(&from, subject, subject)).await;
        }
        let app = start(&db, &server, "first_run = \"all\"").await;
        let all = within(Duration::from_mins(3), "a thousand mails", async || {
            let all = subjects(&app).await;
            (all.len() > 1_000).then_some(all)
        })
        .await;
        assert_eq!(all[0], "before");
        assert_eq!(all[1..], expected);
        app.end().await;
    }

    async fn f47_i08_a_mailbox_that_is_numbered_anew_is_read_again_without_a_second_message(db: Db) {
        let server = Dovecot::start();
        let app = start(&db, &server, "first_run = \"all\"").await;
        let mut client = server.client().await;
        client.append("INBOX", &mail(CUSTOMER, "one", "hello")).await;
        client.append("INBOX", &mail(CUSTOMER, "two", "hello")).await;
        filed(&app, &["one", "two"]).await;
        let before = uidvalidity(&mut client).await;
        tokio::task::block_in_place(|| server.number_anew());
        let mut client = server.client().await;
        client.append("INBOX", &mail(CUSTOMER, "three", "after")).await;
        assert_ne!(uidvalidity(&mut client).await, before);
        filed(&app, &["one", "two", "three"]).await;
        let feed = app.api.feed().await;
        assert_eq!(kinds(&feed, "gateway.notice"), 1);
        assert_eq!(kinds(&feed, "issue.created"), 1);
        app.end().await;
    }

    async fn f52_another_client_deletes_moves_and_flags_meanwhile(db: Db) {
        let server = Dovecot::start();
        let mut client = server.client().await;
        client.ask("CREATE Elsewhere").await;
        let app = start(&db, &server, "first_run = \"all\"").await;
        let mut expected = Vec::new();
        for n in 0..10 {
            let subject = format!("mail {n}");
            client.append("INBOX", &mail(CUSTOMER, &subject, "hello")).await;
            expected.push(subject);
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            filed(&app, &expected).await;
            client.ask("SELECT INBOX").await;
            match n % 3 {
                0 => client.ask("STORE 1 +FLAGS (\\Deleted)").await,
                1 => client.ask("UID MOVE 1:* Elsewhere").await,
                _ => client.ask("STORE 1:* +FLAGS (\\Seen \\Flagged)").await,
            };
            client.ask("CLOSE").await;
        }
        assert!(app.metric("postern_mailbox_gaps_total", &[]).await < 1.0);
        assert_eq!(app.gateway("mail").await["health"]["state"], "up");
        app.end().await;
    }

    async fn f52_a_server_that_is_killed_is_told_and_read_again(db: Db) {
        let server = Dovecot::start();
        let app = start(&db, &server, "first_run = \"all\"").await;
        server.client().await.append("INBOX", &mail(CUSTOMER, "before", "hello")).await;
        filed(&app, &["before"]).await;
        tokio::task::block_in_place(|| server.kill());
        let gateway = app.gateway_becomes("mail", "down").await;
        let reason = gateway["health"]["reason"].as_str().unwrap();
        assert!(reason.contains("connect") && reason.contains("localhost"), "{reason}");
        tokio::task::block_in_place(|| server.again());
        server.client().await.append("INBOX", &mail(CUSTOMER, "after", "hello")).await;
        app.gateway_becomes("mail", "up").await;
        filed(&app, &["before", "after"]).await;
        let feed = app.api.feed().await;
        assert_eq!(kinds(&feed, "gateway.down"), 1);
        assert_eq!(kinds(&feed, "gateway.up"), 1);
        app.end().await;
    }

    async fn after_read_flags_and_moves_what_was_stored(db: Db) {
        let server = Dovecot::start();
        let mut client = server.client().await;
        let flag = "first_run = \"all\"\nafter_read = { flag = \"\\\\Flagged\" }";
        let app = start(&db, &server, flag).await;
        client.append("INBOX", &mail(CUSTOMER, "one", "hello")).await;
        filed(&app, &["one"]).await;
        client.ask("SELECT INBOX").await;
        eventually("the flag", async || {
            let flags = client.ask("FETCH 1 (FLAGS)").await;
            (flags.contains("\\Flagged") && !flags.contains("Seen")).then_some(())
        })
        .await;
        app.end().await;
        let app = start(&db, &server, "after_read = { move = \"Erledigte Fälle\" }").await;
        client.append("INBOX", &mail(CUSTOMER, "two", "hello")).await;
        filed(&app, &["one", "two"]).await;
        eventually("the move", async || {
            client.ask("SELECT INBOX").await.contains("* 1 EXISTS").then_some(())
        })
        .await;
        let moved = client.ask("SELECT \"Erledigte F&AOQ-lle\"").await;
        assert!(moved.contains("* 1 EXISTS"), "{moved}");
        app.end().await;
    }

    async fn a_first_run_since_a_time_reads_what_came_from_then_on(db: Db) {
        let server = Dovecot::start();
        let mut client = server.client().await;
        for (came, subject) in [
            ("18-Nov-2026 12:00:00 +0000", "days before"),
            ("20-Nov-2026 23:59:59 -0800", "of the day before, by its own clock"),
            ("21-Nov-2026 07:59:58 +0000", "a moment before"),
            ("21-Nov-2026 18:00:00 +1000", "at that moment"),
            ("21-Nov-2026 09:00:00 +0000", "an hour after"),
        ] {
            client.append_at("INBOX", came, &mail(CUSTOMER, subject, "hello")).await;
        }
        let since = "first_run = { since = \"2026-11-21T08:00:00Z\" }";
        let app = start(&db, &server, since).await;
        client.append("INBOX", &mail(CUSTOMER, "new", "hello")).await;
        filed(&app, &["at that moment", "an hour after", "new"]).await;
        app.end().await;
    }

    async fn after_read_moves_on_a_server_without_move(db: Db) {
        moves_without_move(&db, "IMAP4rev1 IDLE UIDPLUS", "* 1 EXISTS").await;
    }

    async fn after_read_leaves_a_marked_mail_where_none_can_be_expunged_alone(db: Db) {
        moves_without_move(&db, "IMAP4rev1 IDLE", "* 2 EXISTS").await;
    }
}

/// Has a mail moved by a server that admits to these capabilities, beside one that another client
/// marked as deleted; what a look into the mailbox then says.
async fn moves_without_move(db: &Db, capabilities: &str, left: &str) {
    let server =
        Dovecot::with(|folder| std::fs::write(folder.join("capability"), capabilities).unwrap());
    let mut client = server.client().await;
    client
        .append("INBOX", &mail(CUSTOMER, "history", "hello"))
        .await;
    // Another client means to delete this one, and may still think better of it.
    client.ask("SELECT INBOX").await;
    client.ask("STORE 1 +FLAGS (\\Deleted)").await;
    let app = start(db, &server, "after_read = { move = \"Done\" }").await;
    let name = postern::domain::gateway::GatewayName::parse("mail").unwrap();
    eventually("the first look, behind which mail is new", async || {
        app.engine().mailbox(&name).await.unwrap()
    })
    .await;
    client
        .append("INBOX", &mail(CUSTOMER, "one", "hello"))
        .await;
    filed(&app, &["one"]).await;
    eventually("the original to be gone or marked", async || {
        let opened = client.ask("SELECT INBOX").await;
        let flags = client.ask("FETCH 1:* (FLAGS)").await;
        let marked = flags.matches("\\Deleted").count() == flags.matches("FETCH").count();
        (opened.contains(left) && marked).then_some(())
    })
    .await;
    app.end().await;
    assert!(client.ask("SELECT Done").await.contains("* 1 EXISTS"));
}

async fn uidvalidity(client: &mut crate::world::dovecot::Client) -> String {
    client.ask("STATUS INBOX (UIDVALIDITY)").await
}

async fn kill_during_fetches(db: Db) {
    let server = Dovecot::start();
    let mut client = server.client().await;
    let expected: Vec<String> = (0..300).map(|n| format!("mail {n:03}")).collect();
    for subject in &expected {
        let text = format!("{subject} {}", "x".repeat(2_000));
        client
            .append("INBOX", &mail(CUSTOMER, subject, &text))
            .await;
    }
    let gateway = server.gateway(&format!("{QUICK}\nfirst_run = \"all\""));
    let mut daemon = Daemon::start(&db, Setup::bare(&db).with(&gateway)).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..150))).await;
        daemon.kill().await;
        daemon.start_again().await;
    }
    let all = within(Duration::from_mins(2), "all mails", async || {
        let mut all = daemon.api.list("/v1/messages?direction=inbound").await;
        all.reverse();
        (all.len() >= expected.len()).then_some(all)
    })
    .await;
    let found: Vec<&str> = all
        .iter()
        .map(|one| one["subject"].as_str().unwrap())
        .collect();
    assert_eq!(found, expected);
    assert_eq!(daemon.api.list("/v1/issues").await.len(), 1);
    assert_eq!(daemon.stop().await, Some(0), "{}", daemon.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i07_kills_during_a_fetch_lose_and_double_nothing_on_sqlite() {
    kill_during_fetches(Db::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i07_kills_during_a_fetch_lose_and_double_nothing_on_postgres() {
    kill_during_fetches(Db::postgres().await).await;
}
