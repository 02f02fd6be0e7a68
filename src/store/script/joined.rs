//! How several statements become the one that goes to the database.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Postgres, Sqlite};

use super::super::pack::Column;
use super::statement::{Argument, Waiting};

/// How statements become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// One after the other.
    Lite,
    /// All but the last in the WITH clause of the last.
    PgWrites,
    /// All in the WITH clause of a statement that gives their rows as a column each, in JSON.
    PgAnswers,
}

/// The text of these statements together. It is made of constants alone and kept for ever, as are
/// they; which of them meet is decided by the code, so there are some dozens of texts.
pub(super) fn together(form: Form, statements: &[Waiting]) -> &'static str {
    type Texts = HashMap<(Form, Vec<usize>), &'static str>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let numbers = statements.iter().map(|(one, _)| one.number).collect();
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts
        .entry((form, numbers))
        .or_insert_with(|| join(form, statements).leak())
}

fn join(form: Form, statements: &[Waiting]) -> String {
    let (mut text, mut before, last) = (String::new(), 0, statements.len() - 1);
    for (nth, (statement, arguments)) in statements.iter().enumerate() {
        let (own, named) = match form {
            Form::Lite => (statement.lite, false),
            Form::PgWrites => (statement.pg, nth < last),
            Form::PgAnswers => (statement.pg, true),
        };
        if named {
            text.push_str(if nth == 0 { "WITH " } else { ", " });
            text.push('p');
            text.push_str(&nth.to_string());
            text.push_str(" AS (");
        }
        count_on(own, before, &mut text);
        text.push_str(match (form, named) {
            (Form::Lite, _) => ";",
            (_, true) => ")",
            (_, false) => "",
        });
        before += arguments.len();
        if form == Form::PgWrites && nth + 1 == last {
            text.push(' ');
        }
    }
    if form == Form::PgAnswers {
        for nth in 0..=last {
            text.push_str(if nth == 0 { " SELECT " } else { ", " });
            write!(text, "(SELECT json_agg(p{nth}) FROM p{nth})::text").expect("a text takes all");
        }
    }
    text
}

/// Adds a statement's text, its placeholders counting on from those before it.
fn count_on(statement: &str, before: usize, text: &mut String) {
    let mut rest = statement;
    while let Some(at) = rest.find('$') {
        let digits = &rest[at + 1..];
        let end = digits.find(|c: char| !c.is_ascii_digit());
        let end = end.unwrap_or(digits.len());
        text.push_str(&rest[..=at]);
        // What no number follows is the root of a path into JSON.
        if let Ok(nth) = digits[..end].parse::<usize>() {
            text.push_str(&(before + nth).to_string());
        }
        rest = &digits[end..];
    }
    text.push_str(rest);
}

/// The statements in groups that may go together: each table once, and what names none alone.
pub(super) fn groups(waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut groups: Vec<Vec<Waiting>> = Vec::new();
    for one in waiting {
        match groups.last_mut().filter(|group| joins(group, &one)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// Whether a statement may go together with some that do.
pub(super) fn joins(group: &[Waiting], (statement, _): &Waiting) -> bool {
    let tables = group.iter().map(|(other, _)| other.table);
    let differs = |table: &str| !table.is_empty() && table != statement.table;
    !statement.table.is_empty() && tables.into_iter().all(differs)
}

macro_rules! bind {
    ($text:expr, $waiting:expr, $column:expr) => {{
        let mut query = sqlx::query($text);
        for argument in $waiting.into_iter().flat_map(|(_, arguments)| arguments) {
            query = match argument {
                Argument::Text(text) => query.bind(text),
                Argument::Int(number) => query.bind(number),
                Argument::Bytes(bytes) => query.bind(bytes),
                Argument::Column(column) => $column(query, column),
            };
        }
        query
    }};
}

pub(super) fn bind_lite(
    text: &'static str,
    waiting: Vec<Waiting>,
) -> Query<'static, Sqlite, SqliteArguments> {
    let column = |_, _| unreachable!("rows go to SQLite as JSONB");
    bind!(text, waiting, column)
}

pub(super) fn bind_pg(
    text: &'static str,
    waiting: Vec<Waiting>,
) -> Query<'static, Postgres, PgArguments> {
    fn column(
        query: Query<'static, Postgres, PgArguments>,
        column: Column,
    ) -> Query<'static, Postgres, PgArguments> {
        match column {
            Column::Text(values) => query.bind(values),
            Column::Int(values) => query.bind(values),
            Column::Bool(values) => query.bind(values),
            Column::Id(values) => query.bind(values),
            Column::Bytes(values) => query.bind(values),
        }
    }
    bind!(text, waiting, column)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::super::statement::{Argument, Statement};
    use super::*;

    fn two() -> (Vec<Waiting>, Vec<Waiting>) {
        static ONE: LazyLock<Statement> =
            LazyLock::new(|| Statement::new("a", "A $1 $2 $1", "P $1 $2 $1"));
        static TWO: LazyLock<Statement> =
            LazyLock::new(|| Statement::new("b", "B $1->'$[0]'", "Q $1"));
        let make = || {
            vec![
                (&*ONE, vec![Argument::Int(1), Argument::Int(2)]),
                (&*TWO, vec![Argument::Int(3)]),
            ]
        };
        (make(), make())
    }

    #[test]
    fn placeholders_count_on_from_statement_to_statement() {
        let (statements, _) = two();
        assert_eq!(join(Form::Lite, &statements), "A $1 $2 $1;B $3->'$[0]';");
        assert_eq!(
            join(Form::PgWrites, &statements),
            "WITH p0 AS (P $1 $2 $1) Q $3"
        );
        assert_eq!(
            join(Form::PgAnswers, &statements),
            "WITH p0 AS (P $1 $2 $1), p1 AS (Q $3) \
             SELECT (SELECT json_agg(p0) FROM p0)::text, (SELECT json_agg(p1) FROM p1)::text"
        );
    }

    #[test]
    fn a_table_is_written_once_in_a_trip() {
        let (mut statements, again) = two();
        statements.extend(again);
        let sizes: Vec<_> = groups(statements).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2]);
    }
}
