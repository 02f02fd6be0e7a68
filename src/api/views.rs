//! Lists of conversations that are kept under a name.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::Api;
use super::conversations::listing;
use super::lists::{Page, Paged};
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::id::ViewId;
use crate::domain::view::SavedView;
use crate::engine::{ViewChange, ViewFault};
use crate::http::auth::Reader;
use crate::http::fields::{name, text, truth};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, IfMatch, Json, Query, Read, Versioned};

const LONGEST_NAME: usize = 100;
const LONGEST_FILTER: usize = 1_000;

/// A list of conversations that is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = View)]
pub(crate) struct ViewBody {
    /// Its id.
    #[schema(value_type = String, example = "viw_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: ViewId,
    /// Its name.
    #[schema(example = "Unpaid, unassigned")]
    name: String,
    /// Whether it is everybody's.
    shared: bool,
    /// What it holds: the query of `GET /v1/conversations`.
    #[schema(example = "view=unassigned&tag=billing")]
    filter: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<SavedView> for ViewBody {
    fn from(view: SavedView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            shared: view.owner.is_none(),
            filter: view.filter,
            created_at: view.created_at,
        }
    }
}

fn render(view: &SavedView) -> String {
    json(&ViewBody::from(view.clone()))
}

/// Lists the caller's views and everybody's, the newest first.
#[utoipa::path(
    get, path = "/v1/views", operation_id = "listViews", tag = "views",
    params(Paged),
    responses((status = 200, description = "A page of views", body = Page<ViewBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<ViewBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .views(page.place()?, page.one_more(), &principal)
        .await?;
    let cursor = |view: &SavedView| view.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a view.
#[utoipa::path(
    get, path = "/v1/views/{id}", operation_id = "getView", tag = "views",
    params(("id" = String, Path, description = "The view's id")),
    responses((status = 200, description = "The view; the version is in `ETag`", body = ViewBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ViewId>,
) -> Result<Versioned<ViewBody>, Problem> {
    let view = api.engine.view(id, &principal).await?;
    Ok(Versioned(view.version, view.into()))
}

/// What a view is to be.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct NewView {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it holds: the query of `GET /v1/conversations`, without `limit` and `cursor`.
    #[schema(max_length = 1000, example = "view=unassigned&tag=billing")]
    filter: String,
    /// Whether it is everybody's; for those who may manage people.
    #[schema(value_type = Option<bool>, default = false)]
    shared: bool,
}

/// Reads a query of the list, so that what is kept can be asked.
fn filter(value: Value) -> Result<String, String> {
    let filter = text(0..=LONGEST_FILTER)(value)?;
    if filter
        .split('&')
        .any(|one| one.starts_with("limit=") || one.starts_with("cursor="))
    {
        return Err("must have neither limit nor cursor".to_owned());
    }
    match listing(&filter) {
        Ok(_) => Ok(filter),
        Err(_) => Err(
            "must be a query of GET /v1/conversations, such as view=inbox&tag=billing".to_owned(),
        ),
    }
}

impl Read for NewView {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", name(LONGEST_NAME));
        let filter = fields.required("filter", filter);
        let shared = fields.optional("shared", truth).unwrap_or(false);
        Some(Self {
            name: name?,
            filter: filter?,
            shared,
        })
    }
}

/// Keeps a list of conversations.
#[utoipa::path(
    post, path = "/v1/views", operation_id = "createView", tag = "views",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")),
    request_body = NewView,
    responses((status = 201, description = "The view", body = ViewBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Reader(principal): Reader,
    headers: HeaderMap,
    body: Json<NewView>,
) -> Result<Response, Problem> {
    let once = Once::of(
        &api,
        &principal,
        &headers,
        ("/v1/views", &body.bytes),
        render,
    )?;
    let change = ViewChange {
        name: Some(body.value.name),
        filter: Some(body.value.filter),
        shared: Some(body.value.shared),
    };
    let made = api
        .engine
        .create_view(change, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// What is to be changed of a view.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct ViewChanges {
    /// Its name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it holds.
    #[schema(value_type = Option<String>, max_length = 1000)]
    filter: Option<String>,
    /// Whether it is everybody's.
    #[schema(value_type = Option<bool>)]
    shared: Option<bool>,
}

impl Read for ViewChanges {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.optional("name", name(LONGEST_NAME));
        let filter = fields.optional("filter", filter);
        let shared = fields.optional("shared", truth);
        Some(Self {
            name,
            filter,
            shared,
        })
    }
}

/// Changes a view.
#[utoipa::path(
    patch, path = "/v1/views/{id}", operation_id = "changeView", tag = "views",
    params(
        ("id" = String, Path, description = "The view's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what others changed since")
    ),
    request_body = ViewChanges,
    responses((status = 200, description = "The view, changed", body = ViewBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ViewId>,
    seen: IfMatch,
    body: Json<ViewChanges>,
) -> Result<Versioned<ViewBody>, Problem> {
    let change = ViewChange {
        name: body.value.name,
        filter: body.value.filter,
        shared: body.value.shared,
    };
    let view = api
        .engine
        .change_view(id, change, seen.seen(), &principal)
        .await?;
    Ok(Versioned(view.version, view.into()))
}

/// Forgets a view.
#[utoipa::path(
    delete, path = "/v1/views/{id}", operation_id = "deleteView", tag = "views",
    params(("id" = String, Path, description = "The view's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ViewId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_view(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ViewFault> for Problem {
    fn from(fault: ViewFault) -> Self {
        match fault {
            ViewFault::Unknown => Self::not_found("view"),
            ViewFault::Shared(_) => Self::new(Code::Forbidden, fault.to_string()),
            ViewFault::Edit(fault) => fault.into(),
        }
    }
}
