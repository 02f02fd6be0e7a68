//! The queue: one row for every message that is not yet handed over.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json, known, lite_ids, pg_ids, small};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::delivery::{Delivery, DeliveryState, Piece, QueueDepth};
use crate::domain::gateway::GatewayName;
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::message::Priority;

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    part: i64,
    gateway: String,
    conversation_id: Uuid,
    lane: i64,
    state: String,
    due_at: i64,
    valid_until: i64,
    attempt: i64,
    epoch: i64,
    segments: i64,
}

fn lane(priority: Priority) -> i64 {
    match priority {
        Priority::Interactive => 0,
        Priority::Bulk => 1,
    }
}

impl TryFrom<Row> for Delivery {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        Ok(Self {
            message: MessageId(row.message_id),
            part: small(row.part),
            gateway: known(&row.gateway, GatewayName::parse)?,
            conversation: ConversationId(row.conversation_id),
            priority: if row.lane == lane(Priority::Interactive) {
                Priority::Interactive
            } else {
                Priority::Bulk
            },
            state: known(&row.state, DeliveryState::from_name)?,
            due_at: Timestamp(row.due_at),
            valid_until: Timestamp(row.valid_until),
            attempt: small(row.attempt),
            epoch: row.epoch,
            segments: small(row.segments),
        })
    }
}

macro_rules! columns {
    () => {
        "d.message_id, d.part, d.gateway, d.conversation_id, d.lane, d.state, d.due_at, d.valid_until, d.attempt,
         d.epoch, d.segments"
    };
}

/// Stores deliveries as they are now, new and changed alike.
pub async fn upsert_deliveries(conn: &mut Conn, deliveries: &[Delivery]) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("message_id", Kind::Id),
            ("part", Kind::Int),
            ("gateway", Kind::Text),
            ("conversation_id", Kind::Id),
            ("lane", Kind::Int),
            ("state", Kind::Text),
            ("due_at", Kind::Int),
            ("valid_until", Kind::Int),
            ("attempt", Kind::Int),
            ("epoch", Kind::Int),
            ("segments", Kind::Int),
        ];
        let tail = "ON CONFLICT (message_id, part) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
            valid_until = excluded.valid_until, attempt = excluded.attempt, epoch = excluded.epoch";
        Statement::insert("delivery", &columns, tail)
    });
    let row = |delivery: &Delivery| Row {
        message_id: delivery.message.0,
        part: i64::from(delivery.part),
        gateway: delivery.gateway.as_str().to_owned(),
        conversation_id: delivery.conversation.0,
        lane: lane(delivery.priority),
        state: delivery.state.as_str().to_owned(),
        due_at: delivery.due_at.0,
        valid_until: delivery.valid_until.0,
        attempt: i64::from(delivery.attempt),
        epoch: delivery.epoch,
        segments: i64::from(delivery.segments),
    };
    let rows: Vec<Row> = deliveries.iter().map(row).collect();
    UPSERT.run(conn, &rows).await
}

/// Takes pieces of messages out of the queue.
pub async fn delete_deliveries(conn: &mut Conn, pieces: &[Piece]) -> Result<(), StoreFault> {
    static WHOLES: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "delivery",
            concat!(
                "DELETE FROM delivery WHERE part = 0 AND message_id",
                lite_ids!()
            ),
            concat!(
                "DELETE FROM delivery WHERE part = 0 AND message_id",
                pg_ids!()
            ),
        )
    });
    static PARTS: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "delivery",
            "DELETE FROM delivery WHERE message_id IN (SELECT unhex(value->>0, '-') FROM json_each($1))
                AND (message_id, part) IN (SELECT unhex(value->>0, '-'), value->>1 FROM json_each($1))",
            "DELETE FROM delivery
                WHERE message_id = ANY(ARRAY(SELECT (e.v->>0)::uuid FROM jsonb_array_elements($1::jsonb) AS e(v)))
                AND (message_id, part) IN
                    (SELECT (e.v->>0)::uuid, (e.v->>1)::bigint FROM jsonb_array_elements($1::jsonb) AS e(v))",
        )
    });
    let (parts, wholes): (Vec<Piece>, Vec<Piece>) = pieces.iter().partition(|piece| piece.part > 0);
    let wholes: Vec<Uuid> = wholes.iter().map(|piece| piece.message.0).collect();
    let parts: Vec<(Uuid, u32)> = (parts.iter())
        .map(|piece| (piece.message.0, piece.part))
        .collect();
    WHOLES.run(conn, &wholes).await?;
    PARTS.run(conn, &parts).await
}

