//! What servers offer and what is made of it: ways to log in, sizes, letters beyond ASCII, senders.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::wire::{acceptor, setup};
use super::{CUSTOMER, mail_to};
use crate::both;
use crate::world::app::TestApp;
use crate::world::smtp::{Act, Cover, MailSink, OFFERS, Step};
use crate::world::tokens::TokenEndpoint;

/// What such a server offers beside the usual.
fn offering(more: &'static str) -> Vec<&'static str> {
    OFFERS.iter().copied().chain([more]).collect()
}

/// The commands that name the sender and the recipient, in their order.
fn envelopes(sink: &MailSink) -> Vec<String> {
    let command = |step| match step {
        Step::Mail(command) | Step::Rcpt(command) => Some(command),
        Step::Greeting | Step::Login(_) | Step::Data | Step::Content | Step::End => None,
    };
    sink.steps().into_iter().filter_map(command).collect()
}

/// What the daemon sends to prove that it has a token.
fn bearer(token: &str) -> Step {
    let proof = STANDARD.encode(format!("user=u\u{1}auth=Bearer {token}\u{1}\u{1}"));
    Step::Login(format!("AUTH XOAUTH2 {proof}"))
}

both! {
    async fn mail_leaves_over_tls_from_the_first_byte(db: Db) {
        let (acceptor, ca) = acceptor();
        let sink = MailSink::with(&offering("AUTH PLAIN"), Cover::Implicit(acceptor)).await;
        let smtp = format!("tls = \"implicit\"\nca = \"\"\"{ca}\"\"\"\nusername = \"u\"\npassword = \"secret\"");
        let app = TestApp::start(&db, &setup(&db, &sink, &smtp)).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        assert_eq!(sink.letters().len(), 1);
        app.end().await;
    }

    async fn a_server_that_knows_only_login_is_told_name_and_password(db: Db) {
        let sink = MailSink::offering(&offering("AUTH LOGIN")).await;
        let app = TestApp::start(&db, &setup(&db, &sink, "username = \"u\"\npassword = \"secret\"")).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        let login = Step::Login("AUTH LOGIN dQ== c2VjcmV0".to_owned());
        assert!(sink.steps().contains(&login), "{:?}", sink.steps());
        app.end().await;
    }

    async fn f53_a_token_is_held_and_made_anew_when_the_server_refuses_it(db: Db) {
        let sink = MailSink::offering(&offering("AUTH XOAUTH2")).await;
        let given = |token| (200, json!({"access_token": token, "expires_in": "3600"}));
        let endpoint = TokenEndpoint::start(vec![given("first"), given("second")]).await;
        let smtp = format!(
            "username = \"u\"\n[gateway.smtp.oauth2]\ntoken_url = {:?}\nclient_id = \"postern\"\n\
             client_secret = \"hush\"\nrefresh_token = \"r\"", endpoint.url);
        let app = TestApp::start(&db, &setup(&db, &sink, &smtp)).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        // The connection ends, and the token has ended too.
        let mut drops = true;
        sink.acts(move |step| match step {
            Step::Mail(_) if std::mem::take(&mut drops) => Act::Drop,
            step if *step == bearer("first") => Act::Say("334 eyJzdGF0dXMiOiI0MDAifQ=="),
            _ => Act::Take,
        });
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Again")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        let is_login = |step: &Step| matches!(step, Step::Login(_));
        let logins: Vec<Step> = sink.steps().into_iter().filter(is_login).collect();
        assert_eq!(logins, [bearer("first"), bearer("first"), bearer("second")]);
        assert_eq!((sink.letters().len(), endpoint.asked().len()), (2, 2));
        app.end().await;
    }

    async fn a_mail_that_is_too_large_for_the_server_is_not_begun(db: Db) {
        let sink = MailSink::offering(&["PIPELINING", "SIZE 20000"]).await;
        let app = TestApp::start(&db, &setup(&db, &sink, "")).await;
        let large = app.api.post("/v1/messages", &mail_to(CUSTOMER, &"Hello! ".repeat(5_000))).await.expect(202);
        let failed = app.api.message_becomes(&large["id"], "failed").await;
        let detail = failed["error"]["detail"].as_str().unwrap();
        assert!(detail.contains("at most 20000"), "{detail}");
        assert_eq!(failed["error"]["class"], "content");
        assert_eq!(envelopes(&sink), Vec::<String>::new());
        let small = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&small["id"], "sent").await;
        let size = sink.letters()[0].content().len();
        assert!(envelopes(&sink)[0].contains(&format!(" SIZE={size}")), "{:?}", envelopes(&sink));
        app.end().await;
    }

    async fn letters_beyond_ascii_in_an_address_need_smtputf8(db: Db) {
        let body = mail_to("jörg@example.com", "Hello");
        let sink = MailSink::start().await;
        let app = TestApp::start(&db, &setup(&db, &sink, "")).await;
        let message = app.api.post("/v1/messages", &body).await.expect(202);
        let failed = app.api.message_becomes(&message["id"], "failed").await;
        assert!(failed["error"]["detail"].as_str().unwrap().contains("SMTPUTF8"), "{failed}");
        assert_eq!(envelopes(&sink), Vec::<String>::new());
        // Others are sent as ever.
        let plain = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&plain["id"], "sent").await;
        app.end().await;
    }

    async fn letters_beyond_ascii_in_an_address_are_written_as_they_are(db: Db) {
        let sink = MailSink::offering(&offering("SMTPUTF8")).await;
        let app = TestApp::start(&db, &setup(&db, &sink, "")).await;
        let body = mail_to("jörg@example.com", "Hello");
        let message = app.api.post("/v1/messages", &body).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        let said = envelopes(&sink);
        assert!(said[0].contains(" SMTPUTF8"), "{said:?}");
        assert!(said[1].starts_with("RCPT TO:<jörg@example.com>"), "{said:?}");
        assert!(said[1].contains("ORCPT=utf-8;j\\x{F6}rg@example.com"), "{said:?}");
        app.end().await;
    }

    async fn each_sender_carries_a_tag_where_that_is_wanted(db: Db) {
        let sink = MailSink::start().await;
        let smtp = "envelope_from = \"bounces@example.net\"\nverp = true";
        let app = TestApp::start(&db, &setup(&db, &sink, smtp)).await;
        for _ in 0..2 {
            app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        }
        let letters = sink.took(2).await;
        let tag = |letter: &crate::world::smtp::Letter| {
            let sender = letter.sender();
            let tag = sender.strip_prefix("bounces+").and_then(|rest| rest.strip_suffix("@example.net"));
            let tag = tag.unwrap_or_else(|| panic!("{sender}")).to_owned();
            assert!(letter.mail.contains(&format!(" ENVID={tag}")), "{}", letter.mail);
            assert!(letter.header("From").unwrap().contains("<support@example.net>"));
            tag
        };
        assert_ne!(tag(&letters[0]), tag(&letters[1]));
        app.end().await;
    }
}
