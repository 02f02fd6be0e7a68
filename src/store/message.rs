//! Messages and the timelines of outbound ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reference::{Key, lite_references, pg_references, references_of};
use super::rows::{
    Argument, Kind, Statement, json, known, lite_ids, name_of, named, pg_ids, small,
};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ConversationId, IssueId, MessageId};
use crate::domain::message::{Direction, Message, Note, StatusEvent};
use crate::domain::status::Status;

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    direction: String,
    channel: String,
    gateway: String,
    sender: String,
    recipient: String,
    body: String,
    encoding: String,
    segments: i64,
    status: String,
    failure: Option<String>,
    reference: Option<String>,
    provider_reference: Option<String>,
    conversation_id: Uuid,
    issue_id: Option<Uuid>,
    author_id: Option<Uuid>,
    author_name: Option<String>,
    details: String,
    raw_id: Option<Uuid>,
    round: i64,
    created_at: i64,
}

fn parse<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T, StoreFault> {
    serde_json::from_str(text).map_err(|_| StoreFault::Unreadable(text.to_owned()))
}

fn object<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values always serialise")
}

impl TryFrom<Row> for Message {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            id: MessageId(row.id),
            direction: known(&row.direction, Direction::from_name)?,
            channel: named(&row.channel)?,
            gateway: known(&row.gateway, GatewayName::parse)?,
            from: row.sender,
            to: row.recipient,
            text: row.body,
            encoding: row.encoding,
            segments: small(row.segments),
            status: known(&row.status, Status::from_name)?,
            failure: row.failure.as_deref().map(parse).transpose()?,
            reference: row.reference,
            provider_reference: row.provider_reference,
            conversation: ConversationId(row.conversation_id),
            issue: row.issue_id.map(IssueId),
            author: row
                .author_id
                .zip(row.author_name)
                .map(|(id, name)| AgentRef {
                    id: AgentId(id),
                    name,
                }),
            details: parse(&row.details)?,
            raw: row.raw_id,
            round: small(row.round),
            created_at: Timestamp(row.created_at),
        })
    }
}

impl From<&Message> for Row {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.0,
            direction: message.direction.as_str().to_owned(),
            channel: name_of(&message.channel),
            gateway: message.gateway.as_str().to_owned(),
            sender: message.from.clone(),
            recipient: message.to.clone(),
            body: message.text.clone(),
            encoding: message.encoding.clone(),
            segments: i64::from(message.segments),
            status: message.status.as_str().to_owned(),
            failure: message.failure.as_ref().map(object),
            reference: message.reference.clone(),
            provider_reference: message.provider_reference.clone(),
            conversation_id: message.conversation.0,
            issue_id: message.issue.map(|id| id.0),
            author_id: message.author.as_ref().map(|author| author.id.0),
            author_name: message.author.as_ref().map(|author| author.name.clone()),
            details: object(&message.details),
            raw_id: message.raw,
            round: i64::from(message.round),
            created_at: message.created_at.0,
        }
    }
}

macro_rules! columns {
    () => {
        "id, direction, channel, gateway, sender, recipient, body, encoding, segments, status, failure,
         reference, provider_reference, conversation_id, issue_id, author_id, author_name, details,
         raw_id, round, created_at"
    };
}

/// Stores messages as they are now; of one that is known, only what can change.
pub async fn upsert_messages(conn: &mut Conn, messages: &[Message]) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("direction", Kind::Text),
            ("channel", Kind::Text),
            ("gateway", Kind::Text),
            ("sender", Kind::Text),
            ("recipient", Kind::Text),
            ("body", Kind::Text),
            ("encoding", Kind::Text),
            ("segments", Kind::Int),
            ("status", Kind::Text),
            ("failure", Kind::Text),
            ("reference", Kind::Text),
            ("provider_reference", Kind::Text),
            ("conversation_id", Kind::Id),
            ("issue_id", Kind::Id),
            ("author_id", Kind::Id),
            ("author_name", Kind::Text),
            ("details", Kind::Text),
            ("raw_id", Kind::Id),
            ("round", Kind::Int),
            ("created_at", Kind::Int),
        ];
        let tail = "ON CONFLICT (id) DO UPDATE SET body = excluded.body, segments = excluded.segments,
            status = excluded.status, failure = excluded.failure,
            provider_reference = excluded.provider_reference, details = excluded.details, round = excluded.round";
        Statement::insert("message", &columns, tail)
    });
    let rows: Vec<Row> = messages.iter().map(Row::from).collect();
    UPSERT.run(conn, &rows).await
}

/// Messages by id.
pub async fn load_messages(
    conn: &mut Conn,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Message>, StoreFault> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ask_messages(conn, ids);
    let [found] = conn.answers().await?;
    read_messages(&found)
}

/// Asks for messages, with whatever goes to the database next.
pub(super) fn ask_messages(conn: &mut Conn, ids: &[MessageId]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!("SELECT ", columns!(), " FROM message WHERE id", lite_ids!()),
            concat!("SELECT ", columns!(), " FROM message WHERE id", pg_ids!()),
        )
    });
    ASK.defer(conn, these(ids));
}

