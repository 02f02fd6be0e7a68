//! Who must not be written to by whom: what is asked before anything leaves, of the ledger that
//! `opt_out` keeps.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;
use uuid::Uuid;

use super::rows::{Argument, Statement, json};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::id::MessageId;

/// A sender of ours and a recipient.
pub type Pair = (String, String);

/// Those of the pairs that are suppressed, by that sender or by all.
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
            "SELECT k.value->>0 AS sender, k.value->>1 AS recipient FROM json_each($1) AS k
                JOIN opt_out s ON s.sender IN (k.value->>0, '*') AND s.recipient = k.value->>1
                AND s.ended_at IS NULL",
            "SELECT k.v->>0 AS sender, k.v->>1 AS recipient FROM jsonb_array_elements($1::jsonb) AS k(v)
                CROSS JOIN LATERAL (SELECT 1 FROM opt_out s WHERE s.sender = ANY(ARRAY[k.v->>0, '*'])
                AND s.recipient = k.v->>1 AND s.ended_at IS NULL LIMIT 1) s",
        )
    });
    ASK.defer(conn, vec![Argument::Text(json(pairs))]);
}

/// Asks which of the pairs of messages are suppressed, with whatever goes to the database next.
pub(super) fn ask_suppressed_of(conn: &mut Conn, ids: &[MessageId]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            "SELECT m.sender, m.recipient FROM json_each($1) AS k
                JOIN message m ON m.id = unhex(k.value, '-')
                JOIN opt_out s ON s.sender IN (m.sender, '*') AND s.recipient = m.recipient
                AND s.ended_at IS NULL",
            "SELECT m.sender, m.recipient FROM jsonb_array_elements_text($1::jsonb) AS k(id)
                CROSS JOIN LATERAL (SELECT * FROM message m WHERE m.id = k.id::uuid LIMIT 1) m
                CROSS JOIN LATERAL (SELECT 1 FROM opt_out s WHERE s.sender = ANY(ARRAY[m.sender, '*'])
                AND s.recipient = m.recipient AND s.ended_at IS NULL LIMIT 1) s",
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
