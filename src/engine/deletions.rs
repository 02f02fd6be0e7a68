//! Deleting messages and conversations, which hides them, and bringing messages back.

use super::desk::store_changed;
use super::{Context, Engine, EngineFault, MessageDetails, Reader};
use crate::domain::agent::{AgentRef, Permission, Principal, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Conversation;
use crate::domain::deletion::{Deletion, Shown, TITLE};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::MessageId;
use crate::domain::message::{Details, Direction, Message};
use crate::domain::status::Status;
use crate::store::conversation::{find_conversation, load_conversations};
use crate::store::message::Presence;
use crate::store::{Conn, StoreFault, Tx, deletion, delivery, issue, message, search};

/// Why a message was not deleted or brought back.
#[derive(Debug, thiserror::Error)]
pub enum DeletionFault {
    /// There is no such message, or none that may be seen.
    #[error("no message has this id")]
    Unknown,
    /// Somebody else wrote it.
    #[error("only its author can delete a message, or one who may close what others have")]
    OfAnother,
    /// It is not handed over yet.
    #[error("the message is not sent yet; withdraw it first")]
    Waiting(Status),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<StoreFault> for DeletionFault {
    fn from(fault: StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

impl Engine {
    /// Deletes a message: its author may, and one who may close what others have. It is hidden, and
    /// what its provider says of it later is still taken.
    pub async fn delete_message(&self, id: MessageId, by: &Principal) -> Result<(), DeletionFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { delete(tx, id, &by, now).await }))
            .await
    }

    /// Brings a deleted message back, and its conversation with it.
    pub async fn restore_message(
        &self,
        id: MessageId,
        by: &Principal,
    ) -> Result<(), DeletionFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { restore(tx, id, &by, now).await }))
            .await
    }
}

async fn delete(
    tx: &mut Tx,
    id: MessageId,
    by: &Principal,
    now: Timestamp,
) -> Result<(), DeletionFault> {
    let conn = &mut tx.conn;
    let found = message::load_present(conn, &[id]).await?.remove(&id);
    let message = found.ok_or(DeletionFault::Unknown)?;
    let before = find_conversation(conn, message.conversation, &by.scope).await?;
    let before = before.ok_or(DeletionFault::Unknown)?;
    let own = (message.author.as_ref()).is_some_and(|author| author.id == by.agent.id);
    if !own && !by.may(Permission::CloseOthers) {
        return Err(DeletionFault::OfAnother);
    }
    if !delivery::load_deliveries(conn, &[id]).await?.is_empty() {
        return Err(DeletionFault::Waiting(message.status));
    }
    let mut after = before.clone();
    let was_unread = deletion::list_newest_inbound(conn, before.id, before.unread).await?;
    let mark = Deletion {
        at: now,
        by: Some(by.agent.clone()),
    };
    deletion::mark_message(conn, id, &mark).await?;
    search::delete_docs(conn, &[id.0]).await?;
    retitle(conn, &message, TITLE).await?;
    if message.direction == Direction::Inbound {
        let gone = u32::from(was_unread.contains(&id) && counts(&message));
        let most = deletion::list_newest_inbound(conn, before.id, before.unread).await?;
        let most = u32::try_from(most.len()).unwrap_or(u32::MAX);
        after.unread = before.unread.saturating_sub(gone).min(most);
    } else if after.failed && has_failed(&message) {
        after.failed = deletion::has_failed(conn, before.id).await?;
    }
    end_with_newest(conn, &mut after).await?;
    store_changed(conn, &before, &after).await?;
    tx.emit(event(EventKind::MessageDeleted, &message, &by.agent, now));
    Ok(())
}

