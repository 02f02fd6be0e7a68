//! Mailboxes: how far each was read, and what became of every mail in it.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement, json, known};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::mailbox::MailboxState;
use crate::domain::receive::mail::{Place, Taken};

#[derive(sqlx::FromRow)]
struct Row {
    gateway: String,
    name: String,
    uidvalidity: i64,
    start_uid: i64,
    history_to: i64,
    read_to: i64,
    opened_at: i64,
    since: i64,
}

/// UIDs and UIDVALIDITYs are 32 bits wide (RFC 9051, 2.3.1.1).
fn number(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

impl TryFrom<Row> for MailboxState {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            gateway: known(&row.gateway, GatewayName::parse)?,
            name: row.name,
            uidvalidity: number(row.uidvalidity),
            start_uid: number(row.start_uid),
            history_to: number(row.history_to),
            read_to: number(row.read_to),
            opened_at: Timestamp(row.opened_at),
            since: Timestamp(row.since),
        })
    }
}

/// How far a gateway's mailbox was read.
pub async fn find_mailbox(
    conn: &mut Conn,
    gateway: &GatewayName,
) -> Result<Option<MailboxState>, StoreFault> {
    let text = "SELECT gateway, name, uidvalidity, start_uid, history_to, read_to, opened_at, since
        FROM mailbox WHERE gateway = $1";
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(gateway.as_str()).fetch_optional(c).await?);
    row.map(MailboxState::try_from).transpose()
}

/// Begins to read a mailbox, whatever was read before.
pub async fn upsert_mailbox(conn: &mut Conn, state: &MailboxState) -> Result<(), StoreFault> {
    let text = "INSERT INTO mailbox (gateway, name, uidvalidity, start_uid, history_to, read_to, opened_at, since, trying, tries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)
        ON CONFLICT (gateway) DO UPDATE SET name = excluded.name, uidvalidity = excluded.uidvalidity,
            start_uid = excluded.start_uid, history_to = excluded.history_to, read_to = excluded.read_to, opened_at = excluded.opened_at,
            since = excluded.since, trying = 0, tries = 0";
    on!(conn, c => sqlx::query(text)
        .bind(state.gateway.as_str())
        .bind(state.name.as_str())
        .bind(i64::from(state.uidvalidity))
        .bind(i64::from(state.start_uid))
        .bind(i64::from(state.history_to))
        .bind(i64::from(state.read_to))
        .bind(state.opened_at.0)
        .bind(state.since.0)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Records that mails from a UID on are about to be read; how often that began there.
pub async fn begin_reading(conn: &mut Conn, place: &Place) -> Result<u32, StoreFault> {
    let text =
        "UPDATE mailbox SET tries = CASE WHEN trying = $4 THEN tries + 1 ELSE 1 END, trying = $4
        WHERE gateway = $1 AND name = $2 AND uidvalidity = $3 RETURNING tries";
    let tries: Option<i64> = on!(conn, c => sqlx::query_scalar(text)
        .bind(place.gateway.as_str())
        .bind(place.mailbox.as_str())
        .bind(i64::from(place.uidvalidity))
        .bind(i64::from(place.uid))
        .fetch_optional(c).await?);
    Ok(tries.map_or(1, number))
}

/// Records what became of mails, and moves the cursors of their mailboxes past them.
pub async fn insert_taken(conn: &mut Conn, taken: &[Taken]) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        gateway: &'a str,
        mailbox: &'a str,
        uidvalidity: u32,
        uid: u32,
        outcome: &'static str,
        target_id: Option<Uuid>,
        raw_id: Option<Uuid>,
        waiting: bool,
    }
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("gateway", Kind::Text),
            ("mailbox", Kind::Text),
            ("uidvalidity", Kind::Int),
            ("uid", Kind::Int),
            ("outcome", Kind::Text),
            ("target_id", Kind::Id),
            ("raw_id", Kind::Id),
            ("waiting", Kind::Bool),
        ];
        Statement::insert("mailbox_mail", &columns, "ON CONFLICT DO NOTHING")
    });
    fn row(one: &Taken) -> New<'_> {
        New {
            gateway: one.place.gateway.as_str(),
            mailbox: one.place.mailbox.as_str(),
            uidvalidity: one.place.uidvalidity,
            uid: one.place.uid,
            outcome: one.receipt.as_str(),
            target_id: one.receipt.target(),
            raw_id: one.raw,
            waiting: one.waits,
        }
    }
    let rows: Vec<New<'_>> = taken.iter().map(row).collect();
    INSERT.run(conn, &rows).await?;
    let mut furthest: Vec<&Place> = taken.iter().map(|one| &one.place).collect();
    furthest.sort_by_key(|place| (&place.gateway, &place.mailbox, place.uidvalidity, place.uid));
    furthest.reverse();
    furthest.dedup_by_key(|place| (&place.gateway, &place.mailbox, place.uidvalidity));
    for place in furthest {
        advance(conn, place).await?;
    }
    Ok(())
}

