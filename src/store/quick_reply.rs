//! Texts that are said often.

use uuid::Uuid;

use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, QuickReplyId};
use crate::domain::quick_reply::QuickReply;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    title: String,
    shortcut: Option<String>,
    text: String,
    owner_id: Option<Uuid>,
    created_at: i64,
    version: i64,
}

impl From<Row> for QuickReply {
    fn from(row: Row) -> Self {
        Self {
            id: QuickReplyId(row.id),
            title: row.title,
            shortcut: row.shortcut,
            text: row.text,
            owner: row.owner_id.map(AgentId),
            created_at: Timestamp(row.created_at),
            version: row.version,
        }
    }
}

macro_rules! select {
    () => {
        "SELECT id, title, shortcut, text, owner_id, created_at, version FROM quick_reply WHERE "
    };
}

/// Stores a quick reply as it is now, new or changed.
pub async fn upsert_quick_reply(conn: &mut Conn, reply: &QuickReply) -> Result<(), StoreFault> {
    let text = "INSERT INTO quick_reply (id, title, shortcut, text, owner_id, created_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET title = excluded.title,
        shortcut = excluded.shortcut, text = excluded.text, owner_id = excluded.owner_id,
        version = excluded.version";
    on!(conn, c => sqlx::query(text)
        .bind(reply.id.0)
        .bind(reply.title.as_str())
        .bind(reply.shortcut.as_deref())
        .bind(reply.text.as_str())
        .bind(reply.owner.map(|id| id.0))
        .bind(reply.created_at.0)
        .bind(reply.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One quick reply.
pub async fn find_quick_reply(
    conn: &mut Conn,
    id: QuickReplyId,
) -> Result<Option<QuickReply>, StoreFault> {
    let text = concat!(select!(), "id = $1");
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(QuickReply::from))
}

/// The quick reply of an agent, or of everybody, that has a shortcut.
pub async fn find_shortcut(
    conn: &mut Conn,
    owner: Option<AgentId>,
    shortcut: &str,
) -> Result<Option<QuickReply>, StoreFault> {
    let row: Option<Row> = match owner {
        Some(owner) => {
            let text = concat!(select!(), "owner_id = $1 AND shortcut = $2");
            on!(conn, c => sqlx::query_as(text).bind(owner.0).bind(shortcut).fetch_optional(c).await?)
        }
        None => {
            let text = concat!(select!(), "owner_id IS NULL AND shortcut = $1");
            on!(conn, c => sqlx::query_as(text).bind(shortcut).fetch_optional(c).await?)
        }
    };
    Ok(row.map(QuickReply::from))
}

/// The quick replies that an agent may use, the newest first, from before an id.
pub async fn list_quick_replies(
    conn: &mut Conn,
    agent: AgentId,
    before: QuickReplyId,
    limit: u32,
) -> Result<Vec<QuickReply>, StoreFault> {
    let text = concat!(
        select!(),
        "id < $1 AND (owner_id IS NULL OR owner_id = $2) ORDER BY id DESC LIMIT $3"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0).bind(agent.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(QuickReply::from).collect())
}

/// Forgets a quick reply.
pub async fn delete_quick_reply(conn: &mut Conn, id: QuickReplyId) -> Result<(), StoreFault> {
    let text = "DELETE FROM quick_reply WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}
