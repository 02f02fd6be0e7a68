//! Quick replies: kept for oneself or for everybody, and filled in for a conversation.

use std::collections::BTreeMap;

use super::edit::{EditFault, NotShared, check_seen, owner, tell_all};
use super::{Engine, Made, Remember};
use crate::domain::agent::Principal;
use crate::domain::event::EventKind;
use crate::domain::id::{ConversationId, QuickReplyId};
use crate::domain::quick_reply::{BlankFault, QuickReply, check, fill};
use crate::store::{Tx, contact, quick_reply};

/// Why a quick reply was not kept, changed or filled in.
#[derive(Debug, thiserror::Error)]
pub enum QuickReplyFault {
    /// There is no such quick reply, or it is somebody else's.
    #[error("no quick reply has this id")]
    Unknown,
    /// There is no such conversation, or none that may be seen.
    #[error("names no conversation")]
    UnknownConversation,
    /// Everybody's quick replies are changed by those who may.
    #[error(transparent)]
    Shared(#[from] NotShared),
    /// Another one has the shortcut.
    #[error("another quick reply has this shortcut")]
    Taken(QuickReplyId),
    /// Its blanks cannot be read.
    #[error(transparent)]
    Text(BlankFault),
    /// Its blanks cannot be filled for that conversation.
    #[error(transparent)]
    Blank(BlankFault),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// What a quick reply is to be; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuickReplyChange {
    /// What it is about.
    pub title: Option<String>,
    /// What is typed to get it, or that there is nothing to type.
    pub shortcut: Option<Option<String>>,
    /// The text, with its blanks.
    pub text: Option<String>,
    /// Whether it is everybody's.
    pub shared: Option<bool>,
}

impl Engine {
    /// Keeps a new quick reply.
    pub async fn create_quick_reply(
        &self,
        change: QuickReplyChange,
        by: &Principal,
        once: Option<Remember<QuickReply>>,
    ) -> Result<Made<QuickReply>, QuickReplyFault> {
        let by = by.clone();
        self.make(once, move |tx, now| {
            let fresh = QuickReply {
                id: QuickReplyId::new(),
                title: String::new(),
                shortcut: None,
                text: String::new(),
                owner: Some(by.agent.id),
                created_at: now,
                version: 0,
            };
            Box::pin(async move {
                let made = store_changed(tx, fresh, change, &by).await?;
                let kind = EventKind::QuickReplyCreated;
                tell_all(tx, kind, &[made.owner], &by, now, &about(&made));
                Ok(made)
            })
        })
        .await
    }

