//! What agents do with issues: take, assign, unassign, close, resolve, reopen, give a title.

use super::Engine;
use super::desk::store_changed;
use super::edit::{EditFault, check_seen};
use crate::domain::agent::{AgentRef, Principal, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Authority, Issue, IssueRefusal, TeamRef};
use crate::domain::event::EventKind;
use crate::domain::id::{AgentId, IssueId, TeamId};
use crate::domain::threads::issue_event;
use crate::store::conversation::find_conversation;
use crate::store::{Tx, agent, issue, team};

/// Why an issue was not changed.
#[derive(Debug, thiserror::Error)]
pub enum IssueFault {
    /// There is no such issue, or none that may be seen.
    #[error("no issue has this id")]
    Unknown,
    /// There is no such agent.
    #[error("no agent has this id")]
    UnknownAgent,
    /// There is no such team.
    #[error("no team has this id")]
    UnknownTeam,
    /// Its present state forbids it; with the issue as it is.
    #[error("{0}")]
    Refused(IssueRefusal, Box<Issue>),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

/// What is done to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueAction {
    /// The one who asks has it, if nobody had it; of many at once, one wins.
    Take,
    /// An agent has it, whoever had it before.
    Assign(AgentId),
    /// It is in a team's queue, and nobody has it.
    AssignTeam(TeamId),
    /// Nobody has it.
    Unassign,
    /// It is over: only if nobody has it, or the one who asks, or with the authority to override that.
    Close(Authority),
    /// It is over without an answer, and was read: there was nothing to do ("Thanks").
    Resolve,
    /// It is open again.
    Reopen,
    /// It gets another title, if it was not changed since this version.
    Rename(String, Option<i64>),
}

/// Whom an action names, looked up.
#[derive(Debug, Default)]
struct Named {
    agent: Option<AgentRef>,
    team: Option<TeamRef>,
}

impl Engine {
    /// Does something with an issue; it is answered as it is afterwards.
    pub async fn change_issue(
        &self,
        id: IssueId,
        action: IssueAction,
        by: &Principal,
    ) -> Result<Issue, IssueFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { perform(tx, id, &action, &by, now).await }))
            .await
    }
}

/// Does something with one issue, within a unit of work.
pub(super) async fn perform(
    tx: &mut Tx,
    id: IssueId,
    action: &IssueAction,
    by: &Principal,
    now: Timestamp,
) -> Result<Issue, IssueFault> {
    let before = issue::find_issue(&mut tx.conn, id, &by.scope)
        .await?
        .ok_or(IssueFault::Unknown)?;
    let named = look_up(tx, action).await?;
    if let IssueAction::Rename(_, seen) = action {
        check_seen(*seen, before.version)?;
    }
    let mut after = before.clone();
    let kind = match action {
        IssueAction::Reopen => reopen(tx, &mut after).await?,
        IssueAction::Take
        | IssueAction::Assign(_)
        | IssueAction::AssignTeam(_)
        | IssueAction::Unassign
        | IssueAction::Close(_)
        | IssueAction::Resolve
        | IssueAction::Rename(..) => apply(&mut after, action, named, by, now)
            .map_err(|refusal| IssueFault::Refused(refusal, Box::new(before.clone())))?,
    };
    if after == before {
        return Ok(after);
    }
    let conversation = find_conversation(&mut tx.conn, after.conversation, &Scope::All)
        .await?
        .ok_or(IssueFault::Unknown)?;
    let mut followed = conversation.clone();
    followed.follow(&after);
    if kind == EventKind::IssueReopened {
        followed.bring_back();
    }
    if *action == IssueAction::Resolve {
        followed.unread = 0;
    }
    store_changed(&mut tx.conn, &conversation, &followed).await?;
    store_issue(tx, kind, after, &before, (by, action.reason()), now).await
}

impl IssueAction {
    /// What the feed says beside the kind.
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Close(Authority::Override) => Some("override"),
            Self::Resolve => Some("resolved"),
            Self::Take
            | Self::Assign(_)
            | Self::AssignTeam(_)
            | Self::Unassign
            | Self::Close(Authority::Own)
            | Self::Reopen
            | Self::Rename(..) => None,
        }
    }
}

/// Closes the open issue of a conversation that is completed or deleted.
pub(super) async fn closed_by(
    tx: &mut Tx,
    before: Issue,
    authority: Authority,
    by: &Principal,
    now: Timestamp,
) -> Result<Issue, IssueFault> {
    let mut after = before.clone();
    let close = IssueAction::Close(authority);
    let kind = apply(&mut after, &close, Named::default(), by, now)
        .map_err(|refusal| IssueFault::Refused(refusal, Box::new(before.clone())))?;
    store_issue(tx, kind, after, &before, (by, None), now).await
}

async fn store_issue(
    tx: &mut Tx,
    kind: EventKind,
    mut after: Issue,
    before: &Issue,
    (by, reason): (&Principal, Option<&str>),
    now: Timestamp,
) -> Result<Issue, IssueFault> {
    after.version = before.version + 1;
    issue::upsert_issues(&mut tx.conn, std::slice::from_ref(&after)).await?;
    tx.emit(issue_event(kind, &after, Some(&by.agent), reason, now));
    Ok(after)
}

async fn look_up(tx: &mut Tx, action: &IssueAction) -> Result<Named, IssueFault> {
    match action {
        IssueAction::Assign(to) => {
            let found = agent::find_agent(&mut tx.conn, *to).await?;
            let agent = found.ok_or(IssueFault::UnknownAgent)?.to_ref();
            Ok(Named {
                agent: Some(agent),
                team: None,
            })
        }
        IssueAction::AssignTeam(to) => {
            let found = team::find_team(&mut tx.conn, *to).await?;
            Ok(Named {
                agent: None,
                team: Some(found.ok_or(IssueFault::UnknownTeam)?),
            })
        }
        IssueAction::Take
        | IssueAction::Unassign
        | IssueAction::Close(_)
        | IssueAction::Resolve
        | IssueAction::Reopen
        | IssueAction::Rename(..) => Ok(Named::default()),
    }
}

/// Opens a closed issue again, if no other one of its conversation is open.
async fn reopen(tx: &mut Tx, issue: &mut Issue) -> Result<EventKind, IssueFault> {
    let open = issue::load_open(&mut tx.conn, &[issue.conversation]).await?;
    if let Some(other) = open.get(&issue.conversation) {
        return Err(IssueFault::Refused(
            IssueRefusal::Open,
            Box::new(other.clone()),
        ));
    }
    issue.reopen();
    Ok(EventKind::IssueReopened)
}

fn apply(
    issue: &mut Issue,
    action: &IssueAction,
    named: Named,
    by: &Principal,
    now: Timestamp,
) -> Result<EventKind, IssueRefusal> {
    match action {
        IssueAction::Take => issue.take(&by.agent).map(|()| EventKind::IssueAssigned),
        IssueAction::Assign(_) | IssueAction::AssignTeam(_) | IssueAction::Unassign => {
            issue.hand_over(named.agent, named.team)
        }
        IssueAction::Close(authority) => {
            issue.close(&by.agent, *authority, now)?;
            Ok(EventKind::IssueClosed)
        }
        IssueAction::Resolve => {
            issue.close(&by.agent, Authority::Own, now)?;
            Ok(EventKind::IssueClosed)
        }
        IssueAction::Rename(title, _) => {
            issue.title.clone_from(title);
            Ok(EventKind::IssueChanged)
        }
        IssueAction::Reopen => Err(IssueRefusal::Open),
    }
}
