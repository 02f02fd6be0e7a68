//! Keeps promises in step with what happens, behind the commits that it reads of, and tells when
//! one is about to be broken, was broken or was kept: each once, whoever reads and however often
//! it starts again, because place and promises are written together.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::{Context, Engine, EngineFault};
use crate::domain::agent::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, EventData, EventKind, NewEvent};
use crate::domain::id::{ConversationId, IssueId, MessageId};
use crate::domain::sla::{Fate, Happening, Policy, State, Subject, Target, Timer, Told};
use crate::store::contact::load_profiles;
use crate::store::search::load_around;
use crate::store::{Conn, StoreFault, Tx, event, message, sla};

/// How many events one step reads, and how many promises it looks at.
const STEP: u32 = 256;

/// How far the noted place may lag behind while nothing that matters happens.
const LAG: i64 = 10_000;

/// A promise as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What is promised.
    pub target: Target,
    /// How it stands.
    pub state: State,
    /// Until when.
    pub due_at: Timestamp,
    /// How much working time is left, or was left when it was met.
    pub remaining: Duration,
    /// When what was promised was done, in time or late.
    pub answered_at: Option<Timestamp>,
}

impl Engine {
    /// Begins to keep promises: where there never were any, with what happens from now on.
    pub async fn begin_promises(&self) -> Result<(), EngineFault> {
        let unit = self.context.store.write(|tx| {
            Box::pin(async move {
                if !sla::has_timers(&mut tx.conn).await?
                    && sla::find_position(&mut tx.conn).await? == 0
                {
                    let head = event::find_head(&mut tx.conn).await?;
                    sla::save_position(&mut tx.conn, head);
                }
                Ok::<_, StoreFault>(())
            })
        });
        Ok(unit.await?)
    }

    /// Reads on in the feed, tells what time has brought about; says whether there may be more.
    pub async fn keep_promises(&self) -> Result<bool, EngineFault> {
        let mut conn = self.context.store.read().await?;
        let now = self.context.clock.now();
        let place = sla::find_position(&mut conn).await?;
        let events = event::list_events(&mut conn, place, STEP).await?;
        let is_due = !sla::list_due(&mut conn, now, 1).await?.is_empty();
        drop(conn);
        let (first, last) = (events.first(), events.last());
        let matters = events.iter().any(|event| matters(event.kind));
        let read = first
            .zip(last)
            .map_or(0, |(first, last)| last.seq - first.seq);
        let more = events.len() == STEP as usize;
        if !matters && !is_due && !more && read < LAG {
            return Ok(false);
        }
        let context = Arc::clone(&self.context);
        let unit = self
            .context
            .store
            .write(move |tx| Box::pin(step(tx, context, now)));
        Ok(unit.await?)
    }

    /// The promises about issues, as they stand now.
    pub async fn promises(
        &self,
        issues: &[IssueId],
    ) -> Result<HashMap<IssueId, Vec<Promise>>, EngineFault> {
        if self.context.policies.is_empty() {
            return Ok(HashMap::new());
        }
        let timers = sla::list_of(&mut self.context.store.read().await?, issues).await?;
        let now = self.context.clock.now();
        let mut promises: HashMap<IssueId, Vec<Promise>> = HashMap::new();
        for timer in timers {
            let (state, remaining) = match self.context.policy(&timer.policy) {
                Some(policy) => timer.stands(policy, now),
                None => (timer.state, timer.remaining),
            };
            promises.entry(timer.issue).or_default().push(Promise {
                target: timer.target,
                state,
                due_at: timer.due_at,
                remaining,
                answered_at: timer.answered_at,
            });
        }
        for list in promises.values_mut() {
            list.sort_by_key(|promise| promise.target as u8);
        }
        Ok(promises)
    }
}

impl Context {
    fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.name == name)
    }
}

/// Whether promises go by a kind of event. The names decide, so that a new kind needs no word here.
fn matters(kind: EventKind) -> bool {
    use EventKind::{
        ConversationSnoozed, ConversationUnsnoozed, IssueClosed, IssueCreated, IssueReopened,
        MessageQueued, MessageReceived,
    };
    [
        ConversationSnoozed,
        ConversationUnsnoozed,
        IssueClosed,
        IssueCreated,
        IssueReopened,
        MessageQueued,
        MessageReceived,
    ]
    .contains(&kind)
}

