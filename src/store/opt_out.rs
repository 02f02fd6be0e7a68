//! The ledger of opt-outs.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement, json, known, lite_names, pg_names};
use super::scope::{bound, lite_seen, pg_seen};
use super::{Conn, StoreFault};
use crate::domain::agent::{AgentRef, Scope};
use crate::domain::changes::Pair;
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, MessageId, OptOutId};
use crate::domain::opt_out::{OptOut, Origin, Word};

#[derive(Serialize, sqlx::FromRow)]
struct Row {
    id: Uuid,
    sender: String,
    recipient: String,
    origin: String,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    message_id: Option<Uuid>,
    words: Option<String>,
    at: i64,
    ended_at: Option<i64>,
    ended_origin: Option<String>,
    ended_actor_id: Option<Uuid>,
    ended_actor_name: Option<String>,
    ended_words: Option<String>,
}

fn agent(id: Option<Uuid>, name: Option<String>) -> Option<AgentRef> {
    id.zip(name).map(|(id, name)| AgentRef {
        id: AgentId(id),
        name,
    })
}

impl TryFrom<Row> for OptOut {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        let ended = match (row.ended_at, row.ended_origin) {
            (Some(at), Some(origin)) => Some(Word {
                origin: known(&origin, Origin::from_name)?,
                actor: agent(row.ended_actor_id, row.ended_actor_name),
                words: row.ended_words,
                at: Timestamp(at),
            }),
            (_, _) => None,
        };
        Ok(Self {
            id: OptOutId(row.id),
            pair: (row.sender, row.recipient),
            message: row.message_id.map(MessageId),
            began: Word {
                origin: known(&row.origin, Origin::from_name)?,
                actor: agent(row.actor_id, row.actor_name),
                words: row.words,
                at: Timestamp(row.at),
            },
            ended,
        })
    }
}

macro_rules! columns {
    () => {
        "id, sender, recipient, origin, actor_id, actor_name, message_id, words, at, ended_at,
         ended_origin, ended_actor_id, ended_actor_name, ended_words"
    };
}

/// Enters opt-outs; a pair that is suppressed already stays as it is.
pub async fn insert_opt_outs(conn: &mut Conn, entries: &[OptOut]) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        id: Uuid,
        sender: &'a str,
        recipient: &'a str,
        origin: &'a str,
        actor_id: Option<Uuid>,
        actor_name: Option<&'a str>,
        message_id: Option<Uuid>,
        words: Option<&'a str>,
        at: i64,
    }
    static INSERT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("sender", Kind::Text),
            ("recipient", Kind::Text),
            ("origin", Kind::Text),
            ("actor_id", Kind::Id),
            ("actor_name", Kind::Text),
            ("message_id", Kind::Id),
            ("words", Kind::Text),
            ("at", Kind::Int),
        ];
        Statement::insert("opt_out", &columns, "ON CONFLICT DO NOTHING")
    });
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let began = &entry.began;
        rows.push(New {
            id: entry.id.0,
            sender: &entry.pair.0,
            recipient: &entry.pair.1,
            origin: began.origin.as_str(),
            actor_id: began.actor.as_ref().map(|actor| actor.id.0),
            actor_name: began.actor.as_ref().map(|actor| actor.name.as_str()),
            message_id: entry.message.map(|id| id.0),
            words: began.words.as_deref(),
            at: began.at.0,
        });
    }
    INSERT.run(conn, &rows).await
}

/// Ends what suppresses these pairs, by their sender and by all.
pub async fn end_opt_outs(conn: &mut Conn, ends: &[(Pair, Word)]) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct End<'a> {
        sender: &'a str,
        recipient: &'a str,
        origin: &'a str,
        actor_id: Option<Uuid>,
        actor_name: Option<&'a str>,
        words: Option<&'a str>,
        at: i64,
    }
    static END: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "opt_out",
            "UPDATE opt_out SET ended_at = k.value->>'at', ended_origin = k.value->>'origin',
                ended_actor_id = unhex(k.value->>'actor_id', '-'), ended_actor_name = k.value->>'actor_name',
                ended_words = k.value->>'words' FROM json_each($1) AS k
                WHERE sender IN (k.value->>'sender', '*') AND recipient = k.value->>'recipient'
                AND ended_at IS NULL",
            "UPDATE opt_out SET ended_at = (k.v->>'at')::bigint, ended_origin = k.v->>'origin',
                ended_actor_id = (k.v->>'actor_id')::uuid, ended_actor_name = k.v->>'actor_name',
                ended_words = k.v->>'words' FROM jsonb_array_elements($1::jsonb) AS k(v)
                WHERE sender = ANY(ARRAY[k.v->>'sender', '*']) AND recipient = k.v->>'recipient'
                AND ended_at IS NULL",
        )
    });
    let mut rows = Vec::with_capacity(ends.len());
    for (pair, word) in ends {
        rows.push(End {
            sender: &pair.0,
            recipient: &pair.1,
            origin: word.origin.as_str(),
            actor_id: word.actor.as_ref().map(|actor| actor.id.0),
            actor_name: word.actor.as_ref().map(|actor| actor.name.as_str()),
            words: word.words.as_deref(),
            at: word.at.0,
        });
    }
    END.run(conn, &rows).await
}

