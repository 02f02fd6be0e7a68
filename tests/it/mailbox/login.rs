//! Logging in: refused and repaired, with a token, over TLS.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use sha2::Sha256;

use super::filed;
use crate::both;
use crate::world::app::TestApp;
use crate::world::db::Db;
use crate::world::dovecot::{Dovecot, QUICK, mail, mail_gateway};
use crate::world::setup::Setup;
use crate::world::tokens::TokenEndpoint;

const CUSTOMER: &str = "Kim <kim@customers.test>";
const KEY: &[u8] = b"the key that signs the tests' tokens";
const ALL: &str = "first_run = \"all\"\npoll = \"1s\"\nlogin_retry = \"1s\"\n";

async fn start(db: &Db, gateway: &str) -> TestApp {
    TestApp::start(db, &Setup::bare(db).with(gateway)).await
}

both! {
    async fn f53_a_refused_login_is_told_and_resumes_by_itself_once_repaired(db: Db) {
        let server = Dovecot::start();
        let app = start(&db, &server.gateway(QUICK)).await;
        tokio::task::block_in_place(|| {
            server.change_password("another");
            // Sessions that are open stay open; new ones are refused.
            server.kill();
            server.again();
        });
        let gateway = app.gateway_becomes("mail", "paused").await;
        let reason = gateway["health"]["reason"].as_str().unwrap();
        assert!(reason.contains("log in") && reason.contains("check username and password"), "{reason}");
        assert!(!reason.contains("secret"), "{reason}");
        tokio::task::block_in_place(|| server.change_password("secret"));
        app.gateway_becomes("mail", "up").await;
        server.client().await.append("INBOX", &mail(CUSTOMER, "after", "hello")).await;
        filed(&app, &["after"]).await;
        app.end().await;
    }
}

/// An authority of our own, and a server's certificate under it with its key (PEM).
fn certificates() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&server_key, &issuer).unwrap();
    (ca, server.pem() + &server_key.serialize_pem())
}

fn tls_server(pem: &str) -> Dovecot {
    Dovecot::with(|folder| std::fs::write(folder.join("tls.pem"), pem).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_read_over_tls_from_the_start_and_by_starttls_under_a_private_authority() {
    let (ca, pem) = certificates();
    let server = tls_server(&pem);
    let mut client = server.client().await;
    client
        .append("INBOX", &mail(CUSTOMER, "one", "hello"))
        .await;
    for (tls, port) in [("implicit", server.tls_port), ("starttls", server.port)] {
        let db = Db::sqlite();
        let more = format!("{ALL}tls = {tls:?}\npassword = \"secret\"\nca = {ca:?}");
        let app = start(&db, &mail_gateway(port, &more)).await;
        filed(&app, &["one"]).await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_vouches_for_gets_no_password() {
    let (_, pem) = certificates();
    let (other, _) = certificates();
    let server = tls_server(&pem);
    let db = Db::sqlite();
    let more = format!("{ALL}tls = \"implicit\"\npassword = \"secret\"\nca = {other:?}");
    let app = start(&db, &mail_gateway(server.tls_port, &more)).await;
    let gateway = app.gateway_becomes("mail", "down").await;
    let reason = gateway["health"]["reason"].as_str().unwrap();
    assert!(reason.contains("check tls and ca"), "{reason}");
    app.end().await;
}

/// A token (RFC 7519) that Dovecot takes when it was signed with the key.
fn token(key: &[u8]) -> String {
    let header = json!({"typ": "JWT", "alg": "HS256", "kid": "default"});
    let claims = json!({"sub": "support", "exp": 4_000_000_000_u64, "iat": 1_700_000_000});
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn oauth2_server() -> Dovecot {
    Dovecot::with(|folder: &Path| {
        std::fs::write(folder.join("oauth2.key"), STANDARD.encode(KEY)).unwrap();
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f53_tokens_are_made_held_and_made_anew_when_they_are_refused() {
    let server = oauth2_server();
    let bearer =
        |key| json!({"access_token": token(key), "expires_in": "3600", "refresh_token": "second"});
    let endpoint = TokenEndpoint::start(vec![
        (
            400,
            json!({"error": "invalid_grant", "error_description": "the consent ended"}),
        ),
        (200, bearer(b"not the server's key")),
        (200, bearer(KEY)),
    ])
    .await;
    let db = Db::sqlite();
    let more = format!(
        "{ALL}tls = \"none\"\n[gateway.imap.oauth2]\ntoken_url = {:?}\nclient_id = \"postern\"\n\
         client_secret = \"hush\"\nrefresh_token = \"first\"\nscope = \"mail\"",
        endpoint.url
    );
    let app = start(&db, &mail_gateway(server.port, &more)).await;
    let gateway = app.gateway_becomes("mail", "paused").await;
    let reason = gateway["health"]["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.contains("invalid_grant: the consent ended") || reason.contains("refused"),
        "{reason}"
    );
    app.gateway_becomes("mail", "up").await;
    server.password_client_appends("one").await;
    filed(&app, &["one"]).await;
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(
        asked[0].contains("grant_type=refresh_token") && asked[0].contains("refresh_token=first")
    );
    assert!(asked[2].contains("refresh_token=second"), "{asked:?}");
    tokio::task::block_in_place(|| {
        server.kill();
        server.again();
    });
    server.password_client_appends("two").await;
    filed(&app, &["one", "two"]).await;
    assert_eq!(endpoint.asked().len(), 3, "the token is held");
    app.end().await;
}

impl Dovecot {
    async fn password_client_appends(&self, subject: &str) {
        let mut client = self.client().await;
        client
            .append("INBOX", &mail(CUSTOMER, subject, "hello"))
            .await;
    }
}
