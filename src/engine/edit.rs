//! What goes alike wherever people make and change things: why it may fail, the version that they
//! saw, whose it is.

use super::{
    ContactFault, DeskFault, DraftFault, EngineFault, IssueFault, NoteFault, PeopleFault,
    QuickReplyFault, TagFault, TeamFault, ViewFault,
};
use crate::domain::agent::{AgentRef, Permission, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::id::AgentId;
use crate::store::{StoreFault, Tx};

/// Why nothing was made or changed, for reasons that have nothing to do with what it is.
#[derive(Debug, thiserror::Error)]
pub enum EditFault {
    /// Somebody changed it since; with the version that it has now.
    #[error("somebody changed it since; its version is {0} now")]
    Changed(i64),
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for EditFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

macro_rules! pass_on {
    ($($fault:ident),+ $(,)?) => {$(
        impl From<StoreFault> for $fault {
            fn from(fault: StoreFault) -> Self {
                Self::Edit(fault.into())
            }
        }

        impl From<EngineFault> for $fault {
            fn from(fault: EngineFault) -> Self {
                Self::Edit(fault.into())
            }
        }
    )+};
}

pass_on!(
    ContactFault,
    DeskFault,
    DraftFault,
    IssueFault,
    NoteFault,
    PeopleFault,
    QuickReplyFault,
    TagFault,
    TeamFault,
    ViewFault,
);

/// Refuses a change to what is not as the caller saw it, where they say what they saw.
pub(super) fn check_seen(seen: Option<i64>, version: i64) -> Result<(), EditFault> {
    match seen {
        Some(seen) if seen != version => Err(EditFault::Changed(version)),
        Some(_) | None => Ok(()),
    }
}

/// Everybody's things are changed by those who may.
#[derive(Debug, thiserror::Error)]
#[error("what everybody uses is changed by those with the permission manage_people")]
pub struct NotShared;

/// Whose something is to be: nobody's, where everybody is to have it.
pub(super) fn owner(shared: bool, by: &Principal) -> Result<Option<AgentId>, NotShared> {
    if !shared {
        return Ok(Some(by.agent.id));
    }
    if by.may(Permission::ManagePeople) {
        return Ok(None);
    }
    Err(NotShared)
}

/// What the feed and the audit say of a change that is about no conversation.
pub(super) fn told(
    kind: EventKind,
    actor: Option<AgentRef>,
    at: Timestamp,
    data: &serde_json::Value,
) -> NewEvent {
    NewEvent {
        kind,
        at,
        actor,
        conversation: None,
        data: data.to_string(),
    }
}

/// Tells of what was done to something that had and has these owners, where it was or is
/// everybody's: what somebody keeps for themselves is nobody else's business.
pub(super) fn tell_all(
    tx: &mut Tx,
    kind: EventKind,
    owners: &[Option<AgentId>],
    by: &Principal,
    at: Timestamp,
    data: &serde_json::Value,
) {
    if owners.contains(&None) {
        tx.emit(told(kind, Some(by.agent.clone()), at, data));
    }
}
