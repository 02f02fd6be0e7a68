//! Issues: list and look up.

mod actions;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

pub(super) use actions::{
    __path_assign, __path_change, __path_close, __path_reopen, __path_resolve, __path_take,
    __path_unassign, assign, change, close, reopen, resolve, take, unassign,
};

use super::Api;
use super::lists::Page;
use super::messages::AgentBody;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Issue, IssueState, TeamRef};
use crate::domain::id::{AgentId, ConversationId, IssueId, TeamId};
use crate::domain::sla::{self, Target};
use crate::engine::{IssueFilter, Promise};
use crate::http::auth::Reader;
use crate::http::fields::parsed;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, Query, Read, Versioned};

/// One period of work in a conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Issue)]
pub(crate) struct IssueBody {
    /// Its id.
    #[schema(value_type = String, example = "iss_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: IssueId,
    /// The number that people say.
    number: i64,
    /// Where it stands.
    state: IssueState,
    /// Who has it, or had it when it was closed.
    assignee: Option<AgentBody>,
    /// Whose queue it is in.
    team: Option<TeamBody>,
    /// The first words of the first message, or what an agent wrote instead.
    title: String,
    /// The id of the conversation.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// When it was answered for the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    first_response_at: Option<Timestamp>,
    /// Until when it should be answered next, where that was promised.
    #[schema(value_type = Option<String>, format = DateTime)]
    response_due_at: Option<Timestamp>,
    /// What was promised about it; see `[[sla]]` in the configuration.
    sla: Vec<PromiseBody>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Who closed it.
    closed_by: Option<AgentBody>,
}

/// What was promised about an issue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Promise)]
pub(crate) struct PromiseBody {
    /// What was promised.
    target: Target,
    /// How it stands.
    state: sla::State,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// How many seconds of working time are left, or were left when it was kept.
    #[schema(example = 13_500)]
    remaining: u64,
}

impl From<Promise> for PromiseBody {
    fn from(promise: Promise) -> Self {
        Self {
            target: promise.target,
            state: promise.state,
            due_at: promise.due_at,
            remaining: promise.remaining.as_secs(),
        }
    }
}

impl IssueBody {
    /// Adds what was promised.
    fn promised(mut self, promises: Vec<Promise>) -> Self {
        let waits = |promise: &&Promise| {
            promise.target != Target::Resolution && promise.answered_at.is_none()
        };
        self.response_due_at = promises.iter().filter(waits).map(|one| one.due_at).max();
        self.sla = promises.into_iter().map(Into::into).collect();
        self
    }
}

/// Issues with what was promised about them.
pub(super) async fn bodies(api: &Api, issues: Vec<Issue>) -> Result<Vec<IssueBody>, Problem> {
    let ids: Vec<IssueId> = issues.iter().map(|issue| issue.id).collect();
    let mut promises = api.engine.promises(&ids).await?;
    let body = |issue: Issue| {
        let promises = promises.remove(&issue.id).unwrap_or_default();
        IssueBody::from(issue).promised(promises)
    };
    Ok(issues.into_iter().map(body).collect())
}

/// An issue with what was promised about it.
pub(super) async fn whole(api: &Api, issue: Issue) -> Result<IssueBody, Problem> {
    let mut bodies = bodies(api, vec![issue]).await?;
    Ok(bodies.pop().expect("one issue has one body"))
}

/// A team, beside what it has.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TeamReference)]
pub(crate) struct TeamBody {
    /// Its id.
    #[schema(value_type = String, example = "tem_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: TeamId,
    /// Its name.
    name: String,
}

impl From<TeamRef> for TeamBody {
    fn from(team: TeamRef) -> Self {
        Self {
            id: team.id,
            name: team.name,
        }
    }
}

impl From<Issue> for IssueBody {
    fn from(issue: Issue) -> Self {
        Self {
            id: issue.id,
            number: issue.number,
            state: issue.state,
            assignee: issue.assignee.map(AgentBody::from),
            team: issue.team.map(TeamBody::from),
            title: issue.title,
            conversation: issue.conversation,
            opened_at: issue.opened_at,
            first_response_at: issue.first_response_at,
            response_due_at: None,
            sla: Vec::new(),
            closed_at: issue.closed_at,
            closed_by: issue.closed_by.map(AgentBody::from),
        }
    }
}

/// Which issues to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only those in this state.
    #[param(inline)]
    state: Option<IssueState>,
    /// Only those of the agent with this id, or `me`.
    #[param(value_type = Option<String>, pattern = "^(me|agt_[0-9a-hjkmnp-tv-z]{26})$")]
    assignee: Option<Assignee>,
    /// Only those in the queue of the team with this id.
    #[param(value_type = Option<String>, pattern = "^tem_[0-9a-hjkmnp-tv-z]{26}$")]
    team: Option<TeamId>,
    /// Only those of the conversation with this id.
    #[param(value_type = Option<String>, pattern = "^cnv_[0-9a-hjkmnp-tv-z]{26}$")]
    conversation: Option<ConversationId>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Assignee {
    Me,
    Agent(AgentId),
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let state = fields.optional(
            "state",
            parsed("unassigned, assigned or closed", IssueState::from_name),
        );
        let assignee = fields.optional("assignee", parsed("an agent's id, or me", assignee));
        let team = fields.optional("team", parsed("a team's id", |id| id.parse().ok()));
        let conversation = fields.optional(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            state,
            assignee,
            team,
            conversation,
            limit,
            cursor,
        })
    }
}

fn assignee(text: &str) -> Option<Assignee> {
    match text {
        "me" => Some(Assignee::Me),
        id => id.parse().ok().map(Assignee::Agent),
    }
}

/// Lists issues, the newest first.
#[utoipa::path(
    get, path = "/v1/issues", operation_id = "listIssues", tag = "issues",
    params(Listing),
    responses((status = 200, description = "A page of issues", body = Page<IssueBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<IssueBody>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let filter = IssueFilter {
        state: query.state,
        assignee: query.assignee.map(|assignee| match assignee {
            Assignee::Me => principal.agent.id,
            Assignee::Agent(id) => id,
        }),
        team: query.team,
        conversation: query.conversation,
    };
    let found = api
        .engine
        .read_as(&principal)
        .issues(filter, page.place()?, page.one_more())
        .await?;
    let cursor = |issue: &Issue| issue.id.to_string();
    let found = Page::of(found, page.limit, cursor, |issue| issue);
    Ok(Answer(Page {
        data: bodies(&api, found.data).await?,
        next_cursor: found.next_cursor,
    }))
}

/// Finds an issue.
#[utoipa::path(
    get, path = "/v1/issues/{id}", operation_id = "getIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue", body = IssueBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<IssueId>,
) -> Result<Versioned<IssueBody>, Problem> {
    let issue = api.engine.read_as(&principal).issue(id).await?;
    let issue = issue.ok_or_else(|| Problem::not_found("issue"))?;
    Ok(Versioned(issue.version, whole(&api, issue).await?))
}
