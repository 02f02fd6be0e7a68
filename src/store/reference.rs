//! What a provider's ids mean, and the reports that came before we knew.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json, known, name_of, named, small};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::MessageId;
use crate::domain::message::{Direction, Note};
use crate::domain::report::{Known, Parked};
use crate::domain::status::Status;

/// A provider's id at a gateway.
pub type Key = (GatewayName, String);

/// The references whose gateways and values are bound as `$1` and direction as `$2`, on SQLite.
macro_rules! lite_references {
    () => {
        " FROM json_each($1) AS k JOIN reference r
          ON r.gateway = k.value->>0 AND r.direction = $2 AND r.value = k.value->>1"
    };
}

/// The same on PostgreSQL.
macro_rules! pg_references {
    () => {
        " FROM jsonb_array_elements($1::jsonb) AS k(v) CROSS JOIN LATERAL (SELECT * FROM reference r
          WHERE r.gateway = k.v->>0 AND r.direction = $2 AND r.value = k.v->>1 LIMIT 1) r"
    };
}

pub(super) use {lite_references, pg_references};

#[derive(Serialize)]
struct Row {
    gateway: String,
    direction: String,
    value: String,
    message_id: Uuid,
    part: i64,
    parts: i64,
    round: i64,
}

/// What these ids mean, as far as they are known.
pub async fn load_references(
    conn: &mut Conn,
    direction: Direction,
    keys: &[Key],
) -> Result<HashMap<Key, Known>, StoreFault> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    ask_references(conn, direction, keys);
    let [found] = conn.answers().await?;
    read_references(&found)
}

/// Asks what these ids mean, with whatever goes to the database next.
pub(super) fn ask_references(conn: &mut Conn, direction: Direction, keys: &[Key]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                "SELECT r.gateway, r.value, r.message_id, r.part, r.parts, r.round",
                lite_references!()
            ),
            concat!(
                "SELECT r.gateway, r.value, r.message_id, r.part, r.parts, r.round",
                pg_references!()
            ),
        )
    });
    ASK.defer(conn, references_of(direction, keys));
}

/// The arguments of a statement over the references that are bound as `$1` and `$2`.
pub(super) fn references_of(direction: Direction, keys: &[Key]) -> Vec<Argument> {
    vec![
        Argument::Text(json(keys)),
        Argument::Text(direction.as_str().to_owned()),
    ]
}

/// What was found of them.
pub(super) fn read_references(found: &Rows) -> Result<HashMap<Key, Known>, StoreFault> {
    #[derive(Deserialize, sqlx::FromRow)]
    struct Found {
        gateway: String,
        value: String,
        message_id: Uuid,
        part: i64,
        parts: i64,
        round: i64,
    }
    let entry = |row: Found| {
        let meaning = Known {
            message: MessageId(row.message_id),
            part: small(row.part),
            parts: small(row.parts),
            round: small(row.round),
        };
        Ok((
            (known(&row.gateway, GatewayName::parse)?, row.value),
            meaning,
        ))
    };
    found.read()?.into_iter().map(entry).collect()
}

const COLUMNS: [(&str, Kind); 7] = [
    ("gateway", Kind::Text),
    ("direction", Kind::Text),
    ("value", Kind::Text),
    ("message_id", Kind::Id),
    ("part", Kind::Int),
    ("parts", Kind::Int),
    ("round", Kind::Int),
];

/// Records what ids mean, for ever.
pub async fn insert_references(
    conn: &mut Conn,
    direction: Direction,
    references: &[(Key, Known)],
) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> =
        LazyLock::new(|| Statement::insert("reference", &COLUMNS, ""));
    INSERT
        .run(conn, &reference_rows(direction, references))
        .await
}

/// Records what ids mean now that come again.
pub async fn replace_references(
    conn: &mut Conn,
    direction: Direction,
    references: &[(Key, Known)],
) -> Result<(), StoreFault> {
    static REPLACE: LazyLock<Statement> = LazyLock::new(|| {
        let tail = "ON CONFLICT (gateway, direction, value) DO UPDATE SET message_id = excluded.message_id,
             part = excluded.part, parts = excluded.parts, round = excluded.round";
        Statement::insert("reference", &COLUMNS, tail)
    });
    REPLACE
        .run(conn, &reference_rows(direction, references))
        .await
}

fn reference_rows(direction: Direction, references: &[(Key, Known)]) -> Vec<Row> {
    let row = |((gateway, value), meaning): &(Key, Known)| Row {
        gateway: gateway.as_str().to_owned(),
        direction: direction.as_str().to_owned(),
        value: value.clone(),
        message_id: meaning.message.0,
        part: i64::from(meaning.part),
        parts: i64::from(meaning.parts),
        round: i64::from(meaning.round),
    };
    references.iter().map(row).collect()
}

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct ParkedRow {
    gateway: String,
    value: String,
    ours: Option<String>,
    status: String,
    code: String,
    part: i64,
    parts: i64,
    class: Option<String>,
    detail: Option<String>,
    at: i64,
    received_at: i64,
    raw_id: Option<Uuid>,
}

impl TryFrom<ParkedRow> for Parked {
    type Error = StoreFault;

