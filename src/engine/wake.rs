//! What time does to conversations: those that slept long enough come back into the inbox.

use super::desk::{event, store_changed};
use super::{Engine, EngineFault};
use crate::domain::desk::Deed;
use crate::store::conversation::list_overslept;

/// How many wake in one transaction, so that nobody waits for it.
const STEP: u32 = 200;

impl Engine {
    /// Wakes conversations that are due; says whether more may be left.
    ///
    /// Two daemons may try at once: each looks in its own transaction, and finds asleep only what
    /// the other has not woken.
    pub async fn wake_conversations(&self) -> Result<bool, EngineFault> {
        let now = self.context.clock.now();
        let mut conn = self.context.store.read().await?;
        if list_overslept(&mut conn, now, 1).await?.is_empty() {
            return Ok(false);
        }
        drop(conn);
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let due = list_overslept(&mut tx.conn, now, STEP).await?;
                    for before in &due {
                        let mut after = before.clone();
                        if let Some(kind) = Deed::Unsnooze.apply(&mut after) {
                            tx.emit(event(kind, &after, None, None, now));
                        }
                        store_changed(&mut tx.conn, before, &after).await?;
                    }
                    Ok(due.len() == STEP as usize)
                })
            })
            .await
    }
}
