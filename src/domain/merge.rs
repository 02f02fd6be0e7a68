//! What is remembered of a contact that was merged into another, so that it can be undone.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use uuid::Uuid;

use super::clock::Timestamp;
use super::contact::Profile;
use super::conversation::{Contact, Conversation};
use super::gateway::GatewayName;
use super::id::{ContactId, ConversationId, TagId};

/// What somebody was known as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portrait {
    id: Uuid,
    name: Option<String>,
    created_at: Timestamp,
    language: Option<String>,
    time_zone: Option<String>,
    fields: BTreeMap<String, String>,
    held: Option<String>,
    version: i64,
}

impl From<&Profile> for Portrait {
    fn from(profile: &Profile) -> Self {
        Self {
            id: profile.contact.id.0,
            name: profile.contact.name.clone(),
            created_at: profile.contact.created_at,
            language: profile.language.clone(),
            time_zone: profile.time_zone.clone(),
            fields: profile.fields.clone(),
            held: profile.held.clone(),
            version: profile.version,
        }
    }
}

impl From<Portrait> for Profile {
    fn from(portrait: Portrait) -> Self {
        Self {
            contact: Contact {
                id: ContactId(portrait.id),
                name: portrait.name,
                created_at: portrait.created_at,
            },
            language: portrait.language,
            time_zone: portrait.time_zone,
            fields: portrait.fields,
            held: portrait.held,
            version: portrait.version + 1,
            addresses: Vec::new(),
            conversation: None,
        }
    }
}

/// The conversation that somebody had, and all that was in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Its id.
    pub id: Uuid,
    /// When it began.
    pub created_at: Timestamp,
    /// The gateway that the contact last wrote to.
    pub last_gateway: Option<String>,
    /// What nobody had read.
    pub unread: u32,
    /// Whether it was out of the inbox.
    pub archived: bool,
    /// Whether it was complete.
    pub done: bool,
    /// Whether it was deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Its tags.
    pub tags: Vec<Uuid>,
    /// Its messages.
    pub messages: Vec<Uuid>,
    /// Its issues.
    pub issues: Vec<Uuid>,
    /// Its notes and comments.
    pub notes: Vec<Uuid>,
    /// The places of its events in the feed.
    pub events: Vec<i64>,
    /// The issue that was closed because the survivor had one open, and its messages.
    pub closed: Option<(Uuid, Vec<Uuid>)>,
}

impl Talk {
    /// The conversation's own, without what is in it.
    pub fn of(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.0,
            created_at: conversation.created_at,
            last_gateway: (conversation.last_gateway.as_ref()).map(|name| name.as_str().to_owned()),
            unread: conversation.unread,
            archived: conversation.archived,
            done: conversation.done,
            deleted: conversation.deleted,
            tags: conversation.tags.iter().map(|tag| tag.0).collect(),
            messages: Vec::new(),
            issues: Vec::new(),
            notes: Vec::new(),
            events: Vec::new(),
            closed: None,
        }
    }

    /// The conversation as it begins again.
    pub fn conversation(&self, contact: ContactId) -> Conversation {
        Conversation {
            id: ConversationId(self.id),
            last_gateway: self.last_gateway.as_deref().and_then(GatewayName::parse),
            unread: self.unread,
            archived: self.archived,
            done: self.done,
            deleted: self.deleted,
            tags: self.tags.iter().copied().map(TagId).collect(),
            ..Conversation::begin(contact, self.created_at)
        }
    }
}

/// What was merged: all that it takes to part the two again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The one that is gone.
    pub other: Portrait,
    /// The survivor, as it was known before.
    pub survivor: Portrait,
    /// The addresses of the one that is gone: channels and values.
    pub addresses: Vec<(String, String)>,
    /// The conversation of the one that is gone.
    pub talk: Option<Talk>,
    /// Whether the survivor had no conversation before.
    pub fresh: bool,
}
