//! What is signed is what arrives: a receiving server's own verifier reads it (RFC 6376, RFC 8463).

use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::cache::NoCache;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::{
    AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt,
};
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use serde_json::json;

use super::CUSTOMER;
use super::wire::setup;
use crate::both;
use crate::world::app::TestApp;
use crate::world::smtp::MailSink;

/// What the domain publishes, which is all that the verifier is told of the world.
struct Zone {
    name: &'static str,
    record: String,
}

impl ResolverCache<Box<str>, Txt> for Zone {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let known: Box<str> = self.name.into();
        assert!(known.borrow() == name, "another name was asked for");
        Some(DomainKey::parse(self.record.as_bytes()).into())
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// What a verifier says of a mail's signatures.
async fn verified(mail: &[u8], zone: &Zone) -> Vec<DkimResult> {
    let verifier = MessageAuthenticator::new_system_conf().unwrap();
    let message = AuthenticatedMessage::parse(mail).unwrap();
    let parameters = Parameters::<
        _,
        NoCache<_, _>,
        NoCache<_, _>,
        NoCache<_, _>,
        NoCache<_, _>,
        NoCache<_, _>,
    >::new(&message);
    let all = verifier.verify_dkim(parameters.with_txt_cache(zone)).await;
    all.iter().map(|one| one.result().clone()).collect()
}

/// Keys in PEM, with what the domain publishes of each.
fn keys() -> [(String, String); 2] {
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let public = STANDARD.encode(ed25519.der_bytes());
    let rsa_public = STANDARD.encode(rsa.subject_public_key_info());
    [
        (
            ed25519.serialize_pem(),
            format!("v=DKIM1; k=ed25519; p={public}"),
        ),
        (
            rsa.serialize_pem(),
            format!("v=DKIM1; k=rsa; p={rsa_public}"),
        ),
    ]
}

both! {
    async fn t25_a_verifier_takes_our_mail_for_ours_and_a_changed_one_for_nobodys(db: Db) {
        for (key, record) in keys() {
            let zone = Zone { name: "s1._domainkey.example.net.", record };
            let sink = MailSink::start().await;
            let smtp = format!("[gateway.smtp.dkim]\ndomain = \"example.net\"\nselector = \"s1\"\nkey = \"\"\"{key}\"\"\"");
            let app = TestApp::start(&db, &setup(&db, &sink, &smtp)).await;
            let texts = ["Hello", ".\n..leading dots\n.", "Grüße\n\n\n", "trailing space \nx"];
            for text in texts {
                let body = json!({"to": CUSTOMER, "cc": ["ben@example.com"], "subject": "Größe, so lang daß der Betreff gefaltet werden muß, und noch länger", "text": text});
                app.api.post("/v1/messages", &body).await.expect(202);
            }
            for letter in sink.took(2 * texts.len()).await {
                let mail = letter.content();
                assert_eq!(verified(&mail, &zone).await, [DkimResult::Pass], "{}", letter.text());
                for (from, to) in [("Subject: ", "Subject: not "), ("", "From: Eve <eve@evil.example>\r\n"), ("\r\n\r\n", "\r\n\r\nPay here: evil.example\r\n")] {
                    let changed = letter.text().replacen(from, to, 1);
                    let results = verified(changed.as_bytes(), &zone).await;
                    assert!(results.len() == 1 && results[0] != DkimResult::Pass, "{from:?}: {results:?}");
                }
            }
            app.end().await;
        }
    }
}