async fn advance(conn: &mut Conn, place: &Place) -> Result<(), StoreFault> {
    let text =
        "UPDATE mailbox SET read_to = CASE WHEN read_to < $4 THEN $4 ELSE read_to END, tries = 0
        WHERE gateway = $1 AND name = $2 AND uidvalidity = $3";
    on!(conn, c => sqlx::query(text)
        .bind(place.gateway.as_str())
        .bind(place.mailbox.as_str())
        .bind(i64::from(place.uidvalidity))
        .bind(i64::from(place.uid))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The UIDs, from one to another, of mails whose fate is known, in order.
pub async fn list_uids(
    conn: &mut Conn,
    state: &MailboxState,
    (from, to): (u32, u32),
) -> Result<Vec<u32>, StoreFault> {
    let text = "SELECT uid FROM mailbox_mail
        WHERE gateway = $1 AND mailbox = $2 AND uidvalidity = $3 AND uid >= $4 AND uid <= $5 ORDER BY uid";
    let uids: Vec<i64> = on!(conn, c => sqlx::query_scalar(text)
        .bind(state.gateway.as_str())
        .bind(state.name.as_str())
        .bind(i64::from(state.uidvalidity))
        .bind(i64::from(from))
        .bind(i64::from(to))
        .fetch_all(c).await?);
    Ok(uids.into_iter().map(number).collect())
}

/// The UIDs of mails that are still to be flagged or moved, in order.
pub async fn list_waiting(
    conn: &mut Conn,
    state: &MailboxState,
    limit: u32,
) -> Result<Vec<u32>, StoreFault> {
    let text = "SELECT uid FROM mailbox_mail
        WHERE gateway = $1 AND mailbox = $2 AND uidvalidity = $3 AND waiting ORDER BY uid LIMIT $4";
    let uids: Vec<i64> = on!(conn, c => sqlx::query_scalar(text)
        .bind(state.gateway.as_str())
        .bind(state.name.as_str())
        .bind(i64::from(state.uidvalidity))
        .bind(i64::from(limit))
        .fetch_all(c).await?);
    Ok(uids.into_iter().map(number).collect())
}

/// Records that nothing is left to be done with mails on the server.
pub async fn update_waiting(
    conn: &mut Conn,
    state: &MailboxState,
    uids: &[u32],
) -> Result<(), StoreFault> {
    let text = sql!(conn,
        lite: "UPDATE mailbox_mail SET waiting = 0 WHERE gateway = $2 AND mailbox = $3 AND uidvalidity = $4
            AND uid IN (SELECT value FROM json_each($1))",
        pg: "UPDATE mailbox_mail SET waiting = false WHERE gateway = $2 AND mailbox = $3 AND uidvalidity = $4
            AND uid = ANY(ARRAY(SELECT e.uid::bigint FROM jsonb_array_elements_text($1::jsonb) AS e(uid)))");
    let uids = json(uids);
    on!(conn, c => sqlx::query(text)
        .bind(uids)
        .bind(state.gateway.as_str())
        .bind(state.name.as_str())
        .bind(i64::from(state.uidvalidity))
        .execute(c).await.map(drop))?;
    Ok(())
}
