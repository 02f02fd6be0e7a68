//! The feed and its head.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement, known};
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

/// Takes the head row for the rest of the transaction: the feed's last number, and the newest
/// issue's.
pub(super) async fn lock_head(conn: &mut Conn) -> Result<(i64, i64), StoreFault> {
    let text = sql!(conn,
        lite: "SELECT feed_seq, issue_number FROM head",
        pg: "SELECT feed_seq, issue_number FROM head FOR UPDATE");
    Ok(on!(conn, c => sqlx::query_as(text).fetch_one(c).await?))
}

/// Records the numbers that were given out.
pub(super) async fn save_head(
    conn: &mut Conn,
    seq: i64,
    issue_number: i64,
) -> Result<(), StoreFault> {
    let text = "UPDATE head SET feed_seq = $1, issue_number = $2";
    on!(conn, c => sqlx::query(text).bind(seq).bind(issue_number).execute(c).await.map(drop))?;
    Ok(())
}

/// Gives events their places, counting on from `seq`.
pub(super) fn number(events: Vec<NewEvent>, seq: &mut i64) -> Vec<Event> {
    let place = |event: NewEvent| {
        *seq += 1;
        Event {
            seq: *seq,
            id: EventId::new(),
            kind: event.kind,
            at: event.at,
            actor: event.actor,
            conversation: event.conversation,
            data: Arc::from(event.data),
        }
    };
    events.into_iter().map(place).collect()
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

/// What happened in a conversation besides its messages, newest first, before a place.
pub async fn list_conversation_events(
    conn: &mut Conn,
    conversation: ConversationId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Event>, StoreFault> {
    let text = "SELECT seq, id, type, at, actor_id, actor_name, conversation_id, data FROM event
        WHERE conversation_id = $1 AND type NOT LIKE 'message.%' AND at < $2 ORDER BY seq DESC LIMIT $3";
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(conversation.0).bind(before.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Event::try_from).collect()
}
