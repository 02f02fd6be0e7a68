//! Keys: list, make, revoke. A key's secret is shown once, when it is made.

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::agents::permissions;
use super::lists::{Page, Paged};
use super::messages::AgentBody;
use crate::domain::agent::{ApiKey, Permission, Permissions, Role};
use crate::domain::clock::{Timestamp, parse_duration};
use crate::domain::id::{AgentId, KeyId};
use crate::engine::{KeyFault, KeyOrder, NewKey};
use crate::http::auth::PeopleManager;
use crate::http::fields::{any_text, name, parsed};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Action, Fields, Id, Json, Query, Read};

/// The longest name of a key, in characters.
const LONGEST_NAME: usize = 100;

/// An API key, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyBody {
    /// Its id.
    #[schema(value_type = String, example = "key_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: KeyId,
    /// What it is for.
    name: String,
    /// What it may do.
    role: Role,
    /// The only permissions it has; null for all of its role's.
    #[schema(value_type = Option<Vec<Permission>>)]
    scopes: Option<Permissions>,
    /// For whom it acts.
    agent: AgentBody,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when it is refused; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Until when the secret before the present one is taken too.
    #[schema(value_type = Option<String>, format = DateTime)]
    overlap_until: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            role: key.role,
            scopes: key.scopes,
            agent: key.agent.into(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            overlap_until: key.overlap_until,
            revoked_at: key.revoked_at,
        }
    }
}

/// A key that was just made.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CreatedKey {
    #[serde(flatten)]
    details: KeyBody,
    /// What goes into the header `Authorization: Bearer …`. It is shown once and not kept.
    key: String,
}

impl From<NewKey> for CreatedKey {
    fn from(NewKey { key, secret }: NewKey) -> Self {
        Self {
            details: key.into(),
            key: secret,
        }
    }
}

/// A key to make.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"name": "crm", "role": "agent"}))]
pub(crate) struct KeyRequest {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do.
    role: Role,
    /// The id of the agent it acts for; without it, an agent called like the key.
    #[schema(value_type = Option<String>, pattern = "^agt_[0-9a-hjkmnp-tv-z]{26}$")]
    agent: Option<AgentId>,
    /// The only permissions it has; without it, all of its role's.
    #[schema(value_type = Option<Vec<Permission>>)]
    scopes: Option<Permissions>,
    /// From when it is refused.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl Read for KeyRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", name(LONGEST_NAME));
        let role = fields.required("role", parsed("observer, agent or admin", Role::from_name));
        let agent = fields.optional("agent", parsed("an agent's id", |id| id.parse().ok()));
        let scopes = fields.optional("scopes", permissions);
        let time = parsed("a time as in 2026-11-21T09:30:00Z", |time| {
            time.parse().ok()
        });
        let expires_at = fields.optional("expires_at", time);
        Some(Self {
            name: name?,
            role: role?,
            agent,
            scopes,
            expires_at,
        })
    }
}

/// How a key is rotated.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"overlap": "4h"}))]
pub(crate) struct Rotation {
    /// How long the present secret is still taken, such as `15m`, `4h` or `5d`; without it, not
    /// at all.
    #[schema(value_type = Option<String>, example = "4h")]
    overlap: Duration,
}

impl Read for Rotation {
    fn read(fields: &mut Fields) -> Option<Self> {
        let overlap = fields.optional("overlap", |value| parse_duration(&any_text(value)?));
        Some(Self {
            overlap: overlap.unwrap_or_default(),
        })
    }
}

/// Lists keys, the newest first, the revoked ones too.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listKeys", tag = "keys",
    params(Paged),
    responses((status = 200, description = "A page of keys", body = Page<KeyBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: PeopleManager,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<KeyBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .keys(page.place()?, page.one_more())
        .await?;
    let cursor = |key: &ApiKey| key.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a key.
#[utoipa::path(
    get, path = "/v1/keys/{id}", operation_id = "getKey", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 200, description = "The key", body = KeyBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: PeopleManager,
    Id(id): Id<KeyId>,
) -> Result<Answer<KeyBody>, Problem> {
    let found = api.engine.read().key(id).await?;
    let key = found.ok_or_else(|| Problem::not_found("key"))?;
    Ok(Answer(key.into()))
}

/// Makes a key and shows its secret, once. It takes no `Idempotency-Key`: a secret is not kept, so
/// the answer cannot be repeated.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "createKey", tag = "keys",
    request_body = KeyRequest,
    responses((status = 201, description = "The key, with what to send in the header", body = CreatedKey))
)]
pub(super) async fn create(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    headers: HeaderMap,
    body: Json<KeyRequest>,
) -> Result<(StatusCode, Answer<CreatedKey>), Problem> {
    if IdempotencyKey::of(&headers)?.is_some() {
        // Repeating the answer would mean to keep the secret.
        let detail = "is not taken here: a secret is not kept, so its answer cannot be repeated; revoke a key that got lost";
        return Err(Problem::field("/Idempotency-Key", detail));
    }
    let request = body.value;
    if request
        .expires_at
        .is_some_and(|at| at <= api.engine.clock().now())
    {
        return Err(Problem::field("/expires_at", "must be a time to come"));
    }
    let order = KeyOrder {
        name: request.name,
        role: request.role,
        agent: request.agent.map(|id| id.to_string()),
        scopes: request.scopes,
        expires_at: request.expires_at,
    };
    let made = api.engine.create_key_as(order, &principal).await?;
    Ok((StatusCode::CREATED, Answer(made.into())))
}

/// Revokes a key. It is refused from now on, everywhere within two seconds.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", operation_id = "revokeKey", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 200, description = "The key, revoked", body = KeyBody))
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<KeyId>,
) -> Result<Answer<KeyBody>, Problem> {
    let key = api.engine.revoke_key(id, &principal).await?;
    Ok(Answer(key.into()))
}

/// Gives a key another secret and shows it, once. The present one is taken until `overlap` is over.
#[utoipa::path(
    post, path = "/v1/keys/{id}/rotate", operation_id = "rotateKey", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    request_body = Rotation,
    responses((status = 200, description = "The key, with what to send in the header", body = CreatedKey))
)]
pub(super) async fn rotate(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<KeyId>,
    body: Action<Rotation>,
) -> Result<Answer<CreatedKey>, Problem> {
    let overlap = body.value.overlap;
    let made = api.engine.rotate_key(id, overlap, &principal).await?;
    Ok(Answer(made.into()))
}

impl From<KeyFault> for Problem {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Unknown => Self::not_found("key"),
            KeyFault::UnknownAgent(_) => Self::field("/agent", "names no agent"),
            KeyFault::Taken(_) => Self::field("/name", fault.to_string()),
            KeyFault::AboveAgent(_) => Self::field("/role", fault.to_string()),
            KeyFault::AboveYou => Self::new(Code::Forbidden, fault.to_string()),
            KeyFault::Disabled => Self::field("/agent", fault.to_string()),
            KeyFault::Over => Self::new(Code::Conflict, fault.to_string()),
            KeyFault::Engine(fault) => fault.into(),
        }
    }
}
