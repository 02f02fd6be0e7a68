//! What is not the provider's is refused, and what is no profile or no secret never opens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use postern::channel::{Gateway, GatewayFault, Profiles, Refusal};
use postern::domain::clock::Clock;
use postern::domain::gateway::Setting;
use proptest::prelude::*;
use sha1::Sha1;
use sha2::Sha256;

use super::wire::{PUBLIC_URL, Posted, gateway, now, open, settings, spec};

const FORM: &str = "application/x-www-form-urlencoded";
const BODY: &str = "Body=caf%C3%A9&From=%2B12025550123&MessageSid=SM1&To=%2B12025550100";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Twilio's signature of the form above, written out by hand.
fn twilio_signature(token: &str, url: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    mac.update("BodycaféFrom+12025550123MessageSidSM1To+12025550100".as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn twilio_post(token: &str, url: &str) -> Posted {
    Posted::post(FORM, BODY).with("x-twilio-signature", &twilio_signature(token, url))
}

fn webhook(body: &str, key: &[u8]) -> Posted {
    let timestamp = (now().0 / 1_000_000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("msg_1.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    Posted::post("application/json", body)
        .with("webhook-id", "msg_1")
        .with("webhook-timestamp", &timestamp)
        .with("webhook-signature", &signature)
}

fn changed(posted: &Posted, change: impl FnOnce(&mut Posted)) -> Posted {
    let mut changed = posted.clone();
    change(&mut changed);
    changed
}

#[test]
fn t01_fourteen_changes_of_a_signed_form_are_refused() {
    let gateway = gateway("twilio", "http://127.0.0.1:9");
    let url = format!("{PUBLIC_URL}/hooks/support");
    let good = twilio_post(TOKEN, &url);
    assert!(good.verifies(&gateway));
    let latin = BODY.replace("%C3%A9", "%E9");
    let json = r#"{"Body":"café","From":"+12025550123","MessageSid":"SM1","To":"+12025550100"}"#;
    let forged = [
        ("a byte of the body", changed(&good, |it| it.body[6] = b'o')),
        (
            "one more parameter",
            changed(&good, |it| it.body.extend(b"&OptOutType=STOP")),
        ),
        (
            "one parameter less",
            changed(&good, |it| it.body.truncate(BODY.len() - 20)),
        ),
        (
            "another key",
            twilio_post("fedcba9876543210fedcba9876543210", &url),
        ),
        (
            "an empty signature",
            changed(&good, |it| it.headers[1].1.clear()),
        ),
        ("no signature", changed(&good, |it| it.headers.truncate(1))),
        (
            "two signatures",
            good.clone().with("x-twilio-signature", &good.headers[1].1),
        ),
        (
            "another host, and a header that says so",
            twilio_post(TOKEN, "https://evil.example.net/hooks/support")
                .with("host", "evil.example.net")
                .with("x-forwarded-host", "evil.example.net"),
        ),
        (
            "another scheme, and a header that says so",
            twilio_post(TOKEN, "http://gw.example.com/hooks/support")
                .with("x-forwarded-proto", "http"),
        ),
        (
            "another gateway's address",
            twilio_post(TOKEN, &format!("{PUBLIC_URL}/hooks/other")),
        ),
        (
            "a query that was not signed",
            changed(&good, |it| it.path_and_query.push_str("?a=b")),
        ),
        (
            "the parameters as JSON",
            changed(&good, |it| {
                it.body = json.as_bytes().to_vec();
                it.headers[0].1 = "application/json".to_owned();
            }),
        ),
        (
            "the text in another charset",
            changed(&good, |it| it.body = latin.into_bytes()),
        ),
        (
            "a media type of another charset",
            changed(&good, |it| {
                it.headers[0].1 = format!("{FORM}; charset=utf-16");
            }),
        ),
        ("by GET", changed(&good, |it| it.method = Method::GET)),
    ];
    for (what, forged) in forged {
        assert!(!forged.verifies(&gateway), "{what} was taken");
    }
}

#[test]
fn t01_fourteen_changes_of_a_signed_body_are_refused() {
    let gateway = gateway("generic", "http://127.0.0.1:9");
    let key = b"0123456789abcdef";
    let body = r#"{"type":"message.received","data":{"id":"g1","text":"hi"}}"#;
    let good = webhook(body, key);
    assert!(good.verifies(&gateway));
    let header = |at: usize, value: &str| changed(&good, |it| it.headers[at].1 = value.to_owned());
    let as_bytes = |body: &str| changed(&good, |it| it.body = body.as_bytes().to_vec());
    let forged = [
        ("a byte of the body", as_bytes(&body.replace("hi", "ha"))),
        (
            "the members in another order",
            as_bytes(r#"{"data":{"id":"g1","text":"hi"},"type":"message.received"}"#),
        ),
        (
            "one more member",
            as_bytes(&body.replace("{\"id\"", "{\"a\":1,\"id\"")),
        ),
        ("another key", webhook(body, b"fedcba9876543210")),
        ("an empty signature", header(3, "")),
        ("no signature", changed(&good, |it| it.headers.truncate(3))),
        (
            "two signature headers",
            good.clone().with("webhook-signature", &good.headers[3].1),
        ),
        (
            "another version",
            header(3, &good.headers[3].1.replace("v1,", "v2,")),
        ),
        ("another id", header(1, "msg_2")),
        (
            "no id",
            changed(&good, |it| {
                it.headers.remove(1);
            }),
        ),
        ("another time", header(2, "1795253399")),
        ("a time that is no number", header(2, "+1795253400")),
        (
            "the same JSON written anew",
            as_bytes(&body.replace(':', ": ")),
        ),
        (
            "the body in UTF-16",
            changed(&good, |it| {
                it.body = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
            }),
        ),
    ];
    for (what, forged) in forged {
        assert!(!forged.verifies(&gateway), "{what} was taken");
    }
}

#[test]
fn t01_old_and_new_secret_are_valid_at_once() {
    let url = format!("{PUBLIC_URL}/hooks/support");
    let mut spec = spec("twilio", settings("twilio", "http://127.0.0.1:9"));
    let both = vec!["new-token".to_owned(), TOKEN.to_owned()];
    spec.settings
        .insert("auth_token".to_owned(), Setting::List(both));
    let gateway = open(&spec);
    assert!(twilio_post(TOKEN, &url).verifies(&gateway));
    assert!(twilio_post("new-token", &url).verifies(&gateway));
    assert!(!twilio_post("other", &url).verifies(&gateway));
}

#[test]
fn t01_a_default_port_may_be_signed_or_not() {
    let gateway = gateway("twilio", "http://127.0.0.1:9");
    let url = "https://gw.example.com:443/hooks/support";
    assert!(twilio_post(TOKEN, url).verifies(&gateway));
    let url = "https://gw.example.com:8443/hooks/support";
    assert!(!twilio_post(TOKEN, url).verifies(&gateway));
}

#[test]
fn t01_kannel_needs_its_secret_once() {
    let gateway = gateway("kannel", "http://127.0.0.1:9");
    let token = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    let asks = |query: &str| {
        let mut posted = Posted::post("", "");
        posted.method = Method::GET;
        posted.path_and_query = format!("/hooks/support{query}");
        posted.verifies(&gateway)
    };
    assert!(asks(&format!("?token={token}&from=1")));
    for query in [
        "",
        "?token=",
        "?token=wrong",
        "?Token=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    ] {
        assert!(!asks(query), "{query}");
    }
    assert!(!asks(&format!("?token={token}&token={token}")));
    assert!(!asks(&format!("?token={}", &token[1..])));
    // What is kept of a post, and shown to operators, does not have it.
    let kept = gateway.without_secret(&format!("/hooks/support?id=1&%74oken={token}&from=2"));
    assert_eq!(kept, "/hooks/support?id=1&from=2");
}

#[test]
fn t01_vonage_takes_no_parameter_twice_and_no_name_that_hides_another() {
    let gateway = gateway("vonage-sms", "http://127.0.0.1:9");
    let timestamp = now().0 / 1_000_000;
    let sign = |text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdefghijklmnop").unwrap();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    };
    let ask = |query: String| {
        let posted = Posted::post(FORM, query);
        posted.ask(|request| gateway.verify(request)).unwrap()
    };
    let sig = sign(&format!("&a=1&b=2&timestamp={timestamp}"));
    assert_eq!(
        ask(format!("a=1&b=2&timestamp={timestamp}&sig={sig}")),
        Ok(())
    );
    let upper = sig.to_uppercase();
    assert_eq!(
        ask(format!("a=1&b=2&timestamp={timestamp}&sig={upper}")),
        Ok(())
    );
    assert_eq!(
        ask(format!("a=1%26b=2&timestamp={timestamp}&sig={sig}")),
        Err(Refusal::BadSignature)
    );
    assert_eq!(
        ask(format!("a%3D1%26b=2&timestamp={timestamp}&sig={sig}")),
        Err(Refusal::Unsigned)
    );
    assert_eq!(
        ask(format!("a=1&b=2&b=2&timestamp={timestamp}&sig={sig}")),
        Err(Refusal::Unsigned)
    );
    let without_time = sign("&a=1&b=2");
    assert_eq!(
        ask(format!("a=1&b=2&sig={without_time}")),
        Err(Refusal::Unsigned)
    );
}

fn refused(
    profile: &str,
    change: impl FnOnce(&mut postern::domain::gateway::GatewaySpec),
) -> GatewayFault {
    let mut spec = spec(profile, settings(profile, "http://127.0.0.1:9"));
    change(&mut spec);
    let profiles = Profiles::load(None).unwrap();
    let url = PUBLIC_URL.parse().unwrap();
    Gateway::open(&spec, &profiles, &url, Clock::fixed(now())).unwrap_err()
}

#[test]
fn t01_a_gateway_without_a_usable_secret_is_refused() {
    let secrets = [
        ("twilio", "auth_token"),
        ("telnyx", "public_key"),
        ("vonage-sms", "signature_secret"),
        ("kannel", "token"),
        ("generic", "secret"),
        ("sandbox", "secret"),
    ];
    for (profile, secret) in secrets {
        let empty = [
            None,
            Some(Setting::Text(String::new())),
            Some(Setting::Text("  ".to_owned())),
            Some(Setting::List(Vec::new())),
            Some(Setting::List(vec![String::new()])),
        ];
        for value in empty {
            let fault = refused(profile, |spec| {
                spec.settings.remove(secret);
                if let Some(value) = value {
                    spec.settings.insert(secret.to_owned(), value);
                }
            });
            assert!(
                matches!(&fault, GatewayFault::MissingSetting { setting, .. } if setting == secret),
                "{fault}"
            );
        }
    }
    let weak = [
        ("telnyx", "public_key", "AAAA"),
        // The neutral point: under it, anybody's signature holds.
        (
            "telnyx",
            "public_key",
            "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
        ("kannel", "token", "short"),
        ("kannel", "token", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("generic", "secret", "whsec_AAAA"),
        ("generic", "secret", "not base64!"),
    ];
    for (profile, secret, value) in weak {
        let fault = refused(profile, |spec| {
            spec.settings
                .insert(secret.to_owned(), Setting::Text(value.to_owned()));
        });
        assert!(
            matches!(&fault, GatewayFault::UnusableSetting { setting, .. } if setting == secret),
            "{fault}"
        );
        assert!(
            !fault.to_string().contains(value),
            "the fault shows the secret"
        );
    }
}

#[test]
fn a_gateway_with_a_mistake_is_refused_in_plain_words() {
    let fault = refused("twilio", |spec| spec.profile = "twillio".to_owned());
    assert_eq!(
        fault.to_string(),
        r#"gateway "support": there is no profile "twillio"; there are generic, kannel, sandbox, telnyx, twilio, vonage-sms"#
    );
    let fault = refused("twilio", |spec| drop(spec.settings.remove("account_sid")));
    assert_eq!(
        fault.to_string(),
        r#"gateway "support": the setting "account_sid" is missing: the account, AC and 32 characters"#
    );
    let fault = refused("sandbox", |spec| {
        spec.settings
            .insert("api_kay".to_owned(), Setting::Text("x".to_owned()));
    });
    assert_eq!(
        fault.to_string(),
        r#"gateway "support": the profile knows no setting "api_kay"; it knows api_key, base_url, secret"#
    );
    let fault = refused("generic", |spec| drop(spec.settings.remove("base_url")));
    assert!(
        matches!(fault, GatewayFault::UnusableSetting { .. }),
        "{fault}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn f44_no_bytes_make_a_gateway_panic(
        body in prop::collection::vec(any::<u8>(), 0..300),
        query in "\\PC{0,60}",
        content_type in prop::sample::select(vec!["", FORM, "application/json", "text/plain"]),
        get in any::<bool>(),
        header in "[ -~]{0,60}",
    ) {
        for profile in ["generic", "kannel", "sandbox", "telnyx", "twilio", "vonage-sms"] {
            let mut posted = Posted::post(content_type, body.clone());
            if get {
                posted.method = Method::GET;
            }
            posted.path_and_query = format!("/hooks/support?{query}");
            for name in ["x-twilio-signature", "telnyx-signature-ed25519", "telnyx-timestamp",
                         "webhook-id", "webhook-timestamp", "webhook-signature"] {
                posted = posted.with(name, &header);
            }
            let gateway = super::wire::kept(profile);
            prop_assert!(!posted.verifies(gateway));
            let _ = posted.ask(|request| gateway.read(request));
        }
    }
}
