//! Conversations: how they stand, and whose they are.

mod list;
mod people;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json, lite_ids, pg_ids, small};
use super::scope::{bound, lite_seen, pg_seen};
use super::script::Rows;
use super::{Conn, StoreFault, issue, tag};
use crate::domain::address::Address;
use crate::domain::agent::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Conversation, Shelf, Thread, Work};
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ContactId, ConversationId, MessageId, TagId, TeamId};

pub use list::{Filter, list_conversations};
use people::{address, keys_of};
pub(super) use people::{ask_people, read_people};
pub use people::{
    insert_contacts, list_addresses, list_contacts, load_people, update_bounces, update_names,
};

#[derive(Serialize, Deserialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    contact_id: Uuid,
    created_at: i64,
    last_message_id: Uuid,
    last_message_at: i64,
    last_gateway: Option<String>,
    unread: i64,
    archived: bool,
    done: bool,
    shelf: i64,
    snoozed_until: Option<i64>,
    failed: bool,
    private_to: Option<Uuid>,
    issue_state: Option<String>,
    assignee_id: Option<Uuid>,
    team_id: Option<Uuid>,
    tags: Option<String>,
}

impl From<Row> for Conversation {
    fn from(row: Row) -> Self {
        Self {
            id: ConversationId(row.id),
            contact: ContactId(row.contact_id),
            created_at: Timestamp(row.created_at),
            last_message: MessageId(row.last_message_id),
            last_message_at: Timestamp(row.last_message_at),
            last_gateway: row.last_gateway.as_deref().and_then(GatewayName::parse),
            unread: small(row.unread),
            archived: row.archived,
            done: row.done,
            deleted: row.shelf == Shelf::Deleted as i64,
            snoozed_until: row.snoozed_until.map(Timestamp),
            failed: row.failed,
            private_to: row.private_to.map(TeamId),
            work: row.issue_state.map(|_| Work {
                assignee: row.assignee_id.map(AgentId),
                team: row.team_id.map(TeamId),
            }),
            tags: row.tags.as_deref().map(tags).unwrap_or_default(),
        }
    }
}

fn tags(json: &str) -> Vec<TagId> {
    let ids: Vec<Uuid> = serde_json::from_str(json).unwrap_or_default();
    ids.into_iter().map(TagId).collect()
}

impl From<&Conversation> for Row {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.0,
            contact_id: conversation.contact.0,
            created_at: conversation.created_at.0,
            last_message_id: conversation.last_message.0,
            last_message_at: conversation.last_message_at.0,
            last_gateway: conversation
                .last_gateway
                .as_ref()
                .map(|name| name.as_str().to_owned()),
            unread: i64::from(conversation.unread),
            archived: conversation.archived,
            done: conversation.done,
            shelf: conversation.shelf() as i64,
            snoozed_until: conversation.snoozed_until.map(|at| at.0),
            failed: conversation.failed,
            private_to: conversation.private_to.map(|team| team.0),
            issue_state: conversation
                .work
                .map(|work| work.state().as_str().to_owned()),
            assignee_id: conversation
                .work
                .and_then(|work| work.assignee)
                .map(|id| id.0),
            team_id: conversation.work.and_then(|work| work.team).map(|id| id.0),
            tags: (!conversation.tags.is_empty()).then(|| {
                json(
                    &conversation
                        .tags
                        .iter()
                        .map(|tag| tag.0)
                        .collect::<Vec<_>>(),
                )
            }),
        }
    }
}

macro_rules! columns {
    () => {
        "c.id, c.contact_id, c.created_at, c.last_message_id, c.last_message_at, c.last_gateway,
         c.unread, c.archived, c.done, c.shelf, c.snoozed_until, c.failed, c.private_to,
         c.issue_state, c.assignee_id, c.team_id, c.tags"
    };
}

pub(super) use columns;

/// What is known of the ones behind these addresses, with the open or else the last issue.
pub async fn load_threads(
    conn: &mut Conn,
    addresses: &[Address],
) -> Result<Vec<Thread>, StoreFault> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    ask_threads(conn, addresses);
    let [found] = conn.answers().await?;
    read_threads(&found)
}

/// Asks for threads, with whatever goes to the database next.
pub(super) fn ask_threads(conn: &mut Conn, addresses: &[Address]) {
    // An open issue is always the newest but where an older one was opened again, and then it is
    // the only open one: order by that first.
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            concat!(
                "SELECT a.channel, a.value, ",
                columns!(),
                issue::beside!(),
                " FROM json_each($1) AS k
                JOIN address a ON a.channel = k.value->>0 AND a.value = k.value->>1
                JOIN conversation c ON c.contact_id = a.contact_id
                LEFT JOIN issue i ON i.id = (SELECT j.id FROM issue j WHERE j.conversation_id = c.id
                    AND j.deleted_at IS NULL ORDER BY j.state = 'closed', j.id DESC LIMIT 1)"
            ),
            concat!(
                "SELECT a.channel, a.value, ",
                columns!(),
                issue::beside!(),
                " FROM jsonb_array_elements($1::jsonb) AS k(v)
                CROSS JOIN LATERAL (SELECT * FROM address a
                    WHERE a.channel = k.v->>0 AND a.value = k.v->>1 LIMIT 1) a
                CROSS JOIN LATERAL (SELECT * FROM conversation c WHERE c.contact_id = a.contact_id LIMIT 1) c
                LEFT JOIN LATERAL (SELECT * FROM issue j WHERE j.conversation_id = c.id
                    AND j.deleted_at IS NULL ORDER BY j.state = 'closed', j.id DESC LIMIT 1) i ON true"
            ),
        )
    });
    ASK.defer(conn, vec![Argument::Text(keys_of(addresses))]);
}

