//! Drafts.

use serde::{Deserialize, Serialize};

use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::draft::Draft;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ConversationId};

#[derive(Serialize, Deserialize)]
struct Body {
    gateway: Option<String>,
    subject: Option<String>,
    text: String,
}

/// Stores an agent's draft as it is now.
pub async fn upsert_draft(
    conn: &mut Conn,
    agent: AgentId,
    draft: &Draft,
) -> Result<(), StoreFault> {
    let body = Body {
        gateway: draft.gateway.as_ref().map(ToString::to_string),
        subject: draft.subject.clone(),
        text: draft.text.clone(),
    };
    let body = serde_json::to_string(&body).expect("plain values always serialise");
    let text = "INSERT INTO draft (agent_id, conversation_id, body, updated_at, version)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agent_id, conversation_id) DO UPDATE SET
        body = excluded.body, updated_at = excluded.updated_at, version = excluded.version";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0)
        .bind(draft.conversation.0)
        .bind(body)
        .bind(draft.updated_at.0)
        .bind(draft.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// An agent's draft in a conversation.
pub async fn find_draft(
    conn: &mut Conn,
    agent: AgentId,
    conversation: ConversationId,
) -> Result<Option<Draft>, StoreFault> {
    let text =
        "SELECT body, updated_at, version FROM draft WHERE agent_id = $1 AND conversation_id = $2";
    let row: Option<(String, i64, i64)> = on!(conn, c => sqlx::query_as(text)
        .bind(agent.0).bind(conversation.0).fetch_optional(c).await?);
    let Some((body, updated_at, version)) = row else {
        return Ok(None);
    };
    let body: Body =
        serde_json::from_str(&body).map_err(|_| StoreFault::Unreadable("a draft".to_owned()))?;
    Ok(Some(Draft {
        conversation,
        gateway: body.gateway.as_deref().and_then(GatewayName::parse),
        subject: body.subject,
        text: body.text,
        updated_at: Timestamp(updated_at),
        version,
    }))
}

/// Forgets an agent's draft in a conversation.
pub async fn delete_draft(
    conn: &mut Conn,
    agent: AgentId,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    let text = "DELETE FROM draft WHERE agent_id = $1 AND conversation_id = $2";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0).bind(conversation.0).execute(c).await.map(drop))?;
    Ok(())
}
