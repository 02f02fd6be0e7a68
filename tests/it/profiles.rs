//! Every profile by its fixtures in `tests/gateways/<profile>/`: a request in and what it tells, a
//! text out and the request it becomes, an answer and what it means.

mod faults;
mod forgery;
mod mistakes;
mod sdk;
pub(crate) mod wire;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use postern::channel::Callback;
use postern::domain::outcome::Outcome;
use serde_json::{Value, json};

use wire::{Posted, fixture, gateway, outbound};

/// What a callback says, in the words of the fixtures.
fn shown(callback: &Callback) -> Value {
    match callback {
        Callback::Message(text) => json!({"message": {
            "reference": text.reference,
            "from": text.from.value(),
            "to": text.to.value(),
            "text": text.text,
            "segments": text.segments,
            "sent_at": text.sent_at,
            "keyword": text.keyword.map(|keyword| format!("{keyword:?}")),
            "part": text.part.as_ref().map(|part| json!([part.key, part.number, part.total])),
            "media": text.media,
            "files": text.files.iter().map(|file| json!([file.url, file.content_type, file.name])).collect::<Vec<_>>(),
        }}),
        Callback::Report(report) => json!({"report": {
            "reference": report.reference,
            "status": report.status,
            "class": report.failure.as_ref().map(|failure| failure.class),
            "code": report.failure.as_ref().and_then(|failure| failure.code.clone()),
            "at": report.at,
            "without_receipt": report.terminal_without_receipt,
            "part": report.part.map(|part| json!([part.number, part.total])),
        }}),
        Callback::Ignored => json!("ignored"),
    }
}

/// Whether everything that is expected is there; what is not named may be anything.
fn holds(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|other| holds(value, other))),
        (expected, found) => expected == found,
    }
}

fn posted(request: &Value) -> Posted {
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let body = match &request["json"] {
        Value::Null => text("body"),
        json => json.to_string(),
    };
    let content_type = match (&request["json"], request["type"].as_str()) {
        (_, Some(given)) => given,
        (Value::Null, None) => "application/x-www-form-urlencoded",
        (_, None) => "application/json",
    };
    let mut posted = Posted::post(content_type, body);
    if let Some(method) = request["method"].as_str() {
        posted.method = method.parse().unwrap();
    }
    posted.path_and_query = format!("/hooks/support{}", text("query"));
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        posted = posted.with(name, value.as_str().unwrap());
    }
    posted
}

fn reads_as_in_its_fixtures(profile: &str) {
    let gateway = gateway(profile, "http://127.0.0.1:9");
    let cases = fixture(&format!("{profile}/callbacks.json"));
    for case in cases.as_array().unwrap() {
        let read = posted(&case["request"])
            .ask(|request| gateway.read(request))
            .unwrap();
        let found = match &read {
            Ok(callbacks) => callbacks.iter().map(shown).collect(),
            Err(unreadable) => json!({ "unreadable": unreadable.reason }),
        };
        let expected = &case["expect"];
        let same = match (expected, &found) {
            (Value::Array(expected), Value::Array(found)) => {
                expected.len() == found.len()
                    && expected
                        .iter()
                        .zip(found)
                        .all(|(one, other)| holds(one, other))
            }
            (expected, found) => holds(expected, found),
        };
        assert!(
            same,
            "{profile}: {}\nexpected {expected:#}\nfound {found:#}",
            case["name"]
        );
    }
}

#[derive(Clone)]
struct Seen {
    answer: Value,
    requests: Arc<Mutex<Vec<Value>>>,
}

/// A server that gives one answer and keeps what it was asked.
async fn provider(answer: Value) -> (String, Arc<Mutex<Vec<Value>>>) {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Seen {
        answer,
        requests: Arc::clone(&requests),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(keep).with_state(seen);
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), requests)
}

async fn keep(State(seen): State<Seen>, parts: Parts, body: Bytes) -> Response {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap());
    let form = |bytes: &[u8]| -> Value {
        let pairs = form_urlencoded::parse(bytes).into_owned();
        pairs
            .map(|(name, value)| (name, Value::from(value)))
            .collect()
    };
    let content_type = header("content-type").unwrap_or("");
    let body = match content_type {
        "application/json" => serde_json::from_slice(&body).unwrap(),
        "application/x-www-form-urlencoded" => form(&body),
        _ => Value::from(String::from_utf8(body.to_vec()).unwrap()),
    };
    seen.requests.lock().unwrap().push(json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": form(parts.uri.query().unwrap_or("").as_bytes()),
        "authorization": header("authorization"),
        "body": body,
    }));
    let status = u16::try_from(seen.answer["status"].as_u64().unwrap_or(200)).unwrap();
    let body = match &seen.answer["json"] {
        Value::Null => seen.answer["text"].as_str().unwrap_or("").to_owned(),
        json => json.to_string(),
    };
    let mut response = body.into_response();
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    for (name, value) in seen.answer["headers"].as_object().into_iter().flatten() {
        let name: http::HeaderName = name.parse().unwrap();
        response
            .headers_mut()
            .insert(name, value.as_str().unwrap().parse().unwrap());
    }
    response
}

