//! What stands around a document: its conversation's marks and contact, notes, titles.

use std::collections::HashMap;

use uuid::Uuid;

use super::super::rows::{json, lite_ids, pg_ids};
use super::super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, ContactId, ConversationId};
use crate::domain::search::Flag;
use crate::domain::search::doc::Marks;

/// A conversation as far as search goes by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// With whom.
    pub contact: ContactId,
    /// Their name.
    pub name: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// What it is marked with.
    pub marks: Marks,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    contact_id: Uuid,
    name: Option<String>,
    created_at: i64,
    unread: i64,
    archived: bool,
    done: bool,
    failed: bool,
    snoozed_until: Option<i64>,
    issue_state: Option<String>,
    assignee_id: Option<Uuid>,
    assignee_name: Option<String>,
    tags: Option<String>,
}

impl Row {
    fn flags(&self) -> Vec<Flag> {
        let flags = [
            (Flag::Open, self.issue_state.is_some()),
            (Flag::Closed, self.issue_state.is_none()),
            (
                Flag::Unassigned,
                self.issue_state.is_some() && self.assignee_id.is_none(),
            ),
            (Flag::Unread, self.unread > 0),
            (Flag::Failed, self.failed),
            (Flag::Snoozed, self.snoozed_until.is_some()),
            (Flag::Archived, self.archived),
            (Flag::Done, self.done),
        ];
        flags
            .into_iter()
            .filter(|(_, holds)| *holds)
            .map(|(flag, _)| flag)
            .collect()
    }

    fn tags(&self) -> Vec<Uuid> {
        let tags = self.tags.as_deref().map(serde_json::from_str);
        tags.and_then(Result::ok).unwrap_or_default()
    }
}

/// The conversations of these ids, without those that were deleted.
pub async fn load_around(
    conn: &mut Conn,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Around>, StoreFault> {
    macro_rules! text {
        ($ids:expr) => {
            concat!("SELECT c.id, c.contact_id, p.name, c.created_at, c.unread, c.archived, c.done, c.failed,
                c.snoozed_until, c.issue_state, c.assignee_id, a.name AS assignee_name, c.tags
                FROM conversation c JOIN contact p ON p.id = c.contact_id
                LEFT JOIN agent a ON a.id = c.assignee_id WHERE c.shelf <> 6 AND c.id", $ids)
        };
    }
    let text = sql!(conn, lite: text!(lite_ids!()), pg: text!(pg_ids!()));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let names = load_tags(conn, &rows).await?;
    let around = |row: Row| {
        let tags = row.tags();
        let marks = Marks {
            flags: row.flags(),
            assignee: row
                .assignee_id
                .zip(row.assignee_name)
                .map(|(id, name)| AgentRef {
                    id: AgentId(id),
                    name,
                }),
            tags: tags
                .iter()
                .filter_map(|id| names.get(id).cloned())
                .collect(),
        };
        let around = Around {
            contact: ContactId(row.contact_id),
            name: row.name,
            created_at: Timestamp(row.created_at),
            marks,
        };
        (ConversationId(row.id), around)
    };
    Ok(rows.into_iter().map(around).collect())
}

async fn load_tags(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<Uuid, String>, StoreFault> {
    let mut ids: Vec<Uuid> = rows.iter().flat_map(Row::tags).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT id, name FROM tag WHERE id", lite_ids!()),
        pg: concat!("SELECT id, name FROM tag WHERE id", pg_ids!()));
    let keys = json(&ids);
    let rows: Vec<(Uuid, String)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

/// How many titles of a conversation are indexed; the newest are.
const TITLES: usize = 20;

/// The titles of the newest issues of conversations.
pub async fn list_titles(
    conn: &mut Conn,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Vec<String>>, StoreFault> {
    macro_rules! text {
        ($ids:expr) => {
            concat!(
                "SELECT conversation_id, id, title FROM issue WHERE deleted_at IS NULL AND conversation_id",
                $ids
            )
        };
    }
    let text = sql!(conn, lite: text!(lite_ids!()), pg: text!(pg_ids!()));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let mut rows: Vec<(Uuid, Uuid, String)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.sort_by_key(|(_, issue, _)| std::cmp::Reverse(*issue));
    let mut titles: HashMap<ConversationId, Vec<String>> = HashMap::new();
    for (conversation, _, title) in rows {
        let known = titles.entry(ConversationId(conversation)).or_default();
        if known.len() < TITLES {
            known.push(title);
        }
    }
    Ok(titles)
}

/// The conversations of contacts.
pub async fn list_conversations_of(
    conn: &mut Conn,
    contacts: &[ContactId],
) -> Result<Vec<ConversationId>, StoreFault> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT id FROM conversation WHERE contact_id", lite_ids!()),
        pg: concat!("SELECT id FROM conversation WHERE contact_id", pg_ids!()));
    let keys = json(&contacts.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let found: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text).bind(keys).fetch_all(c).await?);
    Ok(found.into_iter().map(ConversationId).collect())
}

/// A note as far as search goes by it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct NoteText {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub conversation_id: Uuid,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created_at: i64,
}

/// The notes of these ids, without those that were deleted.
pub async fn load_notes(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<NoteText>, StoreFault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    macro_rules! text {
        ($ids:expr) => {
            concat!("SELECT id, conversation_id, body, created_at FROM note WHERE deleted_at IS NULL AND id", $ids)
        };
    }
    let text = sql!(conn, lite: text!(lite_ids!()), pg: text!(pg_ids!()));
    let keys = json(ids);
    Ok(on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?))
}
