//! Who must not be texted by whom.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Serialize;

use super::rows::{Kind, Statement, json};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;

/// A sender of ours and a recipient.
pub type Pair = (String, String);

/// Those of the pairs that are suppressed.
pub async fn load_suppressed(conn: &mut Conn, pairs: &[Pair]) -> Result<HashSet<Pair>, StoreFault> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let text = sql!(conn,
        lite: "SELECT s.sender, s.recipient FROM json_each($1) AS k JOIN suppression s
            ON s.sender = k.value->>0 AND s.recipient = k.value->>1",
        pg: "SELECT s.sender, s.recipient FROM jsonb_array_elements($1::jsonb) AS k(v)
            CROSS JOIN LATERAL (SELECT * FROM suppression s
            WHERE s.sender = k.v->>0 AND s.recipient = k.v->>1 LIMIT 1) s");
    let keys = json(pairs);
    let rows: Vec<Pair> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
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
    if pairs.is_empty() {
        return Ok(());
    }
    let text = sql!(conn,
        lite: "DELETE FROM suppression
            WHERE (sender, recipient) IN (SELECT value->>0, value->>1 FROM json_each($1))",
        pg: "DELETE FROM suppression
            WHERE (sender, recipient) IN (SELECT v->>0, v->>1 FROM jsonb_array_elements($1::jsonb) AS k(v))");
    let keys = json(pairs);
    on!(conn, c => sqlx::query(text).bind(keys).execute(c).await.map(drop))?;
    Ok(())
}
