//! What the index gives for a question: documents that are likely to be right.

use uuid::Uuid;

use super::super::rows::known;
use super::super::scope::{self, lite_seen, pg_seen};
use super::super::{Conn, StoreFault};
use super::question::{self, Blocks, Family};
use crate::domain::agent::Scope;
use crate::domain::id::ConversationId;
use crate::domain::search::doc::DocKind;
use crate::domain::search::plan::{Look, Looks};

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
    looks: &Looks,
    scope: &Scope,
    below: i64,
    limit: u32,
) -> Result<Vec<Candidate>, StoreFault> {
    let look = question::narrowing(looks);
    let kinds: Vec<&str> = looks.kinds().map(DocKind::as_str).collect();
    let asked = Asked {
        kinds: kinds.join(","),
        scope: scope::bound(scope),
    };
    match conn {
        Conn::Sqlite(..) => {
            let question = question::fts5(&look);
            asked.ask(conn, question, None, below, limit).await
        }
        Conn::Postgres(..) => {
            let family = Family::of(looks);
            newest(conn, &look, family, &asked, below, limit).await
        }
    }
}

/// PostgreSQL fetches all that an index finds, and sorts it after: it is asked of the newest few
/// thousand documents, then of more, or of all where few have what is looked for.
async fn newest(
    conn: &mut Conn,
    look: &Look,
    family: Family,
    asked: &Asked,
    below: i64,
    limit: u32,
) -> Result<Vec<Candidate>, StoreFault> {
    let top = match family {
        Family::All => below,
        Family::Conversations => find_newest_place(conn, below).await?,
    };
    let few = FEW.max(top / SELDOM);
    let parts = question::parts(look);
    let (rare, common) = sort_out(conn, parts, few).await?;
    if !rare.is_empty() {
        let rest = (!common.is_empty()).then_some(common);
        return asked.ask(conn, rare, rest, below, limit).await;
    }
    let expected = match parts {
        // Too many: it would be rare.
        [_] => i64::MAX,
        _ => estimate(conn, &common).await?,
    };
    let mut found: Vec<Candidate> = Vec::new();
    let mut below = top;
    for run in family.before(top) {
        // What was found already says more of the rest than what PostgreSQL expects, which takes
        // words and facts to have nothing to do with each other.
        let seen = top - below;
        let likely = (i64::try_from(found.len()).unwrap_or(top) * top).checked_div(seen);
        let is_seldom = likely.is_some_and(|likely| likely.max(expected) <= few);
        let run = if is_seldom { Blocks::Every } else { run };
        let missing = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
        let question = question::tsquery(look, run);
        found.extend(asked.ask(conn, question, None, below, missing).await?);
        if found.len() >= limit as usize || run == Blocks::Every {
            break;
        }
        below = run.first().min(below);
    }
    Ok(found)
}

/// What all documents of a question have in common, apart: what at most so many documents have, for
/// which the index is asked, and the rest, for which those are looked at. To look up each of them in
/// the long list of a common word takes several times as long.
async fn sort_out(
    conn: &mut Conn,
    parts: &[Look],
    few: i64,
) -> Result<(String, String), StoreFault> {
    let (mut rare, mut common) = (Vec::new(), Vec::new());
    for part in parts {
        let text = question::tsquery(part, Blocks::Every);
        // The index finds what is not so by reading all of it.
        let is_rare = !matches!(part, Look::Not(_)) && estimate(conn, &text).await? <= few;
        if is_rare { &mut rare } else { &mut common }.push(text);
    }
    Ok((rare.join(" & "), common.join(" & ")))
}

/// So many documents are fetched at once, or one of so many that there are: of a word that it does
/// not know PostgreSQL expects one in a thousand.
const FEW: i64 = 4_000;
const SELDOM: i64 = 500;

/// The number behind the newest conversation below one; 0 where there is none.
async fn find_newest_place(conn: &mut Conn, below: i64) -> Result<i64, StoreFault> {
    let text = "SELECT id + 1 FROM search_doc WHERE kind = 'conversation' AND id < $1 ORDER BY id DESC LIMIT 1";
    let found: Option<i64> =
        on!(conn, c => sqlx::query_scalar(text).bind(below).fetch_optional(c).await?);
    Ok(found.unwrap_or(0))
}

/// How many documents PostgreSQL expects to find, by what it knows of how often words are used.
async fn estimate(conn: &mut Conn, question: &str) -> Result<i64, StoreFault> {
    let text = "EXPLAIN SELECT 1 FROM search_index WHERE lexemes @@ $1::text::tsquery";
    let plan: String = on!(conn, c => sqlx::query_scalar(text).bind(question).fetch_one(c).await?);
    let rows = plan.split_once("rows=").map_or("", |(_, rows)| rows);
    let digits = rows.split(|c: char| !c.is_ascii_digit()).next();
    Ok(digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(i64::MAX))
}

/// What stays the same however often the index is asked.
struct Asked {
    /// The names of the kinds that are meant; none is a part of another.
    kinds: String,
    /// What may be seen.
    scope: Option<String>,
}

impl Asked {
    /// Asks the index a question, and the documents that it finds the rest.
    async fn ask(
        &self,
        conn: &mut Conn,
        question: String,
        rest: Option<String>,
        below: i64,
        limit: u32,
    ) -> Result<Vec<Candidate>, StoreFault> {
        let text = sql!(conn,
            lite: concat!("SELECT d.id, d.kind, d.target_id, d.conversation_id,", lite_seen!("$4"), "
                FROM search_index CROSS JOIN search_doc d ON d.id = search_index.rowid
                JOIN conversation c ON c.id = d.conversation_id
                WHERE search_index MATCH $1 AND search_index.rowid < $2 AND instr($5, d.kind) > 0
                ORDER BY search_index.rowid DESC LIMIT $3"),
            pg: concat!("SELECT d.id, d.kind, d.target_id, d.conversation_id,", pg_seen!("$4"), "
                FROM search_look($1::text::tsquery, $6::text::tsquery, string_to_array($5, ','), $2, $3) d
                JOIN conversation c ON c.id = d.conversation_id"));
        let rows: Vec<(i64, String, Uuid, Uuid, bool)> = on!(conn, c => sqlx::query_as(text)
            .bind(question).bind(below).bind(i64::from(limit)).bind(&self.scope).bind(&self.kinds).bind(rest)
            .fetch_all(c).await?);
        let candidate =
            |(number, kind, id, conversation, seen): (i64, String, Uuid, Uuid, bool)| {
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
}
