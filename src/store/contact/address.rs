//! Whose an address is.

use uuid::Uuid;

use crate::domain::address::Address;
use crate::domain::id::ContactId;
use crate::store::rows::name_of;
use crate::store::{Conn, StoreFault};

/// Who has an address.
pub async fn find_owner(
    conn: &mut Conn,
    address: &Address,
) -> Result<Option<ContactId>, StoreFault> {
    let text = "SELECT contact_id FROM address WHERE channel = $1 AND value = $2";
    let channel = name_of(&address.channel());
    let found: Option<Uuid> = on!(conn, c => sqlx::query_scalar(text)
        .bind(channel).bind(address.value()).fetch_optional(c).await?);
    Ok(found.map(ContactId))
}

/// Gives a contact an address that nobody has.
pub async fn insert_address(
    conn: &mut Conn,
    contact: ContactId,
    address: &Address,
) -> Result<(), StoreFault> {
    let text = "INSERT INTO address (channel, value, contact_id) VALUES ($1, $2, $3)";
    let channel = name_of(&address.channel());
    on!(conn, c => sqlx::query(text)
        .bind(channel).bind(address.value()).bind(contact.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes an address away from whoever has it.
pub async fn delete_address(conn: &mut Conn, address: &Address) -> Result<(), StoreFault> {
    let text = "DELETE FROM address WHERE channel = $1 AND value = $2";
    let channel = name_of(&address.channel());
    on!(conn, c => sqlx::query(text)
        .bind(channel).bind(address.value()).execute(c).await.map(drop))?;
    Ok(())
}

/// Gives an address of one contact to another.
pub async fn move_address(
    conn: &mut Conn,
    address: &Address,
    from: ContactId,
    to: ContactId,
) -> Result<(), StoreFault> {
    let text =
        "UPDATE address SET contact_id = $4 WHERE channel = $1 AND value = $2 AND contact_id = $3";
    let channel = name_of(&address.channel());
    on!(conn, c => sqlx::query(text)
        .bind(channel).bind(address.value()).bind(from.0).bind(to.0).execute(c).await.map(drop))?;
    Ok(())
}
