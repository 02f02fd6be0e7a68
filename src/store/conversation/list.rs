//! Lists of conversations, the one with the newest message first.
//!
//! A list is made of shelves. Each shelf is walked by an index in the order of the list, and only
//! as far as the page goes, so a page costs the same however much history lies behind it.

use super::{Row, bound, columns};
use crate::domain::agent::Scope;
use crate::domain::conversation::{Conversation, Shelf};
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AgentId, ContactId, MessageId, TagId, TeamId};
use crate::store::rows::json;
use crate::store::scope::{lite_seen, pg_seen};
use crate::store::{Conn, StoreFault};

/// Which conversations a list holds: those that fit everything that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// On one of these shelves.
    pub shelves: Vec<Shelf>,
    /// With a message that failed.
    pub failed: bool,
    /// With something unread.
    pub unread: bool,
    /// Whose open issue this agent has.
    pub assignee: Option<AgentId>,
    /// Whose open issue is in this team's queue.
    pub team: Option<TeamId>,
    /// With this tag.
    pub tag: Option<TagId>,
    /// Whose contact last wrote to this gateway.
    pub gateway: Option<GatewayName>,
    /// With this contact.
    pub contact: Option<ContactId>,
}

impl Filter {
    /// Whether a conversation is in the list.
    pub fn holds(&self, one: &Conversation) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, known: Option<&T>) -> bool {
            wanted.is_none() || wanted == known
        }
        let assignee = one.work.and_then(|work| work.assignee);
        let team = one.work.and_then(|work| work.team);
        self.shelves.contains(&one.shelf())
            && (one.failed || !self.failed)
            && (one.unread > 0 || !self.unread)
            && fits(self.assignee.as_ref(), assignee.as_ref())
            && fits(self.team.as_ref(), team.as_ref())
            && self.tag.is_none_or(|tag| one.tags.contains(&tag))
            && fits(self.gateway.as_ref(), one.last_gateway.as_ref())
            && fits(self.contact.as_ref(), Some(&one.contact))
    }
}

/// What every list asks beside the order and the shelves.
macro_rules! conditions {
    () => {
        " AND ($4 IS NULL OR c.last_gateway = $4) AND ($5 = 0 OR c.unread > 0)
          AND ($6 IS NULL OR EXISTS (SELECT 1 FROM conversation_tag g
               WHERE g.tag_id = $6 AND g.conversation_id = c.id))
          AND ($7 IS NULL OR c.assignee_id = $7) AND ($8 IS NULL OR c.team_id = $8)
          AND ($10 IS NULL OR c.contact_id = $10) AND ($11 = 0 OR c.failed) AND"
    };
}

/// The order and the end of every list.
macro_rules! order {
    ($of:literal) => {
        concat!(" ORDER BY ", $of, "last_message_id DESC LIMIT $2")
    };
}

/// One shelf, walked by an index of `$walked` that begins with what `$source` says.
///
/// A shelf that is not wanted has the limit nought: a condition would be asked of all its rows.
macro_rules! lite_shelf {
    ($shelf:literal, $source:literal, $walked:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            columns!(),
            " FROM ",
            $source,
            $walked,
            "shelf = ",
            $shelf,
            " AND ",
            $walked,
            "last_message_id < $1",
            conditions!(),
            lite_seen!("$9"),
            order!($walked),
            " * (",
            $shelf,
            " IN (SELECT value FROM json_each($3))))"
        )
    };
}

macro_rules! pg_shelf {
    ($shelf:literal, $source:literal, $walked:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            columns!(),
            " FROM ",
            $source,
            $walked,
            "shelf = ",
            $shelf,
            " AND ",
            $walked,
            "last_message_id < $1",
            " AND $3::jsonb @> '",
            $shelf,
            "'",
            conditions!(),
            pg_seen!("$9"),
            order!($walked),
            ") AS s",
            $shelf
        )
    };
}

/// The shelves that are wanted, each as far as the page goes.
macro_rules! by_shelf {
    ($shelf:ident, $source:literal, $walked:literal) => {
        concat!(
            $shelf!("0", $source, $walked),
            " UNION ALL ",
            $shelf!("1", $source, $walked),
            " UNION ALL ",
            $shelf!("2", $source, $walked),
            " UNION ALL ",
            $shelf!("3", $source, $walked),
            " UNION ALL ",
            $shelf!("4", $source, $walked),
            " UNION ALL ",
            $shelf!("5", $source, $walked),
            order!("")
        )
    };
}

/// The few conversations that `$source` finds by an index of its own; all of them are looked at.
macro_rules! lite_few {
    ($source:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM conversation c WHERE ",
            $source,
            " AND +c.shelf IN (SELECT value FROM json_each($3))",
            " AND c.last_message_id < $1",
            conditions!(),
            lite_seen!("$9"),
            order!("")
        )
    };
}

macro_rules! pg_few {
    ($source:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            columns!(),
            " FROM conversation c WHERE ",
            $source,
            " AND $3::jsonb @> to_jsonb(c.shelf)",
            " AND c.last_message_id < $1",
            conditions!(),
            pg_seen!("$9"),
            " OFFSET 0) AS few",
            order!("")
        )
    };
}

/// Conversations that fit, the one with the newest message first, from before a message.
pub async fn list_conversations(
    conn: &mut Conn,
    filter: &Filter,
    scope: &Scope,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Conversation>, StoreFault> {
    let text = if filter.contact.is_some() {
        sql!(conn, lite: lite_few!("c.contact_id = $10"), pg: pg_few!("c.contact_id = $10"))
    } else if filter.failed {
        sql!(conn, lite: lite_few!("c.failed = 1"), pg: pg_few!("c.failed"))
    } else if filter.tag.is_some() {
        // SQLite begins with what a cross join names first.
        sql!(conn,
            lite: by_shelf!(lite_shelf, "conversation_tag t CROSS JOIN conversation c ON c.id = t.conversation_id WHERE t.tag_id = $6 AND ", "t."),
            pg: by_shelf!(pg_shelf, "conversation_tag t JOIN conversation c ON c.id = t.conversation_id WHERE t.tag_id = $6 AND ", "t."))
    } else if filter.assignee.is_some() {
        sql!(conn,
            lite: by_shelf!(lite_shelf, "conversation c WHERE c.assignee_id = $7 AND ", "c."),
            pg: by_shelf!(pg_shelf, "conversation c WHERE c.assignee_id = $7 AND ", "c."))
    } else if filter.team.is_some() {
        sql!(conn,
            lite: by_shelf!(lite_shelf, "conversation c WHERE c.team_id = $8 AND ", "c."),
            pg: by_shelf!(pg_shelf, "conversation c WHERE c.team_id = $8 AND ", "c."))
    } else {
        sql!(conn,
            lite: by_shelf!(lite_shelf, "conversation c WHERE ", "c."),
            pg: by_shelf!(pg_shelf, "conversation c WHERE ", "c."))
    };
    let shelves: Vec<i64> = filter.shelves.iter().map(|shelf| *shelf as i64).collect();
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0)
        .bind(i64::from(limit))
        .bind(json(&shelves))
        .bind(filter.gateway.as_ref().map(GatewayName::as_str))
        .bind(i64::from(filter.unread))
        .bind(filter.tag.map(|tag| tag.0))
        .bind(filter.assignee.map(|agent| agent.0))
        .bind(filter.team.map(|team| team.0))
        .bind(bound(scope))
        .bind(filter.contact.map(|contact| contact.0))
        .bind(i64::from(filter.failed))
        .fetch_all(c).await?);
    Ok(rows.into_iter().map(Conversation::from).collect())
}
