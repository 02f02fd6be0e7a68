//! Reads the keys of one table, and notes what is wrong with each; knows no section by name.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Faults, nearest};
use super::secret;
use crate::domain::clock::parse_duration;

/// A value and where it stands.
pub(super) type Placed<T> = (T, Range<usize>);

/// Why a text is not what its key asks for, and what would be.
pub(super) struct Misfit {
    pub(super) reason: String,
    pub(super) fix: String,
}

impl Misfit {
    pub(super) fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            fix: fix.into(),
        }
    }
}

/// One table of the file; an absent one reads as empty.
pub(super) struct Section<'a> {
    /// As it is shown: `[server]`.
    name: &'static str,
    keys: &'static [&'static str],
    table: Option<&'a DeTable<'a>>,
    span: Range<usize>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(
        table: &'a Spanned<DeTable<'a>>,
        keys: &'static [&'static str],
        faults: &mut Faults<'_>,
    ) -> Self {
        Self::of("the file", table.get_ref(), table.span(), keys, faults)
    }

    /// A table inside this one.
    pub(super) fn section(
        &self,
        key: &str,
        name: &'static str,
        keys: &'static [&'static str],
        faults: &mut Faults<'_>,
    ) -> Self {
        let absent = Self {
            name,
            keys,
            table: None,
            span: self.span.clone(),
        };
        let Some(value) = self.get(key) else {
            return absent;
        };
        let DeValue::Table(table) = value.get_ref() else {
            wrong_type(faults, value, key, "a table");
            return absent;
        };
        Self::of(name, table, value.span(), keys, faults)
    }

    /// The tables of a list of tables.
    pub(super) fn list(
        &self,
        key: &str,
        name: &'static str,
        keys: &'static [&'static str],
        faults: &mut Faults<'_>,
    ) -> Vec<Self> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            faults.add(
                &value.span(),
                format!("{key:?} is {}", with_article(value.get_ref())),
                format!("write [[{key}]], with two brackets, above each one"),
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Self {
                    name,
                    keys,
                    table: Some(table),
                    span: item.span(),
                }),
                _ => wrong_type(faults, item, key, "a table"),
            }
        }
        sections
    }

    fn of(
        name: &'static str,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        keys: &'static [&'static str],
        faults: &mut Faults<'_>,
    ) -> Self {
        let section = Self {
            name,
            keys,
            table: Some(table),
            span,
        };
        section.refuse_unknown(faults);
        section
    }

    /// Notes every key that this section does not know.
    pub(super) fn refuse_unknown(&self, faults: &mut Faults<'_>) {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let word: &str = key.get_ref();
            if !self.keys.contains(&word) {
                let reason = format!("unknown key {word:?} in {}", self.name);
                faults.add(&key.span(), reason, nearest(word, self.keys));
            }
        }
    }

    /// Where the section begins.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the value of a key stands, else where the section begins.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key).map_or_else(|| self.span(), Spanned::span)
    }

    /// Where each key of the section stands, and each key of the tables in it by its own name.
    pub(super) fn places(&self) -> Vec<(String, Range<usize>)> {
        let mut places = Vec::new();
        let mut tables: Vec<&DeTable<'_>> = self.table.into_iter().collect();
        while let Some(table) = tables.pop() {
            for (key, value) in table {
                places.push((key.get_ref().to_string(), key.span()));
                if let DeValue::Table(inner) = value.get_ref() {
                    tables.push(inner);
                }
            }
        }
        places
    }

    /// Whether the key is there at all, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.keys.contains(&key), "{key} is read but not listed");
        self.table.and_then(|table| table.get(key))
    }

    /// A text as it stands.
    pub(super) fn text(&self, key: &str, faults: &mut Faults<'_>) -> Option<Placed<String>> {
        let value = self.get(key)?;
        let DeValue::String(text) = value.get_ref() else {
            wrong_type(faults, value, key, "a text in quotes");
            return None;
        };
        Some((text.clone().into_owned(), value.span()))
    }

    /// A text that has to be there.
    pub(super) fn required(&self, key: &str, faults: &mut Faults<'_>) -> Option<Placed<String>> {
        if !self.has(key) {
            let reason = format!("{} has no {key:?}", self.name);
            faults.add(&self.span, reason, format!("add {key} = \"…\""));
        }
        self.text(key, faults)
    }

    /// A text, or where to read it: `{ env = "X" }`, `{ file = "…" }`.
    pub(super) fn secret(&self, key: &str, faults: &mut Faults<'_>) -> Option<Placed<String>> {
        let value = self.get(key)?;
        if secret::is_reference(value.get_ref()) {
            return Some((secret::resolve(value, faults)?, value.span()));
        }
        self.text(key, faults)
    }

    /// A text that has to be there, or where to read it.
    pub(super) fn required_secret(
        &self,
        key: &str,
        faults: &mut Faults<'_>,
    ) -> Option<Placed<String>> {
        if self.has(key) {
            self.secret(key, faults)
        } else {
            self.required(key, faults)
        }
    }

    /// A table of one entry, `{ key = "text" }`: which key, its text and where it stands. Nothing,
    /// and no fault, where the value is no table.
    pub(super) fn choice(
        &self,
        key: &str,
        choices: &'static [&'static str],
        faults: &mut Faults<'_>,
    ) -> Option<(&'static str, String, Range<usize>)> {
        let value = self.get(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            return None;
        };
        let section = Self::of("this table", table, value.span(), choices, faults);
        let mut chosen = choices.iter().filter(|choice| section.has(choice));
        match (chosen.next(), chosen.next()) {
            (Some(choice), None) => {
                let (text, span) = section.text(choice, faults)?;
                Some((choice, text, span))
            }
            (None, _) | (Some(_), Some(_)) => {
                let reason = format!("{key:?} is not one choice");
                let fix = format!("such as {{ {} = \"…\" }}", choices[0]);
                faults.add(&value.span(), reason, fix);
                None
            }
        }
    }

    /// A text that has to pass a check, which turns it into what it means.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        faults: &mut Faults<'_>,
        parse: impl FnOnce(&str) -> Result<T, Misfit>,
    ) -> Option<T> {
        let (text, span) = self.text(key, faults)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(misfit) => {
                faults.add(&span, format!("{key}: {}", misfit.reason), misfit.fix);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        faults: &mut Faults<'_>,
    ) -> Option<T> {
        self.parsed(key, faults, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Misfit::new(format!("unknown value {text:?}"), nearest(text, &known))
            })
        })
    }

    /// A duration such as `90s`.
    pub(super) fn duration(&self, key: &str, faults: &mut Faults<'_>) -> Option<Duration> {
        self.parsed(key, faults, |text| {
            parse_duration(text).map_err(|reason| Misfit::new(reason, "such as \"30s\""))
        })
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &str, faults: &mut Faults<'_>) -> Option<bool> {
        let value = self.get(key)?;
        let DeValue::Boolean(flag) = value.get_ref() else {
            wrong_type(faults, value, key, "true or false");
            return None;
        };
        Some(*flag)
    }

    /// A whole number from one to `most`.
    pub(super) fn count(&self, key: &str, most: u32, faults: &mut Faults<'_>) -> Option<u32> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let fitting = number.filter(|number| (1..=most).contains(number));
        if fitting.is_none() {
            let reason = format!("{key:?} is not a whole number from 1 to {most}");
            faults.add(&value.span(), reason, format!("such as {key} = 1"));
        }
        fitting
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&self, key: &str, faults: &mut Faults<'_>) -> Option<Vec<Placed<String>>> {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            wrong_type(faults, value, key, "a list of texts");
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.clone().into_owned(), item.span())),
                _ => wrong_type(faults, item, key, "a list of texts"),
            }
        }
        Some(texts)
    }
}

/// Notes a value of the wrong type, without showing it.
pub(super) fn wrong_type(
    faults: &mut Faults<'_>,
    value: &Spanned<DeValue<'_>>,
    key: &str,
    wanted: &str,
) {
    faults.add(
        &value.span(),
        format!("{key:?} is {}", with_article(value.get_ref())),
        format!("it has to be {wanted}"),
    );
}

fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
