//! Agents: who works here, and what they may do.

mod body;
mod request;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::Api;
use super::lists::{Page, Paged};
use super::once::{Once, created, json};
use crate::domain::id::AgentId;
use crate::engine::{AgentDetails, NewAgent, PeopleFault};
use crate::http::auth::{Anybody, PeopleManager, Reader};
use crate::http::fields::any_text;
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Action, Fields, Id, IfMatch, Json, Nothing, Query, Read, Versioned};

pub(super) use body::AgentWhole;
pub(super) use request::{AgentChangeBody, NewAgentBody, name, permissions};

/// Lists agents, the newest first, the disabled ones too.
#[utoipa::path(
    get, path = "/v1/agents", operation_id = "listAgents", tag = "agents",
    params(Paged),
    responses((status = 200, description = "A page of agents", body = Page<AgentWhole>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<AgentWhole>>, Problem> {
    let page = PageQuery::from(query);
    let now = api.engine.clock().now();
    let found = api
        .engine
        .read()
        .staff(page.place()?, page.one_more())
        .await?;
    let cursor = |details: &AgentDetails| details.agent.id.to_string();
    let show = |details| AgentWhole::of(details, now);
    Ok(Answer(Page::of(found, page.limit, cursor, show)))
}

/// Finds an agent.
#[utoipa::path(
    get, path = "/v1/agents/{id}", operation_id = "getAgent", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses((status = 200, description = "The agent; the version is in `ETag`", body = AgentWhole))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<AgentId>,
) -> Result<Versioned<AgentWhole>, Problem> {
    let details = api.engine.read().member(id).await?;
    let details = details.ok_or_else(|| Problem::not_found("agent"))?;
    Ok(shown(&api, details))
}

/// Adds an agent.
#[utoipa::path(
    post, path = "/v1/agents", operation_id = "createAgent", tag = "agents",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer. Not with a password, of which nothing is kept that could be guessed")),
    request_body = NewAgentBody,
    responses((status = 201, description = "The agent", body = AgentWhole))
)]
pub(super) async fn create(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    headers: HeaderMap,
    body: Json<NewAgentBody>,
) -> Result<Response, Problem> {
    let request = ("/v1/agents", &*body.bytes);
    let once = Once::of(&api, &principal, &headers, request, render)?;
    let new = NewAgent::from(body.value);
    if new.password.is_some() && once.remember.is_some() {
        // What tells a repetition from another request is a fast hash of all of it.
        let detail = "is not taken with a password; nobody is added twice without it either, because names and addresses are unique";
        return Err(Problem::field("/Idempotency-Key", detail));
    }
    let made = api
        .engine
        .create_agent(new, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// Changes an agent. Their own initials, hours and absence everybody may change; the rest takes
/// the permission `manage_people`.
#[utoipa::path(
    patch, path = "/v1/agents/{id}", operation_id = "changeAgent", tag = "agents",
    params(
        ("id" = String, Path, description = "The agent's id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be changed; 412 when it was changed since")
    ),
    request_body = AgentChangeBody,
    responses((status = 200, description = "The agent, changed", body = AgentWhole))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Anybody(principal): Anybody,
    Id(id): Id<AgentId>,
    seen: IfMatch,
    body: Json<AgentChangeBody>,
) -> Result<Versioned<AgentWhole>, Problem> {
    let changed = api
        .engine
        .change_agent(id, body.value.into(), seen.seen(), &principal)
        .await?;
    Ok(shown(&api, changed))
}

/// Shuts an agent out: within two seconds their keys and sessions are refused, and their streams
/// end.
#[utoipa::path(
    post, path = "/v1/agents/{id}/disable", operation_id = "disableAgent", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses((status = 200, description = "The agent, disabled", body = AgentWhole))
)]
pub(super) async fn disable(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<AgentId>,
    _: Action<Nothing>,
) -> Result<Versioned<AgentWhole>, Problem> {
    let details = api.engine.disable_agent(id, &principal).await?;
    Ok(shown(&api, details))
}

/// Lets an agent in again. Their keys work again; sessions begin anew.
#[utoipa::path(
    post, path = "/v1/agents/{id}/enable", operation_id = "enableAgent", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses((status = 200, description = "The agent, enabled", body = AgentWhole))
)]
pub(super) async fn enable(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<AgentId>,
    _: Action<Nothing>,
) -> Result<Versioned<AgentWhole>, Problem> {
    let details = api.engine.enable_agent(id, &principal).await?;
    Ok(shown(&api, details))
}

/// Another password for an agent.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"password": "mint otter lamp nine"}))]
pub(crate) struct NewPassword {
    /// 8 to 128 characters, and none of the passwords that are guessed first.
    #[schema(write_only)]
    password: String,
}

impl Read for NewPassword {
    fn read(fields: &mut Fields) -> Option<Self> {
        let password = fields.required("password", any_text);
        Some(Self {
            password: password?,
        })
    }
}

/// Gives an agent another password, and ends their sessions.
#[utoipa::path(
    post, path = "/v1/agents/{id}/password", operation_id = "setPassword", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    request_body = NewPassword,
    responses((status = 200, description = "The agent", body = AgentWhole))
)]
pub(super) async fn set_password(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<AgentId>,
    body: Json<NewPassword>,
) -> Result<Versioned<AgentWhole>, Problem> {
    let engine = &api.engine;
    engine
        .set_password(id, &body.value.password, &principal)
        .await?;
    let details = engine.read().member(id).await?;
    let details = details.ok_or_else(|| Problem::not_found("agent"))?;
    Ok(shown(&api, details))
}

fn render(details: &AgentDetails) -> String {
    let made_at = details.agent.created_at;
    json(&AgentWhole::of(details.clone(), made_at))
}

fn shown(api: &Api, details: AgentDetails) -> Versioned<AgentWhole> {
    let now = api.engine.clock().now();
    Versioned(details.agent.version, AgentWhole::of(details, now))
}

impl From<PeopleFault> for Problem {
    fn from(fault: PeopleFault) -> Self {
        let text = fault.to_string();
        match fault {
            PeopleFault::Unknown => Self::not_found("agent"),
            PeopleFault::NameTaken => Self::field("/name", text),
            PeopleFault::EmailTaken | PeopleFault::NoEmail => Self::field("/email", text),
            PeopleFault::UnknownTeam(_) => Self::field("/teams", text),
            PeopleFault::Weak(_) => Self::field("/password", text),
            PeopleFault::AboveYou | PeopleFault::NotYours => Self::new(Code::Forbidden, text),
            PeopleFault::LastAdmin => Self::new(Code::Conflict, text),
            PeopleFault::Edit(fault) => fault.into(),
        }
    }
}