    fn try_from(row: ParkedRow) -> Result<Self, StoreFault> {
        let note = Note {
            class: row.class.as_deref().map(named).transpose()?,
            code: Some(row.code).filter(|code| !code.is_empty()),
            detail: row.detail,
        };
        Ok(Self {
            gateway: known(&row.gateway, GatewayName::parse)?,
            reference: row.value,
            ours: row.ours,
            status: known(&row.status, Status::from_name)?,
            note: (note != Note::default()).then_some(note),
            part: (row.part > 0).then(|| (small(row.part), small(row.parts))),
            at: Timestamp(row.at),
            received_at: Timestamp(row.received_at),
            raw: row.raw_id,
        })
    }
}

impl From<&Parked> for ParkedRow {
    fn from(report: &Parked) -> Self {
        let note = report.note.as_ref();
        Self {
            gateway: report.gateway.as_str().to_owned(),
            value: report.reference.clone(),
            ours: report.ours.clone(),
            status: report.status.as_str().to_owned(),
            code: note.and_then(|note| note.code.clone()).unwrap_or_default(),
            part: report.part.map_or(0, |(part, _)| i64::from(part)),
            parts: report.part.map_or(0, |(_, parts)| i64::from(parts)),
            class: note.and_then(|note| note.class.as_ref().map(name_of)),
            detail: note.and_then(|note| note.detail.clone()),
            at: report.at.0,
            received_at: report.received_at.0,
            raw_id: report.raw,
        }
    }
}

/// Keeps reports until their references are known; a repeated one is kept once.
pub async fn insert_parked(conn: &mut Conn, reports: &[Parked]) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("gateway", Kind::Text),
            ("value", Kind::Text),
            ("ours", Kind::Text),
            ("status", Kind::Text),
            ("code", Kind::Text),
            ("part", Kind::Int),
            ("parts", Kind::Int),
            ("class", Kind::Text),
            ("detail", Kind::Text),
            ("at", Kind::Int),
            ("received_at", Kind::Int),
            ("raw_id", Kind::Id),
        ];
        Statement::insert("parked_report", &columns, "ON CONFLICT DO NOTHING")
    });
    let rows: Vec<ParkedRow> = reports.iter().map(ParkedRow::from).collect();
    INSERT.run(conn, &rows).await
}

/// The columns of a report that waits, of `p`.
macro_rules! parked {
    () => {
        "SELECT p.gateway, p.value, p.ours, p.status, p.code, p.part, p.parts, p.class, p.detail,
            p.at, p.received_at, p.raw_id "
    };
}

/// Asks for the reports that wait for these ids, the provider's or ours, with whatever goes to the
/// database next.
pub(super) fn ask_parked(conn: &mut Conn, keys: &[Key]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                parked!(),
                "FROM json_each($1) AS k
                JOIN parked_report p ON p.gateway = k.value->>0 AND p.value = k.value->>1
                UNION ",
                parked!(),
                "FROM json_each($1) AS k
                JOIN parked_report p ON p.gateway = k.value->>0 AND p.ours = k.value->>1"
            ),
            concat!(
                parked!(),
                "FROM jsonb_array_elements($1::jsonb) AS k(v)
                JOIN parked_report p ON p.gateway = k.v->>0 AND p.value = k.v->>1
                UNION ",
                parked!(),
                "FROM jsonb_array_elements($1::jsonb) AS k(v)
                JOIN parked_report p ON p.gateway = k.v->>0 AND p.ours = k.v->>1"
            ),
        )
    });
    ASK.defer(conn, vec![Argument::Text(json(keys))]);
}

/// The reports that wait, in the order they came.
pub(super) fn read_parked(found: &Rows) -> Result<Vec<Parked>, StoreFault> {
    let rows: Vec<ParkedRow> = found.read()?;
    let mut reports = rows
        .into_iter()
        .map(Parked::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    reports.sort_by_key(|report| report.received_at);
    Ok(reports)
}

/// Takes out reports that wait no more.
pub async fn delete_parked(conn: &mut Conn, reports: &[Parked]) -> Result<(), StoreFault> {
    static DELETE: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "parked_report",
            "DELETE FROM parked_report WHERE (gateway, value, part, status, code) IN
                (SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1))",
            "DELETE FROM parked_report p USING jsonb_array_elements($1::jsonb) AS k(v)
            WHERE p.gateway = v->>0 AND p.value = v->>1 AND p.part = (v->>2)::bigint
                AND p.status = v->>3 AND p.code = v->>4",
        )
    });
    let key = |report: &Parked| {
        let row = ParkedRow::from(report);
        (row.gateway, row.value, row.part, row.status, row.code)
    };
    let keys: Vec<_> = reports.iter().map(key).collect();
    DELETE.run(conn, &keys).await
}

/// The reports that came before a time and still wait, in the order they came.
pub async fn list_parked(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Parked>, StoreFault> {
    let text = concat!(
        parked!(),
        "FROM parked_report p WHERE p.received_at < $1 ORDER BY p.received_at LIMIT $2"
    );
    let rows: Vec<ParkedRow> = on!(conn, c => sqlx::query_as(text).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Parked::try_from).collect()
}
