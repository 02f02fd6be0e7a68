//! People as agents keep them.

mod address;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::conversation::list_contacts;
use super::rows::{json, lite_ids, name_of, pg_ids};
use super::scope::{bound, lite_seen, pg_seen};
use super::{Conn, StoreFault};
use crate::domain::address::Address;
use crate::domain::agent::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::contact::Profile;
use crate::domain::conversation::Contact;
use crate::domain::id::{ContactId, ConversationId};

pub use address::{delete_address, find_owner, insert_address, move_address};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: Option<String>,
    created_at: i64,
    language: Option<String>,
    time_zone: Option<String>,
    fields: String,
    held: Option<String>,
    version: i64,
    conversation_id: Option<Uuid>,
}

impl TryFrom<Row> for Profile {
    type Error = StoreFault;

    fn try_from(row: Row) -> Result<Self, StoreFault> {
        let fields: Result<BTreeMap<String, String>, _> = serde_json::from_str(&row.fields);
        Ok(Self {
            contact: Contact {
                id: ContactId(row.id),
                name: row.name,
                created_at: Timestamp(row.created_at),
            },
            language: row.language,
            time_zone: row.time_zone,
            fields: fields.map_err(|_| StoreFault::Unreadable(row.fields))?,
            held: row.held,
            version: row.version,
            addresses: Vec::new(),
            conversation: row.conversation_id.map(ConversationId),
        })
    }
}

macro_rules! columns {
    () => {
        "SELECT p.id, p.name, p.created_at, p.language, p.time_zone, p.fields, p.held, p.version,
            c.id AS conversation_id FROM contact p LEFT JOIN conversation c ON c.contact_id = p.id WHERE"
    };
}

macro_rules! newest {
    () => {
        " ORDER BY p.id DESC LIMIT $2"
    };
}

macro_rules! with_address {
    () => {
        "AND p.id < $1 AND p.id IN (SELECT contact_id FROM address WHERE channel = $4 AND value = $5)"
    };
}

macro_rules! with_words {
    ($like:literal) => {
        concat!(
            "AND p.id < $1 AND (p.name ",
            $like,
            " $4 ESCAPE '\\' OR EXISTS (SELECT 1 FROM address a WHERE a.contact_id = p.id AND a.value ",
            $like,
            " $5 ESCAPE '\\'))"
        )
    };
}

async fn with_addresses(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Profile>, StoreFault> {
    let ids: Vec<ContactId> = rows.iter().map(|row| ContactId(row.id)).collect();
    let known = list_contacts(conn, &ids).await?.into_iter();
    let known = known.map(|(contact, addresses)| (contact.id, addresses));
    let mut addresses: HashMap<_, _> = known.collect();
    let profile = |row: Row| {
        let profile = Profile::try_from(row)?;
        let addresses = addresses.remove(&profile.contact.id);
        Ok(Profile {
            addresses: addresses.unwrap_or_default(),
            ..profile
        })
    };
    rows.into_iter().map(profile).collect()
}

/// Contacts by id whom the scope sees, in no order.
pub async fn load_profiles(
    conn: &mut Conn,
    ids: &[ContactId],
    scope: &Scope,
) -> Result<Vec<Profile>, StoreFault> {
    let text = sql!(conn,
        lite: concat!(columns!(), lite_seen!("$2"), "AND p.id", lite_ids!()),
        pg: concat!(columns!(), pg_seen!("$2"), "AND p.id", pg_ids!()));
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(text)
        .bind(keys).bind(bound(scope)).fetch_all(c).await?);
    with_addresses(conn, rows).await
}

/// Who a list of contacts is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everybody.
    All,
    /// The one with this address.
    Address(Address),
    /// Those with this in their name or in an address, where case does not count.
    Words(String),
}

/// Contacts whom the scope sees, the newest first, from before one.
pub async fn list_profiles(
    conn: &mut Conn,
    wanted: &Wanted,
    scope: &Scope,
    before: ContactId,
    limit: u32,
) -> Result<Vec<Profile>, StoreFault> {
    let (limit, scope) = (i64::from(limit), bound(scope));
    let rows: Vec<Row> = match wanted {
        Wanted::All => {
            let text = sql!(conn,
                lite: concat!(columns!(), lite_seen!("$3"), "AND p.id < $1", newest!()),
                pg: concat!(columns!(), pg_seen!("$3"), "AND p.id < $1", newest!()));
            on!(conn, c => sqlx::query_as(text).bind(before.0).bind(limit).bind(scope).fetch_all(c).await?)
        }
        Wanted::Address(address) => {
            let text = sql!(conn,
                lite: concat!(columns!(), lite_seen!("$3"), with_address!(), newest!()),
                pg: concat!(columns!(), pg_seen!("$3"), with_address!(), newest!()));
            let channel = name_of(&address.channel());
            on!(conn, c => sqlx::query_as(text).bind(before.0).bind(limit).bind(scope)
                .bind(channel).bind(address.value()).fetch_all(c).await?)
        }
        Wanted::Words(words) => {
            let text = sql!(conn,
                lite: concat!(columns!(), lite_seen!("$3"), with_words!("LIKE"), newest!()),
                pg: concat!(columns!(), pg_seen!("$3"), with_words!("ILIKE"), newest!()));
            let (name, value) = (pattern(words), pattern(&number(words)));
            on!(conn, c => sqlx::query_as(text).bind(before.0).bind(limit).bind(scope)
                .bind(name).bind(value).fetch_all(c).await?)
        }
    };
    with_addresses(conn, rows).await
}

