//! Contacts and their conversations, and where on the shelves those stand.

mod issue;

pub use issue::{Authority, Filing, Issue, IssueRefusal, IssueState, file, title};

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::clock::Timestamp;
use super::gateway::GatewayName;
use super::id::{AgentId, ContactId, ConversationId, IssueId, MessageId, TagId, TeamId};
use super::opt_out::OptOut;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Their id.
    pub id: ContactId,
    /// Their name, once somebody knows it.
    pub name: Option<String>,
    /// When we first heard of them.
    pub created_at: Timestamp,
}

/// An address of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactAddress {
    /// The address.
    pub address: Address,
    /// Since when mail to it comes back, and why; nothing where it does not.
    pub bounced: Option<(Timestamp, String)>,
    /// What was asked for about it that holds: it must not be written to.
    pub opted_out: Vec<OptOut>,
}

/// Everything said with one contact, over every channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "marks that agents put on it, each without the others"
)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// With whom.
    pub contact: ContactId,
    /// When it began.
    pub created_at: Timestamp,
    /// The newest message.
    pub last_message: MessageId,
    /// When that came or went.
    pub last_message_at: Timestamp,
    /// The gateway that the contact last wrote to.
    pub last_gateway: Option<GatewayName>,
    /// Inbound messages that nobody has read.
    pub unread: u32,
    /// Taken out of the inbox.
    pub archived: bool,
    /// Marked as complete.
    pub done: bool,
    /// Deleted, and nothing was said since.
    pub deleted: bool,
    /// Until when it sleeps, if it does.
    pub snoozed_until: Option<Timestamp>,
    /// A message to the contact failed, and nobody has seen to that yet.
    pub failed: bool,
    /// The only team that sees it; everybody does where there is none.
    pub private_to: Option<TeamId>,
    /// The open issue at a glance.
    pub work: Option<Work>,
    /// Its tags, in the order they were put on.
    pub tags: Vec<TagId>,
}

/// An open issue as its conversation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Who has it.
    pub assignee: Option<AgentId>,
    /// Whose queue it is in.
    pub team: Option<TeamId>,
}

impl Work {
    /// Where the open issue stands.
    pub fn state(self) -> IssueState {
        match self.assignee {
            Some(_) => IssueState::Assigned,
            None => IssueState::Unassigned,
        }
    }
}

/// The one place where a conversation stands; every list is made of some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// In the inbox with an issue that nobody has.
    Unassigned,
    /// In the inbox with an issue that somebody has.
    Assigned,
    /// In the inbox without an open issue.
    Quiet,
    /// Asleep.
    Snoozed,
    /// Complete.
    Done,
    /// Taken out of the inbox.
    Archived,
    /// Deleted: in no list, and in no count.
    Deleted,
}

impl Shelf {
    /// Every shelf that lists are made of; its place here is its number in the store.
    pub const ALL: [Self; 6] = [
        Self::Unassigned,
        Self::Assigned,
        Self::Quiet,
        Self::Snoozed,
        Self::Done,
        Self::Archived,
    ];
}

impl Conversation {
    /// A conversation that begins: nothing was said yet.
    pub fn begin(contact: ContactId, now: Timestamp) -> Self {
        Self {
            id: ConversationId::new(),
            contact,
            created_at: now,
            last_message: MessageId(uuid::Uuid::nil()),
            last_message_at: now,
            last_gateway: None,
            unread: 0,
            archived: false,
            done: false,
            deleted: false,
            snoozed_until: None,
            failed: false,
            private_to: None,
            work: None,
            tags: Vec::new(),
        }
    }

    /// Where it stands.
    pub fn shelf(&self) -> Shelf {
        if self.deleted {
            Shelf::Deleted
        } else if self.snoozed_until.is_some() {
            Shelf::Snoozed
        } else if self.archived {
            Shelf::Archived
        } else if self.done {
            Shelf::Done
        } else {
            match self.work {
                Some(Work { assignee: None, .. }) => Shelf::Unassigned,
                Some(Work {
                    assignee: Some(_), ..
                }) => Shelf::Assigned,
                None => Shelf::Quiet,
            }
        }
    }

    /// Puts it back into the inbox, wherever it stood: somebody wrote.
    pub fn bring_back(&mut self) {
        self.deleted = false;
        self.archived = false;
        self.done = false;
        self.snoozed_until = None;
    }

    /// Shows what became of its newest issue.
    pub fn follow(&mut self, issue: &Issue) {
        self.work = issue.is_open().then(|| Work {
            assignee: issue.assignee.as_ref().map(|agent| agent.id),
            team: issue.team.as_ref().map(|team| team.id),
        });
    }
}

/// A word that agents put on conversations, and everybody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Its name; no two share one.
    pub name: String,
    /// How it is shown: a colour as `#rrggbb`.
    pub colour: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was changed, from one.
    pub version: i64,
}

/// A team as others see it beside what it has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TeamRef {
    /// Its id.
    pub id: TeamId,
    /// Its name at that time.
    pub name: String,
}

/// What is known of the one behind an address before a message is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The address.
    pub address: Address,
    /// The conversation with its contact.
    pub conversation: Conversation,
    /// The open issue, or else the one that was closed last.
    pub issue: Option<Issue>,
}

/// Where a message was filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterFiling {
    /// The issue it belongs to.
    pub issue: IssueId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
}
