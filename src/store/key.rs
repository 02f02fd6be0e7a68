//! API keys.

use uuid::Uuid;

use super::agent::{read, write};
use super::rows::known;
use super::{Conn, StoreFault};
use crate::domain::agent::{AgentRef, ApiKey, Role};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, KeyId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    role: String,
    scopes: Option<String>,
    agent_id: Uuid,
    agent_name: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    previous_until: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<Row> for ApiKey {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            id: KeyId(row.id),
            name: row.name,
            role: known(&row.role, Role::from_name)?,
            scopes: row.scopes.as_deref().map(read).transpose()?,
            agent: AgentRef {
                id: AgentId(row.agent_id),
                name: row.agent_name,
            },
            created_at: Timestamp(row.created_at),
            expires_at: row.expires_at.map(Timestamp),
            last_used_at: row.last_used_at.map(Timestamp),
            overlap_until: row.previous_until.map(Timestamp),
            revoked_at: row.revoked_at.map(Timestamp),
        })
    }
}

macro_rules! columns {
    () => {
        "SELECT k.id, k.name, k.role, k.scopes, k.agent_id, a.name AS agent_name, k.created_at,
         k.expires_at, k.last_used_at, k.previous_until, k.revoked_at
         FROM api_key k JOIN agent a ON a.id = k.agent_id "
    };
}

/// Stores a key by the hash of its secret.
pub async fn insert_key(conn: &mut Conn, key: &ApiKey, hash: &str) -> Result<(), StoreFault> {
    let text =
        "INSERT INTO api_key (id, name, hash, role, scopes, agent_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on!(conn, c => sqlx::query(text)
        .bind(key.id.0)
        .bind(key.name.as_str())
        .bind(hash)
        .bind(key.role.as_str())
        .bind(key.scopes.as_ref().map(write))
        .bind(key.agent.id.0)
        .bind(key.created_at.0)
        .bind(key.expires_at.map(|at| at.0))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The key with that hash, revoked or not; at a time when the secret before the present one
/// is still taken, also by that.
pub async fn find_key_by_hash(
    conn: &mut Conn,
    hash: &str,
    now: Timestamp,
) -> Result<Option<ApiKey>, StoreFault> {
    let text = concat!(columns!(), "WHERE k.hash = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(hash).fetch_optional(c).await?);
    if row.is_some() {
        return row.map(ApiKey::try_from).transpose();
    }
    let text = concat!(
        columns!(),
        "WHERE k.previous_hash = $1 AND k.previous_until > $2"
    );
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(hash).bind(now.0).fetch_optional(c).await?);
    row.map(ApiKey::try_from).transpose()
}

/// One key.
pub async fn find_key(conn: &mut Conn, id: KeyId) -> Result<Option<ApiKey>, StoreFault> {
    let text = concat!(columns!(), "WHERE k.id = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    row.map(ApiKey::try_from).transpose()
}

/// Keys, the newest first, from before an id.
pub async fn list_keys(
    conn: &mut Conn,
    before: KeyId,
    limit: u32,
) -> Result<Vec<ApiKey>, StoreFault> {
    let text = concat!(columns!(), "WHERE k.id < $1 ORDER BY k.id DESC LIMIT $2");
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Ends a key.
pub async fn update_revoked(conn: &mut Conn, id: KeyId, at: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Gives a key another secret; the present one is taken until then.
pub async fn update_secret(
    conn: &mut Conn,
    id: KeyId,
    hash: &str,
    until: Timestamp,
) -> Result<(), StoreFault> {
    let text =
        "UPDATE api_key SET previous_hash = hash, previous_until = $3, hash = $2 WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(hash).bind(until.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes when a key was last shown.
pub async fn update_used(conn: &mut Conn, id: KeyId, at: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE api_key SET last_used_at = $2
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}
