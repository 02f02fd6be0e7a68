//! Each carrier from end to end: a customer texts in, an agent answers, the carrier reports it
//! delivered; through the running daemon, with posts signed by the tests' own hand.

mod unanswered;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::both;
use crate::world::api::Answer;
use crate::world::app::TestApp;
use crate::world::hooks::now;
use crate::world::provider::{FakeProvider, Handed, Reply};
use crate::world::setup::{FAST, Setup, WEBHOOK_SECRET};
use crate::world::sign;

const OURS: &str = "+12025550100";
const CUSTOMER: &str = "+12025550107";
const TOKEN: &str = "6f1c2d3e4f5061728394a5b6c7d8e9f0";
const SIGNATURE_SECRET: &str = "tests-signature-secret";

/// The daemon with one gateway called `carrier`, and its carrier.
async fn start(
    db: &crate::world::db::Db,
    profile: &str,
    settings: &str,
) -> (TestApp, FakeProvider) {
    let provider = FakeProvider::start().await;
    let text = format!(
        "[[gateway]]\nname = \"carrier\"\nkind = \"long_code\"\nprofile = {profile:?}\naddress = {OURS:?}\n{FAST}\n\
         [gateway.settings]\nbase_url = {:?}\n{settings}\n",
        provider.url()
    );
    (
        TestApp::start(db, &Setup::bare(db).with(&text)).await,
        provider,
    )
}

/// What the conversation must look like once the customer's text is in; answers it.
async fn answer(app: &TestApp, provider: &FakeProvider, text: &str) -> (Value, Handed) {
    let conversations = app.api.list("/v1/conversations").await;
    assert_eq!(conversations.len(), 1);
    let inbound = app.api.list("/v1/messages?direction=inbound").await;
    assert_eq!(
        (inbound.len(), &inbound[0]["text"]),
        (1, &json!("Grüße & more=1"))
    );
    assert_eq!(
        (&inbound[0]["from"], &inbound[0]["to"]),
        (&json!(CUSTOMER), &json!(OURS))
    );
    // Without a gateway: the one that the contact last used.
    let body = json!({"to": CUSTOMER, "text": text});
    let sent = app.api.post("/v1/messages", &body).await.expect(202);
    let sent = app.api.message_becomes(&sent["id"], "sent").await;
    let handed = provider.handed(1).await.remove(0);
    (sent, handed)
}

/// The same post twice: the same answer, and nothing happens twice.
async fn twice(post: impl AsyncFn() -> Answer) -> Answer {
    let first = post().await;
    let again = post().await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert!((200..300).contains(&first.status), "{}", first.text);
    first
}

/// Posts JSON as Telnyx does, to a path below `/hooks/`.
async fn post_telnyx(app: &TestApp, place: &str, key: &SigningKey, body: &Value) -> Answer {
    let (seconds, body) = (now().to_string(), body.to_string());
    let signature = key.sign(format!("{seconds}|{body}").as_bytes());
    let request = app
        .hooks
        .http
        .post(format!("{}/hooks/{place}", app.hooks.base));
    let request = request.header("content-type", "application/json");
    let request = request.header("telnyx-timestamp", seconds);
    let signature = STANDARD.encode(signature.to_bytes());
    let request = request.header("telnyx-signature-ed25519", signature);
    Answer::of(request.body(body)).await.unwrap()
}

/// Posts a form as Vonage does.
async fn post_vonage(app: &TestApp, params: &[(&str, &str)]) -> Answer {
    let seconds = now().to_string();
    let mut params = params.to_vec();
    params.extend([("timestamp", seconds.as_str()), ("nonce", "n1")]);
    let signature = sign::vonage_md5(SIGNATURE_SECRET, &params);
    params.push(("sig", &signature));
    let request = app
        .hooks
        .http
        .post(format!("{}/hooks/carrier", app.hooks.base));
    Answer::of(request.form(&params)).await.unwrap()
}

