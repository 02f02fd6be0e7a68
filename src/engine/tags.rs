//! The words that conversations can be marked with.

use super::once::{Made, OnceFault, Remember};
use super::{Engine, EngineFault};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Tag;
use crate::domain::id::TagId;
use crate::store::{StoreFault, Tx, search, tag};

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
    /// Somebody changed it since; with the version that it has now.
    #[error("the tag was changed since")]
    Changed(i64),
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for TagFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl From<OnceFault> for TagFault {
    fn from(fault: OnceFault) -> Self {
        match fault {
            OnceFault::KeyReused => Self::KeyReused,
            OnceFault::Engine(fault) => Self::Engine(fault),
        }
    }
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
        once: Option<Remember<Tag>>,
    ) -> Result<Made<Tag>, TagFault> {
        let now = self.context.clock.now();
        let colour = colour.unwrap_or_else(|| COLOUR.to_owned());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { create(tx, (name, colour), once, now).await }))
            .await
    }

    /// Changes a tag, if it was not changed since the version.
    pub async fn change_tag(
        &self,
        id: TagId,
        change: TagChange,
        seen: Option<i64>,
    ) -> Result<Tag, TagFault> {
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = tag::find_tag(&mut tx.conn, id).await?;
                    let mut tag = found.ok_or(TagFault::Unknown)?;
                    if seen.is_some_and(|seen| seen != tag.version) {
                        return Err(TagFault::Changed(tag.version));
                    }
                    if let Some(name) = change.name.filter(|name| *name != tag.name) {
                        free(tx, &name).await?;
                        tag.name = name;
                        search::insert_tagged_todo(&mut tx.conn, id).await?;
                    }
                    tag.colour = change.colour.unwrap_or(tag.colour);
                    tag.version += 1;
                    tag::upsert_tag(&mut tx.conn, &tag).await?;
                    Ok(tag)
                })
            })
            .await
    }

    /// Takes a tag away that is on no conversation.
    pub async fn delete_tag(&self, id: TagId) -> Result<(), TagFault> {
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = tag::find_tag(&mut tx.conn, id).await?;
                    found.ok_or(TagFault::Unknown)?;
                    if !tag::list_tagged(&mut tx.conn, id, 1).await?.is_empty() {
                        return Err(TagFault::Used);
                    }
                    Ok(tag::delete_tag(&mut tx.conn, id).await?)
                })
            })
            .await
    }
}

async fn create(
    tx: &mut Tx,
    (name, colour): (String, String),
    once: Option<Remember<Tag>>,
    now: Timestamp,
) -> Result<Made<Tag>, TagFault> {
    if let Some(answered) = Remember::find(once.as_ref(), &mut tx.conn).await? {
        return Ok(Made::Repeated(answered));
    }
    free(tx, &name).await?;
    let made = Tag {
        id: TagId::new(),
        name,
        colour,
        created_at: now,
        version: 1,
    };
    tag::upsert_tag(&mut tx.conn, &made).await?;
    Remember::keep(once, &mut tx.conn, &made, now).await?;
    Ok(Made::New(made))
}

async fn free(tx: &mut Tx, name: &str) -> Result<(), TagFault> {
    match tag::find_tag_called(&mut tx.conn, name).await? {
        Some(_) => Err(TagFault::Taken(name.to_owned())),
        None => Ok(()),
    }
}
