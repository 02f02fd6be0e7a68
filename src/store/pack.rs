//! Rows as each database unfolds them fastest: one value of JSONB for SQLite, where the rows are
//! arrays in the order of the columns, and an array for each column for PostgreSQL.
//!
//! Text that is parsed, names that are looked for and numbers that are read again from text cost
//! more there than writing the row does. A row is any struct that serde can write; its fields are
//! found by name. It must not know what the rows are about.

mod field;

use serde::Serialize;
use uuid::Uuid;

use super::rows::Kind;
use field::{RowWriter, Value};

/// A column of many rows.
#[derive(Debug)]
pub(super) enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Bool(Vec<Option<bool>>),
    Id(Vec<Option<Uuid>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Text => Self::Text(vec![None; rows]),
            Kind::Int => Self::Int(vec![None; rows]),
            Kind::Bool => Self::Bool(vec![None; rows]),
            Kind::Id => Self::Id(vec![None; rows]),
            Kind::Bytes => Self::Bytes(vec![None; rows]),
        }
    }

    fn set(&mut self, row: usize, value: &Value<'_>) {
        match (self, value) {
            (_, Value::Null) => {}
            (Self::Text(column), Value::Text(text)) => column[row] = Some((*text).to_owned()),
            (Self::Int(column), Value::Int(number)) => column[row] = Some(*number),
            (Self::Bool(column), Value::Bool(yes)) => column[row] = Some(*yes),
            (Self::Id(column), Value::Bytes(id)) => column[row] = Uuid::from_slice(id).ok(),
            (Self::Bytes(column), Value::Bytes(bytes)) => column[row] = Some(bytes.to_vec()),
            (column, value) => unreachable!("{value:?} stands in a column of {column:?}"),
        }
    }
}

/// The rows as columns.
pub(super) fn columns<R: Serialize>(columns: &[(&str, Kind)], rows: &[R]) -> Vec<Column> {
    let mut packed: Vec<Column> = columns
        .iter()
        .map(|(_, kind)| Column::new(*kind, rows.len()))
        .collect();
    for (nth, row) in rows.iter().enumerate() {
        let mut put = |column: usize, value: Value<'_>| packed[column].set(nth, &value);
        RowWriter::write(columns, row, &mut put);
    }
    packed
}

// The types of an element, in the lower half of its first byte (sqlite.org/jsonb.html, 3).
const NULL: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const INT: u8 = 3;
const TEXT: u8 = 10;
const ARRAY: u8 = 11;

/// The rows as JSONB. Bytes stand in it as text, which SQLite gives back as it was.
pub(super) fn jsonb<R: Serialize>(columns: &[(&str, Kind)], rows: &[R]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(64 + rows.len() * columns.len() * 24);
    let (mut cells, mut places) = (Vec::new(), vec![0..0; columns.len()]);
    let whole = begin_array(&mut packed);
    for row in rows {
        cells.clear();
        places.fill(0..0);
        let mut put = |column: usize, value: Value<'_>| {
            let start = cells.len();
            element(&value, &mut cells);
            places[column] = start..cells.len();
        };
        RowWriter::write(columns, row, &mut put);
        let array = begin_array(&mut packed);
        for place in &places {
            if place.is_empty() {
                packed.push(NULL);
            } else {
                packed.extend_from_slice(&cells[place.clone()]);
            }
        }
        end_array(&mut packed, array);
    }
    end_array(&mut packed, whole);
    packed
}

fn element(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(true) => out.push(TRUE),
        Value::Bool(false) => out.push(FALSE),
        Value::Int(number) => scalar(INT, number.to_string().as_bytes(), out),
        Value::Text(text) => scalar(TEXT, text.as_bytes(), out),
        Value::Bytes(bytes) => scalar(TEXT, bytes, out),
    }
}

fn scalar(kind: u8, payload: &[u8], out: &mut Vec<u8>) {
    match u8::try_from(payload.len()) {
        Ok(short @ 0..=11) => out.push(kind | short << 4),
        Ok(short) => out.extend_from_slice(&[kind | 0xc0, short]),
        Err(_) => {
            out.push(kind | 0xe0);
            out.extend_from_slice(&size(payload.len()));
        }
    }
    out.extend_from_slice(payload);
}

/// Leaves room for the head of an array, whose size is known at its end.
fn begin_array(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&[ARRAY | 0xe0, 0, 0, 0, 0]);
    out.len()
}

fn end_array(out: &mut [u8], start: usize) {
    let size = size(out.len() - start);
    out[start - 4..start].copy_from_slice(&size);
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length)
        .expect("a slice is far smaller than 4 GB")
        .to_be_bytes()
}

/// Bytes that a row points to.
pub(super) struct Piece<'a>(pub(super) &'a [u8]);

impl Serialize for Piece<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row<'a> {
        other: i64,
        text: Option<&'a str>,
        id: Uuid,
        yes: bool,
        number: i64,
    }

    const COLUMNS: [(&str, Kind); 4] = [
        ("number", Kind::Int),
        ("text", Kind::Text),
        ("id", Kind::Id),
        ("yes", Kind::Bool),
    ];

    fn row(text: Option<&str>) -> Row<'_> {
        Row {
            other: 7,
            text,
            id: Uuid::from_u128(5),
            yes: true,
            number: -12,
        }
    }

    #[test]
    fn columns_are_found_by_name_and_stand_in_their_order() {
        let packed = jsonb(&COLUMNS, &[row(Some("ab"))]);
        let mut expected = vec![0xeb, 0, 0, 0, 31, 0xeb, 0, 0, 0, 26];
        expected.extend_from_slice(b"\x33-12\x2aab\xca\x10");
        expected.extend_from_slice(Uuid::from_u128(5).as_bytes());
        expected.push(TRUE);
        assert_eq!(packed, expected);
    }

    #[test]
    fn nothing_is_null() {
        let packed = jsonb(&COLUMNS, &[row(None)]);
        assert_eq!(packed[10..15], *b"\x33-12\x00");
        let packed = columns(&COLUMNS, &[row(None), row(Some("ab"))]);
        let Column::Text(text) = &packed[1] else {
            panic!("a column of text is one");
        };
        assert_eq!(*text, [None, Some("ab".to_owned())]);
    }

    #[test]
    fn a_long_text_says_how_long_it_is() {
        let text = "x".repeat(300);
        let packed = jsonb(&COLUMNS[1..2], &[row(Some(&text))]);
        assert_eq!(packed[10..15], [0xea, 0, 0, 1, 44]);
        assert_eq!(packed.len(), 15 + 300);
    }
}
