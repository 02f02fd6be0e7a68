//! What agents wrote and did not send yet; nobody else sees it.

use super::Engine;
use super::edit::{EditFault, check_seen};
use crate::domain::agent::Principal;
use crate::domain::draft::Draft;
use crate::domain::id::ConversationId;
use crate::store::conversation::find_conversation;
use crate::store::draft;

/// Why a draft was not kept.
#[derive(Debug, thiserror::Error)]
pub enum DraftFault {
    /// There is no such conversation, or none that may be seen.
    #[error("no conversation has this id")]
    Unknown,
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

impl Engine {
    /// Keeps a draft, if it was not changed since the version; time and version are given here.
    pub async fn put_draft(
        &self,
        mut kept: Draft,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<Draft, DraftFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let id = kept.conversation;
                    find_conversation(&mut tx.conn, id, &by.scope)
                        .await?
                        .ok_or(DraftFault::Unknown)?;
                    let known = draft::find_draft(&mut tx.conn, by.agent.id, id).await?;
                    let version = known.map_or(0, |known| known.version);
                    check_seen(seen, version)?;
                    kept.version = version + 1;
                    kept.updated_at = now;
                    draft::upsert_draft(&mut tx.conn, by.agent.id, &kept).await?;
                    Ok(kept)
                })
            })
            .await
    }

    /// Forgets a draft.
    pub async fn delete_draft(&self, id: ConversationId, by: &Principal) -> Result<(), DraftFault> {
        let by = by.clone();
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    find_conversation(&mut tx.conn, id, &by.scope)
                        .await?
                        .ok_or(DraftFault::Unknown)?;
                    Ok(draft::delete_draft(&mut tx.conn, by.agent.id, id).await?)
                })
            })
            .await
    }

    /// The caller's draft in a conversation.
    pub async fn draft(
        &self,
        id: ConversationId,
        by: &Principal,
    ) -> Result<Option<Draft>, DraftFault> {
        let mut conn = self.context.store.read().await?;
        find_conversation(&mut conn, id, &by.scope)
            .await?
            .ok_or(DraftFault::Unknown)?;
        Ok(draft::find_draft(&mut conn, by.agent.id, id).await?)
    }
}