/// Deliveries by message.
pub async fn load_deliveries(
    conn: &mut Conn,
    ids: &[MessageId],
) -> Result<Vec<Delivery>, StoreFault> {
    ask_deliveries(conn, ids);
    let [found] = conn.answers().await?;
    read_deliveries(&found)
}

/// Whether something in a conversation is not handed over yet.
pub async fn has_queued(conn: &mut Conn, conversation: ConversationId) -> Result<bool, StoreFault> {
    let text = "SELECT message_id FROM delivery WHERE conversation_id = $1 LIMIT 1";
    let found: Option<Uuid> =
        on!(conn, c => sqlx::query_scalar(text).bind(conversation.0).fetch_optional(c).await?);
    Ok(found.is_some())
}

/// Asks for deliveries, with whatever goes to the database next.
pub(super) fn ask_deliveries(conn: &mut Conn, ids: &[MessageId]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                "SELECT ",
                columns!(),
                " FROM delivery d WHERE d.message_id",
                lite_ids!()
            ),
            concat!(
                "SELECT ",
                columns!(),
                " FROM delivery d WHERE d.message_id",
                pg_ids!()
            ),
        )
    });
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    ASK.defer(conn, vec![Argument::Text(json(&keys))]);
}

/// The deliveries that were found.
pub(super) fn read_deliveries(found: &Rows) -> Result<Vec<Delivery>, StoreFault> {
    let rows: Vec<Row> = found.read()?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// What a gateway may send now: of each conversation the oldest message, those that somebody
/// waits for before the others.
pub async fn list_due(
    conn: &mut Conn,
    gateway: &GatewayName,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, StoreFault> {
    macro_rules! due {
        ($fence:literal) => {
            concat!("SELECT ", columns!(), " FROM delivery d
                WHERE d.gateway = $1 AND d.state = 'queued' AND d.due_at <= $2
                AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.conversation_id = d.conversation_id
                    AND e.gateway = d.gateway AND e.message_id < d.message_id", $fence, ")
                ORDER BY d.lane, d.message_id, d.part LIMIT $3")
        };
    }
    // The offset keeps PostgreSQL from making a join of it, which compared all with all.
    let text = sql!(conn, lite: due!(""), pg: due!(" OFFSET 0"));
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(gateway.as_str()).bind(now.0).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Delivery::try_from).collect()
}

/// Deliveries that were begun under this lease or an older one and have no outcome.
pub async fn list_abandoned(
    conn: &mut Conn,
    gateway: &GatewayName,
    epoch: i64,
    limit: u32,
) -> Result<Vec<Delivery>, StoreFault> {
    let text = concat!("SELECT ", columns!(), " FROM delivery d
        WHERE d.gateway = $1 AND d.state = 'sending' AND d.epoch <= $2 ORDER BY d.message_id, d.part LIMIT $3");
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(gateway.as_str()).bind(epoch).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Delivery::try_from).collect()
}

/// How much waits at each gateway, and since when it has been due.
pub async fn count_queued(conn: &mut Conn) -> Result<Vec<QueueDepth>, StoreFault> {
    let text = "SELECT gateway, COUNT(*), MIN(due_at) FROM delivery GROUP BY gateway";
    let rows: Vec<(String, i64, i64)> = on!(conn, c => sqlx::query_as(text).fetch_all(c).await?);
    let depth = |(gateway, depth, oldest): (String, i64, i64)| {
        Ok(QueueDepth {
            gateway: known(&gateway, GatewayName::parse)?,
            depth,
            oldest_due: Timestamp(oldest),
        })
    };
    rows.into_iter().map(depth).collect()
}
