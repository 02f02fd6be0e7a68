//! The index behind search: what is in it, how far it is, how it is asked (`candidates`).
//!
//! SQLite has an FTS5 table, PostgreSQL a column of lexemes with a GIN index. Both hold the same
//! words, cut by `domain::search`, so that both find the same.

mod around;
mod candidates;
mod question;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::rows::{Argument, Kind, Statement, json, lite_ids, pg_ids};
use super::{Conn, StoreFault};
use crate::domain::clock::Timestamp;
use crate::domain::id::{AgentId, ConversationId, TagId};
use crate::domain::search::doc::Doc;

pub use around::{Around, NoteText, list_conversations_of, list_titles, load_around, load_notes};
pub use candidates::{Candidate, list_candidates};

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Position {
    /// The last event that was read.
    pub seq: i64,
    /// The last number that a document got.
    pub last_doc: i64,
}

/// How far the index is.
pub async fn find_position(conn: &mut Conn) -> Result<Position, StoreFault> {
    let text = "SELECT seq, last_doc FROM search_position";
    Ok(on!(conn, c => sqlx::query_as(text).fetch_one(c).await?))
}

/// Records how far the index is.
pub fn save_position(conn: &mut Conn, position: Position) {
    static SAVE: LazyLock<Statement> = LazyLock::new(|| {
        let text = "UPDATE search_position SET seq = $1, last_doc = $2";
        Statement::new("search_position", text, text)
    });
    let arguments = vec![
        Argument::Int(position.seq),
        Argument::Int(position.last_doc),
    ];
    SAVE.defer(conn, arguments);
}

/// How many events are not in the index yet.
pub async fn count_lag(conn: &mut Conn) -> Result<i64, StoreFault> {
    let text = "SELECT h.feed_seq - p.seq FROM head h, search_position p";
    Ok(on!(conn, c => sqlx::query_scalar(text).fetch_one(c).await?))
}

/// Puts documents into the index, in place of those of the same ids; those that are as they were
/// cost nothing. New ones get the next numbers.
pub async fn upsert_docs(
    conn: &mut Conn,
    docs: &[Doc],
    position: &mut Position,
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct Row {
        id: i64,
        kind: &'static str,
        target_id: Uuid,
        conversation_id: Uuid,
        at: i64,
        digest: i64,
    }
    static DOC: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Int),
            ("kind", Kind::Text),
            ("target_id", Kind::Id),
            ("conversation_id", Kind::Id),
            ("at", Kind::Int),
            ("digest", Kind::Int),
        ];
        let tail = "ON CONFLICT (id) DO UPDATE SET conversation_id = excluded.conversation_id,
            at = excluded.at, digest = excluded.digest";
        Statement::insert("search_doc", &columns, tail)
    });
    static INDEX: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "search_index",
            "INSERT OR REPLACE INTO search_index (rowid, words, facts)
                SELECT value->>0, value->>1, value->>2 FROM json_each($1)",
            "INSERT INTO search_index (doc_id, lexemes)
                SELECT (v->>0)::bigint, (v->>1)::tsvector FROM jsonb_array_elements($1::jsonb) AS e(v)
                ON CONFLICT (doc_id) DO UPDATE SET lexemes = excluded.lexemes",
        )
    });
    let known = load_known(conn, docs).await?;
    let (mut rows, mut entries) = (Vec::new(), Vec::new());
    for doc in docs {
        let (words, facts) = (doc.words(), doc.facts());
        let digest = digest(doc, &words, &facts);
        let id = match known.get(&doc.id) {
            Some((_, before)) if *before == digest => continue,
            Some((id, _)) => *id,
            None => {
                position.last_doc += 1;
                position.last_doc
            }
        };
        rows.push(Row {
            id,
            kind: doc.kind.as_str(),
            target_id: doc.id,
            conversation_id: doc.conversation.0,
            at: doc.at.0,
            digest,
        });
        entries.push(match conn {
            Conn::Sqlite(..) => (id, words.join(" "), facts.join(" ")),
            Conn::Postgres(..) => (
                id,
                question::lexemes(doc.kind, &words, &facts, id),
                String::new(),
            ),
        });
    }
    DOC.run(conn, &rows).await?;
    INDEX.run(conn, &entries).await
}

async fn load_known(
    conn: &mut Conn,
    docs: &[Doc],
) -> Result<HashMap<Uuid, (i64, i64)>, StoreFault> {
    let text = sql!(conn,
        lite: concat!("SELECT target_id, id, digest FROM search_doc WHERE target_id", lite_ids!()),
        pg: concat!("SELECT target_id, id, digest FROM search_doc WHERE target_id", pg_ids!()));
    let keys = json(&docs.iter().map(|doc| doc.id).collect::<Vec<Uuid>>());
    let rows: Vec<(Uuid, i64, i64)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    Ok(rows
        .into_iter()
        .map(|(target, id, digest)| (target, (id, digest)))
        .collect())
}

fn digest(doc: &Doc, words: &[String], facts: &[String]) -> i64 {
    let mut hash = Sha256::new();
    hash.update(doc.conversation.0.as_bytes());
    hash.update(doc.at.0.to_be_bytes());
    for word in words.iter().chain(facts) {
        hash.update(word.as_bytes());
        hash.update([0]);
    }
    let hash = hash.finalize();
    i64::from_be_bytes(
        hash[..8]
            .try_into()
            .expect("a hash has more than eight bytes"),
    )
}

