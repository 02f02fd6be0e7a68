//! Agents and their keys.

use uuid::Uuid;

use super::rows::known;
use super::{Conn, StoreFault};
use crate::domain::agent::{Agent, AgentRef, ApiKey, Role};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, KeyId};

#[derive(sqlx::FromRow)]
struct AgentRow {
    id: Uuid,
    name: String,
    email: Option<String>,
    role: String,
    created_at: i64,
}

impl TryFrom<AgentRow> for Agent {
    type Error = StoreFault;

    fn try_from(row: AgentRow) -> Result<Self, StoreFault> {
        Ok(Self {
            id: AgentId(row.id),
            name: row.name,
            email: row.email,
            role: known(&row.role, Role::from_name)?,
            created_at: Timestamp(row.created_at),
        })
    }
}

/// Stores an agent, with the hash of their password where they have one.
pub async fn insert_agent(
    conn: &mut Conn,
    agent: &Agent,
    password_hash: Option<&str>,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO agent (id, name, email, role, password_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on!(conn, c => sqlx::query(text)
        .bind(agent.id.0)
        .bind(agent.name.as_str())
        .bind(agent.email.as_deref())
        .bind(agent.role.as_str())
        .bind(password_hash)
        .bind(agent.created_at.0)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One agent.
pub async fn find_agent(conn: &mut Conn, id: AgentId) -> Result<Option<Agent>, StoreFault> {
    let text = "SELECT id, name, email, role, created_at FROM agent WHERE id = $1";
    let row: Option<AgentRow> =
        on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// The agent of that name or e-mail address.
pub async fn find_agent_called(conn: &mut Conn, name: &str) -> Result<Option<Agent>, StoreFault> {
    let text =
        "SELECT id, name, email, role, created_at FROM agent WHERE name = $1 OR email = $1 LIMIT 1";
    let row: Option<AgentRow> =
        on!(conn, c => sqlx::query_as(text).bind(name).fetch_optional(c).await?);
    row.map(Agent::try_from).transpose()
}

/// Agents, the newest first, from before an id.
pub async fn list_agents(
    conn: &mut Conn,
    before: AgentId,
    limit: u32,
) -> Result<Vec<Agent>, StoreFault> {
    let text = "SELECT id, name, email, role, created_at FROM agent WHERE id < $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<AgentRow> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Agent::try_from).collect()
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    role: String,
    agent_id: Uuid,
    agent_name: String,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StoreFault;

    fn try_from(row: KeyRow) -> Result<Self, StoreFault> {
        Ok(Self {
            id: KeyId(row.id),
            name: row.name,
            role: known(&row.role, Role::from_name)?,
            agent: AgentRef {
                id: AgentId(row.agent_id),
                name: row.agent_name,
            },
            created_at: Timestamp(row.created_at),
            revoked_at: row.revoked_at.map(Timestamp),
        })
    }
}

macro_rules! key_columns {
    () => {
        "SELECT k.id, k.name, k.role, k.agent_id, a.name AS agent_name, k.created_at, k.revoked_at
         FROM api_key k JOIN agent a ON a.id = k.agent_id "
    };
}

/// Stores a key by the hash of its secret.
pub async fn insert_key(conn: &mut Conn, key: &ApiKey, hash: &str) -> Result<(), StoreFault> {
    let text = "INSERT INTO api_key (id, name, hash, role, agent_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(conn, c => sqlx::query(text)
        .bind(key.id.0)
        .bind(key.name.as_str())
        .bind(hash)
        .bind(key.role.as_str())
        .bind(key.agent.id.0)
        .bind(key.created_at.0)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The key with that hash, revoked or not.
pub async fn find_key_by_hash(conn: &mut Conn, hash: &str) -> Result<Option<ApiKey>, StoreFault> {
    let text = concat!(key_columns!(), "WHERE k.hash = $1");
    let row: Option<KeyRow> =
        on!(conn, c => sqlx::query_as(text).bind(hash).fetch_optional(c).await?);
    row.map(ApiKey::try_from).transpose()
}

/// One key.
pub async fn find_key(conn: &mut Conn, id: KeyId) -> Result<Option<ApiKey>, StoreFault> {
    let text = concat!(key_columns!(), "WHERE k.id = $1");
    let row: Option<KeyRow> =
        on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    row.map(ApiKey::try_from).transpose()
}

/// Keys, the newest first, from before an id.
pub async fn list_keys(
    conn: &mut Conn,
    before: KeyId,
    limit: u32,
) -> Result<Vec<ApiKey>, StoreFault> {
    let text = concat!(
        key_columns!(),
        "WHERE k.id < $1 ORDER BY k.id DESC LIMIT $2"
    );
    let rows: Vec<KeyRow> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Ends a key.
pub async fn update_revoked(conn: &mut Conn, id: KeyId, at: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}
