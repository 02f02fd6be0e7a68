//! Values that may stand elsewhere: `{ env = "X" }` and `{ file = "…" }`, read once at start.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Faults, nearest};

/// No key or certificate comes near this; it keeps a mistyped path from filling the memory.
const LARGEST_FILE: u64 = 64 * 1024;

const KEYS: &[&str] = &["env", "file"];

/// Whether the value says where to read it instead of being it.
pub(super) fn is_reference(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::Table(_))
}

/// Reads the value from where the reference points; notes a fault that names the place, not the value.
pub(super) fn resolve(value: &Spanned<DeValue<'_>>, faults: &mut Faults<'_>) -> Option<String> {
    let DeValue::Table(table) = value.get_ref() else {
        return None;
    };
    let (key, place) = only_entry(table).or_else(|| {
        faults.add(
            &value.span(),
            "this table does not say where to read the value",
            "write { env = \"NAME\" } or { file = \"path\" }",
        );
        None
    })?;
    let read = match key.get_ref().as_ref() {
        "env" => from_environment(place),
        "file" => from_file(place),
        other => {
            let reason = format!("unknown source {other:?} of a value");
            faults.add(&key.span(), reason, nearest(other, KEYS));
            return None;
        }
    };
    match read {
        Ok(text) => Some(text),
        Err((reason, fix)) => {
            faults.add(&value.span(), reason, fix);
            None
        }
    }
}

fn only_entry<'a>(
    table: &'a DeTable<'a>,
) -> Option<(&'a Spanned<std::borrow::Cow<'a, str>>, &'a str)> {
    let mut entries = table.iter();
    let (key, value) = entries.next()?;
    let place = value.get_ref().as_str()?;
    entries.next().is_none().then_some((key, place))
}

fn from_environment(name: &str) -> Result<String, (String, String)> {
    let fix = || format!("set {name} before the start");
    match std::env::var(name) {
        Ok(text) if text.is_empty() => {
            Err((format!("environment variable {name} is empty"), fix()))
        }
        Ok(text) => Ok(text),
        Err(std::env::VarError::NotPresent) => {
            Err((format!("environment variable {name} is not set"), fix()))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err((format!("environment variable {name} is not UTF-8"), fix()))
        }
    }
}

/// The content without the line end that editors add.
fn from_file(path: &str) -> Result<String, (String, String)> {
    let fix = || format!("make sure that {path} is there and readable by the daemon");
    let size = std::fs::metadata(path).map(|about| about.len());
    match size {
        Ok(size) if size > LARGEST_FILE => {
            return Err((format!("file {path} is larger than 64 KiB"), fix()));
        }
        Ok(_) => {}
        Err(error) => return Err((format!("file {path} cannot be read: {error}"), fix())),
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| (format!("file {path} cannot be read: {error}"), fix()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err((format!("file {path} is empty"), fix()));
    }
    Ok(text.to_owned())
}
