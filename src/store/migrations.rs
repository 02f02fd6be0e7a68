//! Bringing a database to this program's version: embedded, up only, one daemon at a time.

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{PgPool, SqlitePool};

use super::StoreFault;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), StoreFault> {
    let mut conn = pool.acquire().await?;
    refuse_newer(&SQLITE, &mut *conn).await?;
    Ok(SQLITE.run(&mut *conn).await?)
}

/// sqlx holds an advisory lock meanwhile, so that two daemons that start together take turns.
pub(super) async fn postgres(pool: &PgPool) -> Result<(), StoreFault> {
    let mut conn = pool.acquire().await?;
    refuse_newer(&POSTGRES, &mut *conn).await?;
    Ok(POSTGRES.run(&mut *conn).await?)
}

async fn refuse_newer<C: Migrate>(migrator: &Migrator, conn: &mut C) -> Result<(), StoreFault> {
    let table = migrator.table_name.as_ref();
    conn.ensure_migrations_table(table).await?;
    let known = migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    let found = conn
        .list_applied_migrations(table)
        .await?
        .into_iter()
        .map(|applied| applied.version)
        .max();
    match found {
        Some(found) if found > known => Err(StoreFault::TooNew { found, known }),
        _ => Ok(()),
    }
}