/// What a send came to, in the words of the fixtures.
fn outcome_shown(outcome: &Outcome) -> Value {
    let failed = |verdict: &str, failure: &postern::domain::failure::Failure| json!({"verdict": verdict, "class": failure.class, "code": failure.code, "detail": failure.detail});
    match outcome {
        Outcome::Accepted {
            references,
            segments,
        } => {
            json!({"verdict": "accepted", "references": references, "segments": segments})
        }
        Outcome::Throttled { after, failure } => {
            let mut shown = failed("throttled", failure);
            shown["after"] = json!(after.map(|after| after.as_secs_f64()));
            shown
        }
        Outcome::NotSent(failure) => failed("not_sent", failure),
        Outcome::Rejected(failure) => failed("rejected", failure),
        Outcome::Misconfigured(failure) => failed("misconfigured", failure),
        Outcome::Deferred(failure) => failed("deferred", failure),
        Outcome::Unknown(failure) => failed("unknown", failure),
        Outcome::NotTried => json!({"verdict": "not_tried"}),
    }
}

async fn sends_as_in_its_fixtures(profile: &str) {
    let cases = fixture(&format!("{profile}/sends.json"));
    for case in cases["requests"].as_array().unwrap() {
        let (base_url, requests) = provider(cases["answer"].clone()).await;
        let mut spec = wire::spec(profile, wire::settings(profile, &base_url));
        for (name, value) in case["settings"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap().to_owned();
            spec.settings
                .insert(name.clone(), postern::domain::gateway::Setting::Text(value));
        }
        let mut text = outbound("+12025550123", case["text"].as_str().unwrap_or("Hello"));
        if case["encoding"] == "ucs2" {
            text.encoding = postern::sms::Encoding::Ucs2;
        }
        let media = case["media"].as_array().into_iter().flatten();
        text.media = media.map(|url| url.as_str().unwrap().to_owned()).collect();
        let outcome = wire::open(&spec).send(&text).await;
        let requests = requests.lock().unwrap();
        let [found] = requests.as_slice() else {
            panic!("{profile}: one request, not {requests:?}, {outcome:?}");
        };
        let name = &case["name"];
        let expected = &case["expect"];
        assert!(
            holds(expected, found),
            "{profile}: {name}\nexpected {expected:#}\nfound {found:#}"
        );
        for absent in case["absent"].as_array().into_iter().flatten() {
            let absent = absent.as_str().unwrap();
            assert!(
                found["body"].get(absent).is_none(),
                "{profile}: {name}: {absent} was sent"
            );
        }
        assert!(
            matches!(outcome, Outcome::Accepted { .. }),
            "{profile}: {name}: {outcome:?}"
        );
    }
}

async fn judges_as_in_its_fixtures(profile: &str) {
    let cases = fixture(&format!("{profile}/answers.json"));
    for case in cases.as_array().unwrap() {
        let (base_url, _) = provider(case["answer"].clone()).await;
        let gateway = gateway(profile, &base_url);
        let outcome = gateway.send(&outbound("+12025550123", "Hello")).await;
        let found = outcome_shown(&outcome);
        let expected = &case["expect"];
        assert!(
            holds(expected, &found),
            "{profile}: {}\nexpected {expected:#}\nfound {found:#}",
            case["name"]
        );
    }
}

macro_rules! fixtures {
    ($($module:ident: $profile:literal;)*) => {$(
        mod $module {
            #[test]
            fn callbacks_are_read_as_in_the_fixtures() {
                super::reads_as_in_its_fixtures($profile);
            }

            #[tokio::test]
            async fn sends_are_written_as_in_the_fixtures() {
                super::sends_as_in_its_fixtures($profile).await;
            }

            #[tokio::test]
            async fn f32_f35_f36_answers_are_judged_as_in_the_fixtures() {
                super::judges_as_in_its_fixtures($profile).await;
            }
        }
    )*};
}

fixtures! {
    generic: "generic";
    kannel: "kannel";
    sandbox: "sandbox";
    telnyx: "telnyx";
    twilio: "twilio";
    vonage_sms: "vonage-sms";
}
