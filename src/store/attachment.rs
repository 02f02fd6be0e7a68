//! Attachments: those of messages, those that are not used yet, those that are not here yet.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement, json, known, lite_ids, pg_ids, small};
use super::{Conn, StoreFault};
use crate::domain::attachment::{Attachment, FileState, Source};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, AttachmentId, ConversationId, MessageId};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    message_id: Option<Uuid>,
    name: String,
    content_type: String,
    sniffed: Option<String>,
    content_id: Option<String>,
    inline: bool,
    size: i64,
    sha256: Option<String>,
    blob: Option<String>,
    state: String,
    gateway: Option<String>,
    url: Option<String>,
    tries: i64,
    due_at: Option<i64>,
    reason: Option<String>,
    uploaded_by: Option<Uuid>,
    created_at: i64,
}

impl TryFrom<Row> for Attachment {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        let gateway = row
            .gateway
            .map(|name| known(&name, GatewayName::parse))
            .transpose()?;
        Ok(Self {
            id: AttachmentId(row.id),
            message: row.message_id.map(MessageId),
            name: row.name,
            content_type: row.content_type,
            sniffed: row.sniffed,
            content_id: row.content_id,
            inline: row.inline,
            size: u64::try_from(row.size).unwrap_or(0),
            sha256: row.sha256,
            blob: row.blob,
            state: known(&row.state, FileState::from_name)?,
            source: gateway
                .zip(row.url)
                .map(|(gateway, url)| Source { gateway, url }),
            tries: small(row.tries),
            due_at: row.due_at.map(Timestamp),
            reason: row.reason,
            uploaded_by: row.uploaded_by.map(AgentId),
            created_at: Timestamp(row.created_at),
        })
    }
}

impl From<&Attachment> for Row {
    fn from(one: &Attachment) -> Self {
        Self {
            id: one.id.0,
            message_id: one.message.map(|id| id.0),
            name: one.name.clone(),
            content_type: one.content_type.clone(),
            sniffed: one.sniffed.clone(),
            content_id: one.content_id.clone(),
            inline: one.inline,
            size: i64::try_from(one.size).unwrap_or(i64::MAX),
            sha256: one.sha256.clone(),
            blob: one.blob.clone(),
            state: one.state.as_str().to_owned(),
            gateway: one
                .source
                .as_ref()
                .map(|source| source.gateway.as_str().to_owned()),
            url: one.source.as_ref().map(|source| source.url.clone()),
            tries: i64::from(one.tries),
            due_at: one.due_at.map(|at| at.0),
            reason: one.reason.clone(),
            uploaded_by: one.uploaded_by.map(|id| id.0),
            created_at: one.created_at.0,
        }
    }
}

macro_rules! columns {
    () => {
        "id, message_id, name, content_type, sniffed, content_id, inline, size, sha256, blob, state, gateway, url,
         tries, due_at, reason, uploaded_by, created_at"
    };
}

/// Stores attachments as they are now, new and changed alike.
pub async fn upsert_attachments(
    conn: &mut Conn,
    attachments: &[Attachment],
) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("message_id", Kind::Id),
            ("name", Kind::Text),
            ("content_type", Kind::Text),
            ("sniffed", Kind::Text),
            ("content_id", Kind::Text),
            ("inline", Kind::Bool),
            ("size", Kind::Int),
            ("sha256", Kind::Text),
            ("blob", Kind::Text),
            ("state", Kind::Text),
            ("gateway", Kind::Text),
            ("url", Kind::Text),
            ("tries", Kind::Int),
            ("due_at", Kind::Int),
            ("reason", Kind::Text),
            ("uploaded_by", Kind::Id),
            ("created_at", Kind::Int),
        ];
        let tail = "ON CONFLICT (id) DO UPDATE SET message_id = excluded.message_id, name = excluded.name,
            content_type = excluded.content_type, sniffed = excluded.sniffed, size = excluded.size,
            sha256 = excluded.sha256, blob = excluded.blob, state = excluded.state, tries = excluded.tries,
            due_at = excluded.due_at, reason = excluded.reason";
        Statement::insert("attachment", &columns, tail)
    });
    let rows: Vec<Row> = attachments.iter().map(Row::from).collect();
    UPSERT.run(conn, &rows).await
}

/// Attachments by id, in no order.
pub async fn load_attachments(
    conn: &mut Conn,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>, StoreFault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM attachment WHERE id", lite_ids!()),
        pg: concat!("SELECT ", columns!(), " FROM attachment WHERE id", pg_ids!()));
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter().map(Attachment::try_from).collect()
}

/// Those that are to be fetched by now, the longest due first.
pub async fn list_due(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Attachment>, StoreFault> {
    let text = concat!(
        "SELECT ",
        columns!(),
        " FROM attachment WHERE state = 'pending' AND due_at <= $1 ORDER BY due_at LIMIT $2"
    );
    let rows: Vec<Row> =
        on!(conn, c => sqlx::query_as(text).bind(now.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Attachment::try_from).collect()
}

/// Makes every pending one due, also those that a daemon was fetching when it stopped.
pub async fn update_due(conn: &mut Conn, now: Timestamp) -> Result<(), StoreFault> {
    let text = "UPDATE attachment SET due_at = $1 WHERE state = 'pending' AND due_at > $1";
    on!(conn, c => sqlx::query(text).bind(now.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes away those that were uploaded before a time and never used, at most so many; gives back
/// the keys of their bytes.
pub async fn delete_unused(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Option<String>>, StoreFault> {
    let text = "DELETE FROM attachment WHERE id IN (SELECT id FROM attachment
        WHERE message_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2) RETURNING blob";
    Ok(
        on!(conn, c => sqlx::query_scalar(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?),
    )
}

/// Those of the keys that some attachment names.
pub async fn list_named(conn: &mut Conn, keys: &[String]) -> Result<Vec<String>, StoreFault> {
    let text = sql!(conn,
        lite: "SELECT blob FROM attachment WHERE blob IN (SELECT value FROM json_each($1))",
        pg: "SELECT blob FROM attachment
            WHERE blob = ANY(ARRAY(SELECT e.key FROM jsonb_array_elements_text($1::jsonb) AS e(key)))");
    let keys = json(keys);
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(keys).fetch_all(c).await?))
}

/// How many bytes an agent uploaded since a time.
pub async fn sum_uploaded(
    conn: &mut Conn,
    by: AgentId,
    since: Timestamp,
) -> Result<u64, StoreFault> {
    let text = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM attachment
        WHERE uploaded_by = $1 AND created_at >= $2";
    let sum: i64 =
        on!(conn, c => sqlx::query_scalar(text).bind(by.0).bind(since.0).fetch_one(c).await?);
    Ok(u64::try_from(sum).unwrap_or(0))
}

/// How many bytes were fetched since a time from providers for the messages of a conversation.
pub async fn sum_fetched(
    conn: &mut Conn,
    conversation: ConversationId,
    since: Timestamp,
) -> Result<u64, StoreFault> {
    let text = "SELECT CAST(COALESCE(SUM(a.size), 0) AS BIGINT) FROM message m
        JOIN attachment a ON a.message_id = m.id
        WHERE m.conversation_id = $1 AND m.created_at >= $2 AND a.url IS NOT NULL";
    let sum: i64 = on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation.0).bind(since.0).fetch_one(c).await?);
    Ok(u64::try_from(sum).unwrap_or(0))
}
