//! Automatic answers: one for each new issue, and never a loop (T7).

use std::time::Duration;

use postern::domain::clock::Clock;

use super::post::{BELIEVES, Letter, Mailbox, at, office, setup};
use crate::both;
use crate::world::app::TestApp;
use crate::world::smtp;

const ANN: &str = "Ann Example <ann@example.org>";
const ANSWERS: &str = "acknowledge = \"Thank you. We will answer within a day.\"";

both! {
    async fn t07_a_first_mail_is_answered_once_and_without_its_words(db: Db) {
        let (app, sink) = office(&db, ANSWERS).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = Letter::new(ANN, "Win a prize at evil.example", "Visit evil.example");
        inbox.put(&letter).await;
        let letters = sink.took(1).await;
        let answer: &smtp::Letter = &letters[0];
        assert_eq!(answer.sender(), "");
        assert_eq!(answer.recipient(), "ann@example.org");
        assert_eq!(answer.header("auto-submitted").unwrap(), "auto-replied");
        assert!(answer.header("in-reply-to").unwrap().contains(&letter.id()));
        assert!(answer.text().contains("We will answer within a day."));
        for theirs in ["evil.example", "prize", "Ann Example"] {
            assert!(!answer.text().contains(theirs), "{}", answer.text());
        }
        // More of the same issue, and of the same day, is not answered.
        inbox.put(&Letter::new(ANN, "More", "More")).await;
        let issue = app.api.list("/v1/issues").await[0]["id"].as_str().unwrap().to_owned();
        app.api.post(&format!("/v1/issues/{issue}/close"), &serde_json::json!({})).await.expect(200);
        inbox.put(&Letter::new(ANN, "A new one", "Hello")).await;
        assert_eq!(app.api.list("/v1/issues").await.len(), 2);
        assert_eq!(app.api.list("/v1/messages?direction=outbound").await.len(), 1);
        app.end().await;
    }

    async fn t07_programs_and_forgers_are_not_answered(db: Db) {
        let (app, _sink) = office(&db, &format!("{ANSWERS}\n{BELIEVES}")).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letters = [
            Letter::new("A <a@example.org>", "Away", "Away").with("Auto-Submitted", "auto-replied"),
            Letter::new("B <b@example.org>", "News", "News").with("Precedence", "bulk"),
            Letter::new("C <c@example.org>", "List", "List").with("List-Id", "<l.example.org>"),
            Letter::new("D <d@example.org>", "Null", "Null").stamped("Return-Path", "<>"),
            Letter::new("mailer-daemon@example.org", "Bounce", "Bounce"),
            Letter::new("no-reply@example.org", "Receipt", "Receipt"),
            Letter::new("E <e@example.org>", "X", "X").with("X-Auto-Response-Suppress", "All"),
            Letter::new("Billing <billing@example.net>", "Own", "Own"),
        ];
        for letter in letters {
            inbox.put(&letter.judged("dmarc=pass header.from=example.org")).await;
        }
        let forged = Letter::new("F <f@example.org>", "Forged", "Forged");
        inbox.put(&forged.judged("dmarc=fail header.from=example.org")).await;
        assert_eq!(app.api.list("/v1/messages?direction=outbound").await.len(), 0);
        app.end().await;
    }

    async fn t07_who_asks_for_silence_is_a_person_and_gets_no_answer(db: Db) {
        let (app, _sink) = office(&db, ANSWERS).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letter = Letter::new("Eve <eve@example.org>", "My order", "Where is it?");
        inbox.put(&letter.with("X-Auto-Response-Suppress", "DR, OOF, AutoReply")).await;
        assert_eq!(app.api.list("/v1/issues").await.len(), 1);
        assert_eq!(app.api.list("/v1/messages?direction=outbound").await.len(), 0);
        app.end().await;
    }

    async fn t07_two_daemons_that_answer_each_other_stop_after_one_mail_each(db: Db) {
        let (one, one_sink) = office(&db, ANSWERS).await;
        let other_db = crate::world::db::Db::sqlite();
        let (other, other_sink) = office(&other_db, ANSWERS).await;
        let (mut ones, mut others) = (Mailbox::open(&one, "support").await, Mailbox::open(&other, "support").await);
        // A person at the one writes to the other, whose answer goes to the one, and so on.
        let first = Letter::new("One <desk@one.example>", "Hello", "Hello");
        others.put(&first).await;
        let mut seen = (0, 0);
        let mut quiet = 0;
        while quiet < 3 {
            let queued = (
                one.api.list("/v1/messages?direction=outbound").await.len(),
                other.api.list("/v1/messages?direction=outbound").await.len(),
            );
            let (by_one, by_other) = (one_sink.took(queued.0).await, other_sink.took(queued.1).await);
            quiet = if (by_one.len(), by_other.len()) == seen { quiet + 1 } else { 0 };
            for letter in &by_other[seen.1..] {
                ones.put_all(vec![letter.content().into()]).await;
            }
            for letter in &by_one[seen.0..] {
                others.put_all(vec![letter.content().into()]).await;
            }
            seen = (by_one.len(), by_other.len());
            assert!(seen.0 <= 1 && seen.1 <= 1, "{seen:?}");
        }
        assert_eq!(seen, (0, 1));
        one.end().await;
        other.end().await;
    }

    async fn t07_no_more_than_twenty_a_minute_leave_a_gateway(db: Db) {
        let (app, _sink) = office(&db, ANSWERS).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        let letters = (0..30).map(|n| Letter::new(&format!("p{n}@example.org"), "Hi", "Hi").raw());
        inbox.put_all(letters.collect()).await;
        let more = (30..60).map(|n| Letter::new(&format!("p{n}@example.org"), "Hi", "Hi").raw());
        inbox.put_all(more.collect()).await;
        assert_eq!(app.api.list("/v1/issues").await.len(), 60);
        assert_eq!(app.api.list("/v1/messages?direction=outbound").await.len(), 20);
        app.end().await;
    }

    /// Every mail opens an issue of its own: they name one mailbox in many ways.
    async fn t07_ten_thousand_forged_mails_bring_their_victim_one_answer(db: Db) {
        let (app, sink) = office(&db, ANSWERS).await;
        let mut inbox = Mailbox::open(&app, "support").await;
        for hundred in 0..100 {
            let forged = (0..100).map(|n| {
                let from = format!("Victim <victim+{hundred}.{n}@example.org>");
                Letter::new(&from, "Sign me up", "Now").raw()
            });
            inbox.put_all(forged.collect()).await;
        }
        let answers = app.api.list("/v1/messages?direction=outbound").await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(sink.took(1).await.len(), 1);
        app.end().await;
    }

    async fn t07_no_more_than_three_hundred_an_hour_leave_the_house(db: Db) {
        let sink = crate::world::smtp::MailSink::start().await;
        let clock = Clock::fixed(at(1_800_000_000));
        let app = TestApp::start_at(&db, &setup(&db, &sink, ANSWERS), clock.clone()).await;
        let mut inboxes = [Mailbox::open(&app, "support").await, Mailbox::open(&app, "billing").await];
        let people = std::cell::Cell::new(0);
        let twenty = || (0..20).map(|_| {
            people.set(people.get() + 1);
            Letter::new(&format!("p{}@example.org", people.get()), "Hi", "Hi").raw()
        }).collect::<Vec<_>>();
        for _ in 0..10 {
            for inbox in &mut inboxes {
                inbox.put_all(twenty()).await;
            }
            clock.advance(Duration::from_mins(2));
        }
        let answers = async || app.api.list("/v1/messages?direction=outbound").await.len();
        assert_eq!(answers().await, 300);
        assert_eq!(app.api.list("/v1/issues").await.len(), 400);
        let feed = app.api.feed().await;
        let told: Vec<_> = feed.iter().filter(|event| event["type"] == "gateway.notice").collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0]["data"]["reason"].as_str().unwrap().contains("automatic answers"), "{told:?}");
        // The next hour begins anew.
        clock.advance(Duration::from_mins(40));
        inboxes[0].put_all(twenty()).await;
        assert_eq!(answers().await, 320);
        app.end().await;
    }
}
