//! What providers post to us: one route for all of them, `/hooks/{gateway}`.
//!
//! A post is answered once what it tells is on disk, and never before. It must not know any
//! provider: the gateway verifies, reads and answers.

mod answer;
mod kept;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::any;

use crate::channel::{Callback, CallbackRequest, TextGateway};
use crate::domain::gateway::GatewayName;
use crate::domain::message::RawRequest;
use crate::engine::{Engine, EngineFault, Line};
use crate::http::body;
use crate::http::problem::{Code, Problem};

/// The routes that providers post to.
pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/hooks/{gateway}", any(hook))
        .with_state(engine)
}

async fn hook(
    State(engine): State<Engine>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (line, gateway) = GatewayName::parse(&name)
        .and_then(|name| engine.line(&name))
        .and_then(|line| Some((line, line.gateway.texts()?)))
        .ok_or_else(|| Problem::not_found("gateway"))?;
    let outcome = take(&engine, line, gateway, request).await;
    let result = match &outcome {
        Ok(taken) => taken.as_str(),
        Err(problem) => problem.code().as_str(),
    };
    let name = line.spec.name.as_str().to_owned();
    metrics::counter!("postern_callbacks_total", "gateway" => name, "result" => result)
        .increment(1);
    outcome.map(|_| answer::answer(gateway.answer()))
}

/// What became of a post that is answered as the provider expects.
#[derive(Debug, Clone, Copy)]
enum Taken {
    Stored,
    Ignored,
    Quarantined,
}

impl Taken {
    fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Ignored => "ignored",
            Self::Quarantined => "quarantined",
        }
    }
}

async fn take(
    engine: &Engine,
    line: &Line,
    gateway: &TextGateway,
    request: Request,
) -> Result<Taken, Problem> {
    let received_at = engine.clock().now();
    let (parts, body) = request.into_parts();
    let body = body::read(&parts.headers, body).await?;
    let callback = CallbackRequest {
        method: &parts.method,
        path_and_query: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        headers: &parts.headers,
        body: &body,
        received_at,
    };
    gateway.verify(&callback).map_err(|refusal| {
        let (gateway, why) = (line.spec.name.as_str(), refusal.as_str());
        tracing::warn!(gateway, why, "a callback could not be verified");
        Problem::new(Code::NotVerified, refusal.to_string())
    })?;
    let told = gateway.read(&callback);
    let raw = Arc::new(kept::keep(line, gateway, &callback, body.clone()));
    match told {
        Ok(callbacks) => apply(engine, line, callbacks, raw).await,
        Err(unreadable) => quarantine(engine, line, raw, &unreadable.reason).await,
    }
}

async fn apply(
    engine: &Engine,
    line: &Line,
    callbacks: Vec<Callback>,
    raw: Arc<RawRequest>,
) -> Result<Taken, Problem> {
    let mut taken = Taken::Ignored;
    for callback in callbacks {
        if callback == Callback::Ignored {
            continue;
        }
        match engine.apply(line, callback, Arc::clone(&raw)).await {
            Ok(()) => taken = Taken::Stored,
            // What the database refuses today it would refuse each time the provider repeats it.
            Err(EngineFault::Refused(reason)) => {
                return quarantine(engine, line, raw, &reason).await;
            }
            Err(fault @ (EngineFault::Busy | EngineFault::Unavailable(_))) => {
                return Err(fault.into());
            }
        }
    }
    Ok(taken)
}

async fn quarantine(
    engine: &Engine,
    line: &Line,
    raw: Arc<RawRequest>,
    reason: &str,
) -> Result<Taken, Problem> {
    let gateway = line.spec.name.as_str();
    tracing::warn!(gateway, "a callback could not be read and is in quarantine");
    engine.quarantine(line, raw, reason).await?;
    Ok(Taken::Quarantined)
}
