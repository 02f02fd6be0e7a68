//! What a principal may see, as a condition of every query that answers a person.

use uuid::Uuid;

use super::rows::json;
use crate::domain::agent::Scope;

/// The scope as it is bound: the ids of the teams as a JSON array, or null for one who sees all.
pub(super) fn bound(scope: &Scope) -> Option<String> {
    match scope {
        Scope::All => None,
        Scope::Teams(teams) => Some(json(
            &teams.iter().map(|team| team.0).collect::<Vec<Uuid>>(),
        )),
    }
}

/// Whether the conversation called `c` is seen by the scope that is bound there, on SQLite.
macro_rules! lite_seen {
    ($place:literal) => {
        concat!(
            " (",
            $place,
            " IS NULL OR c.private_to IS NULL OR c.private_to IN (SELECT unhex(value, '-') FROM json_each(",
            $place,
            "))) "
        )
    };
}

/// Whether the conversation called `c` is seen by the scope that is bound there, on PostgreSQL.
macro_rules! pg_seen {
    ($place:literal) => {
        concat!(
            " (",
            $place,
            "::text IS NULL OR c.private_to IS NULL OR c.private_to = ANY(ARRAY(SELECT e.id::uuid
               FROM jsonb_array_elements_text(",
            $place,
            "::jsonb) AS e(id)))) "
        )
    };
}

/// Whether a row's conversation is seen by the scope that is bound there.
macro_rules! lite_within {
    ($column:literal, $place:literal) => {
        concat!(
            " (",
            $place,
            " IS NULL OR EXISTS (SELECT 1 FROM conversation c WHERE c.id = ",
            $column,
            " AND",
            lite_seen!($place),
            ")) "
        )
    };
}

/// The same, on PostgreSQL.
macro_rules! pg_within {
    ($column:literal, $place:literal) => {
        concat!(
            " (",
            $place,
            "::text IS NULL OR EXISTS (SELECT 1 FROM conversation c WHERE c.id = ",
            $column,
            " AND",
            pg_seen!($place),
            ")) "
        )
    };
}

pub(super) use {lite_seen, lite_within, pg_seen, pg_within};
