//! Teams: who works together, and which conversations are theirs alone.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::agents::name;
use super::lists::{Page, Paged};
use super::messages::AgentBody;
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::TeamRef;
use crate::domain::id::{AgentId, TeamId};
use crate::engine::{TeamDetails, TeamFault};
use crate::http::auth::{PeopleManager, Reader};
use crate::http::fields::{list as list_of, parsed};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, IfMatch, Json, Query, Read, Versioned};

/// The most members of a team.
const MOST: usize = 1_000;

/// A team as it stands beside something else.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = TeamRef)]
pub(crate) struct TeamName {
    /// Its id.
    #[schema(value_type = String, example = "tem_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: TeamId,
    /// Its name.
    #[schema(example = "Billing")]
    name: String,
}

impl From<TeamRef> for TeamName {
    fn from(team: TeamRef) -> Self {
        Self {
            id: team.id,
            name: team.name,
        }
    }
}

/// A team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Team)]
pub(crate) struct TeamBody {
    /// Its id.
    #[schema(value_type = String, example = "tem_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: TeamId,
    /// Its name.
    #[schema(example = "Billing")]
    name: String,
    /// Who is in it.
    members: Vec<AgentBody>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<TeamDetails> for TeamBody {
    fn from(TeamDetails { team, members }: TeamDetails) -> Self {
        Self {
            id: team.id,
            name: team.name,
            members: members.into_iter().map(AgentBody::from).collect(),
            created_at: team.created_at,
        }
    }
}

fn render(details: &TeamDetails) -> String {
    json(&TeamBody::from(details.clone()))
}

/// A team to make.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = NewTeam, example = json!({"name": "Billing", "members": []}))]
pub(crate) struct NewTeamBody {
    /// Its name; no two teams share one.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The ids of who is in it.
    #[schema(value_type = Option<Vec<String>>)]
    members: Option<Vec<AgentId>>,
}

/// What shall be different of a team.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = TeamChange, example = json!({"name": "Accounts"}))]
pub(crate) struct TeamChangeBody {
    /// Its name; no two teams share one.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The ids of who is in it, all of them.
    #[schema(value_type = Option<Vec<String>>)]
    members: Option<Vec<AgentId>>,
}

fn members(fields: &mut Fields) -> Option<Vec<AgentId>> {
    let agent = parsed("agents' ids", |id| id.parse().ok());
    fields.optional("members", list_of(MOST, agent))
}

impl Read for NewTeamBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name", name());
        let members = members(fields);
        Some(Self {
            name: name?,
            members,
        })
    }
}

impl Read for TeamChangeBody {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.optional("name", name());
        let members = members(fields);
        Some(Self { name, members })
    }
}

/// Lists teams, the newest first.
#[utoipa::path(
    get, path = "/v1/teams", operation_id = "listTeams", tag = "teams",
    params(Paged),
    responses((status = 200, description = "A page of teams", body = Page<TeamBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<TeamBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .teams(page.place()?, page.one_more())
        .await?;
    let cursor = |details: &TeamDetails| details.team.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a team.
#[utoipa::path(
    get, path = "/v1/teams/{id}", operation_id = "getTeam", tag = "teams",
    params(("id" = String, Path, description = "The team's id")),
    responses((status = 200, description = "The team; the version is in `ETag`", body = TeamBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<TeamId>,
) -> Result<Versioned<TeamBody>, Problem> {
    let details = api.engine.read().team(id).await?;
    Ok(shown(details.ok_or_else(|| Problem::not_found("team"))?))
}

/// Makes a team.
#[utoipa::path(
    post, path = "/v1/teams", operation_id = "createTeam", tag = "teams",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")),
    request_body = NewTeamBody,
    responses((status = 201, description = "The team", body = TeamBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    headers: HeaderMap,
    body: Json<NewTeamBody>,
) -> Result<Response, Problem> {
    let request = ("/v1/teams", &*body.bytes);
    let once = Once::of(&api, &principal, &headers, request, render)?;
    let NewTeamBody { name, members } = body.value;
    let members = members.unwrap_or_default();
    let made = api
        .engine
        .create_team(name, members, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// Changes a team's name, and who is in it.
#[utoipa::path(
    patch, path = "/v1/teams/{id}", operation_id = "changeTeam", tag = "teams",
    params(
        ("id" = String, Path, description = "The team's id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of what is to be changed; 412 when it was changed since")
    ),
    request_body = TeamChangeBody,
    responses((status = 200, description = "The team, changed", body = TeamBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<TeamId>,
    seen: IfMatch,
    body: Json<TeamChangeBody>,
) -> Result<Versioned<TeamBody>, Problem> {
    let TeamChangeBody { name, members } = body.value;
    let changed = api
        .engine
        .change_team(id, name, members, seen.seen(), &principal)
        .await?;
    Ok(shown(changed))
}

/// Takes a team away that no conversation needs.
#[utoipa::path(
    delete, path = "/v1/teams/{id}", operation_id = "deleteTeam", tag = "teams",
    params(("id" = String, Path, description = "The team's id")),
    responses((status = 204, description = "The team is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<TeamId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_team(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(details: TeamDetails) -> Versioned<TeamBody> {
    Versioned(details.team.version, details.into())
}

impl From<TeamFault> for Problem {
    fn from(fault: TeamFault) -> Self {
        let text = fault.to_string();
        match fault {
            TeamFault::Unknown => Self::not_found("team"),
            TeamFault::NameTaken => Self::field("/name", text),
            TeamFault::UnknownAgent(_) => Self::field("/members", text),
            TeamFault::AboveYou => Self::new(Code::Forbidden, text),
            TeamFault::Needed => Self::new(Code::Conflict, text),
            TeamFault::Edit(fault) => fault.into(),
        }
    }
}
