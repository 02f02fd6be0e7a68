//! Signed requests, official and made with the official SDKs: each verifies, and no longer does
//! after a change of one byte in what is signed, in the signature or in the secret.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use form_urlencoded::Serializer;
use http::Method;
use postern::channel::{Profiles, TextGateway};
use postern::domain::clock::{Clock, Timestamp};
use postern::domain::gateway::Setting;
use serde_json::Value;

use crate::profiles::wire::{Posted, now, settings, spec};

/// A signed request with the gateway that it is for.
#[derive(Debug, Clone)]
struct Signed {
    profile: &'static str,
    settings: BTreeMap<String, String>,
    /// The setting that holds the secret or key.
    secret: &'static str,
    public_url: String,
    posted: Posted,
    /// Where the signature is; the other headers are signed.
    signature: Signature,
}

/// Where a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signature {
    /// In a header; the address and the body are signed.
    OfAddressAndBody,
    /// In a header; other headers and the body are signed.
    OfHeadersAndBody,
    /// In the query that it signs.
    InQuery,
}

impl Signed {
    /// The gateway; nothing when it is refused for its secret or address.
    fn gateway(&self) -> Option<TextGateway> {
        static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::load(None).unwrap());
        let mut all = settings(self.profile, "http://127.0.0.1:9");
        for (name, value) in &self.settings {
            all.insert(name.clone(), Setting::Text(value.clone()));
        }
        let url = self.public_url.parse().ok()?;
        let spec = spec(self.profile, all);
        TextGateway::open(&spec, &PROFILES, &url, Clock::fixed(now())).ok()
    }

    fn verifies(&self) -> bool {
        self.gateway()
            .is_some_and(|gateway| self.posted.verifies(&gateway))
    }

    /// Every request, secret and address that differ in one bit of one byte.
    fn changed(&self) -> Vec<(String, Self)> {
        let mut all = Vec::new();
        let mut push = |what: &str, change: &dyn Fn(&mut Self)| {
            let mut changed = self.clone();
            change(&mut changed);
            all.push((what.to_owned(), changed));
        };
        for body in flips(&self.posted.body) {
            push("body", &|signed| signed.posted.body.clone_from(&body));
        }
        for text in text_flips(&self.settings[self.secret]) {
            push("secret", &|signed| {
                signed.settings.insert(self.secret.to_owned(), text.clone());
            });
        }
        if self.signature != Signature::OfHeadersAndBody {
            for text in text_flips(&self.posted.path_and_query) {
                push("address", &|signed| {
                    signed.posted.path_and_query.clone_from(&text);
                });
            }
        }
        if self.signature == Signature::OfAddressAndBody {
            for text in text_flips(&self.public_url) {
                push("public address", &|signed| {
                    signed.public_url.clone_from(&text);
                });
            }
        }
        for (at, (name, value)) in self.posted.headers.iter().enumerate() {
            if name == "content-type" {
                continue;
            }
            for text in text_flips(value) {
                push(name, &|signed| {
                    signed.posted.headers[at].1.clone_from(&text);
                });
            }
        }
        all
    }
}

/// Above this length each byte is changed once: checking Ed25519 takes a while.
const LONG: usize = 512;

/// All that differ in one bit, but for the one that only changes the case of a letter: in `%2b`
/// and in hexadecimal digits that changes nothing.
fn flips(bytes: &[u8]) -> Vec<Vec<u8>> {
    let bits: &[u8] = match bytes.len() {
        ..LONG => &[0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80],
        LONG.. => &[0x01],
    };
    let places = (0..bytes.len()).flat_map(|at| bits.iter().map(move |bit| (at, *bit)));
    places
        .map(|(at, bit)| {
            let mut changed = bytes.to_vec();
            changed[at] ^= bit;
            changed
        })
        .collect()
}

fn text_flips(text: &str) -> Vec<String> {
    let changed = flips(text.as_bytes()).into_iter();
    changed
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .collect()
}

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/signature-vectors.json")).unwrap()
}

fn of(provider: &str, read: fn(&Value) -> Signed) -> Vec<(String, Signed)> {
    let vectors = vectors().into_iter();
    let ours = vectors.filter(|vector| vector["provider"].as_str().unwrap().contains(provider));
    ours.map(|vector| (vector["scheme"].as_str().unwrap().to_owned(), read(&vector)))
        .collect()
}

fn prove(vectors: &[(String, Signed)], at_least: usize) {
    assert!(vectors.len() >= at_least, "vectors are missing");
    for (scheme, signed) in vectors {
        assert!(signed.verifies(), "{scheme}: refused");
        let changed = signed.changed();
        assert!(changed.len() > 100);
        for (what, changed) in changed {
            assert!(
                !changed.verifies(),
                "{scheme}: another {what} was taken: {changed:?}"
            );
        }
    }
}

