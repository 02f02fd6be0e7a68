//! People as agents keep them: names, addresses, fields of one's own.

use std::collections::BTreeMap;

use super::address::Address;
use super::conversation::{Contact, ContactAddress};
use super::id::{ContactId, ConversationId};

/// The most addresses that a contact has.
pub const MOST_ADDRESSES: usize = 20;

/// The most fields that a contact has.
pub const MOST_FIELDS: usize = 50;

/// Everything that is known of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who it is.
    pub contact: Contact,
    /// The language they want to be written to in (BCP 47).
    pub language: Option<String>,
    /// Where they live in time (IANA name).
    pub time_zone: Option<String>,
    /// Whatever else somebody wants to know, by name.
    pub fields: BTreeMap<String, String>,
    /// Why nothing of theirs may be erased; nothing where it may.
    pub held: Option<String>,
    /// Counts the changes.
    pub version: i64,
    /// Where they can be reached; at least one.
    pub addresses: Vec<ContactAddress>,
    /// The conversation with them, once there is one.
    pub conversation: Option<ConversationId>,
}

/// What an agent says about a contact; what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactPatch {
    /// The name, or that there is none.
    pub name: Option<Option<String>>,
    /// The language, or that none is known.
    pub language: Option<Option<String>>,
    /// The time zone, or that none is known.
    pub time_zone: Option<Option<String>>,
    /// Fields to set, and those to take away.
    pub fields: BTreeMap<String, Option<String>>,
}

/// Why a contact is not changed as it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactRefusal {
    /// Another contact has the address.
    #[error("another contact has the address {0}")]
    Taken(Address, ContactId),
    /// It would have more addresses than a person has.
    #[error("are too many: a contact has at most {MOST_ADDRESSES}")]
    TooManyAddresses,
    /// Nobody could be reached any more.
    #[error("must not be empty: a contact keeps at least one")]
    LastAddress,
    /// It would have too many fields.
    #[error("are too many: a contact has at most {MOST_FIELDS}")]
    TooManyFields,
    /// A contact cannot be merged with itself.
    #[error("names the contact itself")]
    Itself,
    /// They are private to different teams.
    #[error("the contacts' conversations are private to different teams")]
    Apart,
    /// Nothing was merged into it, or that was undone before.
    #[error("nothing is merged into this contact")]
    NotMerged,
    /// Somebody has to keep what is known of them.
    #[error("the contact is under legal hold: {0}")]
    Held(String),
}

impl Profile {
    /// Makes the changes; says whether there were any.
    pub fn change(&mut self, patch: ContactPatch) -> Result<bool, ContactRefusal> {
        let before = self.clone();
        if let Some(name) = patch.name {
            self.contact.name = name;
        }
        if let Some(language) = patch.language {
            self.language = language;
        }
        if let Some(zone) = patch.time_zone {
            self.time_zone = zone;
        }
        for (name, value) in patch.fields {
            match value {
                Some(value) => self.fields.insert(name, value),
                None => self.fields.remove(&name),
            };
        }
        if self.fields.len() > MOST_FIELDS {
            return Err(ContactRefusal::TooManyFields);
        }
        Ok(*self != before)
    }

    /// Takes over what another one knows and this one does not.
    pub fn learn(&mut self, other: &Self) {
        let name = || other.contact.name.clone();
        self.contact.name = self.contact.name.take().or_else(name);
        self.language = self.language.take().or_else(|| other.language.clone());
        self.time_zone = self.time_zone.take().or_else(|| other.time_zone.clone());
        for (name, value) in &other.fields {
            if self.fields.len() < MOST_FIELDS {
                let entry = self.fields.entry(name.clone());
                entry.or_insert_with(|| value.clone());
            }
        }
        self.held = self.held.take().or_else(|| other.held.clone());
        self.version += 1;
    }

    /// Forgets again what it learned of the other, where that is still as it was.
    pub fn unlearn(&mut self, before: &Self, other: &Self) {
        let learned = |now: &Option<String>, was: &Option<String>, theirs: &Option<String>| {
            was.is_none() && now == theirs
        };
        let was = &before.contact.name;
        if learned(&self.contact.name, was, &other.contact.name) {
            self.contact.name = None;
        }
        if learned(&self.language, &before.language, &other.language) {
            self.language = None;
        }
        if learned(&self.time_zone, &before.time_zone, &other.time_zone) {
            self.time_zone = None;
        }
        if learned(&self.held, &before.held, &other.held) {
            self.held = None;
        }
        let theirs = |name: &String, value: &String| {
            !before.fields.contains_key(name) && other.fields.get(name) == Some(value)
        };
        self.fields.retain(|name, value| !theirs(name, value));
        self.version += 1;
    }
}
