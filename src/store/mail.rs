//! Mails as they came, and the messages that bear a Message-ID.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::rows::{Kind, Statement, json, known};
use super::{Conn, StoreFault};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::MessageId;
use crate::domain::receive::mail::RawMail;

/// How many messages of one Message-ID are looked at: the oldest, whom nobody can displace.
const BEARERS: i64 = 8;

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    gateway: String,
    received_at: i64,
    size: i64,
    partial: bool,
    blob: String,
}

/// Keeps where the bytes of mails are.
pub async fn insert_raw_mails(conn: &mut Conn, mails: &[RawMail]) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("gateway", Kind::Text),
            ("received_at", Kind::Int),
            ("size", Kind::Int),
            ("partial", Kind::Bool),
            ("blob", Kind::Text),
        ];
        Statement::insert("raw_mail", &columns, "")
    });
    let row = |mail: &RawMail| Row {
        id: mail.id,
        gateway: mail.gateway.as_str().to_owned(),
        received_at: mail.received_at.0,
        size: i64::try_from(mail.size).unwrap_or(i64::MAX),
        partial: mail.partial,
        blob: mail.blob.clone(),
    };
    let rows: Vec<Row> = mails.iter().map(row).collect();
    INSERT.run(conn, &rows).await
}

/// A mail as it came.
pub async fn find_raw_mail(conn: &mut Conn, id: Uuid) -> Result<Option<RawMail>, StoreFault> {
    let text = "SELECT id, gateway, received_at, size, partial, blob FROM raw_mail WHERE id = $1";
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text).bind(id).fetch_optional(c).await?);
    let mail = |row: Row| {
        Ok(RawMail {
            id: row.id,
            gateway: known(&row.gateway, GatewayName::parse)?,
            received_at: Timestamp(row.received_at),
            size: u64::try_from(row.size).unwrap_or(0),
            partial: row.partial,
            blob: row.blob,
        })
    };
    row.map(mail).transpose()
}

/// A Message-ID in the table: anybody may make one as long as they like, so it is hashed.
fn hash(id: &str) -> Uuid {
    let digest = Sha256::digest(id.as_bytes());
    let (head, _) = digest
        .split_first_chunk()
        .expect("a SHA-256 is longer than a UUID");
    Uuid::from_bytes(*head)
}

/// Lets Message-IDs lead to messages.
pub async fn insert_mail_ids(
    conn: &mut Conn,
    ids: &[(String, MessageId)],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New {
        hash: Uuid,
        message_id: Uuid,
    }
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [("hash", Kind::Id), ("message_id", Kind::Id)];
        Statement::insert("mail_id", &columns, "ON CONFLICT DO NOTHING")
    });
    let row = |(id, message): &(String, MessageId)| New {
        hash: hash(id),
        message_id: message.0,
    };
    let rows: Vec<New> = ids.iter().map(row).collect();
    INSERT.run(conn, &rows).await
}

/// The messages that bear these Message-IDs, of each the oldest first.
pub async fn load_mail_ids(
    conn: &mut Conn,
    ids: &[&str],
) -> Result<HashMap<String, Vec<MessageId>>, StoreFault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = sql!(conn,
        lite: "SELECT m.hash, m.message_id FROM json_each($1) AS k
            JOIN mail_id m ON m.hash = unhex(k.value, '-') LIMIT $2 * json_array_length($1)",
        pg: "SELECT m.hash, m.message_id FROM jsonb_array_elements_text($1::jsonb) AS k(id)
            CROSS JOIN LATERAL (SELECT * FROM mail_id m WHERE m.hash = k.id::uuid
                ORDER BY m.message_id LIMIT $2) m");
    let by_hash: HashMap<Uuid, &str> = ids.iter().map(|id| (hash(id), *id)).collect();
    let keys: Vec<&Uuid> = by_hash.keys().collect();
    let keys = json(&keys);
    let rows: Vec<(Uuid, Uuid)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).bind(BEARERS).fetch_all(c).await?);
    let mut found: HashMap<String, Vec<MessageId>> = HashMap::new();
    for (hash, message) in rows {
        if let Some(id) = by_hash.get(&hash) {
            let bearers = found.entry((*id).to_owned()).or_default();
            bearers.push(MessageId(message));
        }
    }
    for bearers in found.values_mut() {
        bearers.sort();
    }
    Ok(found)
}

/// Records who was told that their mail arrived.
pub async fn upsert_acknowledged(
    conn: &mut Conn,
    told: &[(Address, GatewayName, Timestamp)],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        address: &'a str,
        gateway: &'a str,
        at: i64,
    }
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("address", Kind::Text),
            ("gateway", Kind::Text),
            ("at", Kind::Int),
        ];
        let tail =
            "ON CONFLICT (address) DO UPDATE SET gateway = excluded.gateway, at = excluded.at";
        Statement::insert("acknowledgement", &columns, tail)
    });
    let rows: Vec<New<'_>> = told
        .iter()
        .map(|(address, gateway, at)| New {
            address: address.value(),
            gateway: gateway.as_str(),
            at: at.0,
        })
        .collect();
    UPSERT.run(conn, &rows).await
}

/// Which of these addresses were told since a time that their mail arrived.
pub async fn list_acknowledged(
    conn: &mut Conn,
    addresses: &[Address],
    since: Timestamp,
) -> Result<Vec<Address>, StoreFault> {
    let text = sql!(conn,
        lite: "SELECT a.address FROM json_each($1) AS k
            JOIN acknowledgement a ON a.address = k.value WHERE a.at >= $2",
        pg: "SELECT a.address FROM jsonb_array_elements_text($1::jsonb) AS k(address)
            CROSS JOIN LATERAL (SELECT * FROM acknowledgement a
                WHERE a.address = k.address AND a.at >= $2 LIMIT 1) a");
    let keys: Vec<&str> = addresses.iter().map(Address::value).collect();
    let keys = json(&keys);
    let told: Vec<String> =
        on!(conn, c => sqlx::query_scalar(text).bind(keys).bind(since.0).fetch_all(c).await?);
    Ok(told.into_iter().map(Address::Email).collect())
}

/// How many were told since a time, by a gateway or by all of them.
pub async fn count_acknowledged(
    conn: &mut Conn,
    gateway: Option<&GatewayName>,
    since: Timestamp,
) -> Result<i64, StoreFault> {
    let text =
        "SELECT COUNT(*) FROM acknowledgement WHERE at >= $1 AND ($2 IS NULL OR gateway = $2)";
    Ok(on!(conn, c => sqlx::query_scalar(text)
        .bind(since.0).bind(gateway.map(GatewayName::as_str)).fetch_one(c).await?))
}
