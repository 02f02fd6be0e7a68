//! The OpenAPI document and the pages about the API.

use axum::body::Body;
use http::Request;
use postern::http::Code;
use serde_json::Value;

use super::{Answer, Desk};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn b01_the_committed_document_is_the_one_of_the_code() {
    let made = postern::api::openapi_json();
    if std::env::var_os("POSTERN_ACCEPT").is_some() {
        std::fs::write(COMMITTED, made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == made,
        "openapi.json is not what the code says; look at the change, then accept it: \
         POSTERN_ACCEPT=1 cargo test b01"
    );
}

#[tokio::test]
async fn b01_every_operation_of_the_document_is_answered_and_described() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(postern::api::openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for name in [
        "NewMessage",
        "Assignment",
        "KeyRequest",
        "Text",
        "NewAgent",
        "AgentChange",
        "NewTeam",
        "TeamChange",
        "Login",
        "Setup",
        "Rotation",
        "NewPassword",
        "PasswordChange",
    ] {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
    let mut ids = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].is_string(), "{method} {path}");
            for status in ["401", "422", "500", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{method} {path} {status}"
                );
            }
            // Without a key, what is routed is a 401 and what is not a 404 or a 405.
            let request = Request::builder().method(method.to_uppercase().as_str());
            let request = request.uri(path.replace("{id}", "x"));
            let answer = desk.ask(request.body(Body::empty()).unwrap()).await;
            let open = operation["security"] == serde_json::json!([{}]);
            let expected = if open { 403 } else { 401 };
            assert_eq!(answer.status(), expected, "{method} {path}");
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count > 20), (count, true));
    desk.end().await;
}

async fn open(desk: &Desk, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    Answer::of(desk.ask(request).await).await
}

#[tokio::test]
async fn the_reference_page_needs_no_key_and_no_other_host() {
    let desk = Desk::open().await;
    let page = open(&desk, "/docs").await;
    assert_eq!(page.status, 200);
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(!page.text.contains("//"), "{}", page.text);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"));
    let links = page.text.split('"').filter(|part| part.starts_with('/'));
    let mut seen = 0;
    for link in links {
        let request = Request::get(link).body(Body::empty()).unwrap();
        let response = desk.ask(request).await;
        assert_eq!(response.status(), 200, "{link}");
        seen += 1;
    }
    assert!(seen >= 4);
    let served = open(&desk, "/openapi.json").await;
    assert_eq!(served.text, postern::api::openapi_json());
    assert_eq!(open(&desk, "/docs/../Cargo.toml").await.status, 404);
    desk.end().await;
}

#[tokio::test]
async fn b05_every_problem_has_a_page() {
    let desk = Desk::open().await;
    let list = open(&desk, "/docs/problems").await;
    for code in Code::ALL {
        let path = format!("/docs/problems/{}", code.as_str());
        assert!(list.text.contains(&path));
        let page = open(&desk, &path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(code.title()));
    }
    assert_eq!(open(&desk, "/docs/problems/none").await.status, 404);
    desk.end().await;
}
