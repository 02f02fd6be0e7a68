//! Agents: who works here.

use std::collections::HashMap;

use uuid::Uuid;

use super::rows::{json, known, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::agent::{Agent, Permissions, Role};
use crate::domain::clock::Timestamp;
use crate::domain::id::AgentId;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    email: Option<String>,
    initials: String,
    role: String,
    granted: String,
    denied: String,
    working_hours: Option<String>,
    away: Option<String>,
    disabled_at: Option<i64>,
    created_at: i64,
    version: i64,
}

impl TryFrom<Row> for Agent {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            id: AgentId(row.id),
            name: row.name,
            email: row.email,
            initials: row.initials,
            role: known(&row.role, Role::from_name)?,
            granted: read(&row.granted)?,
            denied: read(&row.denied)?,
            working_hours: row.working_hours.as_deref().map(read).transpose()?,
            away: row.away.as_deref().map(read).transpose()?,
            disabled_at: row.disabled_at.map(Timestamp),
            created_at: Timestamp(row.created_at),
            version: row.version,
        })
    }
}

/// Reads what is kept as JSON.
pub(super) fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreFault> {
    serde_json::from_str(text).map_err(|_| StoreFault::Unreadable(text.to_owned()))
}

/// What is kept as JSON.
pub(super) fn write<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values always serialise")
}

macro_rules! columns {
    () => {
        "SELECT id, name, email, initials, role, granted, denied, working_hours, away, disabled_at,
         created_at, version FROM agent "
    };
}

/// Stores an agent, with the hash of their password where they have one.
pub async fn insert_agent(
    conn: &mut Conn,
    agent: &Agent,
    password_hash: Option<&str>,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO agent (id, name, email, initials, role, granted, denied, working_hours, away,
        password_hash, created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    on!(conn, c => sqlx::query(text)
        .bind(agent.id.0)
        .bind(agent.name.as_str())
        .bind(agent.email.as_deref())
        .bind(agent.initials.as_str())
        .bind(agent.role.as_str())
        .bind(write(&agent.granted))
        .bind(write(&agent.denied))
        .bind(agent.working_hours.as_ref().map(write))
        .bind(agent.away.as_ref().map(write))
        .bind(password_hash)
        .bind(agent.created_at.0)
        .bind(agent.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Stores what may change of an agent.
pub async fn update_agent(conn: &mut Conn, agent: &Agent) -> Result<(), StoreFault> {
    let text = "UPDATE agent SET name = $2, email = $3, initials = $4, role = $5, granted = $6, denied = $7,
        working_hours = $8, away = $9, disabled_at = $10, version = $11 WHERE id = $1";
    on!(conn, c => sqlx::query(text)
        .bind(agent.id.0)
        .bind(agent.name.as_str())
        .bind(agent.email.as_deref())
        .bind(agent.initials.as_str())
        .bind(agent.role.as_str())
        .bind(write(&agent.granted))
        .bind(write(&agent.denied))
        .bind(agent.working_hours.as_ref().map(write))
        .bind(agent.away.as_ref().map(write))
        .bind(agent.disabled_at.map(|at| at.0))
        .bind(agent.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One agent.
pub async fn find_agent(conn: &mut Conn, id: AgentId) -> Result<Option<Agent>, StoreFault> {
    let text = concat!(columns!(), "WHERE id = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// The agent of that name or e-mail address.
pub async fn find_agent_called(conn: &mut Conn, name: &str) -> Result<Option<Agent>, StoreFault> {
    let text = concat!(columns!(), "WHERE name = $1 OR email = $1 LIMIT 1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(name).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// The agent of that e-mail address, in lower case.
pub async fn find_agent_by_email(
    conn: &mut Conn,
    email: &str,
) -> Result<Option<Agent>, StoreFault> {
    let text = concat!(columns!(), "WHERE email = $1");
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(email).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// Another agent who is called or addressed like that.
pub async fn find_other_called(
    conn: &mut Conn,
    name: &str,
    but: AgentId,
) -> Result<Option<Agent>, StoreFault> {
    let text = concat!(
        columns!(),
        "WHERE (name = $1 OR email = $1) AND id <> $2 LIMIT 1"
    );
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(name).bind(but.0).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// These agents, those that there are.
pub async fn load_agents(
    conn: &mut Conn,
    ids: &[AgentId],
) -> Result<HashMap<AgentId, Agent>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(columns!(), "WHERE id", lite_ids!()),
        pg: concat!(columns!(), "WHERE id", pg_ids!()));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter()
        .map(|row| Agent::try_from(row).map(|agent| (agent.id, agent)))
        .collect()
}

/// Agents, the newest first, from before an id.
pub async fn list_agents(
    conn: &mut Conn,
    before: AgentId,
    limit: u32,
) -> Result<Vec<Agent>, StoreFault> {
    let text = concat!(columns!(), "WHERE id < $1 ORDER BY id DESC LIMIT $2");
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Agent::try_from).collect()
}

/// Whether there is another agent who may do everything and can log in or be acted for.
pub async fn has_other_admin(conn: &mut Conn, but: AgentId) -> Result<bool, StoreFault> {
    let text = concat!(
        columns!(),
        "WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(but.0).fetch_all(c).await?);
    for row in rows {
        if Agent::try_from(row)?.permissions() == Permissions::all() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether anybody has a password.
pub async fn has_password(conn: &mut Conn) -> Result<bool, StoreFault> {
    let text = "SELECT COUNT(*) FROM agent WHERE password_hash IS NOT NULL";
    let count: i64 = on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?);
    Ok(count > 0)
}

/// The hash of an agent's password.
pub async fn find_password(conn: &mut Conn, id: AgentId) -> Result<Option<String>, StoreFault> {
    let text = "SELECT password_hash FROM agent WHERE id = $1";
    let found: Option<Option<String>> =
        on!(conn, c => sqlx::query_scalar(text).bind(id.0).fetch_optional(c).await?);
    Ok(found.flatten())
}

/// Stores the hash of an agent's new password.
pub async fn update_password(conn: &mut Conn, id: AgentId, hash: &str) -> Result<(), StoreFault> {
    let text = "UPDATE agent SET password_hash = $2 WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(hash).execute(c).await.map(drop))?;
    Ok(())
}
