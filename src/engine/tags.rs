//! The words that conversations can be marked with.

use super::edit::{EditFault, check_seen, told};
use super::{Engine, Made, Remember};
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Tag;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::id::TagId;
use crate::store::{Tx, search, tag};

/// Why a tag was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum TagFault {
    /// There is no such tag.
    #[error("no tag has this id")]
    Unknown,
    /// Another tag has the name.
    #[error("a tag is called {0:?} already")]
    Taken(String),
    /// It is on conversations.
    #[error("the tag is on conversations; take it off them first")]
    Used,
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// What a tag is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// Its name.
    pub name: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub colour: Option<String>,
}

/// The colour of a tag that nobody chose one for: the orange of a sticky note.
const COLOUR: &str = "#e8590c";

impl Engine {
    /// Makes a tag.
    pub async fn create_tag(
        &self,
        name: String,
        colour: Option<String>,
        by: &Principal,
        once: Option<Remember<Tag>>,
    ) -> Result<Made<Tag>, TagFault> {
        let colour = colour.unwrap_or_else(|| COLOUR.to_owned());
        let by = by.agent.clone();
        self.make(once, move |tx, now| {
            Box::pin(async move {
                let made = create(tx, name, colour, now).await?;
                tx.emit(event(EventKind::TagCreated, &made, &made.name, &by, now));
                Ok(made)
            })
        })
        .await
    }

    /// Changes a tag, if it was not changed since the version.
    pub async fn change_tag(
        &self,
        id: TagId,
        change: TagChange,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<Tag, TagFault> {
        let (by, now) = (by.agent.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = tag::find_tag(&mut tx.conn, id).await?;
                    let mut tag = found.ok_or(TagFault::Unknown)?;
                    check_seen(seen, tag.version)?;
                    let was = tag.name.clone();
                    if let Some(name) = change.name.filter(|name| *name != tag.name) {
                        free(tx, &name).await?;
                        tag.name = name;
                        search::insert_tagged_todo(&mut tx.conn, id).await?;
                    }
                    tag.colour = change.colour.unwrap_or(tag.colour);
                    tag.version += 1;
                    tag::upsert_tag(&mut tx.conn, &tag).await?;
                    tx.emit(event(EventKind::TagChanged, &tag, &was, &by, now));
                    Ok(tag)
                })
            })
            .await
    }

    /// Takes a tag away that is on no conversation.
    pub async fn delete_tag(&self, id: TagId, by: &Principal) -> Result<(), TagFault> {
        let (by, now) = (by.agent.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = tag::find_tag(&mut tx.conn, id).await?;
                    let gone = found.ok_or(TagFault::Unknown)?;
                    if !tag::list_tagged(&mut tx.conn, id, 1).await?.is_empty() {
                        return Err(TagFault::Used);
                    }
                    tag::delete_tag(&mut tx.conn, id).await?;
                    tx.emit(event(EventKind::TagDeleted, &gone, &gone.name, &by, now));
                    Ok(())
                })
            })
            .await
    }
}

async fn create(
    tx: &mut Tx,
    name: String,
    colour: String,
    now: Timestamp,
) -> Result<Tag, TagFault> {
    free(tx, &name).await?;
    let made = Tag {
        id: TagId::new(),
        name,
        colour,
        created_at: now,
        version: 1,
    };
    tag::upsert_tag(&mut tx.conn, &made).await?;
    Ok(made)
}

async fn free(tx: &mut Tx, name: &str) -> Result<(), TagFault> {
    match tag::find_tag_called(&mut tx.conn, name).await? {
        Some(_) => Err(TagFault::Taken(name.to_owned())),
        None => Ok(()),
    }
}

/// An event about a tag, by its name and the one that it had before.
fn event(kind: EventKind, tag: &Tag, was: &str, by: &AgentRef, at: Timestamp) -> NewEvent {
    let mut data = serde_json::json!({"tag": tag.name});
    if was != tag.name {
        data["was"] = was.into();
    }
    told(kind, Some(by.clone()), at, &data)
}