async fn step(tx: &mut Tx, context: Arc<Context>, now: Timestamp) -> Result<bool, StoreFault> {
    let place = sla::find_position(&mut tx.conn).await?;
    let events = event::list_events(&mut tx.conn, place, STEP).await?;
    let mut book = Book::load(&mut tx.conn, &events).await?;
    for event in events.iter().filter(|event| matters(event.kind)) {
        book.read(&mut tx.conn, event, &context).await?;
    }
    if let Some(last) = events.last() {
        sla::save_position(&mut tx.conn, last.seq);
    }
    let mut more = events.len() == STEP as usize;
    book.save(tx).await?;
    // An answer that is in the feed counts before the time that ran out after it.
    if !more {
        let mut book = Book::default();
        for mut timer in sla::list_due(&mut tx.conn, now, STEP).await? {
            if context.policy(&timer.policy).is_none() {
                // Nobody promises that any more.
                timer.next_at = None;
                book.keep(timer);
                continue;
            }
            let told = timer.tick(now);
            book.tell(told, &timer, now);
            more |= timer.next_at.is_some_and(|next| next <= now);
            book.keep(timer);
        }
        more |= book.changed.len() == STEP as usize;
        book.save(tx).await?;
    }
    Ok(more)
}

/// The promises that a step is about.
#[derive(Default)]
struct Book {
    timers: HashMap<(IssueId, Target), Timer>,
    changed: Vec<(IssueId, Target)>,
    forgotten: Vec<(IssueId, Target)>,
    events: Vec<NewEvent>,
}

#[derive(Default, Deserialize)]
struct Named {
    message: Option<MessageId>,
    issue: Option<IssueId>,
}

impl Book {
    async fn load(conn: &mut Conn, events: &[Event]) -> Result<Self, StoreFault> {
        let about = events.iter().filter(|event| matters(event.kind));
        let mut conversations: Vec<ConversationId> =
            about.filter_map(|event| event.conversation).collect();
        conversations.sort_unstable();
        conversations.dedup();
        if conversations.is_empty() {
            return Ok(Self::default());
        }
        let timers = sla::list_in(conn, &conversations).await?;
        let timers = timers
            .into_iter()
            .map(|timer| ((timer.issue, timer.target), timer));
        Ok(Self {
            timers: timers.collect(),
            ..Self::default()
        })
    }

    async fn read(
        &mut self,
        conn: &mut Conn,
        event: &Event,
        context: &Context,
    ) -> Result<(), StoreFault> {
        let Some(conversation) = event.conversation else {
            return Ok(());
        };
        let named: Named = serde_json::from_str(&event.data).unwrap_or_default();
        let here = |timer: &Timer| timer.conversation == conversation;
        let of_issue = |timer: &Timer| named.issue == Some(timer.issue);
        let at = event.at;
        if event.kind == EventKind::IssueCreated {
            if let Some(issue) = named.issue {
                self.open(conn, (conversation, issue), at, context).await?;
            }
        } else if event.kind == EventKind::MessageReceived {
            self.apply(Happening::Woken, here, context, at);
            if let Some(issue) = named.issue {
                self.ask_again(conversation, issue, context, at);
            }
        } else if event.kind == EventKind::MessageQueued && event.actor.is_some() {
            if let Some(id) = named.message
                && let Some(sent) = message::load_messages(conn, &[id]).await?.remove(&id)
            {
                self.apply(Happening::Answered(sent.channel), here, context, at);
            }
        } else if event.kind == EventKind::ConversationSnoozed {
            self.apply(Happening::Snoozed, here, context, at);
        } else if event.kind == EventKind::ConversationUnsnoozed {
            self.apply(Happening::Woken, here, context, at);
        } else if event.kind == EventKind::IssueClosed {
            self.apply(Happening::Closed, of_issue, context, at);
        } else if event.kind == EventKind::IssueReopened {
            self.apply(Happening::Reopened, of_issue, context, at);
        }
        Ok(())
    }

