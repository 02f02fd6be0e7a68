//! The shared door, without anything behind it.

mod bodies;
mod server;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use postern::http::fields::{text, whole};
use postern::http::query::PageQuery;
use postern::http::{Action, Door, Fields, Json, Query, Read, guard};
use serde_json::Value;
use tower::ServiceExt;

struct Order {
    name: String,
    count: i64,
}

impl Read for Order {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", text(1..=10));
        let count = fields.optional("count", whole(1..=9)).unwrap_or(1);
        fields.not_yet("gift");
        Some(Self { name: name?, count })
    }
}

struct Search(PageQuery);

impl Read for Search {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self(PageQuery::take(fields)))
    }
}

async fn order(order: Json<Order>) -> String {
    format!("{} {}", order.value.name, order.value.count)
}

async fn act(order: Action<postern::http::json::Nothing>) -> String {
    format!("{}", order.bytes.len())
}

async fn search(Query(Search(page)): Query<Search>) -> String {
    format!("{} {:?}", page.limit, page.cursor)
}

async fn broken() -> String {
    panic!("a customer's words")
}

fn router(request_timeout: Duration) -> Router {
    let routes = Router::new()
        .route("/orders", post(order))
        .route("/act", post(act))
        .route("/search", get(search))
        .route("/broken", get(broken))
        .route(
            "/slow",
            get(async || tokio::time::sleep(Duration::from_hours(1)).await),
        )
        .route(
            "/plain",
            get(async || StatusCode::IM_A_TEAPOT.into_response()),
        )
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED);
    guard(
        routes,
        Door {
            trusted_proxies: Vec::new(),
            request_timeout,
            rates: None,
        },
    )
}

async fn ask(request: Request<Body>) -> Response<Body> {
    router(Duration::from_secs(30))
        .oneshot(request)
        .await
        .unwrap()
}

async fn body(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn problem(response: Response<Body>) -> Value {
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status().as_u16();
    let value: Value = serde_json::from_str(&body(response).await).unwrap();
    assert_eq!(value["request_id"], id.as_str());
    assert_eq!(value["status"], status);
    for member in ["type", "title", "detail", "code"] {
        assert!(value[member].as_str().is_some_and(|text| !text.is_empty()));
    }
    value
}

#[tokio::test]
async fn b05_every_error_is_a_problem() {
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("DELETE", "/orders", 405),
        ("GET", "/broken", 500),
        ("GET", "/plain", 418),
        ("GET", "/search?limit=0", 422),
    ] {
        let request = Request::builder().method(method).uri(path);
        let response = ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers().contains_key("allow"), status == 405);
        let value = problem(response).await;
        assert!(!value.to_string().contains("customer"));
    }
}

#[tokio::test]
async fn t30_every_answer_carries_careful_headers_and_no_version() {
    for path in ["/search", "/nothing"] {
        let response = ask(Request::get(path).body(Body::empty()).unwrap()).await;
        let headers = response.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("server"));
    }
}

#[tokio::test]
async fn a_request_id_is_echoed_when_it_is_harmless() {
    for (sent, kept) in [("order-17", true), ("a b", false), ("<x>", false)] {
        let request = Request::get("/search").header("x-request-id", sent);
        let response = ask(request.body(Body::empty()).unwrap()).await;
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(id == sent, kept, "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_a_503() {
    let request = Request::get("/slow").body(Body::empty()).unwrap();
    let response = router(Duration::from_secs(30))
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(problem(response).await["code"], "unavailable");
}
