//! Bodies and queries: what is read, and what each mistake is answered with.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::{Request, Response};
use tower::ServiceExt;

use super::{ask, body, problem, router};

async fn send(path: &str, kind: &str, text: impl Into<Body>) -> Response<Body> {
    let request = Request::post(path).header("content-type", kind);
    ask(request.body(text.into()).unwrap()).await
}

#[tokio::test]
async fn b06_every_wrong_field_is_listed_at_once() {
    let text = r#"{"count": "x", "gift": true, "a/b~c": 1}"#;
    let response = send("/orders", "application/json", text).await;
    assert_eq!(response.status(), 422);
    let value = problem(response).await;
    let pointers: Vec<&str> = value["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/name", "/count", "/gift", "/a~1b~0c"]);
}

#[tokio::test]
async fn a_good_body_is_read() {
    let text = r#"{"name": "Ann", "count": 2, "gift": null}"#;
    for kind in ["application/json", "Application/JSON; charset=utf-8"] {
        let response = send("/orders", kind, text).await;
        assert_eq!(body(response).await, "Ann 2");
    }
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused_clearly() {
    let deep = "[".repeat(5000);
    for (text, status) in [
        ("{", 400),
        ("", 400),
        ("\u{0}", 400),
        (r#"{"name":"a","name":"b"}"#, 400),
        (deep.as_str(), 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"name":"a\u0000b"}"#, 422),
        (r#"{"name":"\ud800"}"#, 400),
        (r#"{"name":""}"#, 422),
        (r#"{"name":null}"#, 422),
        (r#"{"name":"a","count":1.5}"#, 422),
        (r#"{"name":"a","count":1e400}"#, 400),
    ] {
        let response = send("/orders", "application/json", text.to_owned()).await;
        assert_eq!(response.status(), status, "{text:.40}");
        problem(response).await;
    }
    let response = send("/orders", "application/json", vec![0xff, 0xfe]).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn another_media_type_is_a_415() {
    for kind in ["text/plain", "", "multipart/form-data", "application/jsonx"] {
        let response = send("/orders", kind, "{}").await;
        assert_eq!(response.status(), 415, "{kind}");
        problem(response).await;
    }
}

#[tokio::test]
async fn an_action_takes_no_body_or_an_empty_object() {
    assert_eq!(send("/act", "", "").await.status(), 200);
    assert_eq!(send("/act", "application/json", "{}").await.status(), 200);
    assert_eq!(
        send("/act", "application/json", r#"{"x":1}"#)
            .await
            .status(),
        422
    );
}

#[tokio::test]
async fn t27_a_body_over_the_cap_is_a_413_announced_or_not() {
    let big = Bytes::from(vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(
        send("/orders", "application/json", big.clone())
            .await
            .status(),
        413
    );
    let pieces = [big.slice(..700_000), big.slice(700_000..)];
    let pieces = stream::iter(pieces.map(Ok::<_, std::io::Error>));
    let response = send("/orders", "application/json", Body::from_stream(pieces)).await;
    assert_eq!(response.status(), 413);
    assert_eq!(problem(response).await["code"], "too_large");
}

#[tokio::test(start_paused = true)]
async fn t27_a_body_that_stands_still_is_a_408() {
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let request = Request::post("/orders").header("content-type", "application/json");
    let response = router(Duration::from_secs(30))
        .oneshot(request.body(never).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 408);
}

#[tokio::test]
async fn t27_a_page_is_at_most_a_hundred() {
    for (query, status) in [
        ("", 200),
        ("?limit=100&cursor=x", 200),
        ("?limit=101", 422),
        ("?limit=1000000000", 422),
        ("?limit=0", 422),
        ("?limit=-1", 422),
        ("?limit=", 422),
        ("?limit=1&limit=2", 422),
        ("?colour=red", 422),
        ("?limit=x&cursor=y&a=b", 422),
    ] {
        let request = Request::get(format!("/search{query}"));
        let response = ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), status, "{query}");
    }
}
