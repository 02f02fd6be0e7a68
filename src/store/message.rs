//! Messages.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reference::{Key, lite_references, pg_references, references_of};
use super::rows::{
    Argument, Kind, Statement, json, known, lite_ids, name_of, named, pg_ids, small,
};
use super::scope::{bound, lite_seen, lite_within, pg_seen, pg_within};
use super::script::Rows;
use super::{Conn, StoreFault};
use crate::domain::agent::{AgentRef, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ConversationId, IssueId, MessageId};
use crate::domain::message::{Direction, Message};
use crate::domain::status::Status;
use crate::domain::text::Encoding;

/// What stands for an encoding where the words are those of a mail.
const OF_MAIL: &str = "utf-8";

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
            encoding: match row.encoding.as_str() {
                OF_MAIL => None,
                name => Some(known(name, Encoding::from_name)?),
            },
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
            encoding: (message.encoding.map_or(OF_MAIL, Encoding::as_str)).to_owned(),
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

/// Those of some messages that were not deleted.
pub async fn load_present(
    conn: &mut Conn,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Message>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM message WHERE deleted_at IS NULL AND id", lite_ids!()),
        pg: concat!("SELECT ", columns!(), " FROM message WHERE deleted_at IS NULL AND id", pg_ids!()));
    let keys = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter()
        .map(|row| Message::try_from(row).map(|message| (message.id, message)))
        .collect()
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
pub(super) fn these(ids: &[MessageId]) -> Vec<Argument> {
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

/// Whether a list holds what was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// It does not.
    #[default]
    Present,
    /// It holds nothing else.
    Deleted,
    /// It holds all of a conversation.
    All,
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
    /// Whether those are held that were deleted.
    pub presence: Presence,
}

/// Messages that may be seen, the newest first, from before an id.
pub async fn list_messages(
    conn: &mut Conn,
    filter: &MessageFilter,
    scope: &Scope,
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
    macro_rules! list {
        ($by:literal, $within:expr) => {
            concat!(
                "SELECT ",
                columns!(),
                " FROM message m WHERE id < $1 AND ",
                $by,
                rest!(),
                " AND",
                $within,
                " ORDER BY id DESC LIMIT $9"
            )
        };
    }
    macro_rules! both {
        ($by:literal) => {
            sql!(conn,
                lite: list!($by, lite_within!("m.conversation_id", "$10")),
                pg: list!($by, pg_within!("m.conversation_id", "$10")))
        };
    }
    let is_trouble = |status| {
        matches!(
            status,
            Status::Failed | Status::Unconfirmed | Status::Expired | Status::Canceled
        )
    };
    let text = if filter.presence == Presence::Deleted {
        both!(
            "id IN (SELECT d.id FROM message d WHERE d.deleted_at IS NOT NULL) AND ($8 IS NULL OR conversation_id = $8)"
        )
    } else if filter.presence == Presence::All {
        both!("conversation_id = $8")
    } else if filter.conversation.is_some() {
        both!("conversation_id = $8 AND deleted_at IS NULL")
    } else if filter.status.is_some_and(is_trouble) {
        both!(
            "status IN ('failed', 'unconfirmed', 'expired', 'canceled') AND deleted_at IS NULL
             AND ($8 IS NULL OR $8 IS NOT NULL)"
        )
    } else {
        both!("deleted_at IS NULL AND ($8 IS NULL OR $8 IS NOT NULL)")
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
        .bind(bound(scope))
        .fetch_all(c).await?);
    rows.into_iter().map(Message::try_from).collect()
}

/// How many messages nobody knows the fate of.
pub async fn count_unconfirmed(conn: &mut Conn) -> Result<i64, StoreFault> {
    let text = "SELECT COUNT(*) FROM message WHERE status = 'unconfirmed'";
    Ok(on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?))
}
