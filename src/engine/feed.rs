//! The feed, live: a short memory of what was committed, and a number to wait for.
//!
//! A reader asks for what comes after a place; what the memory no longer holds, or never held
//! because another daemon wrote it, comes from the database. So a reader misses nothing and sees
//! nothing twice, however slow it is and however often it starts again.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::EngineFault;
use crate::domain::agent::Scope;
use crate::domain::clock::Clock;
use crate::domain::event::Event;
use crate::domain::id::ConversationId;
use crate::lifecycle::Tasks;
use crate::store::{Store, conversation, event};

/// How many events are kept at hand.
const MEMORY: usize = 8_192;

/// How often the database is asked whether another process wrote something.
const POLL: Duration = Duration::from_millis(250);

/// The live feed; clones share everything.
#[derive(Clone)]
pub struct Feed {
    store: Store,
    clock: Clock,
    recent: Arc<RwLock<VecDeque<Event>>>,
    head: watch::Sender<i64>,
}

impl Feed {
    pub(super) async fn start(
        store: Store,
        clock: Clock,
        tasks: &Tasks,
    ) -> Result<Self, EngineFault> {
        let committed = store.committed();
        let mut conn = store.read().await?;
        let head = event::find_head(&mut conn).await?;
        drop(conn);
        let feed = Self {
            store,
            clock,
            recent: Arc::default(),
            head: watch::Sender::new(head),
        };
        tasks.spawn("feed", feed.clone().follow(committed, tasks.clone()));
        Ok(feed)
    }

    /// The number of the newest event.
    pub fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// Something to wait on for newer events.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// The events after a place, in order, at most so many, for those who follow: what was
    /// committed a moment ago may come with the next call.
    pub async fn after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, EngineFault> {
        match self.remembered(seq, limit) {
            Some(events) => Ok(events),
            None => self.page(seq, limit).await,
        }
    }

    /// The events after a place, in order, at most so many, with all that was answered before.
    pub async fn page(&self, seq: i64, limit: u32) -> Result<Vec<Event>, EngineFault> {
        let mut conn = self.store.read().await?;
        Ok(event::list_events(&mut conn, seq, limit).await?)
    }

    /// Those of some events that may be seen: what is in a conversation is seen with it.
    pub async fn seen(
        &self,
        mut events: Vec<Event>,
        scope: &Scope,
    ) -> Result<Vec<Event>, EngineFault> {
        if *scope == Scope::All {
            return Ok(events);
        }
        let ids: BTreeSet<ConversationId> = events
            .iter()
            .filter_map(|event| event.conversation)
            .collect();
        let mut conn = self.store.read().await?;
        let ids: Vec<ConversationId> = ids.into_iter().collect();
        let private = conversation::load_private(&mut conn, &ids).await?;
        events.retain(|event| {
            let team = event.conversation.and_then(|id| private.get(&id));
            scope.sees(team.copied())
        });
        Ok(events)
    }

    fn remembered(&self, seq: i64, limit: u32) -> Option<Vec<Event>> {
        let recent = self
            .recent
            .read()
            .expect("nothing panics while it holds the memory");
        let first = recent.front()?.seq;
        let skip = usize::try_from(seq.checked_sub(first)?.checked_add(1)?).ok()?;
        if skip >= recent.len() && seq < self.head() {
            return None;
        }
        Some(
            recent
                .iter()
                .skip(skip)
                .take(limit as usize)
                .cloned()
                .collect(),
        )
    }

    async fn follow(self, mut committed: broadcast::Receiver<Arc<Vec<Event>>>, tasks: Tasks) {
        loop {
            let news = tokio::select! {
                () = tasks.stopped() => return,
                news = committed.recv() => news,
                () = tokio::time::sleep(POLL) => {
                    self.look().await;
                    continue;
                }
            };
            match news {
                Ok(events) => {
                    self.remember(&events);
                    self.count_lag(&events);
                }
                Err(RecvError::Lagged(_)) => self.forget(),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn remember(&self, events: &[Event]) {
        let mut recent = self
            .recent
            .write()
            .expect("nothing panics while it holds the memory");
        let Some(first) = events.first() else {
            return;
        };
        if recent.back().is_some_and(|last| last.seq + 1 != first.seq) {
            recent.clear();
        }
        recent.extend(events.iter().cloned());
        let over = recent.len().saturating_sub(MEMORY);
        recent.drain(..over);
        drop(recent);
        self.raise(events.last().map_or(0, |last| last.seq));
    }

    /// How long the oldest of these took from its decision to where streams see it.
    fn count_lag(&self, events: &[Event]) {
        let Some(first) = events.first() else {
            return;
        };
        let lag = self.clock.now().since(first.at).as_secs_f64();
        metrics::gauge!("postern_feed_lag_seconds").set(lag);
    }

    fn forget(&self) {
        self.recent
            .write()
            .expect("nothing panics while it holds the memory")
            .clear();
    }

    fn raise(&self, seq: i64) {
        self.head.send_if_modified(|head| {
            let newer = seq > *head;
            *head = seq.max(*head);
            newer
        });
    }

    /// Another daemon on the same database, or a command beside it, writes to the same feed.
    async fn look(&self) {
        let Ok(mut conn) = self.store.read().await else {
            return;
        };
        if let Ok(head) = event::find_head(&mut conn).await {
            self.raise(head);
        }
    }
}
