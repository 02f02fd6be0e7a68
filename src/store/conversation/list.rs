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
        " AND c.last_message_id < $1 AND ($4 IS NULL OR c.last_gateway = $4) AND ($5 = 0 OR c.unread > 0)
          AND ($6 IS NULL OR EXISTS (SELECT 1 FROM conversation_tag t
               WHERE t.tag_id = $6 AND t.conversation_id = c.id))
          AND ($7 IS NULL OR c.assignee_id = $7) AND ($8 IS NULL OR c.team_id = $8)
          AND ($10 IS NULL OR c.contact_id = $10) AND ($11 = 0 OR c.failed) AND"
    };
}

/// The order and the end of every list.
macro_rules! order {
    () => {
        " ORDER BY last_message_id DESC LIMIT $2"
    };
}

/// One shelf, walked by an index that begins with what `$source` says.
///
/// A shelf that is not wanted has the limit nought: a condition would be asked of all its rows.
macro_rules! lite_shelf {
    ($shelf:literal, $source:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            columns!(),
            " FROM conversation c WHERE ",
            $source,
            "c.shelf = ",
            $shelf,
            conditions!(),
            lite_seen!("$9"),
            order!(),
            " * (",
            $shelf,
            " IN (SELECT value FROM json_each($3))))"
        )
    };
}

macro_rules! pg_shelf {
    ($shelf:literal, $source:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            columns!(),
            " FROM conversation c WHERE ",
            $source,
            "c.shelf = ",
            $shelf,
            " AND $3::jsonb @> '",
            $shelf,
            "'",
            conditions!(),
            pg_seen!("$9"),
            order!(),
            ") AS s",
            $shelf
        )
    };
}

/// The shelves that are wanted, each as far as the page goes.
macro_rules! by_shelf {
    ($shelf:ident, $source:literal) => {
        concat!(
            $shelf!("0", $source),
            " UNION ALL ",
            $shelf!("1", $source),
            " UNION ALL ",
            $shelf!("2", $source),
            " UNION ALL ",
            $shelf!("3", $source),
            " UNION ALL ",
            $shelf!("4", $source),
            " UNION ALL ",
            $shelf!("5", $source),
            order!()
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
            conditions!(),
            lite_seen!("$9"),
            order!()
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
            conditions!(),
            pg_seen!("$9"),
            " OFFSET 0) AS few",
            order!()
        )
    };
}

/// A tag on more conversations than this is dense: walking the shelves finds a page soon.
const FEW: i64 = 2_000;

/// Conversations that fit, the one with the newest message first, from before a message.
pub async fn list_conversations(
    conn: &mut Conn,
    filter: &Filter,
    scope: &Scope,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Conversation>, StoreFault> {
    let sparse = match filter.tag {
        Some(tag) => count_tagged(conn, tag).await? <= FEW,
        None => false,
    };
    let text = if filter.contact.is_some() {
        sql!(conn, lite: lite_few!("c.contact_id = $10"), pg: pg_few!("c.contact_id = $10"))
    } else if filter.failed {
        sql!(conn, lite: lite_few!("c.failed = 1"), pg: pg_few!("c.failed"))
    } else if sparse {
        sql!(conn,
            lite: lite_few!("c.id IN (SELECT conversation_id FROM conversation_tag WHERE tag_id = $6)"),
            pg: pg_few!("c.id IN (SELECT conversation_id FROM conversation_tag WHERE tag_id = $6)"))
    } else if filter.assignee.is_some() {
        sql!(conn, lite: by_shelf!(lite_shelf, "c.assignee_id = $7 AND "), pg: by_shelf!(pg_shelf, "c.assignee_id = $7 AND "))
    } else if filter.team.is_some() {
        sql!(conn, lite: by_shelf!(lite_shelf, "c.team_id = $8 AND "), pg: by_shelf!(pg_shelf, "c.team_id = $8 AND "))
    } else {
        sql!(conn, lite: by_shelf!(lite_shelf, ""), pg: by_shelf!(pg_shelf, ""))
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

/// On how many conversations a tag is; counted no further than it matters.
async fn count_tagged(conn: &mut Conn, tag: TagId) -> Result<i64, StoreFault> {
    let text =
        "SELECT count(*) FROM (SELECT 1 FROM conversation_tag WHERE tag_id = $1 LIMIT $2) AS found";
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(tag.0).bind(FEW + 1).fetch_one(c).await?))
}
