//! How many conversations every list holds.

use std::sync::LazyLock;

use serde::Serialize;
use uuid::Uuid;

use super::rows::{Kind, Statement};
use super::scope::bound;
use super::{Conn, StoreFault};
use crate::domain::agent::Scope;
use crate::domain::conversation::Shelf;
use crate::domain::tally::{Count, Dimension, Tally};

/// Adds to the counts.
pub async fn add_counts(conn: &mut Conn, shifts: Vec<(Tally, Count)>) -> Result<(), StoreFault> {
    #[derive(Serialize)]
    struct New {
        dimension: &'static str,
        key: String,
        private_to: Uuid,
        shelf: i64,
        total: i64,
        unread: i64,
        failed: i64,
    }
    static ADD: LazyLock<Statement> = LazyLock::new(|| {
        let columns = [
            ("dimension", Kind::Text),
            ("key", Kind::Text),
            ("private_to", Kind::Id),
            ("shelf", Kind::Int),
            ("total", Kind::Int),
            ("unread", Kind::Int),
            ("failed", Kind::Int),
        ];
        let tail = "ON CONFLICT (dimension, key, private_to, shelf) DO UPDATE SET
            total = tally.total + excluded.total, unread = tally.unread + excluded.unread,
            failed = tally.failed + excluded.failed";
        Statement::insert("tally", &columns, tail)
    });
    let row = |(tally, count): (Tally, Count)| New {
        dimension: tally.dimension.as_str(),
        key: tally.key,
        private_to: tally.private_to,
        shelf: tally.shelf as i64,
        total: count.total,
        unread: count.unread,
        failed: count.failed,
    };
    let rows: Vec<New> = shifts.into_iter().map(row).collect();
    ADD.run(conn, &rows).await
}

/// One line of the counts: by what, whose, where, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// By what.
    pub dimension: Dimension,
    /// Whose.
    pub key: String,
    /// Where.
    pub shelf: Shelf,
    /// How many.
    pub count: Count,
}

/// The counts of what may be seen.
pub async fn list_counts(conn: &mut Conn, scope: &Scope) -> Result<Vec<Line>, StoreFault> {
    #[derive(sqlx::FromRow)]
    struct Found {
        dimension: String,
        key: String,
        shelf: i64,
        total: i64,
        unread: i64,
        failed: i64,
    }
    // CAST, because PostgreSQL's sum of big integers is a decimal.
    macro_rules! list {
        ($seen:literal) => {
            concat!(
                "SELECT dimension, key, shelf, CAST(sum(total) AS BIGINT) AS total,
                CAST(sum(unread) AS BIGINT) AS unread, CAST(sum(failed) AS BIGINT) AS failed
                FROM tally WHERE ",
                $seen,
                " GROUP BY dimension, key, shelf"
            )
        };
    }
    let text = sql!(conn,
        lite: list!("($1 IS NULL OR private_to = $2 OR private_to IN (SELECT unhex(value, '-') FROM json_each($1)))"),
        pg: list!("($1::text IS NULL OR private_to = $2 OR private_to = ANY(ARRAY(SELECT e.id::uuid
            FROM jsonb_array_elements_text($1::jsonb) AS e(id))))"));
    let rows: Vec<Found> = on!(conn, c => sqlx::query_as(text)
        .bind(bound(scope)).bind(Uuid::nil()).fetch_all(c).await?);
    let line = |row: Found| {
        let dimension = [
            Dimension::All,
            Dimension::Assignee,
            Dimension::Team,
            Dimension::Tag,
            Dimension::Gateway,
        ]
        .into_iter()
        .find(|one| one.as_str() == row.dimension)?;
        let shelf = *Shelf::ALL.get(usize::try_from(row.shelf).ok()?)?;
        let count = Count {
            total: row.total,
            unread: row.unread,
            failed: row.failed,
        };
        Some(Line {
            dimension,
            key: row.key,
            shelf,
            count,
        })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}
