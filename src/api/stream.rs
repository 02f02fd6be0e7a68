//! The feed as a stream of server-sent events.
//!
//! A reader is fed page by page at its own pace from one place in the feed on, so there is no gap
//! and no repeat between what is old and what is live, and a slow reader costs one page.

mod seats;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::Api;
use super::events::EventBody;
use crate::domain::agent::{Permission, Principal};
use crate::domain::event::Event;
use crate::engine::Engine;
use crate::http::auth::Reader;
use crate::http::problem::{Code, Problem};
use crate::http::{Fields, Query, Read};
use crate::lifecycle::Tasks;

use seats::Seat;
pub(super) use seats::Seats;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How often a stream on which nothing happens shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

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
/// its id. An agent has 20 streams open at most; one more is refused with 429.
#[utoipa::path(
    get, path = "/v1/events/stream", operation_id = "streamEvents", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "Go on after this place; without it, from now on")),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream"))
)]
pub(super) async fn follow(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(Nothing): Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = last_event_id(&headers)?;
    let seat = api.seats.take(principal.agent.id)?;
    let start = start(&api.engine, asked).await?;
    let follower = Follower {
        changes: api.engine.feed().changes(),
        turned_away: api.engine.turned_away(),
        engine: api.engine,
        principal,
        in_doubt: false,
        tasks: api.tasks,
        _seat: seat,
        place: start.place,
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
    principal: Principal,
    /// Whether to look again if the reader may still read.
    in_doubt: bool,
    tasks: Tasks,
    changes: watch::Receiver<i64>,
    turned_away: watch::Receiver<()>,
    _seat: Seat,
    place: i64,
    heartbeat: Instant,
}

impl Follower {
    fn pages(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut follower| async move {
            let page = follower.next().await?;
            Some((Ok(page), follower))
        })
    }

    /// Whether the reader may still read, and what: a key may be revoked, an agent shut out or
    /// put into another team meanwhile (T15: within 2 s). A database that does not answer decides
    /// nothing.
    async fn may_go_on(&mut self) -> bool {
        let turned_away = self.turned_away.has_changed().unwrap_or(true);
        if !turned_away && !self.in_doubt {
            return true;
        }
        self.turned_away.borrow_and_update();
        self.in_doubt = false;
        match self.engine.recall(&self.principal).await {
            Ok(Some(now)) if now.may(Permission::ViewMessages) => {
                self.principal = now;
                true
            }
            Ok(_) => false,
            Err(_) => true,
        }
    }

    /// What to send next; nothing when the stream ends. The reader comes back by its last id.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.tasks.is_stopped() || !self.may_go_on().await {
                return None;
            }
            // Seen before asked, so that what comes in between wakes the wait below.
            self.changes.borrow_and_update();
            let events = self.engine.feed().after(self.place, PAGE).await.ok()?;
            if let (Some(first), Some(last)) = (events.first(), events.last()) {
                if first.seq != self.place + 1 {
                    return None;
                }
                self.place = last.seq;
                // Another daemon may have done it, and what follows may not be for this reader.
                self.in_doubt = events.iter().any(|event| event.kind.is_about_rights());
                if !self.may_go_on().await {
                    return None;
                }
                let feed = self.engine.feed();
                let seen = feed.seen(events, &self.principal.scope).await.ok()?;
                if seen.is_empty() {
                    continue;
                }
                self.heartbeat = Instant::now() + HEARTBEAT;
                return Some(page(&seen));
            }
            tokio::select! {
                () = self.tasks.stopped() => return None,
                () = sleep_until(self.heartbeat) => {
                    self.heartbeat = Instant::now() + HEARTBEAT;
                    // What ends by itself tells nobody.
                    self.in_doubt = true;
                    return Some(Bytes::from_static(b":\n\n"));
                }
                changed = self.changes.changed() => changed.ok()?,
                changed = self.turned_away.changed() => {
                    changed.ok()?;
                    // It counts as seen now, and was not looked into.
                    self.in_doubt = true;
                }
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
