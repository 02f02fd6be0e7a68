//! Taking texts: the carrier's one route, and the life of a text after it was taken.

use std::collections::HashSet;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hook::Hook;
use super::script::{Answer, Code, Often, Script, Step, script_for, segments};
use super::signature;
use super::{SimulatorConfig, inbound};

/// How many ids of first tries are remembered before the memory starts afresh.
const REMEMBERED_TRIES: usize = 100_000;

#[derive(Clone)]
struct Carrier {
    bearer: Arc<str>,
    pace: Duration,
    hook: Hook,
    room: Arc<Semaphore>,
    tried: Arc<Mutex<HashSet<String>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A text to send, as it comes over the wire.
#[derive(Debug, Clone, Deserialize)]
struct Order {
    id: String,
    from: String,
    to: String,
    text: String,
    callback_url: Option<String>,
}

/// The routes of the carrier.
pub(super) fn router(
    config: &SimulatorConfig,
    hook: Hook,
    stop: CancellationToken,
    tasks: TaskTracker,
) -> Router {
    let carrier = Carrier {
        bearer: format!("Bearer {}", config.api_key).into(),
        pace: config.pace,
        hook,
        room: Arc::new(Semaphore::new(config.capacity)),
        tried: Arc::default(),
        stop,
        tasks,
    };
    Router::new()
        .route("/messages", post(take_text))
        .with_state(carrier)
}

async fn take_text(
    State(carrier): State<Carrier>,
    headers: HeaderMap,
    Json(text): Json<Order>,
) -> Response {
    let given = headers.get(header::AUTHORIZATION);
    if given.is_none_or(|value| value.as_bytes() != carrier.bearer.as_bytes()) {
        return refusal(StatusCode::UNAUTHORIZED, Code::Account);
    }
    let Ok(room) = Arc::clone(&carrier.room).try_acquire_owned() else {
        return throttled(1);
    };
    let script = script_for(&text.to);
    match script.answer {
        Answer::TakenAfterReport => carrier.take_after_report(text, script).await,
        Answer::Silent => {
            carrier.take(text, script, room);
            pending().await
        }
        Answer::Html => Html("<html><body>Welcome to the carrier.</body></html>").into_response(),
        Answer::Refused(status, code) => refusal(status_of(status), code),
        Answer::Throttled(seconds, often) if carrier.still_refuses(&text.id, often) => {
            throttled(seconds)
        }
        Answer::Broken(status, often) if carrier.still_refuses(&text.id, often) => {
            status_of(status).into_response()
        }
        Answer::Taken | Answer::Throttled(..) | Answer::Broken(..) => {
            carrier.take(text, script, room)
        }
    }
}

impl Carrier {
    /// Takes a text: the rest of its life goes on by itself, and the answer is its id.
    fn take(&self, text: Order, script: Script, room: OwnedSemaphorePermit) -> Response {
        let id = signature::fresh_id("sim");
        let answer = taken(&id, &text.text);
        let carrier = self.clone();
        self.tasks.spawn(async move {
            let life = carrier.live(&id, &text, &script.steps);
            carrier.stop.run_until_cancelled(life).await;
            drop(room);
        });
        answer
    }

    async fn take_after_report(&self, text: Order, script: Script) -> Response {
        let id = signature::fresh_id("sim");
        self.live(&id, &text, &script.steps).await;
        taken(&id, &text.text)
    }

    async fn live(&self, id: &str, text: &Order, steps: &[Step]) {
        for step in steps {
            match *step {
                Step::Wait(units) => tokio::time::sleep(self.pace * units).await,
                Step::Report(status) => self.report(text, report(id, status)).await,
                Step::Failed(code) => self.report(text, failure(id, code)).await,
                Step::Parts(last) => self.report_parts(id, text, last).await,
                Step::Reply(words) => self.reply(text, words).await,
                Step::ReplyTwice(first, second) => {
                    tokio::join!(self.reply(text, first), self.reply(text, second));
                }
            }
        }
    }

    async fn report_parts(&self, id: &str, text: &Order, last: Option<Code>) {
        let total = segments(&text.text);
        for number in 1..=total {
            let mut payload = match last {
                Some(code) if number == total => failure(id, code),
                Some(_) | None => report(id, "delivered"),
            };
            payload["part"] = json!({"number": number, "total": total});
            self.report(text, payload).await;
        }
    }

    async fn report(&self, text: &Order, payload: Value) {
        if let Some(url) = &text.callback_url {
            self.hook.post(url, &payload).await;
        }
    }

    async fn reply(&self, text: &Order, words: &str) {
        self.report(text, inbound(&text.to, &text.from, words))
            .await;
    }

    /// Whether this try is refused: every one, or the first of a message.
    fn still_refuses(&self, id: &str, often: Often) -> bool {
        match often {
            Often::Always => true,
            Often::Once => {
                let mut tried = self.tried.lock().expect("nothing panics while it is held");
                if tried.len() >= REMEMBERED_TRIES {
                    tried.clear();
                }
                tried.insert(id.to_owned())
            }
        }
    }
}

fn report(id: &str, status: &str) -> Value {
    json!({"type": "message.status", "id": id, "status": status, "at": signature::now_text()})
}

fn failure(id: &str, code: Code) -> Value {
    let (code, detail) = code.words();
    let mut payload = report(id, "failed");
    payload["code"] = code.into();
    payload["detail"] = detail.into();
    payload
}

fn taken(id: &str, text: &str) -> Response {
    let body = json!({"id": id, "segments": segments(text)});
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

fn refusal(status: StatusCode, code: Code) -> Response {
    let (code, detail) = code.words();
    (status, Json(json!({"code": code, "detail": detail}))).into_response()
}

fn throttled(seconds: u32) -> Response {
    let mut answer = refusal(StatusCode::TOO_MANY_REQUESTS, Code::Throttled);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.into());
    answer
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).expect("the table of scripts holds valid numbers")
}
