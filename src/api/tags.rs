//! Tags: list, make, change, take away.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Tag;
use crate::domain::id::TagId;
use crate::engine::{TagChange, TagFault};
use crate::http::auth::{PeopleManager, Reader, Writer};
use crate::http::fields::{name, parsed};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, IfMatch, Json, Query, Read, Versioned};

/// The longest name, in characters.
const LONGEST: usize = 50;

/// A word that conversations can be marked with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Tag)]
pub(crate) struct TagBody {
    /// Its id.
    #[schema(value_type = String, example = "tag_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: TagId,
    /// Its name.
    #[schema(example = "billing")]
    name: String,
    /// How it is shown.
    #[schema(example = "#e8590c")]
    colour: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Tag> for TagBody {
    fn from(tag: Tag) -> Self {
        Self {
            id: tag.id,
            name: tag.name,
            colour: tag.colour,
            created_at: tag.created_at,
        }
    }
}

fn render(tag: &Tag) -> String {
    json(&TagBody::from(tag.clone()))
}

/// Lists tags, the newest first.
#[utoipa::path(
    get, path = "/v1/tags", operation_id = "listTags", tag = "tags",
    params(Paged),
    responses((status = 200, description = "A page of tags", body = Page<TagBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<TagBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .tags(page.place()?, page.one_more())
        .await?;
    let cursor = |tag: &Tag| tag.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a tag.
#[utoipa::path(
    get, path = "/v1/tags/{id}", operation_id = "getTag", tag = "tags",
    params(("id" = String, Path, description = "The tag's id")),
    responses((status = 200, description = "The tag; the version is in `ETag`", body = TagBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<TagId>,
) -> Result<Versioned<TagBody>, Problem> {
    let found = api.engine.read().tag_by_id(id).await?;
    let tag = found.ok_or_else(|| Problem::not_found("tag"))?;
    Ok(Versioned(tag.version, tag.into()))
}

/// What a new tag is to be.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct NewTag {
    /// Its name, of at most 50 characters; no two tags share one.
    #[schema(min_length = 1, max_length = 50, example = "billing")]
    name: String,
    /// How it is shown; orange, when nothing is said.
    #[schema(value_type = Option<String>, pattern = "^#[0-9a-f]{6}$", example = "#e8590c")]
    colour: Option<String>,
}

impl Read for NewTag {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", name(LONGEST));
        let colour = colour(fields);
        Some(Self {
            name: name?,
            colour,
        })
    }
}

fn colour(fields: &mut Fields) -> Option<String> {
    let read = |text: &str| {
        let digits = text.strip_prefix('#')?;
        let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| text.to_ascii_lowercase())
    };
    fields.optional("colour", parsed("a colour such as #e8590c", read))
}

/// Makes a tag.
#[utoipa::path(
    post, path = "/v1/tags", operation_id = "createTag", tag = "tags",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")),
    request_body = NewTag,
    responses((status = 201, description = "The tag", body = TagBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    body: Json<NewTag>,
) -> Result<Response, Problem> {
    let once = Once::of(
        &api,
        &principal,
        &headers,
        ("/v1/tags", &body.bytes),
        render,
    )?;
    let NewTag { name, colour } = body.value;
    let made = api
        .engine
        .create_tag(name, colour, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// What is to be changed of a tag.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct TagChanges {
    /// Its name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    name: Option<String>,
    /// How it is shown.
    #[schema(value_type = Option<String>, pattern = "^#[0-9a-f]{6}$")]
    colour: Option<String>,
}

impl Read for TagChanges {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.optional("name", name(LONGEST));
        let colour = colour(fields);
        Some(Self { name, colour })
    }
}

/// Changes a tag, wherever it is on.
#[utoipa::path(
    patch, path = "/v1/tags/{id}", operation_id = "changeTag", tag = "tags",
    params(
        ("id" = String, Path, description = "The tag's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what others changed since")
    ),
    request_body = TagChanges,
    responses((status = 200, description = "The tag, changed", body = TagBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<TagId>,
    seen: IfMatch,
    body: Json<TagChanges>,
) -> Result<Versioned<TagBody>, Problem> {
    let TagChanges { name, colour } = body.value;
    let change = TagChange { name, colour };
    let tag = api
        .engine
        .change_tag(id, change, seen.seen(), &principal)
        .await?;
    Ok(Versioned(tag.version, tag.into()))
}

/// Takes a tag away that is on no conversation.
#[utoipa::path(
    delete, path = "/v1/tags/{id}", operation_id = "deleteTag", tag = "tags",
    params(("id" = String, Path, description = "The tag's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<TagId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_tag(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<TagFault> for Problem {
    fn from(fault: TagFault) -> Self {
        match fault {
            TagFault::Unknown => Self::not_found("tag"),
            TagFault::Taken(_) | TagFault::Used => Self::new(Code::Conflict, fault.to_string()),
            TagFault::Edit(fault) => fault.into(),
        }
    }
}
