//! The feed as pages: everything that happened, in one order.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;

use super::Api;
use super::messages::AgentBody;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{ConversationId, EventId};
use crate::http::auth::Reader;
use crate::http::fields::whole;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Query, Read};

/// Something that happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Its place in the feed: without gaps.
    seq: i64,
    /// Its id, the same in every copy.
    #[schema(value_type = String, example = "evt_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: EventId,
    /// What sort of thing happened.
    #[schema(example = "message.received")]
    r#type: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who did it; null for what customers, providers and clocks do.
    actor: Option<AgentBody>,
    /// The id of the conversation it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    /// The ids and states that the type calls for.
    #[schema(value_type = Object)]
    data: Value,
}

impl EventBody {
    /// The event as clients see it.
    pub(super) fn of(event: &Event) -> Self {
        Self {
            seq: event.seq,
            id: event.id,
            r#type: event.kind.as_str(),
            at: event.at,
            actor: event.actor.clone().map(AgentBody::from),
            conversation: event.conversation,
            data: serde_json::from_str(&event.data).unwrap_or(Value::Null),
        }
    }
}

/// A page of the feed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EventPage {
    /// The events, in order.
    data: Vec<EventBody>,
    /// What to pass as `after` for what comes next; also when there is nothing yet.
    next_cursor: i64,
}

/// Which events to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only events after this place; without it, from the first one that is kept.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: i64,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let after = fields.optional("after", whole(0..=i64::MAX));
        let page = PageQuery::take(fields);
        // A client that walks every list alike passes `next_cursor` on as `cursor`.
        let cursor = match page.cursor.as_deref().map(str::parse) {
            Some(Ok(cursor)) if cursor >= 0 => Some(cursor),
            Some(_) => {
                fields.fault("cursor", "is not a next_cursor of this list");
                None
            }
            None => None,
        };
        if after.is_some() && cursor.is_some() {
            fields.fault("cursor", "means the same as after; send one of them");
        }
        Some(Self {
            after: after.or(cursor).unwrap_or(0),
            limit: page.limit,
        })
    }
}

/// Lists what happened after a place, in order.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "listEvents", tag = "events",
    params(Listing),
    responses((status = 200, description = "A page of the feed", body = EventPage))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<EventPage>, Problem> {
    let feed = api.engine.feed();
    let mut next_cursor = query.after;
    loop {
        let found = feed.page(next_cursor, query.limit).await?;
        let is_end = found.is_empty();
        next_cursor = found.last().map_or(next_cursor, |event| event.seq);
        let seen = feed.seen(found, &principal.scope).await?;
        // An empty page says that there is nothing more, which may not be so when nothing of it
        // may be seen.
        if is_end || !seen.is_empty() {
            return Ok(Answer(EventPage {
                data: seen.iter().map(EventBody::of).collect(),
                next_cursor,
            }));
        }
    }
}
