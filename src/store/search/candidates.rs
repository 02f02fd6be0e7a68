//! What the index gives for a question: documents that are likely to be right.

use uuid::Uuid;

use super::super::rows::known;
use super::super::scope::{self, lite_seen, pg_seen};
use super::super::{Conn, StoreFault};
use super::question::{self, Blocks, Family};
use crate::domain::agent::Scope;
use crate::domain::id::ConversationId;
use crate::domain::search::doc::DocKind;
use crate::domain::search::plan::Look;

/// A document that the index gives for a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its number; what came later has a higher one.
    pub number: i64,
    /// What it is.
    pub kind: DocKind,
    /// The id of the message, note or conversation.
    pub id: Uuid,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// Whether the one who asks may see it.
    pub seen: bool,
}

/// The newest documents of a question with numbers below one, the newest first.
///
/// An answer shorter than `limit` says that there are no more.
pub async fn list_candidates(
    conn: &mut Conn,
    look: &Look,
    scope: &Scope,
    below: i64,
    limit: u32,
) -> Result<Vec<Candidate>, StoreFault> {
    match conn {
        Conn::Sqlite(..) => ask(conn, question::fts5(look), scope, below, limit).await,
        Conn::Postgres(..) => {
            let every = question::tsquery(look, Blocks::Every);
            // All that have the words are fetched: where they are many, it is asked of the newest
            // few thousand, then of more, then of all.
            let few = FEW.max(below.unsigned_abs() / SELDOM);
            if estimate(conn, &every).await? <= few {
                return ask(conn, every, scope, below, limit).await;
            }
            let mut found: Vec<Candidate> = Vec::new();
            let mut below = below;
            for blocks in Family::of(look).before(below) {
                let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
                let text = question::tsquery(look, blocks);
                found.extend(ask(conn, text, scope, below, missing).await?);
                if found.len() >= limit as usize {
                    break;
                }
                below = blocks.first().min(below);
            }
            Ok(found)
        }
    }
}

/// So many documents are fetched at once, or one of so many that there are: of a word that it does
/// not know PostgreSQL expects one in a thousand.
const FEW: u64 = 4_000;
const SELDOM: u64 = 500;

/// How many documents PostgreSQL expects to find, by what it knows of how often words are used.
async fn estimate(conn: &mut Conn, question: &str) -> Result<u64, StoreFault> {
    let text = "EXPLAIN SELECT 1 FROM search_index WHERE lexemes @@ $1::text::tsquery";
    let plan: String = on!(conn, c => sqlx::query_scalar(text).bind(question).fetch_one(c).await?);
    let rows = plan.split_once("rows=").map_or("", |(_, rows)| rows);
    let digits = rows.split(|c: char| !c.is_ascii_digit()).next();
    Ok(digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u64::MAX))
}

async fn ask(
    conn: &mut Conn,
    question: String,
    scope: &Scope,
    below: i64,
    limit: u32,
) -> Result<Vec<Candidate>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT d.id, d.kind, d.target_id, d.conversation_id,", lite_seen!("$4"), "
            FROM (SELECT rowid AS id FROM search_index WHERE search_index MATCH $1 AND rowid < $2
                ORDER BY rowid DESC LIMIT $3) l
            JOIN search_doc d ON d.id = l.id JOIN conversation c ON c.id = d.conversation_id"),
        pg: concat!("SELECT d.id, d.kind, d.target_id, d.conversation_id,", pg_seen!("$4"), "
            FROM search_look($1::text::tsquery, $2, $3) AS l(id)
            JOIN search_doc d ON d.id = l.id JOIN conversation c ON c.id = d.conversation_id"));
    let scope = scope::bound(scope);
    let rows: Vec<(i64, String, Uuid, Uuid, bool)> = on!(conn, c => sqlx::query_as(text)
        .bind(question).bind(below).bind(i64::from(limit)).bind(scope).fetch_all(c).await?);
    let candidate = |(number, kind, id, conversation, seen): (i64, String, Uuid, Uuid, bool)| {
        Ok(Candidate {
            number,
            kind: known(&kind, DocKind::from_name)?,
            id,
            conversation: ConversationId(conversation),
            seen,
        })
    };
    let mut found = rows
        .into_iter()
        .map(candidate)
        .collect::<Result<Vec<_>, StoreFault>>()?;
    found.sort_by_key(|one| std::cmp::Reverse(one.number));
    Ok(found)
}
