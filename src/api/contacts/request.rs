//! What a client says about contacts.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::{Api, address_of};
use crate::domain::address::Address;
use crate::domain::contact::{ContactPatch, MOST_ADDRESSES, MOST_FIELDS};
use crate::domain::id::ContactId;
use crate::http::fields::{any_text, name, parsed, text};
use crate::http::problem::{FieldError, Problem};
use crate::http::query::PageQuery;
use crate::http::{Fields, Read};

/// The longest name of a person, in characters.
pub(super) const LONGEST_NAME: usize = 200;

/// The longest name of a field, in characters.
pub(super) const LONGEST_KEY: usize = 64;

/// The longest value of a field, in characters.
pub(super) const LONGEST_VALUE: usize = 1_000;

/// Which contacts to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// A number in any written form, a mailbox, or a part of a name, a number or a mailbox.
    #[param(value_type = Option<String>, example = "(202) 555-0123")]
    pub q: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    pub limit: u32,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let q = fields.optional("q", text(1..=320));
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self { q, limit, cursor })
    }
}

/// A contact to make.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({
    "name": "Ann Example", "addresses": ["+12025550123", "ann@example.com"], "language": "en-US",
    "fields": {"customer_number": "1042"}
}))]
pub(crate) struct NewContact {
    /// Their name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    name: (),
    /// Their phone numbers and mailboxes, in any written form.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 20)]
    pub addresses: Vec<String>,
    /// The language they want to be written to in (BCP 47).
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    language: (),
    /// Where they live in time (IANA name).
    #[schema(value_type = Option<String>)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    time_zone: (),
    /// Whatever else is to be known, by name: up to 50 texts.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    fields: (),
    /// All of this but the addresses.
    #[schema(ignore)]
    pub patch: ContactPatch,
}

impl Read for NewContact {
    fn read(fields: &mut Fields) -> Option<Self> {
        let addresses = fields.required("addresses", address_texts);
        let patch = patch(fields);
        Some(Self {
            name: (),
            language: (),
            time_zone: (),
            fields: (),
            addresses: addresses?,
            patch,
        })
    }
}

/// What is to change of a contact; what is left out stays, and null takes away.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"name": "Ann Example", "fields": {"customer_number": "1042", "old": null}}))]
pub(crate) struct ContactPatchRequest {
    /// Their name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    name: (),
    /// All of their phone numbers and mailboxes, the new ones and those that stay.
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 20)]
    pub addresses: Option<Vec<String>>,
    /// The language they want to be written to in (BCP 47).
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    language: (),
    /// Where they live in time (IANA name).
    #[schema(value_type = Option<String>)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    time_zone: (),
    /// Fields to set, and with null those to take away; others stay.
    #[schema(value_type = Option<BTreeMap<String, Option<String>>>)]
    #[allow(dead_code, reason = "read into the patch; here for the document")]
    fields: (),
    /// All of this but the addresses.
    #[schema(ignore)]
    pub patch: ContactPatch,
}

impl Read for ContactPatchRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let addresses = fields.optional("addresses", address_texts);
        let patch = patch(fields);
        Some(Self {
            name: (),
            language: (),
            time_zone: (),
            fields: (),
            addresses,
            patch,
        })
    }
}

fn patch(fields: &mut Fields) -> ContactPatch {
    ContactPatch {
        name: fields.nullable("name", name(LONGEST_NAME)),
        language: fields.nullable(
            "language",
            parsed("a language such as en or pt-BR", language),
        ),
        time_zone: fields.nullable(
            "time_zone",
            parsed("a time zone such as Europe/Berlin", time_zone),
        ),
        fields: fields.optional("fields", own_fields).unwrap_or_default(),
    }
}

/// A language tag (BCP 47), as far as its form goes.
pub(super) fn language(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let first = parts.next()?;
    let sound = (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && text.len() <= 30
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    sound.then(|| text.to_owned())
}

/// The name of a time zone (IANA).
pub(super) fn time_zone(text: &str) -> Option<String> {
    let sound = (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-+/".contains(&b));
    let known = sound && jiff::tz::TimeZone::get(text).is_ok();
    known.then(|| text.to_owned())
}

fn address_texts(value: Value) -> Result<Vec<String>, String> {
    let Value::Array(items) = value else {
        return Err("must be a list of addresses".to_owned());
    };
    if items.is_empty() || items.len() > MOST_ADDRESSES {
        return Err(format!("must have 1 to {MOST_ADDRESSES} addresses"));
    }
    items.into_iter().map(any_text).collect()
}

fn own_fields(value: Value) -> Result<BTreeMap<String, Option<String>>, String> {
    let Value::Object(members) = value else {
        return Err("must be an object of texts".to_owned());
    };
    if members.len() > MOST_FIELDS {
        return Err(format!("must have at most {MOST_FIELDS} fields"));
    }
    let read = |(name, value): (String, Value)| {
        let length = name.chars().count();
        if !(1..=LONGEST_KEY).contains(&length) || name.contains('\0') {
            return Err(format!(
                "has a name that is not 1 to {LONGEST_KEY} characters long"
            ));
        }
        let value = match value {
            Value::Null => None,
            value => {
                let value = text(0..=LONGEST_VALUE)(value);
                Some(value.map_err(|why| format!("has {name:?}, which {why}"))?)
            }
        };
        Ok((name, value))
    };
    members.into_iter().map(read).collect()
}

/// Reads addresses in any written form; each once.
pub(super) fn addresses(texts: &[String], api: &Api) -> Result<Vec<Address>, Problem> {
    let (mut read, mut wrong) = (Vec::new(), Vec::new());
    for (nth, text) in texts.iter().enumerate() {
        match address_of(text, &api.country) {
            Ok(address) if read.contains(&address) => {}
            Ok(address) => read.push(address),
            Err(fault) => wrong.push(FieldError {
                pointer: format!("/addresses/{nth}"),
                detail: fault.to_string(),
            }),
        }
    }
    if wrong.is_empty() {
        Ok(read)
    } else {
        Err(Problem::invalid(wrong))
    }
}

/// Another contact who is the same person.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"other": "con_01kbhm0v4we7gtqz6dm1x1m8p2"}))]
pub(crate) struct MergeRequest {
    /// The other one's id.
    #[schema(value_type = String, pattern = "^con_[0-9a-hjkmnp-tv-z]{26}$")]
    pub other: ContactId,
    /// The id of the one that stays; without it, the one in the path.
    #[schema(value_type = Option<String>, pattern = "^con_[0-9a-hjkmnp-tv-z]{26}$")]
    pub keep: Option<ContactId>,
}

impl Read for MergeRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let id = || parsed("a contact's id", |id| id.parse().ok());
        let other = fields.required("other", id());
        let keep = fields.optional("keep", id());
        Some(Self {
            other: other?,
            keep,
        })
    }
}

/// Why nothing of a contact may be erased.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"reason": "case 2026-114"}))]
pub(crate) struct Holding {
    /// The reason.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl Read for Holding {
    fn read(fields: &mut Fields) -> Option<Self> {
        let reason = fields.required("reason", text(1..=500));
        Some(Self { reason: reason? })
    }
}
