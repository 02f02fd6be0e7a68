//! What agents do with conversations: read, complete, archive, snooze, tag, restrict.

use super::issues::{IssueFault, closed_by};
use super::{EditFault, Engine};
use crate::domain::agent::{AgentRef, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::{Authority, Conversation, Issue, IssueRefusal};
use crate::domain::deletion::Deletion;
use crate::domain::desk::Deed;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::{AgentId, ConversationId};
use crate::domain::tally::Shifts;
use crate::store::conversation::{find_conversation, upsert_conversations};
use crate::store::{
    Conn, StoreFault, Tx, bookmark, deletion, delivery, issue, search, tag, tally, team,
};

/// Why a conversation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// There is no such conversation, or none that may be seen.
    #[error("no conversation has this id")]
    Unknown,
    /// There is no such tag.
    #[error("no tag has this name")]
    UnknownTag,
    /// There is no such team.
    #[error("no team has this id")]
    UnknownTeam,
    /// A message of ours in it is not handed over yet.
    #[error("a message of the conversation is not sent yet; withdraw it first")]
    Waiting,
    /// Its open issue forbids it; with the issue as it is.
    #[error("{0}")]
    Refused(IssueRefusal, Box<Issue>),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

impl From<IssueFault> for DeskFault {
    fn from(fault: IssueFault) -> Self {
        match fault {
            IssueFault::Refused(refusal, issue) => Self::Refused(refusal, issue),
            IssueFault::UnknownTeam => Self::UnknownTeam,
            IssueFault::Unknown | IssueFault::UnknownAgent => Self::Unknown,
            IssueFault::Edit(fault) => Self::Edit(fault),
        }
    }
}

impl Engine {
    /// Does something with a conversation; it is answered as it is afterwards.
    pub async fn desk(
        &self,
        id: ConversationId,
        deed: Deed,
        by: &Principal,
    ) -> Result<Conversation, DeskFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { perform(tx, id, deed, &by, now).await }))
            .await
    }

    /// Spares an agent the notices of a conversation until a time; from now on, without one.
    pub async fn mute(
        &self,
        id: ConversationId,
        until: Option<Timestamp>,
        by: &Principal,
    ) -> Result<(), DeskFault> {
        let by = by.clone();
        let store = &self.context.store;
        store
            .write(move |tx| {
                Box::pin(async move {
                    let found = find_conversation(&mut tx.conn, id, &by.scope).await?;
                    found.ok_or(DeskFault::Unknown)?;
                    Ok(bookmark::upsert_muted(&mut tx.conn, by.agent.id, id, until).await?)
                })
            })
            .await
    }
}

/// Does something with one conversation, within a unit of work.
pub(super) async fn perform(
    tx: &mut Tx,
    id: ConversationId,
    deed: Deed,
    by: &Principal,
    now: Timestamp,
) -> Result<Conversation, DeskFault> {
    let before = find_conversation(&mut tx.conn, id, &by.scope)
        .await?
        .ok_or(DeskFault::Unknown)?;
    let mut after = before.clone();
    if matches!(deed, Deed::Complete | Deed::Delete) && after.work.is_some() {
        let open = issue::load_open(&mut tx.conn, &[id]).await?.remove(&id);
        if let Some(open) = open {
            let authority = if deed == Deed::Delete {
                Authority::Override
            } else {
                Authority::Own
            };
            let closed = closed_by(tx, open, authority, by, now).await?;
            after.follow(&closed);
        }
    }
    if deed == Deed::Delete {
        if delivery::has_queued(&mut tx.conn, id).await? {
            return Err(DeskFault::Waiting);
        }
        let mark = Deletion {
            at: now,
            by: Some(by.agent.clone()),
        };
        search::delete_conversation_docs(&mut tx.conn, id).await?;
        deletion::mark_conversation(&mut tx.conn, id, &mark).await?;
    }
    if let Deed::Restrict(Some(to)) = deed {
        let found = team::find_team(&mut tx.conn, to).await?;
        found.ok_or(DeskFault::UnknownTeam)?;
    }
    move_bookmark(&mut tx.conn, by.agent.id, &after, deed).await?;
    let name = change_tags(&mut tx.conn, id, deed).await?;
    if let Some(kind) = deed.apply(&mut after) {
        tx.emit(event(kind, &after, name.as_deref(), Some(&by.agent), now));
    }
    store_changed(&mut tx.conn, &before, &after).await?;
    Ok(after)
}

/// Stores what became of a conversation, with what that changes in the counts.
pub(super) async fn store_changed(
    conn: &mut Conn,
    before: &Conversation,
    after: &Conversation,
) -> Result<(), StoreFault> {
    if before == after {
        return Ok(());
    }
    let mut shifts = Shifts::default();
    shifts.add(Some(before), Some(after));
    upsert_conversations(conn, std::slice::from_ref(after)).await?;
    tally::add_counts(conn, shifts.settle()).await
}

async fn move_bookmark(
    conn: &mut Conn,
    agent: AgentId,
    conversation: &Conversation,
    deed: Deed,
) -> Result<(), StoreFault> {
    match deed {
        Deed::Read => {
            bookmark::upsert_place(conn, agent, conversation.id, conversation.last_message).await
        }
        Deed::Unread => bookmark::move_before_newest(conn, agent, conversation.id).await,
        Deed::Complete
        | Deed::Archive
        | Deed::Unarchive
        | Deed::Snooze(_)
        | Deed::Unsnooze
        | Deed::Tag(_)
        | Deed::Untag(_)
        | Deed::Restrict(_)
        | Deed::Delete => Ok(()),
    }
}

/// The row of a tag that is taken off goes; the name of one that is put on or taken off.
async fn change_tags(
    conn: &mut Conn,
    id: ConversationId,
    deed: Deed,
) -> Result<Option<String>, DeskFault> {
    let (Deed::Tag(changed) | Deed::Untag(changed)) = deed else {
        return Ok(None);
    };
    let found = tag::find_tag(conn, changed).await?;
    let found = found.ok_or(DeskFault::UnknownTag)?;
    if deed == Deed::Untag(changed) {
        tag::delete_tagged(conn, changed, id).await?;
    }
    Ok(Some(found.name))
}

/// An event about a conversation.
pub(super) fn event(
    kind: EventKind,
    conversation: &Conversation,
    tag: Option<&str>,
    actor: Option<&AgentRef>,
    now: Timestamp,
) -> NewEvent {
    let data = EventData {
        contact: Some(conversation.contact),
        tag,
        until: conversation.snoozed_until,
        ..EventData::default()
    };
    NewEvent {
        kind,
        at: now,
        actor: actor.cloned(),
        conversation: Some(conversation.id),
        data: data.json(),
    }
}
