//! Contacts and their addresses, as conversations know them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Contact, ContactAddress};
use crate::domain::gateway::ChannelKind;
use crate::domain::id::{ContactId, ConversationId};
use crate::domain::opt_out::OptOut;
use crate::store::rows::{Argument, Kind, Statement, json, lite_ids, name_of, named, pg_ids};
use crate::store::script::Rows;
use crate::store::{Conn, StoreFault, opt_out};

/// Which of these addresses are of contacts with whom there is no conversation yet.
pub async fn load_people(
    conn: &mut Conn,
    addresses: &[Address],
) -> Result<Vec<(Address, ContactId)>, StoreFault> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    ask_people(conn, addresses);
    let [found] = conn.answers().await?;
    read_people(&found)
}

/// Asks for them, with whatever goes to the database next.
///
/// A NOT EXISTS would let PostgreSQL read the whole of `conversation` for every slice.
pub(in crate::store) fn ask_people(conn: &mut Conn, addresses: &[Address]) {
    static ASK: LazyLock<Statement> = LazyLock::new(|| {
        Statement::ask(
            "SELECT a.channel, a.value, a.contact_id FROM json_each($1) AS k
                JOIN address a ON a.channel = k.value->>0 AND a.value = k.value->>1
                WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.contact_id = a.contact_id)",
            "SELECT a.channel, a.value, a.contact_id FROM jsonb_array_elements($1::jsonb) AS k(v)
                CROSS JOIN LATERAL (SELECT * FROM address a
                    WHERE a.channel = k.v->>0 AND a.value = k.v->>1 LIMIT 1) a
                WHERE (SELECT c.id FROM conversation c WHERE c.contact_id = a.contact_id LIMIT 1) IS NULL",
        )
    });
    ASK.defer(conn, vec![Argument::Text(keys_of(addresses))]);
}

/// Those that were found.
pub(in crate::store) fn read_people(found: &Rows) -> Result<Vec<(Address, ContactId)>, StoreFault> {
    #[derive(Deserialize, sqlx::FromRow)]
    struct Found {
        channel: String,
        value: String,
        contact_id: Uuid,
    }
    let person = |one: Found| Ok((address(&one.channel, one.value)?, ContactId(one.contact_id)));
    found.read()?.into_iter().map(person).collect()
}

/// Addresses as they are bound.
pub(super) fn keys_of(addresses: &[Address]) -> String {
    let keys: Vec<(String, &str)> = addresses
        .iter()
        .map(|address| (name_of(&address.channel()), address.value()))
        .collect();
    json(&keys)
}

/// The addresses of the contacts of these conversations.
pub async fn list_addresses(
    conn: &mut Conn,
    conversations: &[ConversationId],
) -> Result<Vec<Address>, StoreFault> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: concat!("SELECT a.channel, a.value FROM conversation c
            JOIN address a ON a.contact_id = c.contact_id WHERE c.id", lite_ids!()),
        pg: concat!("SELECT a.channel, a.value FROM conversation c
            JOIN address a ON a.contact_id = c.contact_id WHERE c.id", pg_ids!()));
    let keys: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let rows: Vec<(String, String)> =
        on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let address = |(channel, value): (String, String)| address(&channel, value);
    rows.into_iter().map(address).collect()
}

/// An address as its row says it.
pub(super) fn address(channel: &str, value: String) -> Result<Address, StoreFault> {
    Ok(match named::<ChannelKind>(channel)? {
        ChannelKind::Sms => Address::Sms(value),
        ChannelKind::Email => Address::Email(value),
    })
}

/// Stores people who were not known before.
pub async fn insert_contacts(
    conn: &mut Conn,
    contacts: &[(Contact, Address)],
) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New<'a> {
        id: Uuid,
        contact_id: Uuid,
        name: Option<&'a str>,
        created_at: i64,
        channel: String,
        value: &'a str,
    }
    static CONTACT: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("id", Kind::Id),
            ("name", Kind::Text),
            ("created_at", Kind::Int),
        ];
        Statement::insert("contact", &columns, "")
    });
    static ADDRESS: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("channel", Kind::Text),
            ("value", Kind::Text),
            ("contact_id", Kind::Id),
        ];
        Statement::insert("address", &columns, "")
    });
    let rows: Vec<New<'_>> = contacts
        .iter()
        .map(|(contact, address)| New {
            id: contact.id.0,
            contact_id: contact.id.0,
            name: contact.name.as_deref(),
            created_at: contact.created_at.0,
            channel: name_of(&address.channel()),
            value: address.value(),
        })
        .collect();
    CONTACT.run(conn, &rows).await?;
    ADDRESS.run(conn, &rows).await
}

