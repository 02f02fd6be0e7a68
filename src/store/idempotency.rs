//! The answers to requests that carried an `Idempotency-Key`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::{Answered, Key, Owner};

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct Row {
    scope: Uuid,
    key: String,
    fingerprint: String,
    status: i64,
    response: String,
    created_at: i64,
}

/// What was answered to these keys.
pub async fn load_answers(
    conn: &mut Conn,
    keys: &[Key],
) -> Result<HashMap<Key, Answered>, StoreFault> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    ask_answers(conn, keys);
    let [found] = conn.answers().await?;
    read_answers(&found)
}

/// Asks what was answered, with whatever goes to the database next.
pub(super) fn ask_answers(conn: &mut Conn, keys: &[Key]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            "SELECT i.scope, i.key, i.fingerprint, i.status, i.response, i.created_at FROM json_each($1) AS k
                JOIN idempotency i ON i.scope = unhex(k.value->>0, '-') AND i.key = k.value->>1",
            "SELECT i.scope, i.key, i.fingerprint, i.status, i.response, i.created_at
                FROM jsonb_array_elements($1::jsonb) AS k(v)
                CROSS JOIN LATERAL (SELECT * FROM idempotency i
                WHERE i.scope = (k.v->>0)::uuid AND i.key = k.v->>1 LIMIT 1) i",
        )
    });
    let bound: Vec<(Uuid, &str)> = keys
        .iter()
        .map(|key| (key.scope.0, key.value.as_str()))
        .collect();
    ASK.defer(conn, vec![Argument::Text(json(&bound))]);
}

/// What was answered.
pub(super) fn read_answers(found: &Rows) -> Result<HashMap<Key, Answered>, StoreFault> {
    let rows: Vec<Row> = found.read()?;
    let entry = |row: Row| {
        let key = Key {
            scope: Owner(row.scope),
            value: row.key,
        };
        let status = u16::try_from(row.status).unwrap_or(200);
        (
            key,
            Answered {
                fingerprint: row.fingerprint,
                status,
                response: row.response,
            },
        )
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Keeps answers, so that a repeated request gets the same one.
pub async fn insert_answers(
    conn: &mut Conn,
    answers: &[(Key, Answered)],
    now: Timestamp,
) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("scope", Kind::Id),
            ("key", Kind::Text),
            ("fingerprint", Kind::Text),
            ("status", Kind::Int),
            ("response", Kind::Text),
            ("created_at", Kind::Int),
        ];
        Statement::insert("idempotency", &columns, "")
    });
    let row = |(key, answered): &(Key, Answered)| Row {
        scope: key.scope.0,
        key: key.value.clone(),
        fingerprint: answered.fingerprint.clone(),
        status: i64::from(answered.status),
        response: answered.response.clone(),
        created_at: now.0,
    };
    let rows: Vec<Row> = answers.iter().map(row).collect();
    INSERT.run(conn, &rows).await
}

/// Forgets some of the answers from before a time; says how many.
pub async fn delete_answers(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StoreFault> {
    let text = "DELETE FROM idempotency WHERE (scope, key) IN
        (SELECT scope, key FROM idempotency WHERE created_at < $1 LIMIT $2)";
    Ok(
        on!(conn, c => sqlx::query(text).bind(before.0).bind(i64::from(limit)).execute(c).await?.rows_affected()),
    )
}
