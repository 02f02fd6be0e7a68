//! Lists of conversations that are kept under a name, for oneself or for everybody.

use super::once::{Made, OnceFault, Remember};
use super::{Engine, EngineFault};
use crate::domain::agent::{Permission, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::id::ViewId;
use crate::domain::view::SavedView;
use crate::store::{StoreFault, Tx, view};

/// Why a view was not kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum ViewFault {
    /// There is no such view, or it is somebody else's.
    #[error("no view has this id")]
    Unknown,
    /// Everybody's views are changed by those who may.
    #[error("a shared view is changed by those with the permission manage_people")]
    Shared,
    /// It was changed since; with the version that it has now.
    #[error("the view was changed since")]
    Changed(i64),
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for ViewFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl From<OnceFault> for ViewFault {
    fn from(fault: OnceFault) -> Self {
        match fault {
            OnceFault::KeyReused => Self::KeyReused,
            OnceFault::Engine(fault) => Self::Engine(fault),
        }
    }
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
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { create(tx, change, &by, once, now).await }))
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
        let by = by.clone();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut view = own(tx, id, &by).await?;
                    if seen.is_some_and(|seen| seen != view.version) {
                        return Err(ViewFault::Changed(view.version));
                    }
                    if let Some(shared) = change.shared {
                        view.owner = owner(shared, &by)?;
                    }
                    view.name = change.name.unwrap_or(view.name);
                    view.filter = change.filter.unwrap_or(view.filter);
                    view.version += 1;
                    view::upsert_view(&mut tx.conn, &view).await?;
                    Ok(view)
                })
            })
            .await
    }

    /// Forgets a view.
    pub async fn delete_view(&self, id: ViewId, by: &Principal) -> Result<(), ViewFault> {
        let by = by.clone();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    own(tx, id, &by).await?;
                    Ok(view::delete_view(&mut tx.conn, id).await?)
                })
            })
            .await
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
    once: Option<Remember<SavedView>>,
    now: Timestamp,
) -> Result<Made<SavedView>, ViewFault> {
    if let Some(answered) = Remember::find(once.as_ref(), &mut tx.conn).await? {
        return Ok(Made::Repeated(answered));
    }
    let made = SavedView {
        id: ViewId::new(),
        name: change.name.unwrap_or_default(),
        owner: owner(change.shared.unwrap_or_default(), by)?,
        filter: change.filter.unwrap_or_default(),
        created_at: now,
        version: 1,
    };
    view::upsert_view(&mut tx.conn, &made).await?;
    Remember::keep(once, &mut tx.conn, &made, now).await?;
    Ok(Made::New(made))
}

/// Whose a view is to be.
fn owner(shared: bool, by: &Principal) -> Result<Option<crate::domain::id::AgentId>, ViewFault> {
    if !shared {
        return Ok(Some(by.agent.id));
    }
    if by.may(Permission::ManagePeople) {
        return Ok(None);
    }
    Err(ViewFault::Shared)
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
