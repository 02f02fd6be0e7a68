//! Promises about issues, and how far the feed was read for them.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json, known, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{ConversationId, IssueId};
use crate::domain::sla::{State, Target, Timer};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    issue_id: Uuid,
    target: String,
    conversation_id: Uuid,
    policy: String,
    state: String,
    due_at: i64,
    remaining: i64,
    next_at: Option<i64>,
    warned: bool,
    answered_at: Option<i64>,
}

impl TryFrom<Row> for Timer {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            issue: IssueId(row.issue_id),
            conversation: ConversationId(row.conversation_id),
            target: known(&row.target, Target::from_name)?,
            policy: row.policy,
            state: known(&row.state, State::from_name)?,
            due_at: Timestamp(row.due_at),
            remaining: Duration::from_micros(u64::try_from(row.remaining).unwrap_or(0)),
            next_at: row.next_at.map(Timestamp),
            warned: row.warned,
            answered_at: row.answered_at.map(Timestamp),
        })
    }
}

impl From<&Timer> for Row {
    fn from(timer: &Timer) -> Self {
        Self {
            issue_id: timer.issue.0,
            target: timer.target.as_str().to_owned(),
            conversation_id: timer.conversation.0,
            policy: timer.policy.clone(),
            state: timer.state.as_str().to_owned(),
            due_at: timer.due_at.0,
            remaining: i64::try_from(timer.remaining.as_micros()).unwrap_or(i64::MAX),
            next_at: timer.next_at.map(|at| at.0),
            warned: timer.warned,
            answered_at: timer.answered_at.map(|at| at.0),
        }
    }
}

macro_rules! columns {
    () => {
        "SELECT issue_id, target, conversation_id, policy, state, due_at, remaining, next_at, warned,
         answered_at FROM sla_timer WHERE "
    };
}

/// How far the feed was read.
pub async fn find_position(conn: &mut Conn) -> Result<i64, StoreFault> {
    Ok(on!(conn, c => sqlx::query_scalar("SELECT seq FROM sla_position").fetch_one(c).await?))
}

/// Records how far the feed was read.
pub fn save_position(conn: &mut Conn, seq: i64) {
    static SAVE: LazyLock<Statement> = LazyLock::new(|| {
        let text = "UPDATE sla_position SET seq = $1";
        Statement::new("sla_position", text, text)
    });
    SAVE.defer(conn, vec![Argument::Int(seq)]);
}

/// Whether anything was ever promised.
pub async fn has_timers(conn: &mut Conn) -> Result<bool, StoreFault> {
    let text = "SELECT EXISTS (SELECT 1 FROM sla_timer)";
    Ok(on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?))
}

/// What was promised in conversations.
pub async fn list_in(
    conn: &mut Conn,
    conversations: &[ConversationId],
) -> Result<Vec<Timer>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(columns!(), "conversation_id", lite_ids!()),
        pg: concat!(columns!(), "conversation_id", pg_ids!()));
    let keys = json(&conversations.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter().map(Timer::try_from).collect()
}

/// What was promised about issues.
pub async fn list_of(conn: &mut Conn, issues: &[IssueId]) -> Result<Vec<Timer>, StoreFault> {
    if issues.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!(columns!(), "issue_id", lite_ids!()),
        pg: concat!(columns!(), "issue_id", pg_ids!()));
    let keys = json(&issues.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter().map(Timer::try_from).collect()
}

/// What is to be told by now, the oldest first.
pub async fn list_due(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Timer>, StoreFault> {
    let text = concat!(
        columns!(),
        "next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT $2"
    );
    let rows: Vec<Row> =
        on!(conn, c => sqlx::query_as(text).bind(now.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Timer::try_from).collect()
}

/// Stores promises as they stand.
pub async fn upsert_timers(conn: &mut Conn, timers: &[Timer]) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("issue_id", Kind::Id),
            ("target", Kind::Text),
            ("conversation_id", Kind::Id),
            ("policy", Kind::Text),
            ("state", Kind::Text),
            ("due_at", Kind::Int),
            ("remaining", Kind::Int),
            ("next_at", Kind::Int),
            ("warned", Kind::Bool),
            ("answered_at", Kind::Int),
        ];
        let tail = "ON CONFLICT (issue_id, target) DO UPDATE SET policy = excluded.policy,
            conversation_id = excluded.conversation_id, state = excluded.state, due_at = excluded.due_at,
            remaining = excluded.remaining, next_at = excluded.next_at, warned = excluded.warned,
            answered_at = excluded.answered_at";
        Statement::insert("sla_timer", &columns, tail)
    });
    let rows: Vec<Row> = timers.iter().map(Row::from).collect();
    UPSERT.run(conn, &rows).await
}

/// Forgets a promise.
pub async fn delete_timer(
    conn: &mut Conn,
    issue: IssueId,
    target: Target,
) -> Result<(), StoreFault> {
    let text = "DELETE FROM sla_timer WHERE issue_id = $1 AND target = $2";
    on!(conn, c => sqlx::query(text).bind(issue.0).bind(target.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

/// The gateway of the newest message of an issue.
pub async fn find_gateway(
    conn: &mut Conn,
    conversation: ConversationId,
    issue: IssueId,
) -> Result<Option<GatewayName>, StoreFault> {
    let text = "SELECT gateway FROM message WHERE conversation_id = $1 AND issue_id = $2
        ORDER BY id DESC LIMIT 1";
    let name: Option<String> = on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation.0).bind(issue.0).fetch_optional(c).await?);
    Ok(name.as_deref().and_then(GatewayName::parse))
}
