//! Contacts, conversations and issues, and the rules that tie a new message to them.

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::agent::AgentRef;
use super::clock::Timestamp;
use super::event::EventKind;
use super::gateway::{AfterClose, GatewayName};
use super::id::{AgentId, ContactId, ConversationId, IssueId, MessageId, TagId, TeamId};
use super::named::named;
use super::opt_out::OptOut;

/// The longest title that is made of a message's first words, in characters.
const TITLE_LENGTH: usize = 60;

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
}

impl Shelf {
    /// Every shelf; its place here is its number in the store.
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
            snoozed_until: None,
            failed: false,
            private_to: None,
            work: None,
            tags: Vec::new(),
        }
    }

    /// Where it stands.
    pub fn shelf(&self) -> Shelf {
        if self.snoozed_until.is_some() {
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

named! {
    /// Where a period of work stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum IssueState {
        /// Nobody has it.
        Unassigned = "unassigned",
        /// Somebody has it.
        Assigned = "assigned",
        /// It is over.
        Closed = "closed",
    }
}

/// One period of work in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: IssueId,
    /// The number that people say.
    pub number: i64,
    /// Where it stands.
    pub state: IssueState,
    /// Who has it, or had it when it was closed.
    pub assignee: Option<AgentRef>,
    /// Whose queue it is in.
    pub team: Option<TeamRef>,
    /// How often it was changed, from one.
    pub version: i64,
    /// The first words of the first message.
    pub title: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When an agent first answered.
    pub first_response_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    pub closed_by: Option<AgentRef>,
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

/// On whose behalf an issue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// One's own.
    Own,
    /// That of one who may close what others have.
    Override,
}

/// What a change of an issue was refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefusal {
    /// Somebody else has it.
    #[error("the issue is assigned to {}", .0.name)]
    OwnedBy(AgentRef),
    /// It is over.
    #[error("the issue is closed")]
    Closed,
    /// It is open already, or another one of the conversation is.
    #[error("the conversation has an open issue")]
    Open,
}

impl Issue {
    /// Whether work on it goes on.
    pub fn is_open(&self) -> bool {
        self.state != IssueState::Closed
    }

    /// Gives an unassigned issue to the one who asks.
    pub fn take(&mut self, agent: &AgentRef) -> Result<(), IssueRefusal> {
        match self.state {
            IssueState::Unassigned => self.assign(agent),
            IssueState::Assigned => match &self.assignee {
                Some(owner) if owner.id == agent.id => Ok(()),
                Some(owner) => Err(IssueRefusal::OwnedBy(owner.clone())),
                None => self.assign(agent),
            },
            IssueState::Closed => Err(IssueRefusal::Closed),
        }
    }

    /// Gives an open issue to somebody, whoever has it now.
    pub fn assign(&mut self, agent: &AgentRef) -> Result<(), IssueRefusal> {
        self.hand_over(Some(agent.clone()), None).map(drop)
    }

    /// Gives an open issue to an agent, or puts it into a team's queue, or takes it from whoever has
    /// it; says what that is called. An agent who gets it out of a queue leaves it in there.
    pub fn hand_over(
        &mut self,
        agent: Option<AgentRef>,
        team: Option<TeamRef>,
    ) -> Result<EventKind, IssueRefusal> {
        if !self.is_open() {
            return Err(IssueRefusal::Closed);
        }
        let kind = if agent.is_some() || team.is_some() {
            EventKind::IssueAssigned
        } else {
            EventKind::IssueUnassigned
        };
        if agent.is_none() {
            self.team = team;
        }
        self.state = match agent {
            Some(_) => IssueState::Assigned,
            None => IssueState::Unassigned,
        };
        self.assignee = agent;
        Ok(kind)
    }

    /// Ends the work: only when nobody has it, or the one who asks, or one who may override that.
    pub fn close(
        &mut self,
        agent: &AgentRef,
        authority: Authority,
        now: Timestamp,
    ) -> Result<(), IssueRefusal> {
        if !self.is_open() {
            return Err(IssueRefusal::Closed);
        }
        let other = self.assignee.as_ref().filter(|owner| owner.id != agent.id);
        if let (Some(owner), Authority::Own) = (other, authority) {
            return Err(IssueRefusal::OwnedBy(owner.clone()));
        }
        self.state = IssueState::Closed;
        self.closed_at = Some(now);
        self.closed_by = Some(agent.clone());
        Ok(())
    }

    /// Opens a closed issue again; who had it has it again.
    pub fn reopen(&mut self) {
        self.state = if self.assignee.is_some() {
            IssueState::Assigned
        } else {
            IssueState::Unassigned
        };
        self.closed_at = None;
        self.closed_by = None;
    }
}

/// What a customer's message does to the issues of its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filing {
    /// It is one more in the open issue.
    Append,
    /// It opens a new issue.
    Open,
    /// It opens the last issue again.
    Reopen,
}

/// Decides what a customer's message does, given the open or else the last issue.
pub fn file(issue: Option<&Issue>, after_close: AfterClose, now: Timestamp) -> Filing {
    let Some(issue) = issue else {
        return Filing::Open;
    };
    if issue.is_open() {
        return Filing::Append;
    }
    match after_close {
        AfterClose::Append => Filing::Append,
        AfterClose::New => Filing::Open,
        AfterClose::Reopen { within: None } => Filing::Reopen,
        AfterClose::Reopen {
            within: Some(within),
        } => {
            let closed = issue.closed_at.unwrap_or(issue.opened_at);
            if now.since(closed) <= within {
                Filing::Reopen
            } else {
                Filing::Open
            }
        }
    }
}

/// A title of a message's first words: one line, cut between words where there is room.
pub fn title(text: &str) -> String {
    let mut title = String::new();
    for word in text.split_whitespace() {
        let length = title.chars().count();
        if length == 0 {
            title.extend(word.chars().take(TITLE_LENGTH));
        } else if length + 1 + word.chars().count() <= TITLE_LENGTH {
            title.push(' ');
            title.push_str(word);
        } else {
            title.push('…');
            break;
        }
    }
    if title.is_empty() {
        "(no text)".to_owned()
    } else {
        title
    }
}

/// Where a message was filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterFiling {
    /// The issue it belongs to.
    pub issue: IssueId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
}
