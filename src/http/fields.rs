//! Reading the fields of a request so that every mistake is found at once.
//!
//! A request type takes its fields one by one; what is wrong is noted with a JSON pointer, what is
//! left over at the end is unknown, and the caller gets the whole list.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::http::problem::{FieldError, Problem};

/// A request type that reads itself.
pub trait Read: Sized {
    /// Takes its fields. Nothing is returned when a field that it cannot do without is wrong.
    fn read(fields: &mut Fields) -> Option<Self>;
}

/// The fields of one object or query, and what was found wrong with them.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Starts to read the members of an object.
    pub fn new(map: Map<String, Value>) -> Self {
        Self {
            map,
            errors: Vec::new(),
        }
    }

    /// Reads a whole request.
    ///
    /// # Errors
    ///
    /// The problem lists every wrong field.
    pub fn read<T: Read>(mut self) -> Result<T, Problem> {
        let value = T::read(&mut self);
        let unknown: Vec<String> = self.map.keys().cloned().collect();
        for name in unknown {
            self.fault(&name, "is not a known field");
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            Some(_) | None => Err(Problem::invalid(self.errors)),
        }
    }

    /// Takes a field that may be missing or null.
    pub fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.map.shift_remove(name)?;
        if value.is_null() {
            return None;
        }
        match read(value) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.fault(name, detail);
                None
            }
        }
    }

    /// Takes a field that may be missing; null is a value of its own.
    pub fn nullable<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Option<Option<T>> {
        if self.map.get(name).is_some_and(Value::is_null) {
            self.map.shift_remove(name);
            return Some(None);
        }
        self.optional(name, read).map(Some)
    }

    /// Takes a field that must be there.
    pub fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Option<T> {
        if self.map.get(name).is_none_or(Value::is_null) {
            self.map.shift_remove(name);
            self.fault(name, "is missing");
            return None;
        }
        self.optional(name, read)
    }

    /// Refuses a field of the contract that is not built yet; null is let pass.
    pub fn not_yet(&mut self, name: &str) {
        if self.map.shift_remove(name).is_some_and(|v| !v.is_null()) {
            self.fault(name, "is not supported yet");
        }
    }

    /// Whether nothing wrong was found yet.
    pub fn are_right(&self) -> bool {
        self.errors.is_empty()
    }

    /// Notes a mistake in one element of a list.
    pub fn fault_at(&mut self, name: &str, index: usize, detail: impl Into<String>) {
        self.errors.push(FieldError {
            pointer: format!("/{name}/{index}"),
            detail: detail.into(),
        });
    }

    /// Notes a mistake.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        // RFC 6901 writes ~ as ~0 and / as ~1.
        let escaped = name.replace('~', "~0").replace('/', "~1");
        self.errors.push(FieldError {
            pointer: format!("/{escaped}"),
            detail: detail.into(),
        });
    }
}

/// Reads a text of a length within bounds, in characters, without U+0000.
///
/// No database column takes U+0000, and no recipient could be shown it.
pub fn text(length: RangeInclusive<usize>) -> impl Fn(Value) -> Result<String, String> {
    move |value| {
        let text = any_text(value)?;
        if text.contains('\0') {
            return Err("must not contain the character U+0000".into());
        }
        let count = text.chars().count();
        if count == 0 && *length.start() > 0 {
            return Err("must not be empty".into());
        }
        if !length.contains(&count) {
            let (least, most) = (length.start(), length.end());
            return Err(format!("must have {least} to {most} characters"));
        }
        Ok(text)
    }
}

/// Reads a name or a title: some text of at most so many characters, without the spaces around it.
pub fn name(longest: usize) -> impl Fn(Value) -> Result<String, String> {
    move |value| {
        let name = text(1..=longest)(value)?.trim().to_owned();
        if name.is_empty() {
            return Err("must not be empty".into());
        }
        Ok(name)
    }
}

/// Reads any text.
pub fn any_text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("must be a text, not {}", kind(&other))),
    }
}

/// Reads true or false, also as the text of a query parameter.
pub fn truth(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(truth) => Ok(truth),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        other => Err(format!("must be true or false, not {}", kind(&other))),
    }
}

/// Reads a whole number within bounds, also as the text of a query parameter.
pub fn whole(bounds: RangeInclusive<i64>) -> impl Fn(Value) -> Result<i64, String> {
    move |value| {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.filter(|n| bounds.contains(n)).ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            format!("must be a whole number from {least} to {most}")
        })
    }
}

/// Reads a text that stands for something: an id, a name, a time.
pub fn parsed<T>(
    what: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> impl Fn(Value) -> Result<T, String> {
    move |value| {
        let text = any_text(value)?;
        parse(&text).ok_or_else(|| format!("must be {what}"))
    }
}

/// Reads a list of at most so many.
pub fn list<T>(
    most: usize,
    read: impl Fn(Value) -> Result<T, String>,
) -> impl Fn(Value) -> Result<Vec<T>, String> {
    move |value| match value {
        Value::Array(items) if items.len() <= most => items.into_iter().map(&read).collect(),
        Value::Array(_) => Err(format!("must have at most {most} items")),
        other => Err(format!("must be a list, not {}", kind(&other))),
    }
}

/// Reads an object, whose members the caller takes.
pub fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(format!("must be an object, not {}", kind(&other))),
    }
}

/// Reads an e-mail address as somebody logs in with one: something, @ and something.
pub fn email(value: Value) -> Result<String, String> {
    /// RFC 5321, section 4.5.3.1.3.
    const LONGEST: usize = 254;
    let text = text(3..=LONGEST)(value)?;
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = text.split_once('@');
    let whole = parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if plain && whole {
        return Ok(text);
    }
    Err("must be an e-mail address".into())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
