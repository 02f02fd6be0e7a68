//! Moving everything that was said with one contact into the conversation with another, and back.

use uuid::Uuid;

use super::rows::{json, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::{ContactId, ConversationId, IssueId};
use crate::domain::merge::{Merged, Talk};

/// Notes what is in a conversation.
pub async fn survey(conn: &mut Conn, talk: &mut Talk) -> Result<(), StoreFault> {
    let id = talk.id;
    talk.messages = on!(conn, c => sqlx::query_scalar("SELECT id FROM message WHERE conversation_id = $1 ORDER BY id")
        .bind(id).fetch_all(c).await?);
    talk.issues = on!(conn, c => sqlx::query_scalar("SELECT id FROM issue WHERE conversation_id = $1 ORDER BY id")
        .bind(id).fetch_all(c).await?);
    talk.notes = on!(conn, c => sqlx::query_scalar("SELECT id FROM note WHERE conversation_id = $1 ORDER BY id")
        .bind(id).fetch_all(c).await?);
    talk.events = on!(conn, c => sqlx::query_scalar("SELECT seq FROM event WHERE conversation_id = $1 ORDER BY seq")
        .bind(id).fetch_all(c).await?);
    Ok(())
}

/// The messages of an issue.
pub async fn list_messages_of(
    conn: &mut Conn,
    conversation: ConversationId,
    issue: IssueId,
) -> Result<Vec<Uuid>, StoreFault> {
    let text = "SELECT id FROM message WHERE conversation_id = $1 AND issue_id = $2 ORDER BY id";
    Ok(on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation.0).bind(issue.0).fetch_all(c).await?))
}

/// Files messages under an issue.
pub async fn file_messages(
    conn: &mut Conn,
    messages: &[Uuid],
    issue: IssueId,
) -> Result<(), StoreFault> {
    let text = sql!(conn,
        lite: concat!("UPDATE message SET issue_id = $2 WHERE id", lite_ids!()),
        pg: concat!("UPDATE message SET issue_id = $2 WHERE id", pg_ids!()));
    let keys = json(messages);
    on!(conn, c => sqlx::query(text).bind(keys).bind(issue.0).execute(c).await.map(drop))?;
    Ok(())
}

macro_rules! moves {
    ($conn:expr, $to:expr, $keys:expr, $(($table:literal, $key:literal)),*) => {$({
        let text = sql!($conn,
            lite: concat!("UPDATE ", $table, " SET conversation_id = $2 WHERE ", $key, lite_ids!()),
            pg: concat!("UPDATE ", $table, " SET conversation_id = $2 WHERE ", $key, pg_ids!()));
        let keys = json($keys);
        on!($conn, c => sqlx::query(text).bind(keys).bind($to.0).execute(c).await.map(drop))?;
    })*};
}

/// Moves what a survey found into a conversation.
pub async fn move_all(conn: &mut Conn, talk: &Talk, to: ConversationId) -> Result<(), StoreFault> {
    moves!(
        conn,
        to,
        &talk.messages,
        ("message", "id"),
        ("delivery", "message_id")
    );
    moves!(
        conn,
        to,
        &talk.issues,
        ("issue", "id"),
        ("sla_timer", "issue_id")
    );
    moves!(conn, to, &talk.notes, ("note", "id"));
    let text = sql!(conn,
        lite: "UPDATE event SET conversation_id = $2 WHERE seq IN (SELECT value FROM json_each($1))",
        pg: "UPDATE event SET conversation_id = $2
            WHERE seq = ANY(ARRAY(SELECT e.seq::bigint FROM jsonb_array_elements_text($1::jsonb) AS e(seq)))");
    let keys = json(&talk.events);
    on!(conn, c => sqlx::query(text).bind(keys).bind(to.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a conversation away that nothing is in any more, with what agents had in it for
/// themselves.
pub async fn delete_conversation(
    conn: &mut Conn,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    super::search::delete_docs(conn, &[conversation.0]).await?;
    for text in [
        "DELETE FROM search_todo WHERE conversation_id = $1",
        "DELETE FROM draft WHERE conversation_id = $1",
        "DELETE FROM bookmark WHERE conversation_id = $1",
        "DELETE FROM conversation_tag WHERE conversation_id = $1",
        "DELETE FROM conversation WHERE id = $1",
    ] {
        on!(conn, c => sqlx::query(text).bind(conversation.0).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Remembers a merge.
pub async fn insert_merge(
    conn: &mut Conn,
    (survivor, other): (ContactId, ContactId),
    merged: &Merged,
    at: Timestamp,
) -> Result<(), StoreFault> {
    let text =
        "INSERT INTO contact_merge (survivor_id, other_id, at, merged) VALUES ($1, $2, $3, $4)";
    let merged = serde_json::to_string(merged).expect("plain values always serialise");
    on!(conn, c => sqlx::query(text)
        .bind(survivor.0).bind(other.0).bind(at.0).bind(merged).execute(c).await.map(drop))?;
    Ok(())
}

/// What was merged into a contact last.
pub async fn find_merge(
    conn: &mut Conn,
    survivor: ContactId,
) -> Result<Option<(ContactId, Merged)>, StoreFault> {
    let text = "SELECT other_id, merged FROM contact_merge WHERE survivor_id = $1 ORDER BY at DESC, other_id DESC LIMIT 1";
    let found: Option<(Uuid, String)> =
        on!(conn, c => sqlx::query_as(text).bind(survivor.0).fetch_optional(c).await?);
    let Some((other, merged)) = found else {
        return Ok(None);
    };
    let merged = serde_json::from_str(&merged)
        .map_err(|_| StoreFault::Unreadable("contact_merge".to_owned()))?;
    Ok(Some((ContactId(other), merged)))
}

/// Forgets a merge.
pub async fn delete_merge(conn: &mut Conn, other: ContactId) -> Result<(), StoreFault> {
    let text = "DELETE FROM contact_merge WHERE other_id = $1";
    on!(conn, c => sqlx::query(text).bind(other.0).execute(c).await.map(drop))?;
    Ok(())
}
