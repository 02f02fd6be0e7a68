//! Keys: list, make, revoke. A key's secret is shown once, when it is made.

use axum::Json as Answer;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use super::messages::AgentBody;
use crate::domain::agent::{ApiKey, Role};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, KeyId};
use crate::engine::{KeyFault, NewKey};
use crate::http::auth::PeopleManager;
use crate::http::fields::{parsed, text};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, Json, Query, Read};

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
    /// For whom it acts.
    agent: AgentBody,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
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
            agent: key.agent.into(),
            created_at: key.created_at,
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
}

impl Read for KeyRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", text(1..=LONGEST_NAME));
        let role = fields.required("role", parsed("observer, agent or admin", Role::from_name));
        let agent = fields.optional("agent", parsed("an agent's id", |id| id.parse().ok()));
        Some(Self {
            name: name?,
            role: role?,
            agent,
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

/// Makes a key and shows its secret, once.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "createKey", tag = "keys",
    request_body = KeyRequest,
    responses((status = 201, description = "The key, with what to send in the header", body = CreatedKey))
)]
pub(super) async fn create(
    State(api): State<Api>,
    _: PeopleManager,
    headers: HeaderMap,
    body: Json<KeyRequest>,
) -> Result<(StatusCode, Answer<CreatedKey>), Problem> {
    if IdempotencyKey::of(&headers)?.is_some() {
        // Repeating the answer would mean to keep the secret.
        let detail = "is not taken here: a secret is not kept, so its answer cannot be repeated; revoke a key that got lost";
        return Err(Problem::field("/Idempotency-Key", detail));
    }
    let request = body.value;
    let agent = request.agent.map(|id| id.to_string());
    let NewKey { key, secret } = api
        .engine
        .create_key(&request.name, request.role, agent.as_deref())
        .await?;
    let created = CreatedKey {
        details: key.into(),
        key: secret,
    };
    Ok((StatusCode::CREATED, Answer(created)))
}

/// Revokes a key. It is refused from now on, everywhere within two seconds.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", operation_id = "revokeKey", tag = "keys",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 200, description = "The key, revoked", body = KeyBody))
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    _: PeopleManager,
    Id(id): Id<KeyId>,
) -> Result<Answer<KeyBody>, Problem> {
    let key = api.engine.revoke_key(id).await?;
    Ok(Answer(key.into()))
}

impl From<KeyFault> for Problem {
    fn from(fault: KeyFault) -> Self {
        match fault {
            KeyFault::Unknown => Self::not_found("key"),
            KeyFault::UnknownAgent(_) => Self::field("/agent", "names no agent"),
            KeyFault::Taken(_) => Self::field("/name", fault.to_string()),
            KeyFault::AboveAgent(_) => Self::field("/role", fault.to_string()),
            KeyFault::Engine(fault) => fault.into(),
        }
    }
}
