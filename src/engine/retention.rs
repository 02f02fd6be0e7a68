//! Removing what was kept for as long as it may be: a little at a time, so that nobody waits.
//!
//! What a provider's id or a mail's fingerprint means stays for ever, so nothing comes back. What
//! is under a legal hold stays, and so do the messages of open issues.

mod remove;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::{Context, Earnest, Engine, EngineFault};
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::gateway::GatewayName;
use crate::domain::retention::{Aged, Kept, Why};
use crate::store::StoreFault;
use crate::store::retention::{self, Thing, Things, list_deleted, list_messages, list_things};

/// How many rows are looked at, and at most removed, at once.
const STEP: u32 = 200;

/// How much of each kind was removed, by gateway.
pub type Removed = BTreeMap<(GatewayName, Kept), u64>;

/// One run.
struct Run<'r> {
    now: Timestamp,
    earnest: Earnest,
    goes_on: &'r (dyn Fn() -> bool + Send + Sync),
    /// What came in raw and must be kept.
    needed: Arc<HashSet<Uuid>>,
    removed: Removed,
}

impl Run<'_> {
    fn count(&mut self, gateway: &GatewayName, kept: Kept) {
        *self.removed.entry((gateway.clone(), kept)).or_default() += 1;
    }
}

impl Engine {
    /// Whether anything is ever removed.
    pub fn keeps_for_ever(&self) -> bool {
        self.context.retention.is_empty()
    }

    /// Removes all that is over its time, or only tells what would be; `goes_on` is asked before
    /// each step.
    pub async fn retain(
        &self,
        earnest: Earnest,
        goes_on: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<Removed, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let needed = retention::load_needed(&mut conn).await?;
        drop(conn);
        let mut run = Run {
            now: self.context.clock.now(),
            earnest,
            goes_on,
            needed: Arc::new(needed),
            removed: Removed::new(),
        };
        let done = self.context.walk(&mut run).await;
        if run.earnest == Earnest::Real && !run.removed.is_empty() {
            self.tell_removed(&run).await?;
        }
        done.map(|()| run.removed)
    }

    /// Tells the feed how much was removed.
    async fn tell_removed(&self, run: &Run<'_>) -> Result<(), EngineFault> {
        let mut removed = BTreeMap::<&str, BTreeMap<&str, u64>>::new();
        for ((gateway, kept), count) in &run.removed {
            let of_gateway = removed.entry(gateway.as_str()).or_default();
            of_gateway.insert(kept.as_str(), *count);
        }
        let event = NewEvent {
            kind: EventKind::RetentionRemoved,
            at: run.now,
            actor: None,
            conversation: None,
            data: serde_json::json!({ "removed": removed }).to_string(),
        };
        let told: Result<(), StoreFault> = self
            .context
            .store
            .write(move |tx| {
                tx.emit(event);
                Box::pin(async { Ok(()) })
            })
            .await;
        Ok(told?)
    }
}

impl Context {
    async fn walk(&self, run: &mut Run<'_>) -> Result<(), EngineFault> {
        self.walk_messages(run, Why::Deleted).await?;
        self.walk_messages(run, Why::Old).await?;
        self.walk_things(run, Things::Files).await?;
        self.walk_things(run, Things::Requests).await?;
        self.walk_things(run, Things::Mails).await
    }

    /// Messages, from the oldest on.
    async fn walk_messages(&self, run: &mut Run<'_>, why: Why) -> Result<(), EngineFault> {
        let kinds: &[Kept] = match why {
            Why::Old => &[Kept::Messages, Kept::Mail],
            Why::Deleted => &[Kept::Deleted],
        };
        let latest = |kept: &Kept| self.retention.latest(*kept, run.now);
        let Some(latest) = kinds.iter().filter_map(latest).max() else {
            return Ok(());
        };
        let mut after = Uuid::nil();
        while (run.goes_on)() {
            let mut conn = self.store.read().await?;
            let page = match why {
                Why::Old => list_messages(&mut conn, after, STEP).await?,
                Why::Deleted => list_deleted(&mut conn, after, latest, STEP).await?,
            };
            drop(conn);
            let Some(last) = page.last() else { break };
            let ended = why == Why::Old && last.created_at >= latest;
            after = last.id.0;
            let over = |one: &Aged| one.is_over(why, &self.retention, run.now);
            let over: Vec<Aged> = page.into_iter().filter(over).collect();
            for one in self.remove_messages(run, over, why).await? {
                run.count(&one.gateway, one.kept(why));
            }
            if ended {
                break;
            }
        }
        Ok(())
    }

    /// Files, or what came in raw, from the oldest on.
    async fn walk_things(&self, run: &mut Run<'_>, of: Things) -> Result<(), EngineFault> {
        let kept = match of {
            Things::Files => Kept::Attachments,
            Things::Requests | Things::Mails => Kept::Raw,
        };
        let Some(latest) = self.retention.latest(kept, run.now) else {
            return Ok(());
        };
        let mut after = Uuid::nil();
        while (run.goes_on)() {
            let mut conn = self.store.read().await?;
            let page = list_things(&mut conn, of, after, STEP).await?;
            drop(conn);
            let Some(last) = page.last() else { break };
            let ended = last.at >= latest;
            after = last.id;
            let over = self.over(run, page, kept);
            self.remove_things(run, of, &over).await?;
            for one in over {
                run.count(&one.gateway, kept);
            }
            if ended {
                break;
            }
        }
        Ok(())
    }

    /// Those of some things that are over their time and may go.
    fn over(&self, run: &Run<'_>, page: Vec<Thing>, kept: Kept) -> Vec<Thing> {
        let over = |one: &Thing| {
            let limit = self.retention.limit(kept, &one.gateway, run.now);
            !one.needed
                && !run.needed.contains(&one.id)
                && limit.is_some_and(|limit| one.at < limit)
        };
        page.into_iter().filter(over).collect()
    }
}