async fn restore(
    tx: &mut Tx,
    id: MessageId,
    by: &Principal,
    now: Timestamp,
) -> Result<(), DeletionFault> {
    let conn = &mut tx.conn;
    let found = message::load_messages(conn, &[id]).await?.remove(&id);
    let message = found.ok_or(DeletionFault::Unknown)?;
    let before = load_conversations(conn, &[message.conversation]).await?;
    let before = before.into_iter().next();
    let before = before.filter(|before| by.scope.sees(before.private_to));
    let before = before.ok_or(DeletionFault::Unknown)?;
    let deletions = deletion::load_deletions(conn, &[id]).await?;
    if !deletions.contains_key(&id) {
        // It is there already.
        return Ok(());
    }
    deletion::unmark_message(conn, id).await?;
    retitle(conn, &message, &message.title()).await?;
    let mut after = before.clone();
    after.deleted = false;
    // It counts as unread where nothing that was read came after it.
    if message.direction == Direction::Inbound && counts(&message) {
        let newest = deletion::list_newest_inbound(conn, before.id, before.unread + 1).await?;
        after.unread += u32::from(newest.contains(&id));
    }
    end_with_newest(conn, &mut after).await?;
    store_changed(conn, &before, &after).await?;
    tx.emit(event(EventKind::MessageRestored, &message, &by.agent, now));
    Ok(())
}

/// Gives the issue that is called by a message's first words another title, or one without it.
async fn retitle(conn: &mut Conn, message: &Message, to: &str) -> Result<(), StoreFault> {
    let Some(id) = message.issue else {
        return Ok(());
    };
    let Some(mut issue) = issue::find_issue(conn, id, &Scope::All).await? else {
        return Ok(());
    };
    if issue.title != message.title() && issue.title != TITLE {
        return Ok(());
    }
    to.clone_into(&mut issue.title);
    issue.version += 1;
    issue::upsert_issues(conn, &[issue]).await
}

/// Whether an inbound message counts as unread when it comes: what a program wrote need not be read.
fn counts(message: &Message) -> bool {
    (message.details.mail.as_ref()).is_none_or(|mail| mail.automatic.is_none())
}

fn has_failed(message: &Message) -> bool {
    matches!(message.status, Status::Failed | Status::Expired)
}

/// Makes a conversation end with the newest message that is left; says whether there is one.
pub(super) async fn end_with_newest(
    conn: &mut Conn,
    conversation: &mut Conversation,
) -> Result<bool, StoreFault> {
    let last = deletion::find_last(conn, conversation.id).await?;
    if let Some((id, at)) = last {
        conversation.last_message = id;
        conversation.last_message_at = at;
    }
    Ok(last.is_some())
}

fn event(kind: EventKind, message: &Message, actor: &AgentRef, at: Timestamp) -> NewEvent {
    let data = EventData {
        message: Some(message.id),
        issue: message.issue,
        gateway: Some(message.gateway.as_str()),
        ..EventData::default()
    };
    NewEvent {
        kind,
        at,
        actor: Some(actor.clone()),
        conversation: Some(message.conversation),
        data: data.json(),
    }
}

impl Reader<'_> {
    /// A message that was deleted, for those who may read the audit.
    pub async fn deleted_message(
        &self,
        id: MessageId,
    ) -> Result<Option<MessageDetails>, EngineFault> {
        let mut conn = self.conn().await?;
        let mut found = message::load_messages(&mut conn, &[id]).await?;
        let Some(message) = found.remove(&id) else {
            return Ok(None);
        };
        let place = load_conversations(&mut conn, &[message.conversation]).await?;
        if !(place.iter()).all(|place| self.scope().sees(place.private_to)) {
            return Ok(None);
        }
        let found = self.with_timelines(&mut conn, vec![message]).await?;
        let found = with_deletions(&mut conn, found).await?.pop();
        Ok(found.filter(|found| found.deleted.is_some()))
    }
}

/// Messages with what is known of their being deleted.
pub(super) async fn with_deletions(
    conn: &mut Conn,
    mut messages: Vec<MessageDetails>,
) -> Result<Vec<MessageDetails>, EngineFault> {
    let ids: Vec<MessageId> = messages.iter().map(|one| one.message.id).collect();
    let mut deletions = deletion::load_deletions(conn, &ids).await?;
    for one in &mut messages {
        one.deleted = deletions.remove(&one.message.id);
    }
    Ok(messages)
}

impl Context {
    /// Which messages timelines hold.
    pub(super) fn in_timelines(&self) -> Presence {
        match self.deleted {
            Shown::Hidden => Presence::Present,
            Shown::Marked => Presence::All,
        }
    }
}

impl MessageDetails {
    /// The message without what it says, as a timeline shows one that was deleted.
    pub(super) fn without_words(mut self) -> Self {
        self.message.text.clear();
        self.message.details = Details::default();
        self.message.failure = None;
        self.message.reference = None;
        self.timeline.clear();
        self
    }
}
