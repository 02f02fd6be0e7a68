//! Issues.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Kind, Statement, json, known, lite_ids, pg_ids};
use super::scope::{bound, lite_seen, lite_within, pg_seen, pg_within};
use super::{Conn, StoreFault};
use crate::domain::agent::{AgentRef, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Issue, IssueState, TeamRef};
use crate::domain::id::{AgentId, ConversationId, IssueId, TeamId};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    conversation_id: Uuid,
    state: String,
    title: String,
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    opened_at: i64,
    first_response_at: Option<i64>,
    closed_at: Option<i64>,
    closed_by_id: Option<Uuid>,
    closed_by_name: Option<String>,
    team_id: Option<Uuid>,
    team_name: Option<String>,
    version: i64,
}

fn agent(id: Option<Uuid>, name: Option<String>) -> Option<AgentRef> {
    id.zip(name).map(|(id, name)| AgentRef {
        id: AgentId(id),
        name,
    })
}

impl TryFrom<Row> for Issue {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            id: IssueId(row.id),
            number: row.number,
            state: known(&row.state, IssueState::from_name)?,
            assignee: agent(row.assignee_id, row.assignee_name),
            title: row.title,
            conversation: ConversationId(row.conversation_id),
            opened_at: Timestamp(row.opened_at),
            first_response_at: row.first_response_at.map(Timestamp),
            closed_at: row.closed_at.map(Timestamp),
            closed_by: agent(row.closed_by_id, row.closed_by_name),
            team: row.team_id.zip(row.team_name).map(|(id, name)| TeamRef {
                id: TeamId(id),
                name,
            }),
            version: row.version,
        })
    }
}

impl From<&Issue> for Row {
    fn from(issue: &Issue) -> Self {
        Self {
            id: issue.id.0,
            number: issue.number,
            conversation_id: issue.conversation.0,
            state: issue.state.as_str().to_owned(),
            title: issue.title.clone(),
            assignee_id: issue.assignee.as_ref().map(|agent| agent.id.0),
            assignee_name: issue.assignee.as_ref().map(|agent| agent.name.clone()),
            opened_at: issue.opened_at.0,
            first_response_at: issue.first_response_at.map(|at| at.0),
            closed_at: issue.closed_at.map(|at| at.0),
            closed_by_id: issue.closed_by.as_ref().map(|agent| agent.id.0),
            closed_by_name: issue.closed_by.as_ref().map(|agent| agent.name.clone()),
            team_id: issue.team.as_ref().map(|team| team.id.0),
            team_name: issue.team.as_ref().map(|team| team.name.clone()),
            version: issue.version,
        }
    }
}

macro_rules! columns {
    () => {
        "id, number, conversation_id, state, title, assignee_id, assignee_name, opened_at,
         first_response_at, closed_at, closed_by_id, closed_by_name, team_id, team_name, version"
    };
}

/// The columns of an issue that may stand beside its conversation, of a table called `i`.
macro_rules! beside {
    () => {
        ", i.id AS issue_id, i.number, i.state, i.title, i.assignee_id AS owner_id, i.assignee_name,
          i.opened_at, i.first_response_at, i.closed_at, i.closed_by_id, i.closed_by_name,
          i.team_id AS queue_id, i.team_name, i.version"
    };
}

pub(super) use beside;

/// An issue, or none, in a row about something else.
#[derive(Deserialize, sqlx::FromRow)]
pub(super) struct Beside {
    issue_id: Option<Uuid>,
    number: Option<i64>,
    state: Option<String>,
    title: Option<String>,
    owner_id: Option<Uuid>,
    assignee_name: Option<String>,
    opened_at: Option<i64>,
    first_response_at: Option<i64>,
    closed_at: Option<i64>,
    closed_by_id: Option<Uuid>,
    closed_by_name: Option<String>,
    queue_id: Option<Uuid>,
    team_name: Option<String>,
    version: Option<i64>,
}

impl Beside {
    /// The issue, when there is one.
    pub(super) fn issue(self, conversation: ConversationId) -> Result<Option<Issue>, StoreFault> {
        let (Some(id), Some(number), Some(state)) = (self.issue_id, self.number, self.state) else {
            return Ok(None);
        };
        let row = Row {
            id,
            number,
            conversation_id: conversation.0,
            state,
            title: self.title.unwrap_or_default(),
            assignee_id: self.owner_id,
            assignee_name: self.assignee_name,
            opened_at: self.opened_at.unwrap_or_default(),
            first_response_at: self.first_response_at,
            closed_at: self.closed_at,
            closed_by_id: self.closed_by_id,
            closed_by_name: self.closed_by_name,
            team_id: self.queue_id,
            team_name: self.team_name,
            version: self.version.unwrap_or(1),
        };
        row.try_into().map(Some)
    }
}