/// Ends one entry.
pub async fn end_opt_out(conn: &mut Conn, id: OptOutId, word: &Word) -> Result<(), StoreFault> {
    let text = "UPDATE opt_out SET ended_at = $2, ended_origin = $3, ended_actor_id = $4,
        ended_actor_name = $5, ended_words = $6 WHERE id = $1 AND ended_at IS NULL";
    let actor = word.actor.as_ref();
    on!(conn, c => sqlx::query(text)
        .bind(id.0)
        .bind(word.at.0)
        .bind(word.origin.as_str())
        .bind(actor.map(|actor| actor.id.0))
        .bind(actor.map(|actor| actor.name.as_str()))
        .bind(word.words.as_deref())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Whether the conversation with the recipient, if there is one, is seen by the scope that is bound
/// there.
macro_rules! seen {
    ($seen:expr) => {
        concat!(
            " NOT EXISTS (SELECT 1 FROM address a JOIN conversation c ON c.contact_id = a.contact_id
                WHERE a.channel IN ('sms', 'email') AND a.value = recipient AND NOT ",
            $seen,
            ")"
        )
    };
}

/// One entry, when the scope sees whom it is about.
pub async fn find_opt_out(
    conn: &mut Conn,
    id: OptOutId,
    scope: &Scope,
) -> Result<Option<OptOut>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM opt_out WHERE id = $1 AND", seen!(lite_seen!("$2"))),
        pg: concat!("SELECT ", columns!(), " FROM opt_out WHERE id = $1 AND", seen!(pg_seen!("$2"))));
    let row: Option<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(id.0).bind(bound(scope)).fetch_optional(c).await?);
    row.map(OptOut::try_from).transpose()
}

/// The entry that suppresses exactly this pair.
pub async fn find_active(conn: &mut Conn, pair: &Pair) -> Result<Option<OptOut>, StoreFault> {
    let text = concat!(
        "SELECT ",
        columns!(),
        " FROM opt_out WHERE sender = $1 AND recipient = $2 AND ended_at IS NULL"
    );
    let (sender, recipient) = pair;
    let row: Option<Row> =
        on!(conn, c => sqlx::query_as(text).bind(sender).bind(recipient).fetch_optional(c).await?);
    row.map(OptOut::try_from).transpose()
}

/// What entries a list holds; nothing said, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptOutFilter {
    /// Only those about this sender; `*` for all senders.
    pub sender: Option<String>,
    /// Only those of this recipient.
    pub recipient: Option<String>,
    /// Only those that began at that time or later.
    pub since: Option<Timestamp>,
    /// Only those that still hold, or only those that ended.
    pub active: Option<bool>,
}

/// Entries, the newest first, from before one.
pub async fn list_opt_outs(
    conn: &mut Conn,
    filter: &OptOutFilter,
    scope: &Scope,
    before: OptOutId,
    limit: u32,
) -> Result<Vec<OptOut>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM opt_out WHERE id < $1
            AND ($2 IS NULL OR sender = $2) AND ($3 IS NULL OR recipient = $3)
            AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR (ended_at IS NULL) = $5)
            AND", seen!(lite_seen!("$7")), "ORDER BY id DESC LIMIT $6"),
        pg: concat!("SELECT ", columns!(), " FROM opt_out WHERE id < $1
            AND ($2::text IS NULL OR sender = $2) AND ($3::text IS NULL OR recipient = $3)
            AND ($4::bigint IS NULL OR at >= $4) AND ($5::boolean IS NULL OR (ended_at IS NULL) = $5)
            AND", seen!(pg_seen!("$7")), "ORDER BY id DESC LIMIT $6"));
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(before.0)
        .bind(filter.sender.as_deref())
        .bind(filter.recipient.as_deref())
        .bind(filter.since.map(|at| at.0))
        .bind(filter.active)
        .bind(i64::from(limit))
        .bind(bound(scope))
        .fetch_all(c).await?);
    rows.into_iter().map(OptOut::try_from).collect()
}

/// What holds for any of these recipients now.
pub async fn load_active(conn: &mut Conn, recipients: &[&str]) -> Result<Vec<OptOut>, StoreFault> {
    if recipients.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT ", columns!(), " FROM opt_out
            WHERE ended_at IS NULL AND recipient", lite_names!(), " ORDER BY id"),
        pg: concat!("SELECT ", columns!(), " FROM opt_out
            WHERE ended_at IS NULL AND recipient", pg_names!(), " ORDER BY id"));
    let keys = json(recipients);
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    rows.into_iter().map(OptOut::try_from).collect()
}
