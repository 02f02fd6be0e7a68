//! The daemon against a server that misbehaves.

use super::filed;
use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::dovecot::{QUICK, mail, mail_gateway};
use crate::world::imap::{Act, FakeImap};
use crate::world::setup::Setup;
use crate::world::within;

const ALL: &str = "first_run = \"all\"\n";

async fn start(db: &Db, server: &FakeImap, more: &str) -> TestApp {
    let gateway = mail_gateway(server.port, &format!("{QUICK}\n{ALL}{more}"));
    TestApp::start(db, &Setup::bare(db).with(&gateway)).await
}

/// What could not be had of a mail is said by its message.
async fn recorded_from_its_headers(app: &TestApp, subject: &str) {
    let messages = app.api.list("/v1/messages?direction=inbound").await;
    let found = messages.iter().find(|one| one["subject"] == subject);
    let found = found.expect("it is a message");
    assert!(found["mail"]["incomplete"].is_string(), "{found}");
}

both! {
    async fn f46_i07_connections_that_end_within_a_fetch_lose_and_double_nothing(db: Db) {
        let server = FakeImap::start().await;
        let app = start(&db, &server, "").await;
        let mut expected = Vec::new();
        for round in 0..6_usize {
            let (cut, mut cuts) = (round * 97 + round, 1);
            server.script(move |_, command| {
                if command.contains("BODY") && cuts > 0 {
                    cuts -= 1;
                    return Act::Cut(cut);
                }
                Act::Usual
            });
            expected.push(format!("mail {round}"));
            server.deliver(&mail("kim@customers.test", &expected[round], "hello"));
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            filed(&app, &expected).await;
        }
        // Some cuts fall behind the last byte that matters.
        assert!(server.connections() > 4);
        app.end().await;
    }

    async fn f49_mail_that_nobody_announces_is_seen_by_the_look(db: Db) {
        let server = FakeImap::start().await;
        server.script(|_, command| if command == "IDLE" { Act::Deaf } else { Act::Usual });
        let app = start(&db, &server, "").await;
        server.deliver(&mail("kim@customers.test", "one", "hello"));
        filed(&app, &["one"]).await;
        server.deliver(&mail("kim@customers.test", "two", "hello"));
        filed(&app, &["one", "two"]).await;
        app.end().await;
    }

    async fn i21_a_mail_that_the_server_cannot_hand_out_blocks_no_other(db: Db) {
        let server = FakeImap::start().await;
        server.script(|_, command| {
            let second = command.contains("1:3 (UID BODY") || command.starts_with("UID FETCH 2 (UID BODY.PEEK[]");
            if second {
                Act::Instead("{tag} NO [SERVERBUG] it is broken\r\n".to_owned())
            } else {
                Act::Usual
            }
        });
        for subject in ["one", "two", "three"] {
            server.deliver(&mail("kim@customers.test", subject, "hello"));
        }
        let app = start(&db, &server, "").await;
        filed(&app, &["one", "two", "three"]).await;
        recorded_from_its_headers(&app, "two").await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f48_a_server_that_falls_silent_is_left_and_found_again() {
    let db = Db::sqlite();
    let server = FakeImap::start().await;
    server.script(|connection, command| {
        if command == "IDLE" && connection == 1 {
            Act::Hang
        } else {
            Act::Usual
        }
    });
    let app = start(&db, &server, "").await;
    server.deliver(&mail("kim@customers.test", "one", "hello"));
    within(std::time::Duration::from_mins(2), "the mail", async || {
        (super::subjects(&app).await == ["one"]).then_some(())
    })
    .await;
    assert!(server.connections() > 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_above_the_limit_is_recorded_from_its_headers() {
    let db = Db::sqlite();
    let server = FakeImap::start().await;
    let large = mail("kim@customers.test", "large", &"line\r\n".repeat(20_000));
    server.deliver(&large);
    server.deliver(&mail("kim@customers.test", "small", "hello"));
    let gateway = mail_gateway(
        server.port,
        &format!("{QUICK}\n{ALL}[gateway.mail]\nmax_mail = \"50KB\""),
    );
    let app = TestApp::start(&db, &Setup::bare(&db).with(&gateway)).await;
    filed(&app, &["large", "small"]).await;
    recorded_from_its_headers(&app, "large").await;
    let whole = server
        .commands()
        .into_iter()
        .filter(|command| command.contains("BODY.PEEK[]"));
    assert!(
        !whole
            .into_iter()
            .any(|command| command.starts_with("UID FETCH 1 ") || command.contains("1:2"))
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i21_a_mail_that_ends_every_session_is_recorded_and_blocks_no_other() {
    let db = Db::sqlite();
    let server = FakeImap::start().await;
    server.script(|_, command| {
        let whole = command.contains("BODY.PEEK[]");
        if whole
            && (command.contains("FETCH 2 ")
                || command.contains("FETCH 2:")
                || command.contains("1:"))
        {
            Act::Cut(150)
        } else {
            Act::Usual
        }
    });
    for subject in ["one", "two", "three"] {
        server.deliver(&mail("kim@customers.test", subject, "hello"));
    }
    let app = start(&db, &server, "").await;
    filed(&app, &["one", "two", "three"]).await;
    app.end().await;
}
