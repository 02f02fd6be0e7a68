//! Providers' requests as they came, and those of them that could not be read.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Piece, Statement, json, known};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::QuarantineId;
use crate::domain::message::RawRequest;
use crate::domain::quarantine::Quarantined;

/// Keeps requests.
pub async fn insert_raw_requests(
    conn: &mut Conn,
    requests: &[&RawRequest],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        id: Uuid,
        gateway: &'a str,
        received_at: i64,
        method: &'a str,
        target: &'a str,
        headers: String,
        body: Piece<'a>,
    }
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("gateway", Kind::Text),
            ("received_at", Kind::Int),
            ("method", Kind::Text),
            ("target", Kind::Text),
            ("headers", Kind::Text),
            ("body", Kind::Bytes),
        ];
        Statement::insert("raw_request", &columns, "ON CONFLICT DO NOTHING")
    });
    let rows: Vec<New<'_>> = requests
        .iter()
        .map(|request| New {
            id: request.id,
            gateway: request.gateway.as_str(),
            received_at: request.received_at.0,
            method: &request.method,
            target: &request.target,
            headers: json(&request.headers),
            body: Piece(&request.body),
        })
        .collect();
    INSERT.run(conn, &rows).await
}

/// One request.
pub async fn find_raw_request(conn: &mut Conn, id: Uuid) -> Result<Option<RawRequest>, StoreFault> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        gateway: String,
        received_at: i64,
        method: String,
        target: String,
        headers: String,
        body: Vec<u8>,
    }
    let text = "SELECT id, gateway, received_at, method, target, headers, body FROM raw_request WHERE id = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id).fetch_optional(c).await?);
    let request = |row: Row| {
        Ok(RawRequest {
            id: row.id,
            gateway: known(&row.gateway, GatewayName::parse)?,
            received_at: Timestamp(row.received_at),
            method: row.method,
            target: row.target,
            headers: serde_json::from_str(&row.headers)
                .map_err(|_| StoreFault::Unreadable(row.headers))?,
            body: row.body.into(),
        })
    };
    row.map(request).transpose()
}

/// Lists a request among those that could not be read.
pub async fn insert_quarantined(conn: &mut Conn, one: &Quarantined) -> Result<(), StoreFault> {
    let text = "INSERT INTO quarantine (id, gateway, reason, raw_id, received_at) VALUES ($1, $2, $3, $4, $5)";
    on!(conn, c => sqlx::query(text)
        .bind(one.id.0)
        .bind(one.gateway.as_str())
        .bind(one.reason.as_str())
        .bind(one.raw)
        .bind(one.received_at.0)
        .execute(c).await.map(drop))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct QuarantineRow {
    id: Uuid,
    gateway: String,
    reason: String,
    raw_id: Uuid,
    received_at: i64,
    replayed_at: Option<i64>,
}

impl TryFrom<QuarantineRow> for Quarantined {
    type Error = StoreFault;

    fn try_from(row: QuarantineRow) -> Result<Self, StoreFault> {
        Ok(Self {
            id: QuarantineId(row.id),
            gateway: known(&row.gateway, GatewayName::parse)?,
            reason: row.reason,
            raw: row.raw_id,
            received_at: Timestamp(row.received_at),
            replayed_at: row.replayed_at.map(Timestamp),
        })
    }
}

/// What came in and could not be read, and was not replayed since; the newest first.
pub async fn list_quarantined(
    conn: &mut Conn,
    before: QuarantineId,
    limit: u32,
) -> Result<Vec<Quarantined>, StoreFault> {
    let text = "SELECT id, gateway, reason, raw_id, received_at, replayed_at FROM quarantine
        WHERE replayed_at IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";
    let rows: Vec<QuarantineRow> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Quarantined::try_from).collect()
}

/// One of them, replayed or not.
pub async fn find_quarantined(
    conn: &mut Conn,
    id: QuarantineId,
) -> Result<Option<Quarantined>, StoreFault> {
    let text = "SELECT id, gateway, reason, raw_id, received_at, replayed_at FROM quarantine WHERE id = $1";
    let row: Option<QuarantineRow> =
        on!(conn, c => sqlx::query_as(text).bind(id.0).fetch_optional(c).await?);
    row.map(Quarantined::try_from).transpose()
}

/// Records that one was replayed.
pub async fn update_replayed(
    conn: &mut Conn,
    id: QuarantineId,
    at: Timestamp,
) -> Result<(), StoreFault> {
    let text = "UPDATE quarantine SET replayed_at = $2 WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(at.0).execute(c).await.map(drop))?;
    Ok(())
}

/// How many wait.
pub async fn count_quarantined(conn: &mut Conn) -> Result<i64, StoreFault> {
    let text = "SELECT COUNT(*) FROM quarantine WHERE replayed_at IS NULL";
    Ok(on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?))
}
