//! The feed and its head.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use sqlx::{Executor as _, FromRow as _};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, known};
use super::writer::{SAVEPOINT, Way};
use super::{Conn, StoreFault};
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, EventKind, NewEvent};
use crate::domain::id::{AgentId, ConversationId, EventId};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    seq: i64,
    id: Uuid,
    r#type: String,
    at: i64,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    conversation_id: Option<Uuid>,
    data: String,
}

impl TryFrom<Row> for Event {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            seq: row.seq,
            id: EventId(row.id),
            kind: known(&row.r#type, EventKind::from_name)?,
            at: Timestamp(row.at),
            actor: row.actor_id.zip(row.actor_name).map(|(id, name)| AgentRef {
                id: AgentId(id),
                name,
            }),
            conversation: row.conversation_id.map(ConversationId),
            data: row.data.into(),
        })
    }
}

/// The last numbers that were given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::FromRow)]
pub(super) struct Head {
    /// The feed's.
    #[sqlx(rename = "feed_seq")]
    #[serde(rename = "feed_seq")]
    pub(super) seq: i64,
    /// The newest issue's.
    pub(super) issue_number: i64,
    /// How many transactions there were.
    pub(super) turn: i64,
}

macro_rules! head {
    () => {
        "SELECT feed_seq, issue_number, turn FROM head"
    };
}

static HEAD: LazyLock<Statement> = LazyLock::new(|| Statement::plain(head!()));

/// What asks for the head row.
pub(super) fn ask_head() -> &'static Statement {
    &HEAD
}

/// Whether a statement asks for the head row.
pub(super) fn is_head(statement: &'static Statement) -> bool {
    std::ptr::eq(statement, &raw const *HEAD)
}

/// Begins a transaction with the head row, which is taken until its end. It has a savepoint, if
/// several units are to share it. On SQLite one unit begins with the first trip of its own.
pub(super) async fn begin(conn: &mut Conn, way: Way) -> Result<(), StoreFault> {
    static BEGIN: LazyLock<Statement> = LazyLock::new(|| Statement::plain("BEGIN IMMEDIATE"));
    conn.set_head(None);
    conn.set_hopeful(false);
    match conn {
        Conn::Sqlite(..) => {
            BEGIN.defer(conn, Vec::new());
            HEAD.defer(conn, Vec::new());
            match way {
                Way::Alone => Ok(()),
                Way::Together => {
                    SAVEPOINT.defer(conn, Vec::new());
                    conn.run().await
                }
            }
        }
        Conn::Postgres(connection, _) => {
            let text = match way {
                Way::Alone => concat!("BEGIN; ", head!(), " FOR UPDATE"),
                Way::Together => concat!("BEGIN; ", head!(), " FOR UPDATE; SAVEPOINT unit"),
            };
            let row = connection.fetch_one(sqlx::raw_sql(text)).await?;
            conn.set_head(Some(Head::from_row(&row)?));
            Ok(())
        }
    }
}

/// The head row of the transaction, which begins now if it has not yet.
pub(super) async fn head(conn: &mut Conn) -> Result<Head, StoreFault> {
    if conn.head().is_none() {
        conn.flush().await?;
    }
    conn.head()
        .ok_or_else(|| StoreFault::NotCommitted("the transaction did not begin".to_owned()))
}

/// Records the numbers that were given out, and that there was a transaction.
pub(super) fn save_head(conn: &mut Conn, head: Head) {
    static SAVE: LazyLock<Statement> = LazyLock::new(|| {
        let text = "UPDATE head SET feed_seq = $1, issue_number = $2, turn = turn + 1";
        Statement::new("head", text, text)
    });
    let arguments = vec![Argument::Int(head.seq), Argument::Int(head.issue_number)];
    SAVE.defer(conn, arguments);
}

/// Gives events their places, counting on from `seq`.
pub(super) fn number(events: &[NewEvent], seq: i64) -> Vec<Event> {
    let place = |(event, seq): (&NewEvent, i64)| Event {
        seq,
        id: EventId::new(),
        kind: event.kind,
        at: event.at,
        actor: event.actor.clone(),
        conversation: event.conversation,
        data: Arc::from(event.data.as_str()),
    };
    events.iter().zip(seq + 1..).map(place).collect()
}

pub(super) async fn insert_events(conn: &mut Conn, events: &[Event]) -> Result<(), StoreFault> {
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("seq", Kind::Int),
            ("id", Kind::Id),
            ("type", Kind::Text),
            ("at", Kind::Int),
            ("actor_id", Kind::Id),
            ("actor_name", Kind::Text),
            ("conversation_id", Kind::Id),
            ("data", Kind::Text),
        ];
        Statement::insert("event", &columns, "")
    });
    let row = |event: &Event| Row {
        seq: event.seq,
        id: event.id.0,
        r#type: event.kind.as_str().to_owned(),
        at: event.at.0,
        actor_id: event.actor.as_ref().map(|actor| actor.id.0),
        actor_name: event.actor.as_ref().map(|actor| actor.name.clone()),
        conversation_id: event.conversation.map(|id| id.0),
        data: event.data.to_string(),
    };
    let rows: Vec<Row> = events.iter().map(row).collect();
    INSERT.run(conn, &rows).await
}

/// The feed's last number.
pub async fn find_head(conn: &mut Conn) -> Result<i64, StoreFault> {
    Ok(on!(conn, c => sqlx::query_scalar("SELECT feed_seq FROM head").fetch_one(c).await?))
}

/// The events after a place, in order.
pub async fn list_events(
    conn: &mut Conn,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, StoreFault> {
    let text = "SELECT seq, id, type, at, actor_id, actor_name, conversation_id, data FROM event
        WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows: Vec<Row> =
        on!(conn, c => sqlx::query_as(text).bind(after).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Event::try_from).collect()
}

/// What happened in a conversation besides its messages, newest first, before a place; nothing of
/// before it was deleted.
pub async fn list_conversation_events(
    conn: &mut Conn,
    conversation: ConversationId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Event>, StoreFault> {
    let text = "SELECT seq, id, type, at, actor_id, actor_name, conversation_id, data FROM event
        WHERE conversation_id = $1 AND type NOT LIKE 'message.%' AND at < $2
            AND at > COALESCE((SELECT deleted_at FROM conversation WHERE id = $1), 0)
        ORDER BY seq DESC LIMIT $3";
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(conversation.0).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Event::try_from).collect()
}
