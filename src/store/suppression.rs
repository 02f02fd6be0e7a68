//! Who must not be texted by whom.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::MessageId;

/// A sender of ours and a recipient.
pub type Pair = (String, String);

/// Those of the pairs that are suppressed.
pub async fn load_suppressed(conn: &mut Conn, pairs: &[Pair]) -> Result<HashSet<Pair>, StoreFault> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    ask_suppressed(conn, pairs);
    let [found] = conn.answers().await?;
    read_suppressed(&found)
}

/// Asks which pairs are suppressed, with whatever goes to the database next.
pub(super) fn ask_suppressed(conn: &mut Conn, pairs: &[Pair]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            "SELECT s.sender, s.recipient FROM json_each($1) AS k JOIN suppression s
                ON s.sender = k.value->>0 AND s.recipient = k.value->>1",
            "SELECT s.sender, s.recipient FROM jsonb_array_elements($1::jsonb) AS k(v)
                CROSS JOIN LATERAL (SELECT * FROM suppression s
                WHERE s.sender = k.v->>0 AND s.recipient = k.v->>1 LIMIT 1) s",
        )
    });
    ASK.defer(conn, vec![Argument::Text(json(pairs))]);
}

/// Asks which of the pairs of messages are suppressed, with whatever goes to the database next.
pub(super) fn ask_suppressed_of(conn: &mut Conn, ids: &[MessageId]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            "SELECT s.sender, s.recipient FROM json_each($1) AS k
                JOIN message m ON m.id = unhex(k.value, '-')
                JOIN suppression s ON s.sender = m.sender AND s.recipient = m.recipient",
            "SELECT s.sender, s.recipient FROM jsonb_array_elements_text($1::jsonb) AS k(id)
                CROSS JOIN LATERAL (SELECT * FROM message m WHERE m.id = k.id::uuid LIMIT 1) m
                CROSS JOIN LATERAL (SELECT * FROM suppression s
                WHERE s.sender = m.sender AND s.recipient = m.recipient LIMIT 1) s",
        )
    });
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    ASK.defer(conn, vec![Argument::Text(json(&keys))]);
}

/// The pairs that are.
pub(super) fn read_suppressed(found: &Rows) -> Result<HashSet<Pair>, StoreFault> {
    #[derive(Deserialize, sqlx::FromRow)]
    struct Found {
        sender: String,
        recipient: String,
    }
    let pair = |one: Found| (one.sender, one.recipient);
    Ok(found.read()?.into_iter().map(pair).collect())
}

/// Suppresses pairs from a time on, for a reason; one that is suppressed already stays as it is.
pub async fn insert_suppressed(
    conn: &mut Conn,
    pairs: &[(Pair, &'static str, Timestamp)],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        sender: &'a str,
        recipient: &'a str,
        reason: &'a str,
        at: i64,
    }
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("sender", Kind::Text),
            ("recipient", Kind::Text),
            ("reason", Kind::Text),
            ("at", Kind::Int),
        ];
        Statement::insert("suppression", &columns, "ON CONFLICT DO NOTHING")
    });
    let mut rows = Vec::with_capacity(pairs.len());
    for ((sender, recipient), reason, at) in pairs {
        rows.push(New {
            sender,
            recipient,
            reason,
            at: at.0,
        });
    }
    INSERT.run(conn, &rows).await
}

/// Lifts the suppression of pairs.
pub async fn delete_suppressed(conn: &mut Conn, pairs: &[Pair]) -> Result<(), StoreFault> {
    static DELETE: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "suppression",
            "DELETE FROM suppression
                WHERE (sender, recipient) IN (SELECT value->>0, value->>1 FROM json_each($1))",
            "DELETE FROM suppression
                WHERE (sender, recipient) IN (SELECT v->>0, v->>1 FROM jsonb_array_elements($1::jsonb) AS k(v))",
        )
    });
    DELETE.run(conn, pairs).await
}
