//! T13: every operation of the API × every kind of principal × own, others' and unknown ids.

mod matrix;
mod world;

use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(postern::api::openapi_json()).unwrap()
}

/// The name of what an operation takes as JSON.
fn schema(operation: &Value) -> Option<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(name.to_owned())
}

/// The example of a schema.
fn example(document: &Value, schema: &str) -> Value {
    let example = &document["components"]["schemas"][schema]["example"];
    if example.is_null() {
        json!({})
    } else {
        example.clone()
    }
}

/// The path with the required parameters of its query.
fn with_query(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let needed = parameters
        .iter()
        .filter(|one| one["in"] == "query" && one["required"] == true)
        .map(|one| format!("{}=x", one["name"].as_str().unwrap()));
    let query = needed.collect::<Vec<_>>().join("&");
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push((path.clone(), method.to_uppercase(), operation.clone()));
        }
    }
    all
}

/// The path with the resource in place of `{id}`, the tag in place of `{tag}`, and something of no
/// meaning in other places.
fn filled(path: &str, resource: &str, tag: &str) -> String {
    let mut text = path.replace("{id}", resource).replace("{tag}", tag);
    while let (Some(from), Some(to)) = (text.find('{'), text.find('}')) {
        text.replace_range(from..=to, "x");
    }
    text
}

fn unknown_id(kind: &str) -> String {
    let prefix = match kind {
        "messages" => "msg",
        "conversations" => "cnv",
        "issues" => "iss",
        "contacts" => "con",
        "agents" => "agt",
        "teams" => "tem",
        "keys" => "key",
        "sessions" => "ses",
        "notes" => "not",
        "tags" => "tag",
        "views" => "viw",
        "opt-outs" => "opt",
        "quick-replies" => "qrp",
        _ => return "x".to_owned(),
    };
    format!("{prefix}_00000000000000000000000000")
}