/// A pattern for what contains the words.
fn pattern(words: &str) -> String {
    let mut pattern = "%".to_owned();
    for character in words.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Part of a number as it is kept, without what people write between digits and in front of
/// them; anything else as it is.
fn number(words: &str) -> String {
    let written = |c: char| c.is_ascii_digit() || " +-./()".contains(c);
    if !words.chars().all(written) {
        return words.to_owned();
    }
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    match digits.trim_start_matches('0') {
        "" => words.to_owned(),
        digits => digits.to_owned(),
    }
}

/// Names that several contacts have, and who they are.
pub async fn list_namesakes(
    conn: &mut Conn,
    limit: u32,
) -> Result<Vec<(String, ContactId)>, StoreFault> {
    let text = "SELECT lower(p.name), p.id FROM contact p JOIN (SELECT lower(name) AS name FROM contact
        WHERE name IS NOT NULL GROUP BY lower(name) HAVING COUNT(*) > 1 ORDER BY lower(name) LIMIT $1) AS n
        ON lower(p.name) = n.name ORDER BY 1, p.id";
    let rows: Vec<(String, Uuid)> =
        on!(conn, c => sqlx::query_as(text).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows
        .into_iter()
        .map(|(name, id)| (name, ContactId(id)))
        .collect())
}

/// Mailboxes that may be written in another way too, with whose they are.
pub async fn list_tagged_mailboxes(
    conn: &mut Conn,
    limit: u32,
) -> Result<Vec<(String, ContactId)>, StoreFault> {
    let text =
        "SELECT value, contact_id FROM address WHERE channel = 'email' AND (value LIKE '%+%@%'
        OR value LIKE '%@gmail.com' OR value LIKE '%@googlemail.com') ORDER BY contact_id LIMIT $1";
    let rows: Vec<(String, Uuid)> =
        on!(conn, c => sqlx::query_as(text).bind(i64::from(limit)).fetch_all(c).await?);
    Ok(rows
        .into_iter()
        .map(|(value, id)| (value, ContactId(id)))
        .collect())
}

/// Stores a contact without its addresses.
pub async fn insert_profile(conn: &mut Conn, profile: &Profile) -> Result<(), StoreFault> {
    let text =
        "INSERT INTO contact (id, name, created_at, language, time_zone, fields, held, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on!(conn, c => sqlx::query(text)
        .bind(profile.contact.id.0)
        .bind(profile.contact.name.as_deref())
        .bind(profile.contact.created_at.0)
        .bind(profile.language.as_deref())
        .bind(profile.time_zone.as_deref())
        .bind(fields(profile))
        .bind(profile.held.as_deref())
        .bind(profile.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Stores what a contact is now, without its addresses.
pub async fn update_profile(conn: &mut Conn, profile: &Profile) -> Result<(), StoreFault> {
    let text =
        "UPDATE contact SET name = $2, language = $3, time_zone = $4, fields = $5, held = $6,
        version = $7 WHERE id = $1";
    on!(conn, c => sqlx::query(text)
        .bind(profile.contact.id.0)
        .bind(profile.contact.name.as_deref())
        .bind(profile.language.as_deref())
        .bind(profile.time_zone.as_deref())
        .bind(fields(profile))
        .bind(profile.held.as_deref())
        .bind(profile.version)
        .execute(c).await.map(drop))?;
    Ok(())
}

fn fields(profile: &Profile) -> String {
    serde_json::to_string(&profile.fields).expect("texts always serialise")
}

/// Takes a contact away that has neither addresses nor a conversation any more.
pub async fn delete_profile(conn: &mut Conn, contact: ContactId) -> Result<(), StoreFault> {
    let text = "DELETE FROM contact WHERE id = $1";
    on!(conn, c => sqlx::query(text).bind(contact.0).execute(c).await.map(drop))?;
    Ok(())
}
