//! Lists of conversations that are kept under a name, for oneself or for everybody.

use super::edit::{EditFault, NotShared, check_seen, owner, tell_all};
use super::{Engine, Made, Remember};
use crate::domain::agent::Principal;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventKind;
use crate::domain::id::ViewId;
use crate::domain::view::SavedView;
use crate::store::{Tx, view};

/// Why a view was not kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum ViewFault {
    /// There is no such view, or it is somebody else's.
    #[error("no view has this id")]
    Unknown,
    /// Everybody's views are changed by those who may.
    #[error(transparent)]
    Shared(#[from] NotShared),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// What a view is to be; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewChange {
    /// Its name.
    pub name: Option<String>,
    /// The query of the list of conversations.
    pub filter: Option<String>,
    /// Whether it is everybody's.
    pub shared: Option<bool>,
}

impl Engine {
    /// Keeps a new view.
    pub async fn create_view(
        &self,
        change: ViewChange,
        by: &Principal,
        once: Option<Remember<SavedView>>,
    ) -> Result<Made<SavedView>, ViewFault> {
        let by = by.clone();
        self.make(once, move |tx, now| {
            Box::pin(async move { create(tx, change, &by, now).await })
        })
        .await
    }

    /// Changes a view, if it was not changed since the version.
    pub async fn change_view(
        &self,
        id: ViewId,
        change: ViewChange,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<SavedView, ViewFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut view = own(tx, id, &by).await?;
                    check_seen(seen, view.version)?;
                    let was = view.owner;
                    if let Some(shared) = change.shared {
                        view.owner = owner(shared, &by)?;
                    }
                    view.name = change.name.unwrap_or(view.name);
                    view.filter = change.filter.unwrap_or(view.filter);
                    view.version += 1;
                    view::upsert_view(&mut tx.conn, &view).await?;
                    let owners = [was, view.owner];
                    let data = about(&view);
                    tell_all(tx, EventKind::ViewChanged, &owners, &by, now, &data);
                    Ok(view)
                })
            })
            .await
    }

    /// Forgets a view.
    pub async fn delete_view(&self, id: ViewId, by: &Principal) -> Result<(), ViewFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let gone = own(tx, id, &by).await?;
                    view::delete_view(&mut tx.conn, id).await?;
                    let data = about(&gone);
                    tell_all(tx, EventKind::ViewDeleted, &[gone.owner], &by, now, &data);
                    Ok(())
                })
            })
            .await
    }

    /// A view that the caller may use.
    pub async fn view(&self, id: ViewId, by: &Principal) -> Result<SavedView, ViewFault> {
        let mut conn = self.context.store.read().await?;
        let found = view::find_view(&mut conn, id).await?;
        found
            .filter(|view| view.is_for(by.agent.id))
            .ok_or(ViewFault::Unknown)
    }

    /// The views that the caller may use, the newest first, from before an id.
    pub async fn views(
        &self,
        before: Option<ViewId>,
        limit: u32,
        by: &Principal,
    ) -> Result<Vec<SavedView>, ViewFault> {
        let mut conn = self.context.store.read().await?;
        let before = before.unwrap_or(ViewId(uuid::Uuid::max()));
        Ok(view::list_views(&mut conn, by.agent.id, before, limit).await?)
    }
}

async fn create(
    tx: &mut Tx,
    change: ViewChange,
    by: &Principal,
    now: Timestamp,
) -> Result<SavedView, ViewFault> {
    let made = SavedView {
        id: ViewId::new(),
        name: change.name.unwrap_or_default(),
        owner: owner(change.shared.unwrap_or_default(), by)?,
        filter: change.filter.unwrap_or_default(),
        created_at: now,
        version: 1,
    };
    view::upsert_view(&mut tx.conn, &made).await?;
    let data = about(&made);
    tell_all(tx, EventKind::ViewCreated, &[made.owner], by, now, &data);
    Ok(made)
}

fn about(view: &SavedView) -> serde_json::Value {
    serde_json::json!({"view": view.id})
}

/// A view that the caller may change.
async fn own(tx: &mut Tx, id: ViewId, by: &Principal) -> Result<SavedView, ViewFault> {
    let found = view::find_view(&mut tx.conn, id).await?;
    let view = found
        .filter(|view| view.is_for(by.agent.id))
        .ok_or(ViewFault::Unknown)?;
    if view.owner.is_none() {
        owner(true, by)?;
    }
    Ok(view)
}
