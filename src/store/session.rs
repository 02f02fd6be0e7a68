//! Sessions of agents who logged in.

use uuid::Uuid;

use super::{Conn, StoreFault};
use crate::domain::agent::Session;
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, SessionId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    agent_id: Uuid,
    address: Option<String>,
    client: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: SessionId(row.id),
            agent: AgentId(row.agent_id),
            address: row.address.and_then(|address| address.parse().ok()),
            client: row.client,
            created_at: Timestamp(row.created_at),
            last_used_at: Timestamp(row.last_used_at),
            expires_at: Timestamp(row.expires_at),
        }
    }
}

macro_rules! columns {
    () => {
        "SELECT id, agent_id, address, client, created_at, last_used_at, expires_at FROM session "
    };
}

/// Stores a session by the hash of its token.
pub async fn insert_session(
    conn: &mut Conn,
    session: &Session,
    hash: &str,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO session (id, agent_id, hash, address, client, created_at, last_used_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on!(conn, c => sqlx::query(text)
        .bind(session.id.0)
        .bind(session.agent.0)
        .bind(hash)
        .bind(session.address.map(|address| address.to_string()))
        .bind(session.client.as_deref())
        .bind(session.created_at.0)
        .bind(session.last_used_at.0)
        .bind(session.expires_at.0)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The session whose token has that hash.
pub async fn find_session_by_hash(
    conn: &mut Conn,
    hash: &str,
) -> Result<Option<Session>, StoreFault> {
    let text = concat!(columns!(), "WHERE hash = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(hash).fetch_optional(c).await?);
    Ok(row.map(Session::from))
}

/// One session.
pub async fn find_session(conn: &mut Conn, id: SessionId) -> Result<Option<Session>, StoreFault> {
    let text = concat!(columns!(), "WHERE id = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(Session::from))
}

/// An agent's sessions that go on, the newest first, from before an id.
pub async fn list_sessions(
    conn: &mut Conn,
    agent: AgentId,
    now: Timestamp,
    used_after: Timestamp,
    before: SessionId,
    limit: u32,
) -> Result<Vec<Session>, StoreFault> {
    let text = concat!(
        columns!(),
        "WHERE agent_id = $1 AND expires_at > $2 AND last_used_at > $3 AND id < $4
         ORDER BY id DESC LIMIT $5"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(agent.0).bind(now.0).bind(used_after.0).bind(before.0).bind(i64::from(limit))
        .fetch_all(c).await?);
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Notes when a session was last used.
pub async fn update_used(conn: &mut Conn, id: SessionId, at: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE session SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Ends a session.
pub async fn delete_session(conn: &mut Conn, id: SessionId) -> Result<(), StoreFault> {
    let text = "DELETE FROM session WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Ends an agent's sessions, all but one of them when one is named; says how many there were.
pub async fn delete_sessions_of(
    conn: &mut Conn,
    agent: AgentId,
    but: Option<SessionId>,
) -> Result<u64, StoreFault> {
    let text = "DELETE FROM session WHERE agent_id = $1 AND id <> $2";
    let but = but.map_or(Uuid::nil(), |id| id.0);
    Ok(on!(conn, c => sqlx::query(text).bind(agent.0).bind(but).execute(c).await?.rows_affected()))
}

/// Forgets sessions that are over.
pub async fn delete_over(
    conn: &mut Conn,
    now: Timestamp,
    used_before: Timestamp,
) -> Result<(), StoreFault> {
    let text = "DELETE FROM session WHERE expires_at <= $1 OR last_used_at <= $2";
    on!(conn, c => sqlx::query(text).bind(now.0).bind(used_before.0).execute(c).await.map(drop))?;
    Ok(())
}
