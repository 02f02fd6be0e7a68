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
#[expect(
    clippy::struct_excessive_bools,
    reason = "a conversation has that many marks"
)]
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
    /// Whether something in it failed.
    #[serde(default)]
    pub failed: bool,
    /// Until when it slept.
    #[serde(default)]
    pub snoozed_until: Option<Timestamp>,
    /// Its tags.
    pub tags: Vec<Uuid>,
    /// How the survivor's stood, where there was one.
    #[serde(default)]
    pub ours: Option<Stand>,
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
            failed: conversation.failed,
            snoozed_until: conversation.snoozed_until,
            ours: None,
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
            failed: self.failed,
            snoozed_until: self.snoozed_until,
            tags: self.tags.iter().copied().map(TagId).collect(),
            ..Conversation::begin(contact, self.created_at)
        }
    }
}

/// How a conversation stood before another one was moved into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a conversation has that many marks"
)]
pub struct Stand {
    archived: bool,
    done: bool,
    deleted: bool,
    failed: bool,
    last_gateway: Option<String>,
    tags: Vec<Uuid>,
    /// The newest message of both.
    newest: Uuid,
}

impl Stand {
    /// How it stood before, and what the newest message is after.
    pub fn of(before: &Conversation, after: &Conversation) -> Self {
        Self {
            archived: before.archived,
            done: before.done,
            deleted: before.deleted,
            failed: before.failed,
            last_gateway: (before.last_gateway.as_ref()).map(|name| name.as_str().to_owned()),
            tags: before.tags.iter().map(|tag| tag.0).collect(),
            newest: after.last_message.0,
        }
    }

    /// Has it stand so again; where something was said since, it stays where that brought it.
    /// Gives the tags that go, because they came with the other one.
    pub fn restore(&self, talk: &Talk, conversation: &mut Conversation) -> Vec<TagId> {
        if conversation.last_message.0 == self.newest {
            conversation.archived = restored(conversation.archived, talk.archived, self.archived);
            conversation.done = restored(conversation.done, talk.done, self.done);
            conversation.deleted = restored(conversation.deleted, talk.deleted, self.deleted);
            if conversation.failed == (self.failed || talk.failed) {
                conversation.failed = self.failed;
            }
            if conversation.last_gateway.as_ref().map(GatewayName::as_str)
                == talk.last_gateway.as_deref()
            {
                let before = self.last_gateway.as_deref();
                conversation.last_gateway = before.and_then(GatewayName::parse);
            }
        }
        let came = |tag: &TagId| talk.tags.contains(&tag.0) && !self.tags.contains(&tag.0);
        conversation.tags.extract_if(.., |tag| came(tag)).collect()
    }
}

/// A mark as it was, unless it was changed since the two had it together.
fn restored(now: bool, other: bool, before: bool) -> bool {
    if now == (other && before) {
        before
    } else {
        now
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
