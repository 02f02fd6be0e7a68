//! Forgetting a person: what they and we said, the files, the raw requests and mails.

use std::collections::HashSet;

use uuid::Uuid;

use super::rows::{json, lite_ids, lite_names, name_of, pg_ids, pg_names};
use super::{Conn, StoreFault};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ContactId, ConversationId};

macro_rules! delete {
    ($conn:expr, $keys:expr, $(($table:literal, $key:literal)),*) => {$({
        let text = sql!($conn,
            lite: concat!("DELETE FROM ", $table, " WHERE ", $key, lite_ids!()),
            pg: concat!("DELETE FROM ", $table, " WHERE ", $key, pg_ids!()));
        let keys: &str = $keys;
        on!($conn, c => sqlx::query(text).bind(keys).execute(c).await.map(drop))?;
    })*};
}

/// Erases some of the messages of a conversation, at most so many, with their files and all that
/// brought them; gives back the keys of the bytes that nothing names any more, and whether there
/// may be further messages.
pub async fn erase_messages(
    conn: &mut Conn,
    conversation: ConversationId,
    limit: u32,
) -> Result<(Vec<String>, bool), StoreFault> {
    let text = "SELECT id FROM message WHERE conversation_id = $1 ORDER BY id LIMIT $2";
    let ids: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text)
        .bind(conversation.0).bind(i64::from(limit)).fetch_all(c).await?);
    let more = ids.len() == limit as usize;
    let blobs = remove_messages(conn, &ids, &HashSet::new()).await?;
    Ok((blobs, more))
}

/// Removes messages with their files and all that brought them, but for what is spared; gives back
/// the keys of the bytes that nothing names any more.
///
/// What providers' ids and mails' fingerprints mean stays: by that a repetition is known, and what
/// was removed does not come back (T34).
pub async fn remove_messages(
    conn: &mut Conn,
    ids: &[Uuid],
    spared: &HashSet<Uuid>,
) -> Result<Vec<String>, StoreFault> {
    super::search::delete_docs(conn, ids).await?;
    let keys = json(ids);
    let text = sql!(conn,
        lite: concat!("SELECT raw_id FROM message WHERE raw_id IS NOT NULL AND id", lite_ids!(),
            " UNION SELECT raw_id FROM status_event WHERE raw_id IS NOT NULL AND message_id", lite_ids!()),
        pg: concat!("SELECT raw_id FROM message WHERE raw_id IS NOT NULL AND id", pg_ids!(),
            " UNION SELECT raw_id FROM status_event WHERE raw_id IS NOT NULL AND message_id", pg_ids!()));
    let mut raws: Vec<Uuid> =
        on!(conn, c => sqlx::query_scalar(text).bind(&keys).fetch_all(c).await?);
    raws.retain(|raw| !spared.contains(raw));
    let text = sql!(conn,
        lite: concat!("SELECT blob FROM attachment WHERE blob IS NOT NULL AND message_id", lite_ids!()),
        pg: concat!("SELECT blob FROM attachment WHERE blob IS NOT NULL AND message_id", pg_ids!()));
    let mut blobs: Vec<String> =
        on!(conn, c => sqlx::query_scalar(text).bind(&keys).fetch_all(c).await?);
    blobs.extend(remove_raws(conn, &raws).await?);
    delete!(
        conn,
        &keys,
        ("attachment", "message_id"),
        ("status_event", "message_id"),
        ("delivery", "message_id"),
        ("mail_id", "message_id"),
        ("message", "id")
    );
    // The shared ids of parts have the writer's number in them.
    let text = sql!(conn,
        lite: concat!("DELETE FROM reference WHERE value LIKE 'parts %' AND message_id", lite_ids!()),
        pg: concat!("DELETE FROM reference WHERE value LIKE 'parts %' AND message_id", pg_ids!()));
    on!(conn, c => sqlx::query(text).bind(&keys).execute(c).await.map(drop))?;
    Ok(blobs)
}

