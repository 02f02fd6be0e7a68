//! Lists of conversations that are kept.

use uuid::Uuid;

use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, ViewId};
use crate::domain::view::SavedView;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    owner_id: Option<Uuid>,
    filter: String,
    created_at: i64,
    version: i64,
}

impl From<Row> for SavedView {
    fn from(row: Row) -> Self {
        Self {
            id: ViewId(row.id),
            name: row.name,
            owner: row.owner_id.map(AgentId),
            filter: row.filter,
            created_at: Timestamp(row.created_at),
            version: row.version,
        }
    }
}

/// Stores a view as it is now, new or changed.
pub async fn upsert_view(conn: &mut Conn, view: &SavedView) -> Result<(), StoreFault> {
    let text = "INSERT INTO saved_view (id, name, owner_id, filter, created_at, version)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, owner_id = excluded.owner_id, filter = excluded.filter, version = excluded.version";
    on!(conn, c => sqlx::query(text)
        .bind(view.id.0)
        .bind(view.name.as_str())
        .bind(view.owner.map(|id| id.0))
        .bind(view.filter.as_str())
        .bind(view.created_at.0)
        .bind(view.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// One view.
pub async fn find_view(conn: &mut Conn, id: ViewId) -> Result<Option<SavedView>, StoreFault> {
    let text =
        "SELECT id, name, owner_id, filter, created_at, version FROM saved_view WHERE id = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    Ok(row.map(SavedView::from))
}

/// The views that an agent may use, the newest first, from before an id.
pub async fn list_views(
    conn: &mut Conn,
    agent: AgentId,
    before: ViewId,
    limit: u32,
) -> Result<Vec<SavedView>, StoreFault> {
    let text = "SELECT id, name, owner_id, filter, created_at, version FROM saved_view
        WHERE id < $1 AND (owner_id IS NULL OR owner_id = $2) ORDER BY id DESC LIMIT $3";
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0).bind(agent.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(SavedView::from).collect())
}

/// Forgets a view.
pub async fn delete_view(conn: &mut Conn, id: ViewId) -> Result<(), StoreFault> {
    let text = "DELETE FROM saved_view WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).execute(c).await.map(drop))?;
    Ok(())
}
