//! Keys that this installation made for itself.

use super::{Conn, StoreFault};

/// The key of a name; the given one becomes it when there is none yet.
pub async fn find_or_insert_secret(
    conn: &mut Conn,
    name: &str,
    fresh: &[u8],
) -> Result<Vec<u8>, StoreFault> {
    let insert = "INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    on!(&mut *conn, c => sqlx::query(insert).bind(name).bind(fresh).execute(c).await.map(drop))?;
    let text = "SELECT value FROM secret WHERE name = $1";
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(name).fetch_one(c).await?))
}

/// The key of a name.
pub async fn find_secret(conn: &mut Conn, name: &str) -> Result<Option<Vec<u8>>, StoreFault> {
    let text = "SELECT value FROM secret WHERE name = $1";
    Ok(on!(conn, c => sqlx::query_scalar(text).bind(name).fetch_optional(c).await?))
}

/// Stores a key under a name, in place of the one before.
pub async fn replace_secret(conn: &mut Conn, name: &str, value: &[u8]) -> Result<(), StoreFault> {
    let text = "INSERT INTO secret (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    on!(conn, c => sqlx::query(text).bind(name).bind(value).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets the key of a name.
pub async fn delete_secret(conn: &mut Conn, name: &str) -> Result<(), StoreFault> {
    let text = "DELETE FROM secret WHERE name = $1";
    on!(conn, c => sqlx::query(text).bind(name).execute(c).await.map(drop))?;
    Ok(())
}
