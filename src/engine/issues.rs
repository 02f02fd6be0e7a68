//! What agents do with issues: take, assign, unassign, close.

use super::{Engine, EngineFault};
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::conversation::{Issue, IssueRefusal, IssueState};
use crate::domain::event::EventKind;
use crate::domain::id::{AgentId, IssueId};
use crate::domain::threads::issue_event;
use crate::store::{StoreFault, agent, issue};

/// Why an issue was not changed.
#[derive(Debug, thiserror::Error)]
pub enum IssueFault {
    /// There is no such issue.
    #[error("no issue has this id")]
    Unknown,
    /// There is no such agent.
    #[error("no agent has this id")]
    UnknownAgent,
    /// Its present state forbids it; with the issue as it is.
    #[error("{0}")]
    Refused(IssueRefusal, Box<Issue>),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for IssueFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

/// What is done to an issue.
#[derive(Debug, Clone)]
enum Action {
    Take,
    Assign(AgentId),
    Unassign,
    Close,
}

impl Engine {
    /// Gives an unassigned issue to the one who asks; of many at once, one wins.
    pub async fn take_issue(&self, id: IssueId, by: &Principal) -> Result<Issue, IssueFault> {
        self.change_issue(id, by, Action::Take).await
    }

    /// Gives an open issue to an agent.
    pub async fn assign_issue(
        &self,
        id: IssueId,
        to: AgentId,
        by: &Principal,
    ) -> Result<Issue, IssueFault> {
        self.change_issue(id, by, Action::Assign(to)).await
    }

    /// Takes an open issue from whoever has it.
    pub async fn unassign_issue(&self, id: IssueId, by: &Principal) -> Result<Issue, IssueFault> {
        self.change_issue(id, by, Action::Unassign).await
    }

    /// Ends an issue that nobody has, or the one who asks.
    pub async fn close_issue(&self, id: IssueId, by: &Principal) -> Result<Issue, IssueFault> {
        self.change_issue(id, by, Action::Close).await
    }

    async fn change_issue(
        &self,
        id: IssueId,
        by: &Principal,
        action: Action,
    ) -> Result<Issue, IssueFault> {
        let (by, now) = (by.agent.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let before = issue::find_issue(&mut tx.conn, id)
                        .await?
                        .ok_or(IssueFault::Unknown)?;
                    let assignee = match action {
                        Action::Assign(to) => {
                            let agent = agent::find_agent(&mut tx.conn, to).await?;
                            Some(agent.ok_or(IssueFault::UnknownAgent)?.to_ref())
                        }
                        Action::Take | Action::Unassign | Action::Close => None,
                    };
                    let mut issue = before.clone();
                    let kind = apply(&mut issue, &action, assignee.as_ref(), &by, now).map_err(
                        |refusal| IssueFault::Refused(refusal, Box::new(before.clone())),
                    )?;
                    if issue != before {
                        issue::upsert_issues(&mut tx.conn, std::slice::from_ref(&issue)).await?;
                        tx.emit(issue_event(kind, &issue, Some(&by), now));
                    }
                    Ok(issue)
                })
            })
            .await
    }
}

fn apply(
    issue: &mut Issue,
    action: &Action,
    assignee: Option<&AgentRef>,
    by: &AgentRef,
    now: crate::domain::clock::Timestamp,
) -> Result<EventKind, IssueRefusal> {
    match (action, assignee) {
        (Action::Take, _) => issue.take(by).map(|()| EventKind::IssueAssigned),
        (Action::Assign(_), Some(to)) => issue.assign(to).map(|()| EventKind::IssueAssigned),
        (Action::Assign(_), None) | (Action::Unassign, _) => {
            if !issue.is_open() {
                return Err(IssueRefusal::Closed);
            }
            issue.state = IssueState::Unassigned;
            issue.assignee = None;
            Ok(EventKind::IssueUnassigned)
        }
        (Action::Close, _) => issue.close(by, now).map(|()| EventKind::IssueClosed),
    }
}
