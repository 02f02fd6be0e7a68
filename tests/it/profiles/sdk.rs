//! Requests that the providers' own SDKs sign, which share no code with the verifiers.

use std::io::Write;
use std::process::{Command, Stdio};

use form_urlencoded::Serializer;
use http::Method;
use serde_json::{Value, json};

use super::wire::{PUBLIC_URL, Posted, WEBHOOK_SECRET, gateway, now};

/// Asks an SDK; `tests/run` names a Python that has them all.
fn sign(order: &Value) -> Value {
    let python = std::env::var("POSTERN_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/sign.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(order.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "tests/sdk/requirements.txt is not installed; tests/run does that"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn timestamp() -> i64 {
    now().0 / 1_000_000
}

fn with_headers(mut posted: Posted, signed: &Value) -> Posted {
    for (name, value) in signed["headers"].as_object().unwrap() {
        posted = posted.with(name, value.as_str().unwrap());
    }
    posted
}

fn prove(profile: &str, posted: &Posted) {
    let gateway = gateway(profile, "http://127.0.0.1:9");
    assert!(posted.verifies(&gateway), "{profile}: refused: {posted:?}");
    let mut changed = posted.clone();
    if changed.body.is_empty() {
        changed.path_and_query = changed.path_and_query.replace("hello", "hallo");
    } else {
        *changed.body.last_mut().unwrap() ^= 1;
    }
    assert!(
        !changed.verifies(&gateway),
        "{profile}: a changed request was taken"
    );
}

#[test]
fn t01_twilio_signs_a_form() {
    let params = json!({"MessageSid": "SM1", "From": "+12025550123", "To": "+12025550100", "Body": "Grüße & mehr=1"});
    let signed = sign(&json!({
        "scheme": "twilio",
        "secret": "0123456789abcdef0123456789abcdef",
        "url": format!("{PUBLIC_URL}/hooks/support"),
        "params": params,
    }));
    let mut form = Serializer::new(String::new());
    for (name, value) in params.as_object().unwrap() {
        form.append_pair(name, value.as_str().unwrap());
    }
    let posted = Posted::post("application/x-www-form-urlencoded", form.finish());
    prove("twilio", &with_headers(posted, &signed));
}

#[test]
fn t01_telnyx_signs_a_body() {
    let body = json!({"data": {"event_type": "message.received", "payload": {"text": "Grüße"}}})
        .to_string();
    let signed = sign(&json!({
        "scheme": "telnyx",
        // RFC 8032, test 1.
        "seed": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "timestamp": timestamp(),
        "body": body,
    }));
    let posted = Posted::post("application/json", body);
    prove("telnyx", &with_headers(posted, &signed));
}

#[test]
fn t01_vonage_signs_parameters() {
    let signed = sign(&json!({
        "scheme": "vonage",
        "secret": "0123456789abcdefghijklmnop",
        "method": "sha256",
        "timestamp": timestamp(),
        "params": {"msisdn": "12025550123", "to": "12025550100", "messageId": "0A1", "text": "hello & more=1", "type": "text"},
    }));
    let mut query = Serializer::new(String::new());
    for (name, value) in signed["params"].as_object().unwrap() {
        query.append_pair(name, value.as_str().unwrap());
    }
    let query = query.finish();
    let mut by_get = Posted::post("", "");
    by_get.method = Method::GET;
    by_get.path_and_query = format!("/hooks/support?{query}");
    prove("vonage-sms", &by_get);
    let by_form = Posted::post("application/x-www-form-urlencoded", query);
    prove("vonage-sms", &by_form);
    let by_json = Posted::post("application/json", signed["params"].to_string());
    let gateway = gateway("vonage-sms", "http://127.0.0.1:9");
    assert!(by_json.verifies(&gateway));
}

#[test]
fn t01_standard_webhooks_signs_a_body() {
    for profile in ["generic", "sandbox"] {
        let body = json!({"type": "message.received", "data": {"text": "Grüße"}}).to_string();
        let signed = sign(&json!({
            "scheme": "standard_webhooks",
            "secret": WEBHOOK_SECRET,
            "timestamp": timestamp(),
            "body": body,
        }));
        let posted = Posted::post("application/json", body);
        prove(profile, &with_headers(posted, &signed));
    }
}
