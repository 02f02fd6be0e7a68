//! What the API takes that it should not, and shows that it should not (T14), for every operation
//! that its document names.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{CUSTOMER, Desk, id};
use crate::both;

/// What the server decides; no request may.
const OF_THE_SERVER: [&str; 10] = [
    "id",
    "created_at",
    "revoked_at",
    "version",
    "number",
    "author",
    "direction",
    "provider_reference",
    "seq",
    "is_admin",
];

/// What never leaves the server.
const NEVER_SHOWN: [&str; 9] = [
    "secret",
    "client_secret",
    "token",
    "refresh_token",
    "password",
    "password_hash",
    "hash",
    "api_key",
    "private_key",
];

/// What is shown once, to whoever made it: the operation and the field.
const SHOWN_ONCE: &[(&str, &str)] = &[];

fn document() -> Value {
    serde_json::from_str(postern::api::openapi_json()).unwrap()
}

/// The method, the path and the rest of every operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    assert!(all.len() > 20);
    all
}

/// The names of all fields of a schema, and of all that it leads to.
fn fields(document: &Value, schema: &Value, seen: &mut BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match schema {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str)
                && seen.insert(name.to_owned())
            {
                let place = document.pointer(name.trim_start_matches('#'));
                found.extend(fields(
                    document,
                    place.expect("what it names is there"),
                    seen,
                ));
            }
            let own = object.get("properties").and_then(Value::as_object);
            found.extend(own.into_iter().flat_map(Map::keys).cloned());
            for inner in object.values() {
                found.extend(fields(document, inner, seen));
            }
        }
        Value::Array(all) => {
            for inner in all {
                found.extend(fields(document, inner, seen));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

#[test]
fn t14_no_answer_has_a_field_for_a_secret() {
    let document = document();
    let mut faults = Vec::new();
    for (_, _, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let shown = fields(&document, &operation["responses"], &mut BTreeSet::new());
        assert!(
            shown.contains("detail"),
            "{name}: the schemas were not followed"
        );
        for field in NEVER_SHOWN {
            if shown.contains(field) && !SHOWN_ONCE.contains(&(name, field)) {
                faults.push(format!("{name} shows {field}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

both! {
    async fn t14_no_operation_takes_what_the_server_decides(db: Db) {
        let desk = Desk::on(&db).await;
        desk.text_in("in-1", "Hello").await;
        let sent = desk.post("/v1/messages", json!({"to": CUSTOMER, "text": "Yes"})).await.expect(202);
        let issue = desk.walk("/v1/issues", 10).await.remove(0);
        let conversation = desk.walk("/v1/conversations", 10).await.remove(0);
        let known = [("/v1/issues/{id}", id(&issue)), ("/v1/conversations/{id}", id(&conversation)), ("/v1/messages/{id}", id(&sent))];
        let document = document();
        let mut tried = 0;
        for (method, path, operation) in operations(&document) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            // Whoever signs in has no key yet; how that is done has tests of its own.
            if schema.is_null() || ["/v1/sessions", "/v1/setup"].contains(&path.as_str()) {
                continue;
            }
            let taken = fields(&document, schema, &mut BTreeSet::new());
            let mut url = path.clone();
            for (place, known) in known {
                url = match url.strip_prefix(place) {
                    Some(rest) => format!("{}{rest}", place.replace("{id}", known)),
                    None => url,
                };
            }
            let there = !url.contains('{');
            let url = url.replace(['{', '}'], "");
            for field in OF_THE_SERVER.iter().filter(|field| !taken.contains(**field)) {
                let body = json!({*field: "x"});
                let answer = desk.with_key(&desk.key, &method, &url, Some(body)).await;
                if there || answer.status == 422 {
                    let pointers = answer.pointers();
                    assert!(pointers.contains(&format!("/{field}")), "{method} {url}: {pointers:?}");
                } else {
                    answer.expect(404);
                }
                tried += 1;
            }
        }
        assert!(tried > 50, "{tried} tried");
        desk.end().await;
    }
}
