//! The wire to a mail server: protection, login, signature, and what cannot be slipped past it.

use std::sync::Arc;

use serde_json::json;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{CUSTOMER, mail_to, with_mail};
use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::setup::{FAST_MAIL, Setup};
use crate::world::smtp::{Cover, MailSink, OFFERS, Step};

/// What encrypts as `localhost`, and the certificate (PEM) that trusts it.
pub(crate) fn acceptor() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

pub(super) fn setup(db: &Db, sink: &MailSink, smtp: &str) -> Setup {
    let sections = [FAST_MAIL, "", smtp];
    Setup::bare(db).mail("mail", "support@example.net", sink.address, sections)
}

both! {
    async fn t08_what_stands_in_a_mail_cannot_end_it(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let ends = ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r\n", "\r\n.\r", "\r.\r\n", "\n.\r", "."];
        for (n, end) in ends.iter().enumerate() {
            let text = format!("first{end}MAIL FROM:<eve@evil.example>\r\nRCPT TO:<eve@evil.example>\r\nDATA\r\nlast");
            app.api.post("/v1/messages", &mail_to(CUSTOMER, &text)).await.expect(202);
            let letters = sink.took(n + 1).await;
            assert_eq!(letters.len(), n + 1, "{end:?}");
            let letter = &letters[n];
            assert_eq!(letter.recipient(), CUSTOMER);
            assert!(letter.text().contains("first") && letter.text().contains("last"), "{end:?}");
            let bare = letter.wire.windows(2).any(|two| (two[1] == b'\n') != (two[0] == b'\r'));
            assert!(!bare, "a lone CR or LF left for {end:?}");
        }
        let senders = sink.steps().into_iter().filter(|step| matches!(step, Step::Mail(_))).count();
        assert_eq!(senders, ends.len());
        app.end().await;
    }

    async fn t08_no_header_and_no_recipient_is_slipped_in(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let hidden = "ann@example.com>\r\nRCPT TO:<eve@evil.example";
        let body = json!({"to": CUSTOMER, "subject": "x\r\nBcc: eve@evil.example", "text": "x"});
        assert_eq!(app.api.post("/v1/messages", &body).await.expect(422)["errors"][0]["pointer"], "/subject");
        let body = json!({"to": hidden, "subject": "x", "text": "x", "cc": [hidden, "ok@example.com"], "bcc": ["no"]});
        let refused = app.api.post("/v1/messages", &body).await.expect(422);
        let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert_eq!(pointers, ["/to", "/cc/0", "/bcc/0"]);
        assert!(sink.steps().is_empty());
        app.end().await;
    }

    async fn b06_a_message_is_told_all_that_is_wrong_with_it_at_once(db: Db) {
        let (app, _sink) = with_mail(&db).await;
        let long = "x".repeat(10_001);
        let nobody = json!({"gateway": 7, "to": "Nobody", "text": "", "cc": ["ok@example.com", "no"], "colour": 1});
        let number = json!({"to": "+12025550143", "subject": "x", "cc": ["no"], "text": long, "valid_for": "soon"});
        let mailbox = json!({"to": "a@b@c", "bcc": ["no"], "html": 1});
        for (body, expected) in [
            (nobody, vec!["/gateway", "/to", "/cc/1", "/text", "/colour"]),
            (number, vec!["/cc/0", "/valid_for", "/subject", "/text"]),
            (mailbox, vec!["/to", "/bcc/0", "/html", "/text"]),
        ] {
            let refused = app.api.post("/v1/messages", &body).await.expect(422);
            let errors = refused["errors"].as_array().unwrap();
            let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].clone()).collect();
            assert_eq!(pointers, expected, "{body}");
        }
        app.end().await;
    }

    async fn mail_leaves_over_starttls_with_a_login(db: Db) {
        let (acceptor, ca) = acceptor();
        let mut offers = OFFERS.to_vec();
        offers.push("AUTH PLAIN");
        let sink = MailSink::with(&offers, Cover::Starttls(acceptor)).await;
        let smtp = format!("tls = \"starttls\"\nca = \"\"\"{ca}\"\"\"\nusername = \"u\"\npassword = \"secret\"");
        let app = TestApp::start(&db, &setup(&db, &sink, &smtp)).await;
        let message = app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        app.api.message_becomes(&message["id"], "sent").await;
        let login = Step::Login("AUTH PLAIN AHUAc2VjcmV0".to_owned());
        assert!(sink.steps().contains(&login), "{:?}", sink.steps());
        app.end().await;
    }

    async fn a_certificate_that_nobody_vouches_for_is_not_trusted(db: Db) {
        let (acceptor, _) = acceptor();
        let sink = MailSink::with(OFFERS, Cover::Starttls(acceptor)).await;
        let app = TestApp::start(&db, &setup(&db, &sink, "tls = \"starttls\"")).await;
        app.api.post("/v1/messages", &mail_to(CUSTOMER, "Hello")).await.expect(202);
        let gateway = app.gateway_becomes("mail", "paused").await;
        assert!(gateway["health"]["reason"].as_str().unwrap().contains("not safe"), "{gateway}");
        assert!(sink.letters().is_empty());
        app.end().await;
    }

    async fn an_answer_keeps_the_subject_and_the_thread(db: Db) {
        let (app, sink) = with_mail(&db).await;
        let refused = app.api.post("/v1/messages", &json!({"to": CUSTOMER, "text": "x"})).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], "/subject");
        let first = app.api.post("/v1/messages", &mail_to(CUSTOMER, "First")).await.expect(202);
        let body = json!({"to": CUSTOMER, "text": "Second"});
        app.api.post("/v1/messages", &body).await.expect(202);
        let body = json!({"to": CUSTOMER, "html": "<p>Third <b>one</b><script>alert(1)</script></p>", "in_reply_to": first["id"]});
        let third = app.api.post("/v1/messages", &body).await.expect(202);
        assert!(third["text"].as_str().unwrap().contains("Third"), "{third}");
        let letters = sink.took(3).await;
        let id = |n: usize| letters[n].header("Message-ID").unwrap();
        assert!(id(0).ends_with("@example.net>"), "{}", id(0));
        assert_eq!(letters[1].header("Subject").unwrap(), "Re: Your order");
        assert_eq!(letters[1].header("In-Reply-To").unwrap(), id(0));
        assert_eq!(letters[2].header("References").unwrap(), id(0));
        assert!(letters[2].text().contains("<b>one</b>") && !letters[2].text().contains("alert"), "{}", letters[2].text());
        let body = json!({"to": "ben@example.com", "text": "x", "in_reply_to": first["id"]});
        let refused = app.api.post("/v1/messages", &body).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], "/in_reply_to");
        app.end().await;
    }
}
