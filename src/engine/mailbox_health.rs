//! Whether a gateway's mailbox can be read: what was found last, and the feed's word of it.

use super::deliver::health_event;
use super::{Engine, EngineFault};
use crate::domain::gateway::GatewayName;
use crate::domain::health::{Half, Health, HealthState, Sign};
use crate::store::gateway;

impl Engine {
    /// Records what a try to read a mailbox says about it; how it is from then on.
    ///
    /// That it changed is told in the feed, once.
    pub async fn note_mailbox(
        &self,
        name: &GatewayName,
        sign: Sign<'_>,
    ) -> Result<HealthState, EngineFault> {
        let now = self.context.clock.now();
        let mut conn = self.context.store.read().await?;
        let known = gateway::find_health(&mut conn, Half::Mailbox, name).await?;
        drop(conn);
        let before = known
            .clone()
            .unwrap_or_else(|| Health::up(name.clone(), now));
        let after = before.after_reading(sign, now);
        let state = after.state;
        if after == before {
            return Ok(state);
        }
        // One daemon reads a mailbox at a time, so nobody else writes between the look and this.
        let turned = (before.state != state).then(|| health_event(&after, now));
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    gateway::upsert_health(&mut tx.conn, Half::Mailbox, &after).await?;
                    if let Some(event) = turned {
                        tx.emit(event);
                    }
                    Ok(state)
                })
            })
            .await
    }
}
