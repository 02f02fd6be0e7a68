//! The timelines of outbound messages.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::message::these;
use super::reference::{Key, lite_references, pg_references, references_of};
use super::rows::{Kind, Statement, known, lite_ids, name_of, named, pg_ids, small};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::MessageId;
use crate::domain::message::{Direction, Note, StatusEvent};
use crate::domain::status::Status;

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct EventRow {
    message_id: Uuid,
    n: i64,
    round: i64,
    part: i64,
    parts: i64,
    status: String,
    at: i64,
    code: Option<String>,
    class: Option<String>,
    detail: Option<String>,
    raw_id: Option<Uuid>,
}

impl TryFrom<EventRow> for StatusEvent {
    type Error = StoreFault;

    fn try_from(row: EventRow) -> Result<Self, StoreFault> {
        let class = row.class.as_deref().map(named).transpose()?;
        let note = Note {
            class,
            code: row.code,
            detail: row.detail,
        };
        Ok(Self {
            message: MessageId(row.message_id),
            n: small(row.n),
            round: small(row.round),
            part: small(row.part),
            parts: small(row.parts),
            status: known(&row.status, Status::from_name)?,
            at: Timestamp(row.at),
            note: (note != Note::default()).then_some(note),
            raw: row.raw_id,
        })
    }
}

macro_rules! events {
    () => {
        "SELECT message_id, n, round, part, parts, status, at, code, class, detail, raw_id
         FROM status_event WHERE message_id"
    };
}

/// The timelines of messages, each in order.
pub async fn load_timelines(
    conn: &mut Conn,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Vec<StatusEvent>>, StoreFault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ask_timelines(conn, ids);
    let [found] = conn.answers().await?;
    read_timelines(&found)
}

/// Asks for timelines, with whatever goes to the database next.
pub(super) fn ask_timelines(conn: &mut Conn, ids: &[MessageId]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(events!(), lite_ids!(), " ORDER BY message_id, n"),
            concat!(events!(), pg_ids!(), " ORDER BY message_id, n"),
        )
    });
    ASK.defer(conn, these(ids));
}

/// Asks for the timelines of what references mean, with whatever goes to the database next.
pub(super) fn ask_timelines_of(conn: &mut Conn, direction: Direction, keys: &[Key]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                events!(),
                " IN (SELECT r.message_id",
                lite_references!(),
                ") ORDER BY message_id, n"
            ),
            concat!(
                events!(),
                " = ANY(ARRAY(SELECT r.message_id",
                pg_references!(),
                ")) ORDER BY message_id, n"
            ),
        )
    });
    ASK.defer(conn, references_of(direction, keys));
}

/// The timelines that were found.
pub(super) fn read_timelines(
    found: &Rows,
) -> Result<HashMap<MessageId, Vec<StatusEvent>>, StoreFault> {
    let rows: Vec<EventRow> = found.read()?;
    let mut timelines: HashMap<MessageId, Vec<StatusEvent>> = HashMap::new();
    for row in rows {
        let event = StatusEvent::try_from(row)?;
        timelines.entry(event.message).or_default().push(event);
    }
    Ok(timelines)
}

/// Adds lines to timelines.
pub async fn insert_status_events(
    conn: &mut Conn,
    events: &[StatusEvent],
) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("message_id", Kind::Id),
            ("n", Kind::Int),
            ("round", Kind::Int),
            ("part", Kind::Int),
            ("parts", Kind::Int),
            ("status", Kind::Text),
            ("at", Kind::Int),
            ("code", Kind::Text),
            ("class", Kind::Text),
            ("detail", Kind::Text),
            ("raw_id", Kind::Id),
        ];
        Statement::insert("status_event", &columns, "")
    });
    let row = |event: &StatusEvent| EventRow {
        message_id: event.message.0,
        n: i64::from(event.n),
        round: i64::from(event.round),
        part: i64::from(event.part),
        parts: i64::from(event.parts),
        status: event.status.as_str().to_owned(),
        at: event.at.0,
        code: event.note.as_ref().and_then(|note| note.code.clone()),
        class: event
            .note
            .as_ref()
            .and_then(|note| note.class.as_ref().map(name_of)),
        detail: event.note.as_ref().and_then(|note| note.detail.clone()),
        raw_id: event.raw,
    };
    let rows: Vec<EventRow> = events.iter().map(row).collect();
    INSERT.run(conn, &rows).await
}
