//! The second factors of agents.

use super::rows::json;
use super::{Conn, StoreFault};
use crate::domain::id::AgentId;
use crate::domain::second_factor::SecondFactor;

/// The second factor of an agent.
pub async fn find_second_factor(
    conn: &mut Conn,
    agent: AgentId,
) -> Result<Option<SecondFactor>, StoreFault> {
    type Row = (Option<Vec<u8>>, Option<Vec<u8>>, i64, String);
    let text = "SELECT secret, pending, step, recovery FROM second_factor WHERE agent_id = $1";
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(agent.0).fetch_optional(c).await?);
    let Some((secret, pending, step, recovery)) = row else {
        return Ok(None);
    };
    let recovery = serde_json::from_str(&recovery)
        .map_err(|_| StoreFault::Unreadable("a second factor".to_owned()))?;
    Ok(Some(SecondFactor {
        secret,
        pending,
        step,
        recovery,
    }))
}

/// Stores the second factor of an agent as it is now.
pub async fn upsert_second_factor(
    conn: &mut Conn,
    agent: AgentId,
    factor: &SecondFactor,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO second_factor (agent_id, secret, pending, step, recovery)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agent_id) DO UPDATE SET secret = excluded.secret,
        pending = excluded.pending, step = excluded.step, recovery = excluded.recovery";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0)
        .bind(factor.secret.as_deref())
        .bind(factor.pending.as_deref())
        .bind(factor.step)
        .bind(json(&factor.recovery))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets the second factor of an agent.
pub async fn delete_second_factor(conn: &mut Conn, agent: AgentId) -> Result<(), StoreFault> {
    let text = "DELETE FROM second_factor WHERE agent_id = $1";
    on!(conn, c => sqlx::query(text).bind(agent.0).execute(c).await.map(drop))?;
    Ok(())
}
