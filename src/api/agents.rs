//! Agents: who can be given an issue.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use crate::domain::agent::{Agent, Role};
use crate::domain::clock::Timestamp;
use crate::domain::id::AgentId;
use crate::http::auth::Reader;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Id, Query};

/// Somebody who works here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Agent)]
pub(crate) struct AgentDetails {
    /// Their id.
    #[schema(value_type = String, example = "agt_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: AgentId,
    /// Their name.
    name: String,
    /// Their e-mail address; null for a program.
    email: Option<String>,
    /// What they may do.
    role: Role,
    /// When they were added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Agent> for AgentDetails {
    fn from(agent: Agent) -> Self {
        Self {
            id: agent.id,
            name: agent.name,
            email: agent.email,
            role: agent.role,
            created_at: agent.created_at,
        }
    }
}

/// Lists agents, the newest first.
#[utoipa::path(
    get, path = "/v1/agents", operation_id = "listAgents", tag = "agents",
    params(Paged),
    responses((status = 200, description = "A page of agents", body = Page<AgentDetails>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<AgentDetails>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .agents(page.place()?, page.one_more())
        .await?;
    let cursor = |agent: &Agent| agent.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds an agent.
#[utoipa::path(
    get, path = "/v1/agents/{id}", operation_id = "getAgent", tag = "agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses((status = 200, description = "The agent", body = AgentDetails))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<AgentId>,
) -> Result<Answer<AgentDetails>, Problem> {
    let agent = api.engine.read().agent(id).await?;
    let agent = agent.ok_or_else(|| Problem::not_found("agent"))?;
    Ok(Answer(agent.into()))
}
