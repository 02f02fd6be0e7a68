//! A transaction in the making: what its units have done, as far as they left it to the commit.

use std::collections::HashMap;

use crate::domain::agent::Origin;
use crate::domain::audit::{NewEntry, of_event};
use crate::domain::event::NewEvent;
use crate::store::{Conn, StoreFault, event};

/// A transaction in the making.
#[derive(Debug)]
pub struct Tx {
    /// The connection, for the queries of the store.
    pub conn: Conn,
    pub(super) events: Vec<NewEvent>,
    pub(super) entries: Vec<NewEntry>,
    /// How they came who asked for the present unit.
    pub(super) origin: Option<Origin>,
    /// What was given out since the transaction began, when anything was.
    pub(super) issue_number: Option<i64>,
    then: Vec<Then>,
}

/// What is done after the commit, and not without it.
struct Then(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Then {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Then")
    }
}

impl Tx {
    pub(super) fn on(conn: Conn) -> Self {
        Self {
            conn,
            events: Vec::new(),
            entries: Vec::new(),
            origin: None,
            issue_number: None,
            then: Vec::new(),
        }
    }

    /// Puts an event into the feed, in the order of the calls, and what a person did into the
    /// audit.
    pub fn emit(&mut self, event: NewEvent) {
        self.entries.extend(of_event(&event, self.origin));
        self.events.push(event);
    }

    /// Puts into the audit what the feed does not tell, with the origin of the request where the
    /// entry has none.
    pub fn audit(&mut self, mut entry: NewEntry) {
        entry.origin = entry.origin.or(self.origin);
        self.entries.push(entry);
    }

    /// Has something done once this is on disk, and only then: a unit may be undone, or run twice.
    pub fn after_commit(&mut self, then: impl FnOnce() + Send + 'static) {
        self.then.push(Then(Box::new(then)));
    }

    /// Notes how they came who are behind entries that one unit made for several: by the id of
    /// what an entry is about.
    pub fn attribute(&mut self, origins: &HashMap<String, Origin>) {
        if origins.is_empty() {
            return;
        }
        for entry in self
            .entries
            .iter_mut()
            .filter(|entry| entry.origin.is_none())
        {
            let target = entry.target.as_ref();
            entry.origin = target.and_then(|target| origins.get(target)).copied();
        }
    }

    /// The number that was given to the newest issue.
    pub async fn issue_number(&mut self) -> Result<i64, StoreFault> {
        match self.issue_number {
            Some(number) => Ok(number),
            None => Ok(event::head(&mut self.conn).await?.issue_number),
        }
    }

    /// Records the number that was given to the newest issue.
    pub fn set_issue_number(&mut self, number: i64) {
        self.issue_number = Some(number);
    }

    /// How far the units came so far.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            events: self.events.len(),
            entries: self.entries.len(),
            then: self.then.len(),
            issue_number: self.issue_number,
        }
    }

    /// Forgets what the units did since then.
    pub(super) fn go_back(&mut self, mark: &Mark) {
        self.events.truncate(mark.events);
        self.entries.truncate(mark.entries);
        self.then.truncate(mark.then);
        self.issue_number = mark.issue_number;
    }

    /// Does what was to be done after the commit.
    pub(super) fn committed(&mut self) {
        for then in self.then.drain(..) {
            (then.0)();
        }
    }
}

/// Where a unit begins, to go back to when it fails.
pub(super) struct Mark {
    events: usize,
    entries: usize,
    then: usize,
    issue_number: Option<i64>,
}