/// Gives names to those who have none; who got one.
pub async fn update_names(
    conn: &mut Conn,
    names: &[(ContactId, String)],
) -> Result<Vec<ContactId>, StoreFault> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let text = sql!(conn,
        lite: "UPDATE contact SET name = k.value->>1 FROM json_each($1) AS k
            WHERE contact.id = unhex(k.value->>0, '-') AND contact.name IS NULL RETURNING contact.id",
        pg: "UPDATE contact SET name = k.v->>1 FROM jsonb_array_elements($1::jsonb) AS k(v)
            WHERE contact.id = (k.v->>0)::uuid AND contact.name IS NULL RETURNING contact.id");
    let names: Vec<(Uuid, &str)> = names
        .iter()
        .map(|(id, name)| (id.0, name.as_str()))
        .collect();
    let names = json(&names);
    let found: Vec<Uuid> = on!(conn, c => sqlx::query_scalar(text).bind(names).fetch_all(c).await?);
    Ok(found.into_iter().map(ContactId).collect())
}

/// Records of addresses whether mail to them comes back.
pub async fn update_bounces(
    conn: &mut Conn,
    bounces: &[(Address, Option<(Timestamp, String)>)],
) -> Result<(), StoreFault> {
    let text =
        "UPDATE address SET bounced_at = $3, bounce_reason = $4 WHERE channel = $1 AND value = $2";
    for (address, bounce) in bounces {
        let (at, reason) = (bounce.as_ref()).map_or((None, None), |(at, reason)| {
            (Some(at.0), Some(reason.as_str()))
        });
        on!(conn, c => sqlx::query(text)
            .bind(name_of(&address.channel()))
            .bind(address.value())
            .bind(at)
            .bind(reason)
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

/// The contacts of a page of conversations, with their addresses.
pub async fn list_contacts(
    conn: &mut Conn,
    ids: &[ContactId],
) -> Result<Vec<(Contact, Vec<ContactAddress>)>, StoreFault> {
    #[derive(sqlx::FromRow)]
    struct Found {
        id: Uuid,
        name: Option<String>,
        created_at: i64,
        channel: String,
        value: String,
        bounced_at: Option<i64>,
        bounce_reason: Option<String>,
    }
    let text = sql!(conn,
        lite: concat!("SELECT p.id, p.name, p.created_at, a.channel, a.value, a.bounced_at, a.bounce_reason FROM contact p
            JOIN address a ON a.contact_id = p.id WHERE p.id", lite_ids!(), " ORDER BY p.id, a.channel, a.value"),
        pg: concat!("SELECT p.id, p.name, p.created_at, a.channel, a.value, a.bounced_at, a.bounce_reason FROM contact p
            JOIN address a ON a.contact_id = p.id WHERE p.id", pg_ids!(), " ORDER BY p.id, a.channel, a.value"));
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let keys = json(&keys);
    let found: Vec<Found> = on!(conn, c => sqlx::query_as(text).bind(keys).fetch_all(c).await?);
    let values: Vec<&str> = found.iter().map(|one| one.value.as_str()).collect();
    let mut opted_out: HashMap<String, Vec<OptOut>> = HashMap::new();
    for entry in opt_out::load_active(conn, &values).await? {
        opted_out
            .entry(entry.pair.1.clone())
            .or_default()
            .push(entry);
    }
    let mut contacts: Vec<(Contact, Vec<ContactAddress>)> = Vec::new();
    for one in found {
        let bounced_at = one.bounced_at.map(Timestamp);
        let address = ContactAddress {
            opted_out: opted_out.remove(&one.value).unwrap_or_default(),
            address: address(&one.channel, one.value)?,
            bounced: bounced_at.zip(one.bounce_reason),
        };
        match contacts
            .last_mut()
            .filter(|(contact, _)| contact.id.0 == one.id)
        {
            Some((_, addresses)) => addresses.push(address),
            None => {
                let contact = Contact {
                    id: ContactId(one.id),
                    name: one.name,
                    created_at: Timestamp(one.created_at),
                };
                contacts.push((contact, vec![address]));
            }
        }
    }
    Ok(contacts)
}
