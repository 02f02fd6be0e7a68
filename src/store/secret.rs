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