/// The threads that were found.
pub(super) fn read_threads(found: &Rows) -> Result<Vec<Thread>, StoreFault> {
    #[derive(Deserialize, sqlx::FromRow)]
    struct Found {
        channel: String,
        value: String,
        #[serde(flatten)]
        #[sqlx(flatten)]
        conversation: Row,
        #[serde(flatten)]
        #[sqlx(flatten)]
        issue: issue::Beside,
    }
    let thread = |one: Found| {
        let conversation = Conversation::from(one.conversation);
        Ok(Thread {
            address: address(&one.channel, one.value)?,
            issue: one.issue.issue(conversation.id)?,
            conversation,
        })
    };
    found.read()?.into_iter().map(thread).collect()
}

/// Stores conversations as they are now, new and changed alike.
pub async fn upsert_conversations(
    conn: &mut Conn,
    conversations: &[Conversation],
) -> Result<(), StoreFault> {
    static UPSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("contact_id", Kind::Id),
            ("created_at", Kind::Int),
            ("last_message_id", Kind::Id),
            ("last_message_at", Kind::Int),
            ("last_gateway", Kind::Text),
            ("unread", Kind::Int),
            ("archived", Kind::Bool),
            ("done", Kind::Bool),
            ("shelf", Kind::Int),
            ("snoozed_until", Kind::Int),
            ("failed", Kind::Bool),
            ("private_to", Kind::Id),
            ("issue_state", Kind::Text),
            ("assignee_id", Kind::Id),
            ("team_id", Kind::Id),
            ("tags", Kind::Text),
        ];
        let tail = "ON CONFLICT (id) DO UPDATE SET last_message_id = excluded.last_message_id,
            last_message_at = excluded.last_message_at, last_gateway = excluded.last_gateway,
            unread = excluded.unread, archived = excluded.archived, done = excluded.done,
            shelf = excluded.shelf, snoozed_until = excluded.snoozed_until, failed = excluded.failed,
            private_to = excluded.private_to, issue_state = excluded.issue_state,
            assignee_id = excluded.assignee_id, team_id = excluded.team_id, tags = excluded.tags";
        Statement::insert("conversation", &columns, tail)
    });
    let rows: Vec<Row> = conversations.iter().map(Row::from).collect();
    UPSERT.run(conn, &rows).await?;
    tag::upsert_tagged(conn, conversations).await
}

/// One conversation, if it may be seen and was not deleted.
pub async fn find_conversation(
    conn: &mut Conn,
    id: ConversationId,
    scope: &Scope,
) -> Result<Option<Conversation>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM conversation c WHERE c.id = $1 AND c.shelf <> 6 AND", lite_seen!("$2")),
        pg: concat!("SELECT ", columns!(), " FROM conversation c WHERE c.id = $1 AND c.shelf <> 6 AND", pg_seen!("$2")));
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(id.0).bind(bound(scope)).fetch_optional(c).await?);
    Ok(row.map(Conversation::from))
}

/// Those of some conversations that are private, and to which team.
pub async fn load_private(
    conn: &mut Conn,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, TeamId>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT id, private_to FROM conversation WHERE private_to IS NOT NULL AND id", lite_ids!()),
        pg: concat!("SELECT id, private_to FROM conversation WHERE private_to IS NOT NULL AND id", pg_ids!()));
    let ids = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<(Uuid, Uuid)> =
        on!(conn, c => sqlx::query_as(text).bind(ids).fetch_all(c).await?);
    let pair = |(id, team)| (ConversationId(id), TeamId(team));
    Ok(rows.into_iter().map(pair).collect())
}

/// Conversations that should be awake by now, those first that should be awake longest.
pub async fn list_overslept(
    conn: &mut Conn,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Conversation>, StoreFault> {
    let text = concat!(
        "SELECT ",
        columns!(),
        " FROM conversation c WHERE c.snoozed_until IS NOT NULL AND c.snoozed_until <= $1
          ORDER BY c.snoozed_until LIMIT $2"
    );
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(now.0).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Some conversations.
pub async fn load_conversations(
    conn: &mut Conn,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM conversation c WHERE c.id", lite_ids!()),
        pg: concat!("SELECT ", columns!(), " FROM conversation c WHERE c.id", pg_ids!()));
    let ids = json(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(ids).fetch_all(c).await?);
    Ok(rows.into_iter().map(Conversation::from).collect())
}
