//! The operator's own listener: metrics, and how the daemon is. Never on the public one (T30).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::domain::health::HealthState;
use crate::engine::Engine;
use crate::http::problem::{Code, Problem};

/// How long the database may take to answer before the daemon is not ready.
const PROBE: Duration = Duration::from_secs(2);

/// What the operator's listener needs.
#[derive(Clone)]
pub struct Admin {
    /// The use cases.
    pub engine: Engine,
    /// Writes all metrics in Prometheus's text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// True from when the public listener accepts until a stop begins.
    pub listening: watch::Receiver<bool>,
}

/// The routes of the operator's listener.
pub fn router(admin: Admin) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

async fn ready(State(admin): State<Admin>) -> Result<&'static str, Problem> {
    if !*admin.listening.borrow() {
        let why = "the daemon does not accept connections yet, or not any more";
        return Err(Problem::new(Code::Unavailable, why));
    }
    database(&admin.engine)
        .await
        .map_err(|why| Problem::new(Code::Unavailable, why))?;
    Ok("ok\n")
}

async fn health(State(admin): State<Admin>) -> Response {
    let listening = *admin.listening.borrow();
    let database = database(&admin.engine).await;
    let gateways = match &database {
        Ok(()) => gateways(&admin.engine).await,
        Err(_) => Value::Null,
    };
    let well = listening && database.is_ok();
    let body = json!({
        "status": if well { "ok" } else { "unavailable" },
        "version": env!("CARGO_PKG_VERSION"),
        "listening": listening,
        "database": match &database {
            Ok(()) => json!({"status": "ok"}),
            Err(why) => json!({"status": "unavailable", "detail": why}),
        },
        "gateways": gateways,
        "feed": {"seq": admin.engine.feed().head()},
    });
    let status = if well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], (admin.metrics)())
}

async fn database(engine: &Engine) -> Result<(), &'static str> {
    match tokio::time::timeout(PROBE, engine.ping()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("the database answers with an error"),
        Err(_) => Err("the database does not answer within 2 s"),
    }
}

async fn gateways(engine: &Engine) -> Value {
    let Ok(gateways) = engine.read().gateways().await else {
        return Value::Null;
    };
    let one = |details: crate::engine::GatewayDetails| {
        let state = details.health.as_ref().map_or(HealthState::Up, |h| h.state);
        json!({
            "name": details.line.spec.name.as_str(),
            "state": state.as_str(),
            "reason": details.health.and_then(|health| health.reason),
        })
    };
    gateways.into_iter().map(one).collect()
}
