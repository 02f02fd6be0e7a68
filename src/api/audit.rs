//! The audit: who did what, when, from where and to what; as pages, or as a whole in CSV.

use std::io;

use axum::Json as Answer;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use serde_json::Value;

use super::lists::Page;
use super::messages::AgentBody;
use super::{Api, csv};
use crate::domain::audit::{AuditFilter, Entry};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, AuditId, ConversationId};
use crate::engine::{Engine, Export};
use crate::http::auth::Auditor;
use crate::http::fields::{parsed, text};
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Query, Read};

/// How many entries are read at once for the CSV.
const STEP: u32 = 500;

/// Something that somebody did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct EntryBody {
    /// Its id.
    #[schema(value_type = String, example = "aud_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: AuditId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who; null where somebody failed to log in, and for the daemon itself.
    actor: Option<AgentBody>,
    /// The id of the key or the session that was shown; null on the command line.
    #[schema(example = "ses_01kbhm0v4we7gtqz6dm1x1m8p2")]
    via: Option<String>,
    /// From where.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// What, named like an event.
    #[schema(example = "issue.closed")]
    action: String,
    /// The id or the name of what it was done to.
    target: Option<String>,
    /// The id of the conversation that belongs to.
    #[schema(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    /// What else is known.
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor.map(AgentBody::from),
            via: entry.via,
            address: entry.address,
            action: entry.action,
            target: entry.target,
            conversation: entry.conversation,
            data: serde_json::from_str(&entry.data).unwrap_or(Value::Null),
        }
    }
}

/// Which entries to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only what the agent with this id did.
    #[param(value_type = Option<String>, pattern = "^agt_[0-9a-hjkmnp-tv-z]{26}$")]
    actor: Option<AgentId>,
    /// Only this action, such as `issue.closed`.
    action: Option<String>,
    /// Only what was done to the one with this id or name.
    target: Option<String>,
    /// Only from this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Only before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// How many at most; a CSV has all of them.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let actor = fields.optional("actor", parsed("an agent's id", |id| id.parse().ok()));
        let action = fields.optional("action", text(1..=100));
        let target = fields.optional("target", text(1..=255));
        let time = || {
            parsed("a time as in 2026-11-21T09:30:00Z", |time| {
                time.parse().ok()
            })
        };
        let since = fields.optional("since", time());
        let until = fields.optional("until", time());
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            actor,
            action,
            target,
            since,
            until,
            limit,
            cursor,
        })
    }
}

/// Lists who did what, the newest first; with `Accept: text/csv` all of it, as a file.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "listAudit", tag = "audit",
    params(Listing),
    responses((status = 200, description = "A page of the audit, or all of it as CSV", content(
        (Page<EntryBody> = "application/json"), (String = "text/csv")
    )))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Auditor(principal): Auditor,
    headers: HeaderMap,
    Query(query): Query<Listing>,
) -> Result<Response, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = AuditFilter {
        actor: query.actor,
        action: query.action,
        target: query.target,
        since: query.since,
        until: query.until,
    };
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/csv")) {
        let place = page.place()?;
        api.engine.note_export(Export::Audit, &principal).await?;
        return Ok(file(api.engine, filter, place));
    }
    let found = api
        .engine
        .read()
        .audit(&filter, page.place()?, page.one_more())
        .await?;
    let cursor = |entry: &Entry| entry.id.to_string();
    Ok(Answer(Page::<EntryBody>::of(found, page.limit, cursor, Into::into)).into_response())
}

const COLUMNS: [&str; 10] = [
    "id",
    "at",
    "actor",
    "actor_name",
    "via",
    "address",
    "action",
    "target",
    "conversation",
    "data",
];

fn file(engine: Engine, filter: AuditFilter, before: Option<AuditId>) -> Response {
    let mut head = String::new();
    csv::line(&mut head, &COLUMNS);
    let steps = stream::try_unfold(Some((before, head)), move |state| {
        let (engine, filter) = (engine.clone(), filter.clone());
        async move {
            let Some((before, mut text)) = state else {
                return Ok(None);
            };
            let read = engine.read().audit(&filter, before, STEP).await;
            // An answer that broke off must not look whole.
            let entries = read.map_err(io::Error::other)?;
            for entry in &entries {
                add(&mut text, entry);
            }
            let last = entries.last().filter(|_| entries.len() == STEP as usize);
            let next = last.map(|entry| (Some(entry.id), String::new()));
            Ok::<_, io::Error>(Some((Bytes::from(text), next)))
        }
    });
    let name = "attachment; filename=\"audit.csv\"";
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, name),
    ];
    (headers, Body::from_stream(steps)).into_response()
}

fn add(file: &mut String, entry: &Entry) {
    let text = |value: Option<String>| value.unwrap_or_default();
    let actor = entry.actor.as_ref();
    let cells = [
        entry.id.to_string(),
        entry.at.to_string(),
        text(actor.map(|actor| actor.id.to_string())),
        text(actor.map(|actor| actor.name.clone())),
        text(entry.via.clone()),
        text(entry.address.clone()),
        entry.action.clone(),
        text(entry.target.clone()),
        text(entry.conversation.map(|id| id.to_string())),
        entry.data.clone(),
    ];
    csv::line(file, &cells.each_ref().map(String::as_str));
}