/// Takes things out of the index, by the ids of messages, notes and conversations. Whoever erases
/// or deletes one calls this in the same transaction.
pub async fn delete_docs(conn: &mut Conn, targets: &[Uuid]) -> Result<(), StoreFault> {
    static INDEX: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "search_index",
            concat!(
                "DELETE FROM search_index WHERE rowid IN (SELECT id FROM search_doc WHERE target_id",
                lite_ids!(),
                ")"
            ),
            concat!(
                "DELETE FROM search_index WHERE doc_id = ANY(ARRAY(SELECT id FROM search_doc WHERE target_id",
                pg_ids!(),
                "))"
            ),
        )
    });
    static DOC: LazyLock<Statement> = LazyLock::new(|| {
        Statement::new(
            "search_doc",
            concat!("DELETE FROM search_doc WHERE target_id", lite_ids!()),
            concat!("DELETE FROM search_doc WHERE target_id", pg_ids!()),
        )
    });
    INDEX.run(conn, targets).await?;
    DOC.run(conn, targets).await
}

/// Takes a conversation and all that is in it out of the index; for erasing, before the rows go.
pub async fn delete_conversation_docs(
    conn: &mut Conn,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    let text = "SELECT id FROM message WHERE conversation_id = $1
        UNION ALL SELECT id FROM note WHERE conversation_id = $1";
    let mut targets: Vec<Uuid> =
        on!(conn, c => sqlx::query_scalar(text).bind(conversation.0).fetch_all(c).await?);
    targets.push(conversation.0);
    delete_docs(conn, &targets).await
}

/// Has everything in a conversation indexed anew, soon; for merging and renaming.
pub async fn insert_todo(conn: &mut Conn, conversation: ConversationId) -> Result<(), StoreFault> {
    let text = "INSERT INTO search_todo (conversation_id, after_id) VALUES ($1, $2)
        ON CONFLICT (conversation_id) DO UPDATE SET after_id = excluded.after_id";
    on!(conn, c => sqlx::query(text).bind(conversation.0).bind(Uuid::nil()).execute(c).await.map(drop))?;
    Ok(())
}

/// Has a conversation indexed anew by itself, soon; for what changed of its titles.
pub async fn insert_place_todo(conn: &mut Conn, id: ConversationId) -> Result<(), StoreFault> {
    let text = "INSERT INTO search_todo (conversation_id, after_id) VALUES ($1, $2)
        ON CONFLICT (conversation_id) DO NOTHING";
    on!(conn, c => sqlx::query(text).bind(id.0).bind(Uuid::max()).execute(c).await.map(drop))?;
    Ok(())
}

/// Has the conversations that `$which` finds for an id indexed anew by themselves, soon.
macro_rules! insert_todos {
    ($conn:ident, $id:expr, $which:literal) => {{
        macro_rules! text {
            ($last:literal) => {
                concat!(
                    "INSERT INTO search_todo (after_id, conversation_id) SELECT ",
                    $last,
                    ", ",
                    $which,
                    " = $1 ON CONFLICT (conversation_id) DO NOTHING"
                )
            };
        }
        let text = sql!($conn, lite: text!("$2"), pg: text!("$2::uuid"));
        on!($conn, c => sqlx::query(text).bind($id).bind(Uuid::max()).execute(c).await.map(drop))?;
        Ok(())
    }};
}

/// Has the conversations of a tag indexed anew by themselves, soon; for renaming it.
pub async fn insert_tagged_todo(conn: &mut Conn, tag: TagId) -> Result<(), StoreFault> {
    insert_todos!(
        conn,
        tag.0,
        "conversation_id FROM conversation_tag WHERE tag_id"
    )
}

/// Has the conversations whose issue an agent has indexed anew by themselves, soon; for renaming
/// the agent.
pub async fn insert_assigned_todo(conn: &mut Conn, agent: AgentId) -> Result<(), StoreFault> {
    insert_todos!(conn, agent.0, "id FROM conversation WHERE assignee_id")
}

/// A conversation to be indexed anew, and the next messages and notes of it; when there are none,
/// it is done, and forgotten.
pub async fn take_todo(
    conn: &mut Conn,
    limit: u32,
) -> Result<Option<(ConversationId, Vec<Uuid>)>, StoreFault> {
    let text = "SELECT conversation_id, after_id FROM search_todo ORDER BY conversation_id LIMIT 1";
    let todo: Option<(Uuid, Uuid)> = on!(conn, c => sqlx::query_as(text).fetch_optional(c).await?);
    let Some((conversation, after)) = todo else {
        return Ok(None);
    };
    let text = "SELECT id FROM message WHERE conversation_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let found: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation).bind(after).bind(i64::from(limit)).fetch_all(c).await?);
    match found.last() {
        Some(last) => {
            let text = "UPDATE search_todo SET after_id = $2 WHERE conversation_id = $1";
            on!(conn, c => sqlx::query(text).bind(conversation).bind(*last).execute(c).await.map(drop))?;
        }
        None => {
            let text = "DELETE FROM search_todo WHERE conversation_id = $1";
            on!(conn, c => sqlx::query(text).bind(conversation).execute(c).await.map(drop))?;
        }
    }
    Ok(Some((ConversationId(conversation), found)))
}

/// The notes of a conversation.
pub async fn list_note_ids(
    conn: &mut Conn,
    conversation: ConversationId,
) -> Result<Vec<Uuid>, StoreFault> {
    let text = "SELECT id FROM note WHERE conversation_id = $1";
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(conversation.0).fetch_all(c).await?))
}

/// The number of the first document from about a time on, or the last one; for bounds.
pub async fn find_number(conn: &mut Conn, at: Timestamp) -> Result<Option<i64>, StoreFault> {
    let text = "SELECT id FROM search_doc WHERE at >= $1 ORDER BY at LIMIT 1";
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(at.0).fetch_optional(c).await?))
}