/// The issue of each conversation that is open.
pub async fn load_open(
    conn: &mut Conn,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Issue>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM issue WHERE state <> 'closed' AND conversation_id", lite_ids!()),
        pg: concat!("SELECT ", columns!(), " FROM issue WHERE state <> 'closed' AND conversation_id", pg_ids!()));
    let keys: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter()
        .map(|row| Issue::try_from(row).map(|issue| (issue.conversation, issue)))
        .collect()
}

/// Stores issues as they are now, new and changed alike.
pub async fn upsert_issues(conn: &mut Conn, issues: &[Issue]) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("number", Kind::Int),
            ("conversation_id", Kind::Id),
            ("state", Kind::Text),
            ("title", Kind::Text),
            ("assignee_id", Kind::Id),
            ("assignee_name", Kind::Text),
            ("opened_at", Kind::Int),
            ("first_response_at", Kind::Int),
            ("closed_at", Kind::Int),
            ("closed_by_id", Kind::Id),
            ("closed_by_name", Kind::Text),
            ("team_id", Kind::Id),
            ("team_name", Kind::Text),
            ("version", Kind::Int),
        ];
        let tail = "ON CONFLICT (id) DO UPDATE SET state = excluded.state, title = excluded.title,
            assignee_id = excluded.assignee_id, assignee_name = excluded.assignee_name,
            first_response_at = excluded.first_response_at, closed_at = excluded.closed_at,
            closed_by_id = excluded.closed_by_id, closed_by_name = excluded.closed_by_name,
            team_id = excluded.team_id, team_name = excluded.team_name, version = excluded.version";
        Statement::insert("issue", &columns, tail)
    });
    let rows: Vec<Row> = issues.iter().map(Row::from).collect();
    UPSERT.run(conn, &rows).await
}

/// One issue, if it may be seen and was not deleted.
pub async fn find_issue(
    conn: &mut Conn,
    id: IssueId,
    scope: &Scope,
) -> Result<Option<Issue>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM issue i WHERE id = $1 AND deleted_at IS NULL AND", lite_within!("i.conversation_id", "$2")),
        pg: concat!("SELECT ", columns!(), " FROM issue i WHERE id = $1 AND deleted_at IS NULL AND", pg_within!("i.conversation_id", "$2")));
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(id.0).bind(bound(scope)).fetch_optional(c).await?);
    row.map(Issue::try_from).transpose()
}

/// Which issues a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IssueFilter {
    /// Only those in this state.
    pub state: Option<IssueState>,
    /// Only those of this agent.
    pub assignee: Option<AgentId>,
    /// Only those in this team's queue.
    pub team: Option<TeamId>,
    /// Only those of this conversation.
    pub conversation: Option<ConversationId>,
}

/// Issues that may be seen, the newest first, from before an id.
pub async fn list_issues(
    conn: &mut Conn,
    filter: IssueFilter,
    scope: &Scope,
    before: IssueId,
    limit: u32,
) -> Result<Vec<Issue>, StoreFault> {
    macro_rules! list {
        ($within:expr) => {
            concat!(
                "SELECT ", columns!(), " FROM issue i WHERE id < $1 AND deleted_at IS NULL
                 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR assignee_id = $3)
                 AND ($4 IS NULL OR conversation_id = $4) AND ($6 IS NULL OR team_id = $6) AND",
                $within, " ORDER BY id DESC LIMIT $5"
            )
        };
    }
    let text = sql!(conn,
        lite: list!(lite_within!("i.conversation_id", "$7")),
        pg: list!(pg_within!("i.conversation_id", "$7")));
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0)
        .bind(filter.state.map(IssueState::as_str))
        .bind(filter.assignee.map(|id| id.0))
        .bind(filter.conversation.map(|id| id.0))
        .bind(i64::from(limit))
        .bind(filter.team.map(|id| id.0))
        .bind(bound(scope))
        .fetch_all(c).await?);
    rows.into_iter().map(Issue::try_from).collect()
}
