//! What is kept, the oldest first, with what decides whether it may go.

use std::collections::HashSet;

use uuid::Uuid;

use super::rows::{json, known, lite_ids, named, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::retention::Aged;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    gateway: String,
    channel: String,
    conversation_id: Uuid,
    created_at: i64,
    deleted_at: Option<i64>,
    held: bool,
    open: bool,
    waiting: bool,
}

impl TryFrom<Row> for Aged {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            id: MessageId(row.id),
            gateway: known(&row.gateway, GatewayName::parse)?,
            channel: named(&row.channel)?,
            conversation: ConversationId(row.conversation_id),
            created_at: Timestamp(row.created_at),
            deleted_at: row.deleted_at.map(Timestamp),
            held: row.held,
            open: row.open,
            waiting: row.waiting,
        })
    }
}

macro_rules! aged {
    ($which:expr) => {
        concat!(
            "SELECT m.id, m.gateway, m.channel, m.conversation_id, m.created_at, m.deleted_at,
                p.held IS NOT NULL AS held, i.id IS NOT NULL AS open,
                EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id) AS waiting
             FROM message m JOIN conversation c ON c.id = m.conversation_id
             JOIN contact p ON p.id = c.contact_id
             LEFT JOIN issue i ON i.id = m.issue_id AND i.state <> 'closed' WHERE ",
            $which
        )
    };
}

/// Messages behind an id, in their order.
pub async fn list_messages(
    conn: &mut Conn,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Aged>, StoreFault> {
    let text = aged!("m.id > $1 ORDER BY m.id LIMIT $2");
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(after).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Aged::try_from).collect()
}

/// Messages behind an id that were deleted before a time, in their order.
pub async fn list_deleted(
    conn: &mut Conn,
    after: Uuid,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Aged>, StoreFault> {
    let text = aged!(
        "m.id > $1 AND m.id IN (SELECT d.id FROM message d WHERE d.deleted_at < $3)
        ORDER BY m.id LIMIT $2"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(after).bind(i64::from(limit)).bind(before.0).fetch_all(c).await?);
    rows.into_iter().map(Aged::try_from).collect()
}

/// Messages by id, as they are now.
pub async fn load_messages(conn: &mut Conn, ids: &[MessageId]) -> Result<Vec<Aged>, StoreFault> {
    let text = sql!(conn,
        lite: aged!(concat!("m.id", lite_ids!())),
        pg: aged!(concat!("m.id", pg_ids!())));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter().map(Aged::try_from).collect()
}

/// A file, or what a provider sent, as far as its removal goes by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its id.
    pub id: Uuid,
    /// Where it came or went.
    pub gateway: GatewayName,
    /// When.
    pub at: Timestamp,
    /// Whether it may not be removed, however old it is.
    pub needed: bool,
}

fn thing((id, gateway, at, needed): (Uuid, String, i64, bool)) -> Result<Thing, StoreFault> {
    Ok(Thing {
        id,
        gateway: known(&gateway, GatewayName::parse)?,
        at: Timestamp(at),
        needed,
    })
}

/// Which things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Things {
    /// Files of messages.
    Files,
    /// Providers' requests.
    Requests,
    /// Mails as they came.
    Mails,
}

/// Things behind an id, in the order of the ids. Which of what came in raw is needed is said by
/// [`load_needed`].
pub async fn list_things(
    conn: &mut Conn,
    of: Things,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Thing>, StoreFault> {
    let text = match of {
        Things::Files => {
            "SELECT a.id, m.gateway, a.created_at,
                p.held IS NOT NULL OR i.id IS NOT NULL
                    OR EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id)
            FROM attachment a JOIN message m ON m.id = a.message_id
            JOIN conversation c ON c.id = m.conversation_id JOIN contact p ON p.id = c.contact_id
            LEFT JOIN issue i ON i.id = m.issue_id AND i.state <> 'closed'
            WHERE a.id > $1 AND a.blob IS NOT NULL ORDER BY a.id LIMIT $2"
        }
        Things::Requests => {
            "SELECT id, gateway, received_at, false FROM raw_request WHERE id > $1 ORDER BY id LIMIT $2"
        }
        Things::Mails => {
            "SELECT id, gateway, received_at, false FROM raw_mail WHERE id > $1 ORDER BY id LIMIT $2"
        }
    };
    let rows: Vec<(Uuid, String, i64, bool)> = on!(conn, c => sqlx::query_as(text)
        .bind(after).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(thing).collect()
}

/// What came in raw and must be kept: of contacts of whom nothing may be removed, of open issues,
/// of what nobody could read yet.
pub async fn load_needed(conn: &mut Conn) -> Result<HashSet<Uuid>, StoreFault> {
    let text = "SELECT m.raw_id FROM contact p JOIN conversation c ON c.contact_id = p.id
            JOIN message m ON m.conversation_id = c.id WHERE p.held IS NOT NULL AND m.raw_id IS NOT NULL
        UNION SELECT e.raw_id FROM contact p JOIN conversation c ON c.contact_id = p.id
            JOIN message m ON m.conversation_id = c.id JOIN status_event e ON e.message_id = m.id
            WHERE p.held IS NOT NULL AND e.raw_id IS NOT NULL
        UNION SELECT m.raw_id FROM issue i JOIN message m ON m.conversation_id = i.conversation_id
            AND m.issue_id = i.id WHERE i.state <> 'closed' AND m.raw_id IS NOT NULL
        UNION SELECT raw_id FROM quarantine WHERE replayed_at IS NULL
        UNION SELECT raw_id FROM parked_report WHERE raw_id IS NOT NULL";
    let found: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text).fetch_all(c).await?);
    Ok(found.into_iter().collect())
}

/// Gives the closed issues of conversations another title once nothing of them is left: they are
/// called by words of what was removed.
pub async fn retitle_empty(
    conn: &mut Conn,
    conversations: &[ConversationId],
    title: &str,
) -> Result<(), StoreFault> {
    macro_rules! text {
        ($ids:expr) => {
            concat!(
                "UPDATE issue SET title = $2 WHERE state = 'closed' AND title <> $2
                 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = issue.conversation_id
                    AND m.issue_id = issue.id) AND conversation_id",
                $ids
            )
        };
    }
    let text = sql!(conn, lite: text!(lite_ids!()), pg: text!(pg_ids!()));
    let keys = json(&conversations.iter().map(|id| id.0).collect::<Vec<_>>());
    on!(conn, c => sqlx::query(text).bind(keys).bind(title).execute(c).await.map(drop))?;
    Ok(())
}
