//! Notes and comments.

use uuid::Uuid;

use super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, ConversationId, IssueId, NoteId};
use crate::domain::note::Note;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    conversation_id: Uuid,
    issue_id: Option<Uuid>,
    author_id: Uuid,
    author_name: String,
    body: String,
    created_at: i64,
    edited_at: Option<i64>,
    version: i64,
}

impl From<Row> for Note {
    fn from(row: Row) -> Self {
        Self {
            id: NoteId(row.id),
            conversation: ConversationId(row.conversation_id),
            issue: row.issue_id.map(IssueId),
            author: AgentRef {
                id: AgentId(row.author_id),
                name: row.author_name,
            },
            text: row.body,
            created_at: Timestamp(row.created_at),
            edited_at: row.edited_at.map(Timestamp),
            version: row.version,
        }
    }
}

macro_rules! select {
    () => {
        "SELECT id, conversation_id, issue_id, author_id, author_name, body, created_at, edited_at, version
         FROM note WHERE deleted_at IS NULL AND "
    };
}

/// Stores a note as it is now, new or changed.
pub async fn upsert_note(conn: &mut Conn, note: &Note) -> Result<(), StoreFault> {
    let text =
        "INSERT INTO note (id, conversation_id, issue_id, author_id, author_name, body, created_at,
            edited_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO UPDATE SET body = excluded.body, edited_at = excluded.edited_at,
            version = excluded.version";
    on!(conn, c => sqlx::query(text)
        .bind(note.id.0)
        .bind(note.conversation.0)
        .bind(note.issue.map(|id| id.0))
        .bind(note.author.id.0)
        .bind(note.author.name.as_str())
        .bind(note.text.as_str())
        .bind(note.created_at.0)
        .bind(note.edited_at.map(|at| at.0))
        .bind(note.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One note, if it was not taken away.
pub async fn find_note(conn: &mut Conn, id: NoteId) -> Result<Option<Note>, StoreFault> {
    let text = concat!(select!(), "id = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(Note::from))
}

/// Takes a note away; its words are gone, that there was one stays.
pub async fn delete_note(conn: &mut Conn, id: NoteId, at: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE note SET deleted_at = $2, body = '' WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}

/// The notes of a conversation, the newest first, from before a time.
pub async fn list_notes(
    conn: &mut Conn,
    conversation: ConversationId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Note>, StoreFault> {
    let text = concat!(
        select!(),
        "conversation_id = $1 AND created_at < $2 ORDER BY id DESC LIMIT $3"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(conversation.0).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(Note::from).collect())
}
