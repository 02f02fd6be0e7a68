//! Issues, the periods of work in a conversation, and the rules that tie a new message to them.

use serde::{Deserialize, Serialize};

use super::TeamRef;
use crate::domain::agent::AgentRef;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventKind;
use crate::domain::gateway::AfterClose;
use crate::domain::id::{ConversationId, IssueId};
use crate::domain::named::named;

/// The longest title that is made of a message's first words, in characters.
const TITLE_LENGTH: usize = 60;

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
