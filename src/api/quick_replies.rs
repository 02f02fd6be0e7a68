//! Quick replies: list, look up, keep, change, forget, fill in.

mod request;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::id::QuickReplyId;
use crate::domain::quick_reply::QuickReply;
use crate::engine::{QuickReplyFault, Segmentation, segment};
use crate::http::auth::{Reader, Writer};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Id, IfMatch, Json, Query, Versioned};
use request::{NewQuickReply, QuickReplyChanges, Whereto};

/// A text that is said often.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QuickReply)]
pub(crate) struct QuickReplyBody {
    /// Its id.
    #[schema(value_type = String, example = "qrp_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: QuickReplyId,
    /// What it is about.
    #[schema(example = "Where the parcel is")]
    title: String,
    /// What is typed to get it.
    #[schema(example = "parcel")]
    shortcut: Option<String>,
    /// The text, with its blanks.
    #[schema(example = "Hello {{contact.name | default(\"there\")}}, your parcel is on its way.")]
    text: String,
    /// Whether it is everybody's.
    shared: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<QuickReply> for QuickReplyBody {
    fn from(reply: QuickReply) -> Self {
        Self {
            id: reply.id,
            title: reply.title,
            shortcut: reply.shortcut,
            text: reply.text,
            shared: reply.owner.is_none(),
            created_at: reply.created_at,
        }
    }
}

fn render_body(reply: &QuickReply) -> String {
    json(&QuickReplyBody::from(reply.clone()))
}

/// Lists the caller's quick replies and everybody's, the newest first.
#[utoipa::path(
    get, path = "/v1/quick-replies", operation_id = "listQuickReplies", tag = "quick-replies",
    params(Paged),
    responses((status = 200, description = "A page of quick replies", body = Page<QuickReplyBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<QuickReplyBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .quick_replies(page.place()?, page.one_more(), &principal)
        .await?;
    let cursor = |reply: &QuickReply| reply.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a quick reply.
#[utoipa::path(
    get, path = "/v1/quick-replies/{id}", operation_id = "getQuickReply", tag = "quick-replies",
    params(("id" = String, Path, description = "The quick reply's id")),
    responses((status = 200, description = "The quick reply, with its version in the header ETag", body = QuickReplyBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<QuickReplyId>,
) -> Result<Versioned<QuickReplyBody>, Problem> {
    let reply = api.engine.quick_reply(id, &principal).await?;
    Ok(Versioned(reply.version, reply.into()))
}

/// Keeps a quick reply.
#[utoipa::path(
    post, path = "/v1/quick-replies", operation_id = "createQuickReply", tag = "quick-replies",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")),
    request_body = NewQuickReply,
    responses((status = 201, description = "The quick reply", body = QuickReplyBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    body: Json<NewQuickReply>,
) -> Result<Response, Problem> {
    let request = ("/v1/quick-replies", &body.bytes[..]);
    let once = Once::of(&api, &principal, &headers, request, render_body)?;
    let change = body.value.into();
    let made = api
        .engine
        .create_quick_reply(change, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render_body))
}

/// Changes a quick reply; what is left out stays as it is.
#[utoipa::path(
    patch, path = "/v1/quick-replies/{id}", operation_id = "changeQuickReply", tag = "quick-replies",
    params(
        ("id" = String, Path, description = "The quick reply's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what others changed since")
    ),
    request_body = QuickReplyChanges,
    responses((status = 200, description = "The quick reply, changed", body = QuickReplyBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<QuickReplyId>,
    seen: IfMatch,
    body: Json<QuickReplyChanges>,
) -> Result<Versioned<QuickReplyBody>, Problem> {
    let change = body.value.into();
    let reply = api
        .engine
        .change_quick_reply(id, change, seen.seen(), &principal)
        .await?;
    Ok(Versioned(reply.version, reply.into()))
}

/// Forgets a quick reply.
#[utoipa::path(
    delete, path = "/v1/quick-replies/{id}", operation_id = "deleteQuickReply", tag = "quick-replies",
    params(("id" = String, Path, description = "The quick reply's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<QuickReplyId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_quick_reply(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A quick reply that is filled in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FilledReply {
    /// The text, ready to be sent.
    #[schema(example = "Hello Ann, your parcel is on its way.")]
    text: String,
    /// What it would take as a text.
    segmentation: Segmentation,
}

/// Fills in a quick reply for a conversation; nothing is sent.
#[utoipa::path(
    post, path = "/v1/quick-replies/{id}/render", operation_id = "renderQuickReply", tag = "quick-replies",
    params(("id" = String, Path, description = "The quick reply's id")),
    request_body = Whereto,
    responses((status = 200, description = "The text", body = FilledReply))
)]
pub(super) async fn render(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<QuickReplyId>,
    body: Json<Whereto>,
) -> Result<Answer<FilledReply>, Problem> {
    let place = body.value.conversation;
    let text = api.engine.render_quick_reply(id, place, &principal).await?;
    let segmentation = segment(&text);
    Ok(Answer(FilledReply { text, segmentation }))
}

impl From<QuickReplyFault> for Problem {
    fn from(fault: QuickReplyFault) -> Self {
        let detail = fault.to_string();
        match fault {
            QuickReplyFault::Unknown => Self::not_found("quick reply"),
            QuickReplyFault::UnknownConversation | QuickReplyFault::Blank(_) => {
                Self::field("/conversation", detail)
            }
            QuickReplyFault::Shared(_) => Self::new(Code::Forbidden, detail),
            QuickReplyFault::Taken(other) => {
                Self::new(Code::Conflict, detail).with("quick_reply", other)
            }
            QuickReplyFault::Text(_) => Self::field("/text", detail),
            QuickReplyFault::Edit(fault) => fault.into(),
        }
    }
}
