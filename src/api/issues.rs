//! Issues: list, look up, take, assign, close.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::Page;
use super::messages::AgentBody;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Issue, IssueState};
use crate::domain::id::{AgentId, ConversationId, IssueId};
use crate::engine::{IssueFault, IssueFilter};
use crate::http::auth::{Assigner, Reader, Writer};
use crate::http::fields::parsed;
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Action, Fields, Id, Json, Nothing, Query, Read};

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
    /// The first words of the first message.
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
    /// Until when it should be answered; nobody promises that yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    response_due_at: Option<Timestamp>,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Who closed it.
    closed_by: Option<AgentBody>,
}

impl From<Issue> for IssueBody {
    fn from(issue: Issue) -> Self {
        Self {
            id: issue.id,
            number: issue.number,
            state: issue.state,
            assignee: issue.assignee.map(AgentBody::from),
            title: issue.title,
            conversation: issue.conversation,
            opened_at: issue.opened_at,
            first_response_at: issue.first_response_at,
            response_due_at: None,
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
        let conversation = fields.optional(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            state,
            assignee,
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
        conversation: query.conversation,
    };
    let found = api
        .engine
        .read()
        .issues(filter, page.place()?, page.one_more())
        .await?;
    let cursor = |issue: &Issue| issue.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds an issue.
#[utoipa::path(
    get, path = "/v1/issues/{id}", operation_id = "getIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue", body = IssueBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    _: Reader,
    Id(id): Id<IssueId>,
) -> Result<Answer<IssueBody>, Problem> {
    let issue = api.engine.read().issue(id).await?;
    let issue = issue.ok_or_else(|| Problem::not_found("issue"))?;
    Ok(Answer(issue.into()))
}

/// Takes an unassigned issue; of many at once, one wins.
#[utoipa::path(
    post, path = "/v1/issues/{id}/take", operation_id = "takeIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, taken", body = IssueBody))
)]
pub(super) async fn take(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Result<Answer<IssueBody>, Problem> {
    let issue = api.engine.take_issue(id, &principal).await?;
    Ok(Answer(issue.into()))
}

/// Whom to give an issue to.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Assignment {
    /// The agent's id.
    #[schema(value_type = String, example = "agt_01kbhm0v4we7gtqz6dm1x1m8p2", pattern = "^agt_[0-9a-hjkmnp-tv-z]{26}$")]
    agent: AgentId,
}

impl Read for Assignment {
    fn read(fields: &mut Fields) -> Option<Self> {
        let agent = fields.required("agent", parsed("an agent's id", |id| id.parse().ok()));
        Some(Self { agent: agent? })
    }
}

/// Gives an open issue to an agent.
#[utoipa::path(
    post, path = "/v1/issues/{id}/assign", operation_id = "assignIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    request_body = Assignment,
    responses((status = 200, description = "The issue, assigned", body = IssueBody))
)]
pub(super) async fn assign(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    body: Json<Assignment>,
) -> Result<Answer<IssueBody>, Problem> {
    let issue = api
        .engine
        .assign_issue(id, body.value.agent, &principal)
        .await?;
    Ok(Answer(issue.into()))
}

/// Takes an open issue from whoever has it.
#[utoipa::path(
    post, path = "/v1/issues/{id}/unassign", operation_id = "unassignIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, unassigned", body = IssueBody))
)]
pub(super) async fn unassign(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Result<Answer<IssueBody>, Problem> {
    let issue = api.engine.unassign_issue(id, &principal).await?;
    Ok(Answer(issue.into()))
}

/// Closes an issue that nobody has, or that the caller has.
#[utoipa::path(
    post, path = "/v1/issues/{id}/close", operation_id = "closeIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, closed", body = IssueBody))
)]
pub(super) async fn close(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Result<Answer<IssueBody>, Problem> {
    let issue = api.engine.close_issue(id, &principal).await?;
    Ok(Answer(issue.into()))
}

impl From<IssueFault> for Problem {
    fn from(fault: IssueFault) -> Self {
        match fault {
            IssueFault::Unknown => Self::not_found("issue"),
            IssueFault::UnknownAgent => Self::field("/agent", "names no agent"),
            IssueFault::Refused(refusal, issue) => {
                let owner = issue.assignee.map(AgentBody::from);
                Self::new(Code::Conflict, refusal.to_string())
                    .with("state", issue.state)
                    .with("assignee", owner)
            }
            IssueFault::Engine(fault) => fault.into(),
        }
    }
}
