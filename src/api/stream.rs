//! The feed as a stream of server-sent events.
//!
//! A reader is fed page by page at its own pace from one place in the feed on, so there is no gap
//! and no repeat between what is old and what is live, and a slow reader costs one page.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::Api;
use super::events::EventBody;
use crate::domain::agent::Scope;
use crate::domain::event::Event;
use crate::engine::Engine;
use crate::http::auth::Reader;
use crate::http::problem::{Code, Problem};
use crate::http::{Fields, Query, Read};
use crate::lifecycle::Tasks;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How often a stream on which nothing happens shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How often it is asked again whether the reader may still read (T18).
const RECHECK: Duration = Duration::from_secs(1);

/// How long another daemon's events may take to be seen here; an id from beyond that is no id of
/// this feed.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How many events are fetched at once: with some 300 bytes each, what a socket's buffer takes.
const PAGE: u32 = 256;

/// The stream takes no parameters.
pub(super) struct Nothing;

impl Read for Nothing {
    fn read(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

/// Follows the feed as server-sent events.
///
/// `id` is the event's `seq`, `event` its type, `data` the event as in `GET /v1/events`. A comment
/// line comes at least every 15 s, and the stream ends when the key is revoked. The event `reset`
/// says that the place asked for is not in the feed: read what you need again, then go on from
/// its id.
#[utoipa::path(
    get, path = "/v1/events/stream", operation_id = "streamEvents", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "Go on after this place; without it, from now on")),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream"))
)]
pub(super) async fn follow(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(Nothing): Query<Nothing>,
    request: Parts,
) -> Result<Response, Problem> {
    let asked = last_event_id(&request.headers)?;
    let start = start(&api.engine, asked).await?;
    let follower = Follower {
        changes: api.engine.feed().changes(),
        engine: api.engine,
        tasks: api.tasks,
        scope: principal.scope,
        place: start.place,
        request,
        recheck: Instant::now() + RECHECK,
        heartbeat: Instant::now() + HEARTBEAT,
    };
    let head = Bytes::from(start.greeting);
    let stream = stream::once(async { Ok::<_, Infallible>(head) });
    let body = Body::from_stream(futures_util::StreamExt::chain(stream, follower.pages()));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A buffering proxy would hold back events until its buffer is full.
    let buffering = HeaderName::from_static("x-accel-buffering");
    headers.insert(buffering, HeaderValue::from_static("no"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let place = text.parse().ok().filter(|place| *place >= 0);
    place.map(Some).ok_or_else(|| {
        let detail = "the header Last-Event-ID must be the id of an event of this stream";
        Problem::new(Code::BadRequest, detail)
    })
}

/// Where a stream starts, and what it says first.
struct Start {
    place: i64,
    greeting: String,
}

async fn start(engine: &Engine, asked: Option<i64>) -> Result<Start, Problem> {
    let Some(asked) = asked else {
        return Ok(Start {
            place: engine.feed().head(),
            greeting: ": from now on\n\n".to_owned(),
        });
    };
    let mut changes = engine.feed().changes();
    let reached = timeout(CATCH_UP, changes.wait_for(|head| *head >= asked))
        .await
        .is_ok_and(|waited| waited.is_ok());
    let next = engine.feed().after(asked, 1).await?;
    let kept = next.first().is_none_or(|event| event.seq == asked + 1);
    if reached && kept {
        return Ok(Start {
            place: asked,
            greeting: format!(": after {asked}\n\n"),
        });
    }
    let place = engine.feed().head();
    let data = serde_json::json!({"seq": place, "asked": asked});
    Ok(Start {
        place,
        greeting: format!("id: {place}\nevent: reset\ndata: {data}\n\n"),
    })
}

/// One reader, and how far it is.
struct Follower {
    engine: Engine,
    tasks: Tasks,
    changes: watch::Receiver<i64>,
    scope: Scope,
    place: i64,
    /// What the reader showed when the stream began.
    request: Parts,
    recheck: Instant,
    heartbeat: Instant,
}

impl Follower {
    fn pages(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut follower| async move {
            let page = follower.next().await?;
            Some((Ok(page), follower))
        })
    }

    /// What to send next; nothing when the stream ends. The reader comes back by its last id.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.tasks.is_stopped() {
                return None;
            }
            if self.recheck <= Instant::now() {
                // Whoever was shut out meanwhile hears no more; they are told why when they
                // come back.
                let asked = Reader::from_request_parts(&mut self.request, &self.engine).await;
                self.scope = asked.ok()?.0.scope;
                self.recheck = Instant::now() + RECHECK;
            }
            // Seen before asked, so that what comes in between wakes the wait below.
            self.changes.borrow_and_update();
            let events = self.engine.feed().after(self.place, PAGE).await.ok()?;
            if let (Some(first), Some(last)) = (events.first(), events.last()) {
                if first.seq != self.place + 1 {
                    return None;
                }
                self.place = last.seq;
                let seen = self.engine.feed().seen(events, &self.scope).await.ok()?;
                if seen.is_empty() {
                    continue;
                }
                self.heartbeat = Instant::now() + HEARTBEAT;
                return Some(page(&seen));
            }
            tokio::select! {
                () = self.tasks.stopped() => return None,
                () = sleep_until(self.recheck) => {}
                () = sleep_until(self.heartbeat) => {
                    self.heartbeat = Instant::now() + HEARTBEAT;
                    return Some(Bytes::from_static(b":\n\n"));
                }
                changed = self.changes.changed() => changed.ok()?,
            }
        }
    }
}

fn page(events: &[Event]) -> Bytes {
    let mut text = String::with_capacity(events.len() * 384);
    for event in events {
        let data = serde_json::to_string(&EventBody::of(event)).expect("plain values serialise");
        let (seq, kind) = (event.seq, event.kind.as_str());
        write!(text, "id: {seq}\nevent: {kind}\ndata: {data}\n\n")
            .expect("writing to a text does not fail");
    }
    Bytes::from(text)
}