both! {
    async fn telnyx_from_end_to_end(db: Db) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = STANDARD.encode(key.verifying_key().as_bytes());
        let settings = format!("public_key = {public:?}\napi_key = \"KEY\"\n");
        let (app, provider) = start(&db, "telnyx", &settings).await;
        provider.answers(|_| Reply::status(200, &json!({"data": {"id": "tx-1", "parts": 1}})));
        let event = |kind: &str, payload: Value| json!({"data": {"event_type": kind, "occurred_at": "2026-11-21T09:00:00Z", "payload": payload}});
        let text = event("message.received", json!({"id": "rx-1", "from": {"phone_number": CUSTOMER}, "to": [{"phone_number": OURS}], "text": "Grüße & more=1", "parts": 1, "media": []}));
        twice(async || post_telnyx(&app, "carrier", &key, &text).await).await;
        let (sent, handed) = answer(&app, &provider, "to you").await;
        assert_eq!(handed.request.header("authorization"), Some("Bearer KEY"));
        assert_eq!((handed.to.as_str(), handed.text.as_str()), (CUSTOMER, "to you"));
        let delivered = event("message.finalized", json!({"id": "tx-1", "to": [{"phone_number": CUSTOMER, "status": "delivered"}], "errors": []}));
        twice(async || post_telnyx(&app, "carrier", &key, &delivered).await).await;
        app.api.message_becomes(&sent["id"], "delivered").await;
        app.end().await;
    }

    async fn vonage_from_end_to_end(db: Db) {
        let settings = format!("api_key = \"abcd1234\"\napi_secret = \"s\"\nsignature_secret = {SIGNATURE_SECRET:?}\n");
        let (app, provider) = start(&db, "vonage-sms", &settings).await;
        let taken = json!({"message-count": "1", "messages": [{"status": "0", "message-id": "0B01", "to": "12025550107"}]});
        provider.answers(move |_| Reply::status(200, &taken));
        let text = [("msisdn", "12025550107"), ("to", "12025550100"), ("messageId", "0A01"), ("text", "Grüße & more=1"), ("type", "text"), ("message-timestamp", "2026-11-21 09:29:58")];
        twice(async || post_vonage(&app, &text).await).await;
        let (sent, handed) = answer(&app, &provider, "to you").await;
        assert_eq!((handed.to.as_str(), handed.text.as_str()), ("12025550107", "to you"));
        let delivered = [("msisdn", "12025550107"), ("to", "12025550100"), ("messageId", "0B01"), ("status", "delivered"), ("err-code", "0"), ("message-timestamp", "2026-11-21 09:30:58")];
        twice(async || post_vonage(&app, &delivered).await).await;
        app.api.message_becomes(&sent["id"], "delivered").await;
        app.end().await;
    }

    async fn kannel_from_end_to_end(db: Db) {
        let settings = format!("token = {TOKEN:?}\nusername = \"u\"\npassword = \"p\"\n");
        let (app, provider) = start(&db, "kannel", &settings).await;
        let accepted = || Reply::Answer(202, vec![("content-type".to_owned(), "text/plain".to_owned())], "0: Accepted for delivery".to_owned());
        provider.answers(move |_| accepted());
        let get = async |url: String| Answer::of(app.hooks.http.get(url)).await.unwrap();
        let mut text = url::Url::parse(&format!("{}/hooks/carrier", app.hooks.base)).unwrap();
        text.query_pairs_mut().extend_pairs([("token", TOKEN), ("id", "i-1"), ("from", CUSTOMER), ("to", OURS), ("text", "Grüße & more=1"), ("time", "1795253398")]);
        // Kannel sends whatever it is answered to the customer.
        assert_eq!(twice(async || get(text.to_string()).await).await.text, "");
        let (sent, handed) = answer(&app, &provider, "to you & yours").await;
        let asked = url::Url::parse(&format!("http://kannel{}", handed.request.target)).unwrap();
        let asked: std::collections::HashMap<_, _> = asked.query_pairs().into_owned().collect();
        assert_eq!((asked["to"].as_str(), asked["text"].as_str()), (CUSTOMER, "to you & yours"));
        // The report comes to the address that was handed over with the text.
        let report = asked["dlr-url"].replace(crate::world::setup::PUBLIC_URL, &app.hooks.base);
        let report = report.replace("%d", "1").replace("%T", "1795253400").replace("%A", "");
        twice(async || get(report.clone()).await).await;
        app.api.message_becomes(&sent["id"], "delivered").await;
        app.end().await;
    }

    async fn a_carrier_of_ones_own_from_end_to_end(db: Db) {
        let settings = format!("secret = {WEBHOOK_SECRET:?}\napi_key = \"KEY\"\n");
        let (app, provider) = start(&db, "generic", &settings).await;
        let text = json!({"type": "message.received", "data": {"id": "g-1", "from": CUSTOMER, "to": OURS, "text": "Grüße & more=1"}});
        twice(async || app.hooks.standard("carrier", now(), &text).await).await;
        let (sent, handed) = answer(&app, &provider, "to you").await;
        assert_eq!(handed.request.header("authorization"), Some("Bearer KEY"));
        let delivered = json!({"type": "message.status", "data": {"id": handed.reference, "status": "delivered"}});
        twice(async || app.hooks.standard("carrier", now(), &delivered).await).await;
        app.api.message_becomes(&sent["id"], "delivered").await;
        app.end().await;
    }
}
