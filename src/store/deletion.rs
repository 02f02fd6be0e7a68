//! Messages and conversations that were deleted: they stay, and are hidden.

use std::collections::HashMap;

use uuid::Uuid;

use super::rows::{json, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::deletion::Deletion;
use crate::domain::id::{AgentId, ConversationId, MessageId};

/// Marks a message as deleted.
pub async fn mark_message(
    conn: &mut Conn,
    id: MessageId,
    deletion: &Deletion,
) -> Result<(), StoreFault> {
    let text = "UPDATE message SET deleted_at = $2, deleted_by_id = $3, deleted_by_name = $4 WHERE id = $1";
    mark(conn, text, id.0, deletion).await
}

async fn mark(
    conn: &mut Conn,
    text: &'static str,
    id: Uuid,
    deletion: &Deletion,
) -> Result<(), StoreFault> {
    let by = deletion.by.as_ref();
    on!(conn, c => sqlx::query(text)
        .bind(id)
        .bind(deletion.at.0)
        .bind(by.map(|by| by.id.0))
        .bind(by.map(|by| by.name.as_str()))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Takes the mark off, and off the issue that it belongs to.
pub async fn unmark_message(conn: &mut Conn, id: MessageId) -> Result<(), StoreFault> {
    let text = "UPDATE message SET deleted_at = NULL, deleted_by_id = NULL, deleted_by_name = NULL WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    let text = "UPDATE issue SET deleted_at = NULL WHERE id = (SELECT issue_id FROM message WHERE id = $1)";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Marks everything that is in a conversation as deleted: messages, notes, issues.
pub async fn mark_conversation(
    conn: &mut Conn,
    id: ConversationId,
    deletion: &Deletion,
) -> Result<(), StoreFault> {
    let text = "UPDATE message SET deleted_at = $2, deleted_by_id = $3, deleted_by_name = $4
        WHERE conversation_id = $1 AND deleted_at IS NULL";
    mark(conn, text, id.0, deletion).await?;
    for text in [
        "UPDATE note SET deleted_at = $2 WHERE conversation_id = $1 AND deleted_at IS NULL",
        "UPDATE issue SET deleted_at = $2 WHERE conversation_id = $1 AND deleted_at IS NULL",
        "UPDATE conversation SET deleted_at = $2 WHERE id = $1",
    ] {
        on!(conn, c => sqlx::query(text).bind(id.0).bind(deletion.at.0).execute(c).await.map(drop))?;
    }
    let text = "DELETE FROM conversation_tag WHERE conversation_id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Which of some messages were deleted, when and by whom.
pub async fn load_deletions(
    conn: &mut Conn,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Deletion>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT id, deleted_at, deleted_by_id, deleted_by_name FROM message
            WHERE deleted_at IS NOT NULL AND id", lite_ids!()),
        pg: concat!("SELECT id, deleted_at, deleted_by_id, deleted_by_name FROM message
            WHERE deleted_at IS NOT NULL AND id", pg_ids!()));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<(Uuid, i64, Option<Uuid>, Option<String>)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let deletion = |(id, at, by, name): (Uuid, i64, Option<Uuid>, Option<String>)| {
        let by = by.zip(name).map(|(id, name)| AgentRef {
            id: AgentId(id),
            name,
        });
        let at = Timestamp(at);
        (MessageId(id), Deletion { at, by })
    };
    Ok(rows.into_iter().map(deletion).collect())
}

/// The message that a conversation ends with, and when it came or went: the newest that was not
/// deleted; where all were, the newest.
pub async fn find_last(
    conn: &mut Conn,
    conversation: ConversationId,
) -> Result<Option<(MessageId, Timestamp)>, StoreFault> {
    for text in [
        "SELECT id, created_at FROM message WHERE conversation_id = $1 AND deleted_at IS NULL
         ORDER BY id DESC LIMIT 1",
        "SELECT id, created_at FROM message WHERE conversation_id = $1 ORDER BY id DESC LIMIT 1",
    ] {
        let found: Option<(Uuid, i64)> =
            on!(conn, c => sqlx::query_as(text).bind(conversation.0).fetch_optional(c).await?);
        if let Some((id, at)) = found {
            return Ok(Some((MessageId(id), Timestamp(at))));
        }
    }
    Ok(None)
}

/// The newest messages of the contact in a conversation that were not deleted, the newest first.
pub async fn list_newest_inbound(
    conn: &mut Conn,
    conversation: ConversationId,
    limit: u32,
) -> Result<Vec<MessageId>, StoreFault> {
    let text = "SELECT id FROM message WHERE conversation_id = $1 AND direction = 'inbound'
        AND deleted_at IS NULL ORDER BY id DESC LIMIT $2";
    let found: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(found.into_iter().map(MessageId).collect())
}

/// Whether a message of ours that failed is in a conversation, and was not deleted.
pub async fn has_failed(conn: &mut Conn, conversation: ConversationId) -> Result<bool, StoreFault> {
    let text = "SELECT id FROM message WHERE conversation_id = $1 AND direction = 'outbound'
        AND status IN ('failed', 'expired') AND deleted_at IS NULL LIMIT 1";
    let found: Option<Uuid> =
        on!(conn, c => sqlx::query_scalar(text).bind(conversation.0).fetch_optional(c).await?);
    Ok(found.is_some())
}