    /// Starts what is promised about a new issue.
    async fn open(
        &mut self,
        conn: &mut Conn,
        (conversation, issue): (ConversationId, IssueId),
        at: Timestamp,
        context: &Context,
    ) -> Result<(), StoreFault> {
        let mut around = load_around(conn, &[conversation]).await?;
        let around = around.remove(&conversation);
        let fields = match &around {
            Some(around) if context.policies.iter().any(|one| !one.contact.is_empty()) => {
                let found = load_profiles(conn, &[around.contact], &Scope::All).await?;
                found.into_iter().flat_map(|one| one.fields).collect()
            }
            _ => Vec::new(),
        };
        let subject = Subject {
            gateway: sla::find_gateway(conn, conversation, issue).await?,
            tags: around.map_or_else(Vec::new, |around| around.marks.tags),
            contact: fields,
        };
        let Some(policy) = context
            .policies
            .iter()
            .find(|policy| policy.applies(&subject))
        else {
            return Ok(());
        };
        for target in [Target::FirstResponse, Target::Resolution] {
            if let Some(timer) = policy.start(target, issue, conversation, at) {
                self.keep(timer);
            }
        }
        Ok(())
    }

    /// A customer who was answered writes again: the next answer is promised, unless it is already.
    fn ask_again(
        &mut self,
        conversation: ConversationId,
        issue: IssueId,
        context: &Context,
        at: Timestamp,
    ) {
        let waits = |target| {
            let timer = self.timers.get(&(issue, target));
            timer.is_some_and(|timer| timer.answered_at.is_none())
        };
        if waits(Target::FirstResponse) || waits(Target::NextResponse) {
            return;
        }
        let known = Target::ALL
            .iter()
            .find_map(|target| self.timers.get(&(issue, *target)));
        let policy = known.and_then(|timer| context.policy(&timer.policy));
        let next =
            policy.and_then(|policy| policy.start(Target::NextResponse, issue, conversation, at));
        // The message that opens an issue is no further one.
        let is_further = known.is_some_and(|timer| timer.answered_at.is_some())
            || self.timers.contains_key(&(issue, Target::FirstResponse));
        if let Some(timer) = next.filter(|_| is_further) {
            self.keep(timer);
        }
    }

    fn apply(
        &mut self,
        happening: Happening,
        these: impl Fn(&Timer) -> bool,
        context: &Context,
        at: Timestamp,
    ) {
        let of_these = self.timers.values().filter(|timer| these(timer));
        let mut timers: Vec<Timer> = of_these.cloned().collect();
        timers.sort_by_key(|timer| (timer.issue, timer.target as u8));
        for mut timer in timers {
            let Some(policy) = context.policy(&timer.policy) else {
                continue;
            };
            let before = timer.clone();
            match timer.apply(happening, policy, at) {
                Fate::Forgotten => {
                    self.timers.remove(&(timer.issue, timer.target));
                    self.forgotten.push((timer.issue, timer.target));
                }
                Fate::Stands(told) => {
                    self.tell(told, &timer, at);
                    if timer != before {
                        self.keep(timer);
                    }
                }
            }
        }
    }

    fn keep(&mut self, timer: Timer) {
        let key = (timer.issue, timer.target);
        self.forgotten.retain(|other| *other != key);
        if !self.changed.contains(&key) {
            self.changed.push(key);
        }
        self.timers.insert(key, timer);
    }

    fn tell(&mut self, told: Option<Told>, timer: &Timer, at: Timestamp) {
        let kind = match told {
            Some(Told::Warned) => EventKind::SlaWarned,
            Some(Told::Breached) => EventKind::SlaBreached,
            Some(Told::Met) => EventKind::SlaMet,
            None => return,
        };
        let data = EventData {
            issue: Some(timer.issue),
            target: Some(timer.target.as_str()),
            due_at: Some(timer.due_at),
            remaining: (told == Some(Told::Met)).then_some(timer.remaining.as_secs()),
            ..EventData::default()
        };
        self.events.push(NewEvent {
            kind,
            at,
            actor: None,
            conversation: Some(timer.conversation),
            data: data.json(),
        });
    }

    async fn save(self, tx: &mut Tx) -> Result<(), StoreFault> {
        for (issue, target) in self.forgotten {
            sla::delete_timer(&mut tx.conn, issue, target).await?;
        }
        let changed = self.changed.iter().filter_map(|key| self.timers.get(key));
        let changed: Vec<Timer> = changed.cloned().collect();
        sla::upsert_timers(&mut tx.conn, &changed).await?;
        for event in self.events {
            tx.emit(event);
        }
        Ok(())
    }
}
