//! How far each agent has read each conversation, and until when they want no notice of it.

use std::collections::HashMap;

use uuid::Uuid;

use super::rows::json;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::desk::Bookmark;
use crate::domain::id::{AgentId, ConversationId, MessageId};
use crate::store::rows::{lite_ids, pg_ids};

/// Records how far an agent has read a conversation.
pub async fn upsert_place(
    conn: &mut Conn,
    agent: AgentId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO bookmark (agent_id, conversation_id, message_id) VALUES ($1, $2, $3)
        ON CONFLICT (agent_id, conversation_id) DO UPDATE SET message_id = excluded.message_id";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0).bind(conversation.0).bind(message.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts an agent's place right before the newest message of the contact.
pub async fn move_before_newest(
    conn: &mut Conn,
    agent: AgentId,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO bookmark (agent_id, conversation_id, message_id)
        SELECT $1, $2, (SELECT id FROM message WHERE conversation_id = $2 AND id <
            (SELECT id FROM message WHERE conversation_id = $2 AND direction = 'inbound'
             AND deleted_at IS NULL
             ORDER BY id DESC LIMIT 1) ORDER BY id DESC LIMIT 1)
        WHERE true
        ON CONFLICT (agent_id, conversation_id) DO UPDATE SET message_id = excluded.message_id";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0).bind(conversation.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Records until when an agent wants no notice of a conversation.
pub async fn upsert_muted(
    conn: &mut Conn,
    agent: AgentId,
    conversation: ConversationId,
    until: Option<Timestamp>,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO bookmark (agent_id, conversation_id, muted_until) VALUES ($1, $2, $3)
        ON CONFLICT (agent_id, conversation_id) DO UPDATE SET muted_until = excluded.muted_until";
    on!(conn, c => sqlx::query(text)
        .bind(agent.0).bind(conversation.0).bind(until.map(|at| at.0)).execute(c).await.map(drop))?;
    Ok(())
}

/// What an agent has not read of a conversation: what the contact wrote after the place, or after
/// the agent was added (ids of messages and agents both begin with their time), among the newest
/// hundred messages.
macro_rules! bookmarks {
    () => {
        "SELECT c.id, b.message_id, b.muted_until,
            (SELECT COUNT(*) FROM (SELECT m.direction FROM message m
                WHERE m.conversation_id = c.id AND m.id > COALESCE(b.message_id, $2)
                AND m.deleted_at IS NULL
                ORDER BY m.id DESC LIMIT 100) newest WHERE newest.direction = 'inbound')
         FROM conversation c
         LEFT JOIN bookmark b ON b.conversation_id = c.id AND b.agent_id = $2
         WHERE c.id"
    };
}

/// How some conversations stand for an agent.
pub async fn load_bookmarks(
    conn: &mut Conn,
    agent: AgentId,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Bookmark>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(bookmarks!(), lite_ids!()),
        pg: concat!(bookmarks!(), pg_ids!()));
    let ids = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<(Uuid, Option<Uuid>, Option<i64>, i64)> = on!(conn, c => sqlx::query_as(text)
        .bind(ids).bind(agent.0).fetch_all(c).await?);
    let bookmark = |(id, place, muted, unread): (Uuid, Option<Uuid>, Option<i64>, i64)| {
        let known = Bookmark {
            left_off: place.map(MessageId),
            unread: u32::try_from(unread).unwrap_or(u32::MAX),
            muted_until: muted.map(Timestamp),
        };
        (ConversationId(id), known)
    };
    Ok(rows.into_iter().map(bookmark).collect())
}
