//! `[gateway.settings]`: what a gateway's profile asks for. Knows no profile.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::fault::Faults;
use super::secret;
use super::section::{Section, wrong_type};
use crate::domain::gateway::Setting;

/// Reads them all.
pub(super) fn read_settings(
    section: &Section<'_>,
    faults: &mut Faults<'_>,
) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    let Some(value) = section.get("settings") else {
        return settings;
    };
    let DeValue::Table(table) = value.get_ref() else {
        wrong_type(faults, value, "settings", "a table");
        return settings;
    };
    for (key, value) in table {
        if let Some(setting) = read_setting(key.get_ref(), value, faults) {
            settings.insert(key.get_ref().clone().into_owned(), setting);
        }
    }
    settings
}

fn read_setting(
    key: &str,
    value: &toml::Spanned<DeValue<'_>>,
    faults: &mut Faults<'_>,
) -> Option<Setting> {
    match value.get_ref() {
        DeValue::String(text) => Some(Setting::Text(text.clone().into_owned())),
        DeValue::Boolean(flag) => Some(Setting::Bool(*flag)),
        DeValue::Table(_) => secret::resolve(value, faults).map(Setting::Text),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            if read.is_err() {
                faults.add(
                    &value.span(),
                    format!("{key:?} is a number beyond 64 bits"),
                    "write it in quotes",
                );
            }
            read.ok().map(Setting::Integer)
        }
        DeValue::Array(items) => {
            let mut list = Vec::new();
            for item in items {
                match item.get_ref() {
                    DeValue::String(text) => list.push(text.clone().into_owned()),
                    DeValue::Table(_) => list.extend(secret::resolve(item, faults)),
                    _ => wrong_type(faults, item, key, "a list of texts"),
                }
            }
            Some(Setting::List(list))
        }
        DeValue::Float(_) | DeValue::Datetime(_) => {
            wrong_type(
                faults,
                value,
                key,
                "a text, a whole number, true, false or a list of texts",
            );
            None
        }
    }
}
