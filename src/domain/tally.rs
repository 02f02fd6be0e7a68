//! How many conversations every list holds, kept by whoever writes.
//!
//! A conversation counts once in each dimension that it has a key for. A change is counted as what
//! the conversation was, taken away, and what it is, added: so the counts are always those that a
//! recount would find (I28).

use std::collections::HashMap;

use uuid::Uuid;

use super::conversation::{Conversation, Shelf};

/// What conversations are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tally {
    /// By what.
    pub dimension: Dimension,
    /// Whose: an id, a gateway's name, or nothing where all are counted.
    pub key: String,
    /// The team they are private to; nil, where to none.
    pub private_to: Uuid,
    /// Where they stand.
    pub shelf: Shelf,
}

/// By what conversations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// All of them.
    All,
    /// By who has the open issue.
    Assignee,
    /// By whose queue the open issue is in.
    Team,
    /// By tag.
    Tag,
    /// By the gateway that the contact last wrote to.
    Gateway,
}

impl Dimension {
    /// The name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Assignee => "assignee",
            Self::Team => "team",
            Self::Tag => "tag",
            Self::Gateway => "gateway",
        }
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// In all.
    pub total: i64,
    /// Of them, with something unread.
    pub unread: i64,
    /// Of them, where a message failed.
    pub failed: i64,
}

/// What has to be added to the counts.
#[derive(Debug, Default)]
pub struct Shifts(HashMap<Tally, Count>);

impl Shifts {
    /// Counts a change; nothing was there before a conversation began.
    pub fn add(&mut self, before: Option<&Conversation>, after: Option<&Conversation>) {
        if let Some(before) = before {
            self.count(before, -1);
        }
        if let Some(after) = after {
            self.count(after, 1);
        }
    }

    fn count(&mut self, conversation: &Conversation, sign: i64) {
        if conversation.deleted {
            return;
        }
        let each = Count {
            total: sign,
            unread: if conversation.unread > 0 { sign } else { 0 },
            failed: if conversation.failed { sign } else { 0 },
        };
        for (dimension, key) in keys(conversation) {
            let tally = Tally {
                dimension,
                key,
                private_to: conversation
                    .private_to
                    .map(|team| team.0)
                    .unwrap_or_default(),
                shelf: conversation.shelf(),
            };
            let count = self.0.entry(tally).or_default();
            count.total += each.total;
            count.unread += each.unread;
            count.failed += each.failed;
        }
    }

    /// What is left to be added, in one order for everybody.
    pub fn settle(self) -> Vec<(Tally, Count)> {
        let left = |(_, count): &(Tally, Count)| *count != Count::default();
        let mut shifts: Vec<_> = self.0.into_iter().filter(left).collect();
        shifts.sort_by(|one, other| one.0.cmp(&other.0));
        shifts
    }
}

fn keys(conversation: &Conversation) -> impl Iterator<Item = (Dimension, String)> + '_ {
    let work = conversation.work;
    let assignee = work.and_then(|work| work.assignee);
    let team = work.and_then(|work| work.team);
    let all = std::iter::once((Dimension::All, String::new()));
    let gateway = conversation.last_gateway.as_ref();
    all.chain(assignee.map(|id| (Dimension::Assignee, id.to_string())))
        .chain(team.map(|id| (Dimension::Team, id.to_string())))
        .chain(gateway.map(|name| (Dimension::Gateway, name.as_str().to_owned())))
        .chain(
            conversation
                .tags
                .iter()
                .map(|id| (Dimension::Tag, id.to_string())),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::id::{ContactId, TagId};

    #[test]
    fn i28_a_change_that_is_undone_leaves_nothing() {
        let quiet = Conversation::begin(ContactId::new(), Timestamp(0));
        let mut tagged = quiet.clone();
        tagged.tags.push(TagId::new());
        tagged.unread = 1;
        let mut shifts = Shifts::default();
        shifts.add(Some(&quiet), Some(&tagged));
        assert_eq!(shifts.0.len(), 2);
        shifts.add(Some(&tagged), Some(&quiet));
        assert!(shifts.settle().is_empty());
    }
}
