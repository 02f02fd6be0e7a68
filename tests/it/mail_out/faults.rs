//! What goes wrong between us and a mail server (F55).

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{CUSTOMER, mail_to, setup, with_mail};
use crate::both;
use crate::world::app::TestApp;
use crate::world::smtp::{Act, MailSink, OFFERS, Step};

/// The status of each recipient, by address.
fn statuses(message: &Value) -> HashMap<String, String> {
    let recipients = message["recipients"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    recipients
        .map(|one| (text(&one["address"]), text(&one["status"])))
        .collect()
}

/// A script that acts so at the first step that fits, and agrees to all else.
fn once(fits: fn(&Step) -> bool, act: Act) -> impl FnMut(&Step) -> Act + Send + 'static {
    let mut act = Some(act);
    move |step| {
        if fits(step) {
            act.take().unwrap_or(Act::Take)
        } else {
            Act::Take
        }
    }
}

both! {
    async fn f55_a_greylisted_mail_is_tried_again(db: Db) {
        let (app, sink) = with_mail(&db).await;
        sink.acts(once(|step| matches!(step, Step::Rcpt(_)), Act::Say("450 4.2.0 greylisted, come back in 5 minutes")));
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        let timeline = sent["timeline"].as_array().unwrap();
        assert!(timeline.iter().any(|line| line["code"] == "4.2.0"), "{timeline:?}");
        assert_eq!(sink.letters().len(), 1);
        assert_eq!(app.gateway("mail").await["health"]["state"], "up");
        app.end().await;
    }

    async fn f55_a_server_that_goes_away_before_the_end_gets_it_again(db: Db) {
        let (app, sink) = with_mail(&db).await;
        for fits in [
            (|step| matches!(step, Step::Greeting)) as fn(&Step) -> bool,
            |step| matches!(step, Step::Mail(_)),
            |step| matches!(step, Step::Data),
        ] {
            for act in [Act::Drop, Act::Say("421 4.3.2 closing")] {
                let count = sink.letters().len();
                sink.acts(once(fits, act));
                let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
                app.api.message_becomes(&message["id"], "sent").await;
                assert_eq!(sink.letters().len(), count + 1);
            }
        }
        app.end().await;
    }

    async fn f55_i13_a_connection_lost_after_the_end_is_unconfirmed(db: Db) {
        let (app, sink) = with_mail(&db).await;
        sink.acts(once(|step| matches!(step, Step::End), Act::Drop));
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        let unconfirmed = app.api.message_becomes(&message["id"], "unconfirmed").await;
        assert_eq!(statuses(&unconfirmed)[CUSTOMER], "unconfirmed");
        assert_eq!(sink.letters().len(), 1);
        let next = app.api.post("/v1/messages", &mail_to(CUSTOMER, "And more")).await.expect(202);
        app.api.message_becomes(&next["id"], "sent").await;
        assert_eq!(sink.letters().len(), 2);
        app.end().await;
    }

    async fn f55_mixed_recipients_have_a_status_each_and_only_those_who_failed_get_it_again(db: Db) {
        let (app, sink) = with_mail(&db).await;
        sink.acts(|step| match step {
            Step::Rcpt(command) if command.contains("gone@") => Act::Say("550 5.1.1 no such user here"),
            _ => Act::Take,
        });
        let mut body = mail_to(CUSTOMER, "Hello, all of you");
        body["cc"] = json!(["ben@example.com", "gone@example.com"]);
        body["bcc"] = json!(["cat@example.com"]);
        let message = app.api.post("/v1/messages", &body).await.expect(202);
        let failed = app.api.message_becomes(&message["id"], "failed").await;
        sink.took(3).await;
        assert_eq!(failed["error"]["class"], "invalid_number");
        assert_eq!(failed["error"]["code"], "5.1.1");
        assert!(failed["error"]["detail"].as_str().unwrap().contains("does not exist"), "{failed}");
        let message = app.api.message(&message["id"]).await;
        let all = statuses(&message);
        assert_eq!((all["gone@example.com"].as_str(), all.len()), ("failed", 4));
        let letters = sink.letters();
        let mut to: Vec<_> = letters.iter().map(crate::world::smtp::Letter::recipient).collect();
        to.sort();
        assert_eq!(to, ["ann@example.com", "ben@example.com", "cat@example.com"]);
        assert!(letters.iter().all(|letter| letter.content() == letters[0].content()), "one mail for all");
        assert!(!letters[0].text().contains("cat@"), "nobody is told of those unseen");
        sink.acts(|_| Act::Take);
        let path = format!("/v1/messages/{}/retry", message["id"].as_str().unwrap());
        app.api.post(&path, &json!({})).await.expect(200);
        let sent = app.api.message_becomes(&message["id"], "sent").await;
        assert!(statuses(&sent).values().all(|status| status == "sent"), "{sent}");
        let letters = sink.letters();
        assert_eq!((letters.len(), letters[3].recipient().as_str()), (4, "gone@example.com"));
        assert_eq!(letters[3].content(), letters[0].content(), "the same mail again");
        app.end().await;
    }

    async fn f55_a_server_without_starttls_gets_nothing(db: Db) {
        let sink = MailSink::start().await;
        let smtp = "tls = \"starttls\"\nusername = \"u\"\npassword = \"secret\"";
        let setup = crate::world::setup::Setup::bare(&db).mail(
            "mail", "support@example.net", sink.address, [crate::world::setup::FAST_MAIL, "", smtp]);
        let app = TestApp::start(&db, &setup).await;
        app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        let gateway = app.gateway_becomes("mail", "paused").await;
        assert!(gateway["health"]["reason"].as_str().unwrap().contains("STARTTLS"), "{gateway}");
        assert!(sink.steps().iter().all(|step| matches!(step, Step::Greeting)), "{:?}", sink.steps());
        app.end().await;
    }

    async fn f55_a_refused_login_pauses_the_gateway(db: Db) {
        let sink = MailSink::offering(&["AUTH PLAIN LOGIN"]).await;
        sink.acts(|step| match step {
            Step::Login(_) => Act::Say("535 5.7.8 wrong password"),
            _ => Act::Take,
        });
        let smtp = "username = \"u\"\npassword = \"secret\"";
        let setup = crate::world::setup::Setup::bare(&db).mail(
            "mail", "support@example.net", sink.address, [crate::world::setup::FAST_MAIL, "", smtp]);
        let app = TestApp::start(&db, &setup).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        let gateway = app.gateway_becomes("mail", "paused").await;
        assert!(gateway["health"]["reason"].as_str().unwrap().contains("login"), "{gateway}");
        app.api.message_becomes(&message["id"], "queued").await;
        app.end().await;
    }

    async fn f55_a_slow_server_is_waited_for(db: Db) {
        let (app, sink) = with_mail(&db).await;
        sink.acts(|step| match step {
            Step::End => Act::Late(Duration::from_millis(300)),
            _ => Act::Take,
        });
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        app.end().await;
    }

    async fn i16_mails_to_one_customer_leave_in_their_order_over_kept_connections(db: Db) {
        let (app, sink) = with_mail(&db).await;
        for n in 0..30 {
            app.api.post("/v1/messages", &mail_to(&format!("c{}@example.com", n % 3), &format!("{n:03}"))).await.expect(202);
        }
        let mut of: HashMap<String, Vec<String>> = HashMap::new();
        for letter in sink.took(30).await {
            let text = letter.text();
            let number = text.lines().find(|line| line.len() == 3 && line.parse::<u32>().is_ok()).unwrap();
            of.entry(letter.recipient()).or_default().push(number.to_owned());
        }
        assert!(of.len() == 3 && of.values().all(|numbers| numbers.is_sorted()), "{of:?}");
        assert!(sink.connections() <= 4, "{}", sink.connections());
        app.end().await;
    }

    async fn i13_a_restart_while_mails_leave_loses_none_and_repeats_none(db: Db) {
        let (app, sink) = with_mail(&db).await;
        sink.acts(|step| match step {
            Step::End => Act::Late(Duration::from_millis(20)),
            _ => Act::Take,
        });
        for n in 0..20 {
            app.api.post("/v1/messages", &mail_to(&format!("c{n}@example.com"), "Hello")).await.expect(202);
        }
        sink.took(3).await;
        let app = app.restart(&setup(&db, &sink)).await;
        let letters = sink.took(20).await;
        let mut to: Vec<_> = letters.iter().map(crate::world::smtp::Letter::recipient).collect();
        to.sort();
        to.dedup();
        assert_eq!((letters.len(), to.len()), (20, 20));
        app.end().await;
    }

    async fn reports_are_asked_for_where_the_server_offers_them(db: Db) {
        let (app, sink) = with_mail(&db).await;
        app.api.post("/v1/messages", &mail_to("a+b@example.com", "Hello")).await.expect(202);
        let letter = sink.took(1).await.remove(0);
        assert!(letter.mail.contains(" RET=HDRS ENVID="), "{}", letter.mail);
        assert!(letter.mail.ends_with("-1"), "{}", letter.mail);
        assert!(letter.rcpts[0].ends_with(" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.com"), "{}", letter.rcpts[0]);
        app.end().await;
        let bare: Vec<&str> = OFFERS.iter().filter(|offer| **offer != "DSN" && **offer != "PIPELINING").copied().collect();
        let sink = MailSink::offering(&bare).await;
        let app = TestApp::start(&db, &setup(&db, &sink)).await;
        app.api.post("/v1/messages", &mail_to("b@example.com", "Hello")).await.expect(202);
        let letter = sink.took(1).await.remove(0);
        assert_eq!(letter.rcpts, ["RCPT TO:<b@example.com>"]);
        app.end().await;
    }
}