/// Removes providers' requests and mails as they came; gives back the keys of the mails' bytes.
pub async fn remove_raws(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<String>, StoreFault> {
    let keys = json(ids);
    let text = sql!(conn,
        lite: concat!("SELECT blob FROM raw_mail WHERE id", lite_ids!()),
        pg: concat!("SELECT blob FROM raw_mail WHERE id", pg_ids!()));
    let mails: Vec<String> =
        on!(conn, c => sqlx::query_scalar(text).bind(&keys).fetch_all(c).await?);
    delete!(
        conn,
        &keys,
        ("raw_request", "id"),
        ("raw_mail", "id"),
        ("quarantine", "raw_id")
    );
    Ok(mails)
}

/// Erases what else there is of a conversation; its places in the feed stay, and say nothing.
pub async fn erase_conversation(
    conn: &mut Conn,
    conversation: ConversationId,
) -> Result<(), StoreFault> {
    super::search::delete_conversation_docs(conn, conversation).await?;
    for text in [
        "DELETE FROM sla_timer WHERE conversation_id = $1",
        "DELETE FROM note WHERE conversation_id = $1",
        "DELETE FROM issue WHERE conversation_id = $1",
        "UPDATE event SET data = '{}' WHERE conversation_id = $1",
    ] {
        on!(conn, c => sqlx::query(text).bind(conversation.0).execute(c).await.map(drop))?;
    }
    forget_answers(conn, &conversation.to_string()).await?;
    super::merge::delete_conversation(conn, conversation).await
}

/// Forgets the answers that repeat an address or an id.
async fn forget_answers(conn: &mut Conn, trace: &str) -> Result<(), StoreFault> {
    let like = format!("%{}%", trace.replace('%', "_"));
    on!(conn, c => sqlx::query("DELETE FROM idempotency WHERE response LIKE $1")
        .bind(like).execute(c).await.map(drop))?;
    Ok(())
}

/// Erases a contact with their addresses, and every answer that repeats one of those; keeps of each
/// address a hash, by which it is known that it was erased.
pub async fn erase_contact(
    conn: &mut Conn,
    contact: ContactId,
    addresses: &[(Address, String)],
    now: Timestamp,
) -> Result<(), StoreFault> {
    for (address, hash) in addresses {
        let value = address.value();
        let channel = name_of(&address.channel());
        forget_answers(conn, value).await?;
        on!(conn, c => sqlx::query("DELETE FROM acknowledgement WHERE address = $1")
            .bind(value).execute(c).await.map(drop))?;
        on!(conn, c => sqlx::query("UPDATE opt_out SET recipient = $2, words = NULL, ended_words = NULL,
            message_id = NULL WHERE recipient = $1").bind(value).bind(hash).execute(c).await.map(drop))?;
        on!(conn, c => sqlx::query("DELETE FROM address WHERE channel = $1 AND value = $2")
            .bind(channel).bind(value).execute(c).await.map(drop))?;
        on!(conn, c => sqlx::query("INSERT INTO erased_address (hash, at) VALUES ($1, $2)
            ON CONFLICT (hash) DO UPDATE SET at = excluded.at")
            .bind(hash).bind(now.0).execute(c).await.map(drop))?;
    }
    forget_answers(conn, &contact.to_string()).await?;
    // Whoever was merged into them, and into those before.
    let mut gone = vec![contact.0];
    while let Some(id) = gone.pop() {
        let text = "DELETE FROM contact_merge WHERE survivor_id = $1 RETURNING other_id";
        let others: Vec<Uuid> =
            on!(conn, c => sqlx::query_scalar(text).bind(id).fetch_all(c).await?);
        gone.extend(others);
    }
    super::contact::delete_profile(conn, contact).await
}

/// Those of the hashes whose addresses were erased.
pub async fn load_erased(conn: &mut Conn, hashes: &[String]) -> Result<Vec<String>, StoreFault> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT hash FROM erased_address WHERE hash", lite_names!()),
        pg: concat!("SELECT hash FROM erased_address WHERE hash", pg_names!()));
    let keys = json(hashes);
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(keys).fetch_all(c).await?))
}

/// Lets the opt-outs of an erased address hold for it by name again, and forgets that it was erased.
pub async fn restore_opt_outs(
    conn: &mut Conn,
    hash: &str,
    address: &Address,
) -> Result<(), StoreFault> {
    let text = "UPDATE opt_out SET recipient = $2 WHERE recipient = $1";
    on!(conn, c => sqlx::query(text).bind(hash).bind(address.value()).execute(c).await.map(drop))?;
    let text = "DELETE FROM erased_address WHERE hash = $1";
    on!(conn, c => sqlx::query(text).bind(hash).execute(c).await.map(drop))?;
    Ok(())
}