fn seconds(text: &str) -> Timestamp {
    Timestamp(text.parse::<i64>().unwrap() * 1_000_000)
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("no {name}"))
}

fn twilio(vector: &Value) -> Signed {
    let url = text(vector, "url");
    let path = url[8..].find('/').unwrap() + 8;
    let mut form = Serializer::new(String::new());
    for (name, value) in vector["form"].as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().unwrap());
    }
    for pair in vector["form_pairs"].as_array().into_iter().flatten() {
        form.append_pair(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
    }
    let form = form.finish();
    let (content_type, body) = match vector["raw_body"].as_str() {
        Some(raw) if raw.starts_with('{') => ("application/json", raw.to_owned()),
        Some(raw) => ("application/x-www-form-urlencoded", raw.to_owned()),
        None => ("application/x-www-form-urlencoded", form),
    };
    let mut posted = Posted::post(content_type, body);
    url[path..].clone_into(&mut posted.path_and_query);
    Signed {
        profile: "twilio",
        settings: BTreeMap::from([("auth_token".to_owned(), text(vector, "secret").to_owned())]),
        secret: "auth_token",
        public_url: url[..path].to_owned(),
        posted: posted.with("x-twilio-signature", text(vector, "signature")),
        signature: Signature::OfAddressAndBody,
    }
}

fn with_headers(
    vector: &Value,
    profile: &'static str,
    secret: &'static str,
    key: &str,
    time: &str,
) -> Signed {
    let mut posted = Posted::post("application/json", text(vector, "raw_body"));
    for (name, value) in vector["headers"].as_object().unwrap() {
        posted = posted.with(name, value.as_str().unwrap());
    }
    posted.received_at = seconds(text(&vector["headers"], time));
    Signed {
        profile,
        settings: BTreeMap::from([(secret.to_owned(), text(vector, key).to_owned())]),
        secret,
        public_url: "https://gw.example.com".to_owned(),
        posted,
        signature: Signature::OfHeadersAndBody,
    }
}

fn telnyx(vector: &Value) -> Signed {
    with_headers(
        vector,
        "telnyx",
        "public_key",
        "public_key_b64",
        "telnyx-timestamp",
    )
}

fn standard_webhooks(vector: &Value) -> Signed {
    with_headers(vector, "generic", "secret", "secret", "webhook-timestamp")
}

fn vonage(vector: &Value) -> Signed {
    let mut query = Serializer::new(String::new());
    for (name, value) in vector["params"].as_object().unwrap() {
        query.append_pair(name, value.as_str().unwrap());
    }
    query.append_pair("sig", text(vector, "sig"));
    let mut posted = Posted::post("", "");
    posted.method = Method::GET;
    posted.path_and_query = format!("?{}", query.finish());
    posted.received_at = seconds(text(&vector["params"], "timestamp"));
    let method = [
        "md5hash",
        "hmac-md5",
        "hmac-sha1",
        "hmac-sha256",
        "hmac-sha512",
    ]
    .into_iter()
    .find(|method| text(vector, "scheme").starts_with(method))
    .unwrap();
    Signed {
        profile: "vonage-sms",
        settings: BTreeMap::from([
            (
                "signature_secret".to_owned(),
                text(vector, "secret").to_owned(),
            ),
            (
                "signature_method".to_owned(),
                method.trim_start_matches("hmac-").to_owned(),
            ),
        ]),
        secret: "signature_secret",
        public_url: "https://gw.example.com".to_owned(),
        posted,
        signature: Signature::InQuery,
    }
}

#[test]
fn t01_twilio_vectors_verify_and_no_other_byte_does() {
    prove(&of("twilio", twilio), 6);
}

#[test]
fn t01_telnyx_vectors_verify_and_no_other_byte_does() {
    prove(&of("telnyx", telnyx), 1);
}

#[test]
fn t01_vonage_vectors_verify_and_no_other_byte_does() {
    prove(&of("vonage-sms", vonage), 7);
}

#[test]
fn t01_standard_webhooks_vectors_verify_and_no_other_byte_does() {
    prove(&of("standard-webhooks", standard_webhooks), 1);
}

#[test]
fn t02_a_request_is_good_for_five_minutes() {
    let mut all = of("telnyx", telnyx);
    all.extend(of("vonage-sms", vonage));
    all.extend(of("standard-webhooks", standard_webhooks));
    for (scheme, signed) in all {
        let signed_at = signed.posted.received_at.0;
        for (offset, good) in [
            (-301, false),
            (-300, true),
            (300, true),
            (301, false),
            (360, false),
        ] {
            let mut moved = signed.clone();
            moved.posted.received_at = Timestamp(signed_at + offset * 1_000_000);
            assert_eq!(moved.verifies(), good, "{scheme}: {offset} s");
        }
    }
}