    /// Changes a quick reply, if it was not changed since the version.
    pub async fn change_quick_reply(
        &self,
        id: QuickReplyId,
        change: QuickReplyChange,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<QuickReply, QuickReplyFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = own(tx, id, &by).await?;
                    check_seen(seen, found.version)?;
                    let was = found.owner;
                    let changed = store_changed(tx, found, change, &by).await?;
                    let kind = EventKind::QuickReplyChanged;
                    tell_all(tx, kind, &[was, changed.owner], &by, now, &about(&changed));
                    Ok(changed)
                })
            })
            .await
    }

    /// Forgets a quick reply.
    pub async fn delete_quick_reply(
        &self,
        id: QuickReplyId,
        by: &Principal,
    ) -> Result<(), QuickReplyFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let gone = own(tx, id, &by).await?;
                    quick_reply::delete_quick_reply(&mut tx.conn, id).await?;
                    let kind = EventKind::QuickReplyDeleted;
                    tell_all(tx, kind, &[gone.owner], &by, now, &about(&gone));
                    Ok(())
                })
            })
            .await
    }

    /// The quick replies that the caller may use, the newest first, from before an id.
    pub async fn quick_replies(
        &self,
        before: Option<QuickReplyId>,
        limit: u32,
        by: &Principal,
    ) -> Result<Vec<QuickReply>, QuickReplyFault> {
        let mut conn = self.context.store.read().await?;
        let before = before.unwrap_or(QuickReplyId(uuid::Uuid::max()));
        let agent = by.agent.id;
        Ok(quick_reply::list_quick_replies(&mut conn, agent, before, limit).await?)
    }

    /// A quick reply that the caller may use.
    pub async fn quick_reply(
        &self,
        id: QuickReplyId,
        by: &Principal,
    ) -> Result<QuickReply, QuickReplyFault> {
        let mut conn = self.context.store.read().await?;
        let found = quick_reply::find_quick_reply(&mut conn, id).await?;
        found
            .filter(|reply| reply.is_for(by.agent.id))
            .ok_or(QuickReplyFault::Unknown)
    }

    /// The text of a quick reply, filled in for a conversation.
    pub async fn render_quick_reply(
        &self,
        id: QuickReplyId,
        conversation: ConversationId,
        by: &Principal,
    ) -> Result<String, QuickReplyFault> {
        let reply = self.quick_reply(id, by).await?;
        let values = self.blanks(conversation, by).await?;
        fill(&reply.text, &values).map_err(QuickReplyFault::Blank)
    }

    /// What the blanks of a text mean in a conversation; what is not known is left out.
    async fn blanks(
        &self,
        conversation: ConversationId,
        by: &Principal,
    ) -> Result<BTreeMap<String, String>, QuickReplyFault> {
        let found = self.read_as(by).conversation(conversation).await?;
        let found = found.ok_or(QuickReplyFault::UnknownConversation)?;
        let mut conn = self.context.store.read().await?;
        let profiles = contact::load_profiles(&mut conn, &[found.contact.id], &by.scope).await?;
        let profile = profiles.into_iter().next();
        let issue = found.open_issue.as_ref();
        let gateway = found.conversation.last_gateway.as_ref();
        let language = profile.as_ref().and_then(|one| one.language.clone());
        let known = [
            ("contact.name", found.contact.name.clone()),
            ("contact.language", language),
            ("agent.name", Some(by.agent.name.clone())),
            ("conversation.id", Some(conversation.to_string())),
            (
                "conversation.gateway",
                gateway.map(|name| name.as_str().to_owned()),
            ),
            ("issue.number", issue.map(|issue| issue.number.to_string())),
            ("issue.title", issue.map(|issue| issue.title.clone())),
        ];
        let mut values: BTreeMap<String, String> = known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        for (name, value) in profile.map(|one| one.fields).unwrap_or_default() {
            values.insert(format!("contact.fields.{name}"), value);
        }
        Ok(values)
    }
}

async fn store_changed(
    tx: &mut Tx,
    mut reply: QuickReply,
    change: QuickReplyChange,
    by: &Principal,
) -> Result<QuickReply, QuickReplyFault> {
    if let Some(shared) = change.shared {
        reply.owner = owner(shared, by)?;
    }
    reply.title = change.title.unwrap_or(reply.title);
    reply.shortcut = change.shortcut.unwrap_or(reply.shortcut);
    reply.text = change.text.unwrap_or(reply.text);
    check(&reply.text).map_err(QuickReplyFault::Text)?;
    if let Some(shortcut) = &reply.shortcut {
        let other = quick_reply::find_shortcut(&mut tx.conn, reply.owner, shortcut).await?;
        if let Some(other) = other.filter(|other| other.id != reply.id) {
            return Err(QuickReplyFault::Taken(other.id));
        }
    }
    reply.version += 1;
    quick_reply::upsert_quick_reply(&mut tx.conn, &reply).await?;
    Ok(reply)
}

/// A quick reply that the caller may change.
async fn own(tx: &mut Tx, id: QuickReplyId, by: &Principal) -> Result<QuickReply, QuickReplyFault> {
    let found = quick_reply::find_quick_reply(&mut tx.conn, id).await?;
    let reply = found
        .filter(|reply| reply.is_for(by.agent.id))
        .ok_or(QuickReplyFault::Unknown)?;
    if reply.owner.is_none() {
        owner(true, by)?;
    }
    Ok(reply)
}

fn about(reply: &QuickReply) -> serde_json::Value {
    serde_json::json!({"quick_reply": reply.id})
}
