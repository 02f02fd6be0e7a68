//! What agents do with an issue: take, assign, unassign, close, resolve, reopen, give a title.

use axum::Json as Answer;
use axum::extract::State;

use super::{IssueBody, whole};
use crate::api::Api;
use crate::api::messages::AgentBody;
use crate::domain::agent::{Permission, Principal};
use crate::domain::conversation::Authority;
use crate::domain::id::{AgentId, IssueId, TeamId};
use crate::engine::{IssueAction, IssueFault};
use crate::http::auth::{Assigner, Writer, require};
use crate::http::fields::{name, parsed, truth};
use crate::http::problem::{Code, Problem};
use crate::http::{Action, Fields, Id, IfMatch, Json, Nothing, Read, Versioned};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

type Answered = Result<Answer<IssueBody>, Problem>;

async fn perform(api: &Api, id: IssueId, action: IssueAction, by: &Principal) -> Answered {
    let issue = api.engine.change_issue(id, action, by).await?;
    Ok(Answer(whole(api, issue).await?))
}

/// Takes an unassigned issue; of many at once, one wins.
#[utoipa::path(
    post, path = "/v1/issues/{id}/take", operation_id = "takeIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, taken", body = IssueBody))
)]
pub(in crate::api) async fn take(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, IssueAction::Take, &principal).await
}

/// Whom to give an issue to: an agent, or a team.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Assignment {
    /// The agent's id.
    #[schema(value_type = Option<String>, example = "agt_01kbhm0v4we7gtqz6dm1x1m8p2", pattern = "^agt_[0-9a-hjkmnp-tv-z]{26}$")]
    #[expect(dead_code, reason = "says what is read")]
    agent: Option<AgentId>,
    /// The team's id: the issue waits in its queue until somebody takes it.
    #[schema(value_type = Option<String>, example = "tem_01kbhm0v4we7gtqz6dm1x1m8p2", pattern = "^tem_[0-9a-hjkmnp-tv-z]{26}$")]
    #[expect(dead_code, reason = "says what is read")]
    team: Option<TeamId>,
    #[schema(ignore)]
    action: IssueAction,
}

impl Read for Assignment {
    fn read(fields: &mut Fields) -> Option<Self> {
        let agent = fields.optional("agent", parsed("an agent's id", |id| id.parse().ok()));
        let team = fields.optional("team", parsed("a team's id", |id| id.parse().ok()));
        let action = match (agent, team) {
            (Some(agent), None) => IssueAction::Assign(agent),
            (None, Some(team)) => IssueAction::AssignTeam(team),
            (Some(_), Some(_)) => {
                fields.fault("team", "cannot stand beside agent; give it to one of them");
                return None;
            }
            (None, None) => {
                if fields.are_right() {
                    fields.fault("agent", "is missing; give it to an agent, or to a team");
                }
                return None;
            }
        };
        Some(Self {
            agent,
            team,
            action,
        })
    }
}

/// Gives an open issue to an agent, or puts it into a team's queue.
#[utoipa::path(
    post, path = "/v1/issues/{id}/assign", operation_id = "assignIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    request_body = Assignment,
    responses((status = 200, description = "The issue, assigned", body = IssueBody))
)]
pub(in crate::api) async fn assign(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    body: Json<Assignment>,
) -> Answered {
    perform(&api, id, body.value.action, &principal).await
}

/// Takes an open issue from whoever has it.
#[utoipa::path(
    post, path = "/v1/issues/{id}/unassign", operation_id = "unassignIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, unassigned", body = IssueBody))
)]
pub(in crate::api) async fn unassign(
    State(api): State<Api>,
    Assigner(principal): Assigner,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, IssueAction::Unassign, &principal).await
}

/// How to close an issue.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Closing {
    /// Close it although somebody else has it; for those who may.
    #[schema(value_type = Option<bool>, default = false)]
    r#override: bool,
}

impl Read for Closing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let r#override = fields.optional("override", truth).unwrap_or(false);
        Some(Self { r#override })
    }
}

/// Closes an issue that nobody has, or that the caller has.
#[utoipa::path(
    post, path = "/v1/issues/{id}/close", operation_id = "closeIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    request_body(content = Closing, description = "May be left out"),
    responses((status = 200, description = "The issue, closed", body = IssueBody))
)]
pub(in crate::api) async fn close(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    body: Action<Closing>,
) -> Answered {
    let authority = if body.value.r#override {
        require(&principal, Some(Permission::CloseOthers))?;
        Authority::Override
    } else {
        Authority::Own
    };
    perform(&api, id, IssueAction::Close(authority), &principal).await
}

/// Closes an issue without an answer, and marks its conversation as read: there was nothing to do.
#[utoipa::path(
    post, path = "/v1/issues/{id}/resolve", operation_id = "resolveIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, closed", body = IssueBody))
)]
pub(in crate::api) async fn resolve(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, IssueAction::Resolve, &principal).await
}

/// Opens a closed issue again, if its conversation has no other open one.
#[utoipa::path(
    post, path = "/v1/issues/{id}/reopen", operation_id = "reopenIssue", tag = "issues",
    params(("id" = String, Path, description = "The issue's id")),
    responses((status = 200, description = "The issue, open", body = IssueBody))
)]
pub(in crate::api) async fn reopen(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, IssueAction::Reopen, &principal).await
}

/// What may be changed of an issue.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct IssueChange {
    /// What it is about, in at most 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
}

impl Read for IssueChange {
    fn read(fields: &mut Fields) -> Option<Self> {
        let title = fields.required("title", name(LONGEST_TITLE));
        Some(Self { title: title? })
    }
}

/// Gives an issue another title.
#[utoipa::path(
    patch, path = "/v1/issues/{id}", operation_id = "changeIssue", tag = "issues",
    params(
        ("id" = String, Path, description = "The issue's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what others changed since")
    ),
    request_body = IssueChange,
    responses((status = 200, description = "The issue, changed", body = IssueBody))
)]
pub(in crate::api) async fn change(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    seen: IfMatch,
    body: Json<IssueChange>,
) -> Result<Versioned<IssueBody>, Problem> {
    let action = IssueAction::Rename(body.value.title, seen.seen());
    let issue = api.engine.change_issue(id, action, &principal).await?;
    Ok(Versioned(issue.version, whole(&api, issue).await?))
}

impl From<IssueFault> for Problem {
    fn from(fault: IssueFault) -> Self {
        match fault {
            IssueFault::Unknown => Self::not_found("issue"),
            IssueFault::UnknownAgent => Self::field("/agent", "names no agent"),
            IssueFault::UnknownTeam => Self::field("/team", "names no team"),
            IssueFault::Refused(refusal, issue) => {
                let owner = issue.assignee.map(AgentBody::from);
                Self::new(Code::Conflict, refusal.to_string())
                    .with("state", issue.state)
                    .with("assignee", owner)
            }
            IssueFault::Edit(fault) => fault.into(),
        }
    }
}