/// Asks for the messages that references mean, with whatever goes to the database next.
pub(super) fn ask_messages_of(conn: &mut Conn, direction: Direction, keys: &[Key]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                "SELECT ",
                columns!(),
                " FROM message WHERE id IN (SELECT r.message_id",
                lite_references!(),
                ")"
            ),
            concat!(
                "SELECT ",
                columns!(),
                " FROM message WHERE id = ANY(ARRAY(SELECT r.message_id",
                pg_references!(),
                "))"
            ),
        )
    });
    ASK.defer(conn, references_of(direction, keys));
}

/// The messages that were found.
pub(super) fn read_messages(found: &Rows) -> Result<HashMap<MessageId, Message>, StoreFault> {
    let rows: Vec<Row> = found.read()?;
    rows.into_iter()
        .map(|row| Message::try_from(row).map(|message| (message.id, message)))
        .collect()
}

/// The argument of a statement over ids.
fn these(ids: &[MessageId]) -> Vec<Argument> {
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    vec![Argument::Text(json(&keys))]
}

/// The last mail of each conversation that has one: a customer's, else one of ours.
pub async fn load_last_mails(
    conn: &mut Conn,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Message>, StoreFault> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! last {
        ($of:literal, $keys:literal) => {
            concat!(
                "SELECT ",
                columns!(),
                " FROM message WHERE id IN (SELECT COALESCE(
                (SELECT x.id FROM message x WHERE x.conversation_id = ",
                $of,
                " AND x.channel = 'email'
                    AND x.direction = 'inbound' ORDER BY x.id DESC LIMIT 1),
                (SELECT x.id FROM message x WHERE x.conversation_id = ",
                $of,
                " AND x.channel = 'email'
                    ORDER BY x.id DESC LIMIT 1)) FROM ",
                $keys,
                ")"
            )
        };
    }
    let text = sql!(conn,
        lite: last!("unhex(k.value, '-')", "json_each($1) k"),
        pg: last!("k.id::uuid", "jsonb_array_elements_text($1::jsonb) AS k(id)"));
    let keys: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter()
        .map(|row| Message::try_from(row).map(|message| (message.conversation, message)))
        .collect()
}

/// Which messages a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Only those of this conversation.
    pub conversation: Option<ConversationId>,
    /// Only those of this issue.
    pub issue: Option<IssueId>,
    /// Only those of this gateway.
    pub gateway: Option<GatewayName>,
    /// Only those that go this way.
    pub direction: Option<Direction>,
    /// Only those with this status.
    pub status: Option<Status>,
    /// Only those stored at this time or later.
    pub since: Option<Timestamp>,
    /// Only those stored before this time.
    pub until: Option<Timestamp>,
}

/// Messages, the newest first, from before an id.
pub async fn list_messages(
    conn: &mut Conn,
    filter: &MessageFilter,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Message>, StoreFault> {
    macro_rules! rest {
        () => {
            " AND ($2 IS NULL OR issue_id = $2) AND ($3 IS NULL OR gateway = $3)
              AND ($4 IS NULL OR direction = $4) AND ($5 IS NULL OR status = $5)
              AND ($6 IS NULL OR created_at >= $6) AND ($7 IS NULL OR created_at < $7)"
        };
    }
    // Each text leads the planner to the index that fits: of a conversation, of the trouble, or
    // of all messages by time.
    let text = if filter.conversation.is_some() {
        concat!(
            "SELECT ",
            columns!(),
            " FROM message WHERE id < $1 AND conversation_id = $8",
            rest!(),
            " ORDER BY id DESC LIMIT $9"
        )
    } else if filter.status.is_some_and(|status| {
        matches!(
            status,
            Status::Failed | Status::Unconfirmed | Status::Expired | Status::Canceled
        )
    }) {
        concat!("SELECT ", columns!(), " FROM message WHERE id < $1
            AND status IN ('failed', 'unconfirmed', 'expired', 'canceled') AND ($8 IS NULL OR $8 IS NOT NULL)",
            rest!(), " ORDER BY id DESC LIMIT $9")
    } else {
        concat!(
            "SELECT ",
            columns!(),
            " FROM message WHERE id < $1 AND ($8 IS NULL OR $8 IS NOT NULL)",
            rest!(),
            " ORDER BY id DESC LIMIT $9"
        )
    };
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0)
        .bind(filter.issue.map(|id| id.0))
        .bind(filter.gateway.as_ref().map(GatewayName::as_str))
        .bind(filter.direction.map(Direction::as_str))
        .bind(filter.status.map(Status::as_str))
        .bind(filter.since.map(|at| at.0))
        .bind(filter.until.map(|at| at.0))
        .bind(filter.conversation.map(|id| id.0))
        .bind(i64::from(limit))
        .fetch_all(c).await?);
    rows.into_iter().map(Message::try_from).collect()
}

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

/// How many messages nobody knows the fate of.
pub async fn count_unconfirmed(conn: &mut Conn) -> Result<i64, StoreFault> {
    let text = "SELECT COUNT(*) FROM message WHERE status = 'unconfirmed'";
    Ok(on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?))
}
