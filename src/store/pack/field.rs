//! A struct taken apart into values, each with the place of its column.

use std::fmt::Display;

use serde::ser::{Error as _, Impossible, SerializeStruct, Serializer};
use serde::{Serialize, ser};

use crate::store::rows::Kind;

/// What a field holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

type Put<'p> = dyn FnMut(usize, Value<'_>) + 'p;

/// Gives away the fields of one row that have a column.
pub(super) struct RowWriter<'p, 'f> {
    columns: &'p [(&'p str, Kind)],
    /// Where the next field probably stands: rows have their fields in the order of the columns.
    next: usize,
    put: &'p mut Put<'f>,
}

impl RowWriter<'_, '_> {
    /// Calls `put` with each field of `row` that has a column.
    pub(super) fn write<R: Serialize>(columns: &[(&str, Kind)], row: &R, put: &mut Put<'_>) {
        let writer = RowWriter {
            columns,
            next: 0,
            put,
        };
        row.serialize(writer)
            .expect("rows are structs of plain values");
    }
}

/// Why something is no row, or no value; a mistake in the program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoRow(String);

impl ser::Error for NoRow {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl SerializeStruct for RowWriter<'_, '_> {
    type Ok = ();
    type Error = NoRow;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), NoRow> {
        let is_here = |at: usize| {
            self.columns
                .get(at)
                .is_some_and(|(known, _)| *known == name)
        };
        let here = is_here(self.next).then_some(self.next);
        let found = here.or_else(|| self.columns.iter().position(|(known, _)| *known == name));
        let Some(column) = found else {
            return Ok(());
        };
        self.next = column + 1;
        let put = &mut *self.put;
        value.serialize(Field { column, put })
    }

    fn end(self) -> Result<(), NoRow> {
        Ok(())
    }
}

struct Field<'p, 'f> {
    column: usize,
    put: &'p mut Put<'f>,
}

impl Field<'_, '_> {
    #[expect(clippy::unnecessary_wraps, reason = "what a serializer gives back")]
    fn give(self, value: Value<'_>) -> Result<(), NoRow> {
        (self.put)(self.column, value);
        Ok(())
    }
}

/// The methods of a serializer that nothing calls.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, NoRow> {
            Err(NoRow::custom(concat!(stringify!($method), " is not for rows")))
        })*
    };
}

/// What neither a row nor a value is.
macro_rules! refuse_shapes {
    () => {
        type Ok = ();
        type Error = NoRow;
        type SerializeSeq = Impossible<(), NoRow>;
        type SerializeTuple = Impossible<(), NoRow>;
        type SerializeTupleStruct = Impossible<(), NoRow>;
        type SerializeTupleVariant = Impossible<(), NoRow>;
        type SerializeMap = Impossible<(), NoRow>;
        type SerializeStructVariant = Impossible<(), NoRow>;

        fn is_human_readable(&self) -> bool {
            false
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<(), NoRow> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), NoRow> {
            Err(NoRow::custom("a variant with content is not for rows"))
        }

        refuse! {
            serialize_f32(f32) -> ();
            serialize_f64(f64) -> ();
            serialize_char(char) -> ();
            serialize_u64(u64) -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_map(Option<usize>) -> Self::SerializeMap;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }
    };
}

impl Serializer for RowWriter<'_, '_> {
    type SerializeStruct = Self;

    refuse_shapes!();

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NoRow> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoRow> {
        value.serialize(self)
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
    }
}

macro_rules! integers {
    ($($method:ident: $integer:ty),*) => {
        $(fn $method(self, number: $integer) -> Result<(), NoRow> {
            self.give(Value::Int(i64::from(number)))
        })*
    };
}

impl Serializer for Field<'_, '_> {
    type SerializeStruct = Impossible<(), NoRow>;

    refuse_shapes!();

    refuse! {
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }

    integers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32
    );

    fn serialize_bool(self, yes: bool) -> Result<(), NoRow> {
        self.give(Value::Bool(yes))
    }

    fn serialize_str(self, text: &str) -> Result<(), NoRow> {
        self.give(Value::Text(text))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), NoRow> {
        self.give(Value::Bytes(bytes))
    }

    fn serialize_none(self) -> Result<(), NoRow> {
        self.give(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoRow> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<(), NoRow> {
        self.give(Value::Text(name))
    }
}
