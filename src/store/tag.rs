//! Tags, and the conversations they are on.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement, json, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Conversation, Tag};
use crate::domain::id::{ConversationId, TagId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    colour: String,
    created_at: i64,
    version: i64,
}

impl From<Row> for Tag {
    fn from(row: Row) -> Self {
        Self {
            id: TagId(row.id),
            name: row.name,
            colour: row.colour,
            created_at: Timestamp(row.created_at),
            version: row.version,
        }
    }
}

/// Stores a tag as it is now, new or changed.
pub async fn upsert_tag(conn: &mut Conn, tag: &Tag) -> Result<(), StoreFault> {
    let text = "INSERT INTO tag (id, name, colour, created_at, version) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, colour = excluded.colour, version = excluded.version";
    on!(conn, c => sqlx::query(text)
        .bind(tag.id.0)
        .bind(tag.name.as_str())
        .bind(tag.colour.as_str())
        .bind(tag.created_at.0)
        .bind(tag.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The tag of that name.
pub async fn find_tag_called(conn: &mut Conn, name: &str) -> Result<Option<Tag>, StoreFault> {
    let text = "SELECT id, name, colour, created_at, version FROM tag WHERE name = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(name).fetch_optional(c).await?);
    Ok(row.map(Tag::from))
}

/// One tag.
pub async fn find_tag(conn: &mut Conn, id: TagId) -> Result<Option<Tag>, StoreFault> {
    let text = "SELECT id, name, colour, created_at, version FROM tag WHERE id = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(Tag::from))
}

/// Some tags.
pub async fn load_tags(conn: &mut Conn, ids: &[TagId]) -> Result<Vec<Tag>, StoreFault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT id, name, colour, created_at, version FROM tag WHERE id", lite_ids!()),
        pg: concat!("SELECT id, name, colour, created_at, version FROM tag WHERE id", pg_ids!()));
    let ids = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(ids).fetch_all(c).await?);
    Ok(rows.into_iter().map(Tag::from).collect())
}

/// Tags, the newest first, from before an id.
pub async fn list_tags(conn: &mut Conn, before: TagId, limit: u32) -> Result<Vec<Tag>, StoreFault> {
    let text = "SELECT id, name, colour, created_at, version FROM tag WHERE id < $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(Tag::from).collect())
}

/// The conversations that a tag is on, some of them.
pub async fn list_tagged(
    conn: &mut Conn,
    tag: TagId,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreFault> {
    let text = "SELECT conversation_id FROM conversation_tag WHERE tag_id = $1 LIMIT $2";
    let ids: Vec<Uuid> =
        on!(conn, c => sqlx::query_scalar(text).bind(tag.0).bind(limit).fetch_all(c).await?);
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// Takes a tag away that is on nothing any more.
pub async fn delete_tag(conn: &mut Conn, id: TagId) -> Result<(), StoreFault> {
    let text = "DELETE FROM tag WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Records which tags are on conversations, and where those stand.
pub(super) async fn upsert_tagged(
    conn: &mut Conn,
    conversations: &[Conversation],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct Tagged {
        tag_id: Uuid,
        conversation_id: Uuid,
        shelf: i64,
        last_message_id: Uuid,
    }
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("tag_id", Kind::Id),
            ("conversation_id", Kind::Id),
            ("shelf", Kind::Int),
            ("last_message_id", Kind::Id),
        ];
        let tail = "ON CONFLICT (tag_id, conversation_id) DO UPDATE SET
            shelf = excluded.shelf, last_message_id = excluded.last_message_id";
        Statement::insert("conversation_tag", &columns, tail)
    });
    let tagged = |one: &Conversation| {
        let (conversation_id, shelf) = (one.id.0, one.shelf() as i64);
        let last_message_id = one.last_message.0;
        let row = move |tag: &TagId| Tagged {
            tag_id: tag.0,
            conversation_id,
            shelf,
            last_message_id,
        };
        one.tags.iter().map(row).collect::<Vec<_>>()
    };
    let rows: Vec<Tagged> = conversations.iter().flat_map(tagged).collect();
    UPSERT.run(conn, &rows).await
}

/// Records that a tag is not on a conversation.
pub async fn delete_tagged(
    conn: &mut Conn,
    tag: TagId,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    let text = "DELETE FROM conversation_tag WHERE tag_id = $1 AND conversation_id = $2";
    on!(conn, c => sqlx::query(text).bind(tag.0).bind(conversation.0).execute(c).await.map(drop))?;
    Ok(())
}
