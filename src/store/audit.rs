//! The audit. There is neither an update nor a delete here, and the database refuses both.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement};
use super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::audit::{AuditFilter, Entry, NewEntry};
use crate::domain::clock::Timestamp;
use crate::domain::event::EventKind;
use crate::domain::id::{AgentId, AuditId, ConversationId};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    at: i64,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    via: Option<String>,
    address: Option<String>,
    action: String,
    target: Option<String>,
    conversation_id: Option<Uuid>,
    data: String,
}

impl From<&NewEntry> for Row {
    fn from(entry: &NewEntry) -> Self {
        let origin = entry.origin;
        Self {
            id: AuditId::new().0,
            at: entry.at.0,
            actor_id: entry.actor.as_ref().map(|actor| actor.id.0),
            actor_name: entry.actor.as_ref().map(|actor| actor.name.clone()),
            via: origin.and_then(|one| one.via).map(|via| via.to_string()),
            address: origin
                .and_then(|one| one.address)
                .map(|address| address.to_string()),
            action: entry.action.to_owned(),
            target: entry.target.clone(),
            conversation_id: entry.conversation.map(|id| id.0),
            data: entry.data.clone(),
        }
    }
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: AuditId(row.id),
            at: Timestamp(row.at),
            actor: row.actor_id.zip(row.actor_name).map(|(id, name)| AgentRef {
                id: AgentId(id),
                name,
            }),
            via: row.via,
            address: row.address,
            action: row.action,
            target: row.target,
            conversation: row.conversation_id.map(ConversationId),
            data: row.data,
        }
    }
}

/// Adds entries, with whatever goes to the database next.
pub(super) async fn insert_entries(
    conn: &mut Conn,
    entries: &[NewEntry],
) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("at", Kind::Int),
            ("actor_id", Kind::Id),
            ("actor_name", Kind::Text),
            ("via", Kind::Text),
            ("address", Kind::Text),
            ("action", Kind::Text),
            ("target", Kind::Text),
            ("conversation_id", Kind::Id),
            ("data", Kind::Text),
        ];
        Statement::insert("audit", &columns, "")
    });
    let rows: Vec<Row> = entries.iter().map(Row::from).collect();
    INSERT.run(conn, &rows).await
}

/// Entries, the newest first, from before an id.
pub async fn list_entries(
    conn: &mut Conn,
    filter: &AuditFilter,
    before: AuditId,
    limit: u32,
) -> Result<Vec<Entry>, StoreFault> {
    // Each text leads the planner to the index that fits. The one over actions leaves out what
    // there is most of, which costs the sending of messages nothing and is soon found anyway.
    macro_rules! list {
        ($by:literal) => {
            concat!(
                "SELECT id, at, actor_id, actor_name, via, address, action, target,
                    conversation_id, data FROM audit WHERE id < $1 AND ",
                $by,
                " AND ($5 IS NULL OR at >= $5) AND ($6 IS NULL OR at < $6)
                ORDER BY id DESC LIMIT $7"
            )
        };
    }
    let text = match (&filter.target, filter.actor, &filter.action) {
        (Some(_), _, _) => {
            list!("target = $4 AND ($2 IS NULL OR actor_id = $2) AND ($3 IS NULL OR action = $3)")
        }
        (None, Some(_), _) => {
            list!("actor_id = $2 AND ($3 IS NULL OR action = $3) AND $4 IS NULL")
        }
        (None, None, Some(action)) if action != EventKind::MessageQueued.as_str() => {
            list!("action = $3 AND action <> 'message.queued' AND $2 IS NULL AND $4 IS NULL")
        }
        (None, None, Some(_)) => list!("action = $3 AND $2 IS NULL AND $4 IS NULL"),
        (None, None, None) => list!("$2 IS NULL AND $3 IS NULL AND $4 IS NULL"),
    };
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0)
        .bind(filter.actor.map(|id| id.0))
        .bind(filter.action.as_deref())
        .bind(filter.target.as_deref())
        .bind(filter.since.map(|at| at.0))
        .bind(filter.until.map(|at| at.0))
        .bind(i64::from(limit))
        // PostgreSQL is to plan for this filter, not for any: a rare one calls for its index.
        .persistent(false)
        .fetch_all(c).await?);
    Ok(rows.into_iter().map(Entry::from).collect())
}
