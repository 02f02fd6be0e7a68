//! What agents tell each other: notes on conversations, comments on issues.

use super::edit::{EditFault, check_seen};
use super::{Engine, Made, Remember};
use crate::domain::agent::{AgentRef, Permission, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Conversation;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::id::{ContactId, ConversationId, IssueId, MessageId, NoteId};
use crate::domain::note::Note;
use crate::domain::tally::Shifts;
use crate::store::contact::load_profiles;
use crate::store::conversation::{find_conversation, upsert_conversations};
use crate::store::issue::find_issue;
use crate::store::{Tx, note, tally};

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A conversation.
    Conversation(ConversationId),
    /// An issue: a comment.
    Issue(IssueId),
    /// A contact: it is put on the conversation with them.
    Contact(ContactId),
}

/// Why a note was not written or changed.
#[derive(Debug, thiserror::Error)]
pub enum NoteFault {
    /// There is no such conversation, issue or note, or none that may be seen.
    #[error("there is nothing with this id")]
    Unknown,
    /// Somebody else wrote it.
    #[error("the note is {}'s", .0.name)]
    OfAnother(AgentRef),
    /// What can go wrong with all that people edit.
    #[error(transparent)]
    Edit(#[from] EditFault),
}

impl Engine {
    /// Writes a note on a conversation, or a comment on an issue.
    pub async fn add_note(
        &self,
        about: About,
        text: String,
        by: &Principal,
        once: Option<Remember<Note>>,
    ) -> Result<Made<Note>, NoteFault> {
        let by = by.clone();
        self.make(once, move |tx, now| {
            Box::pin(async move { add(tx, about, text, &by, now).await })
        })
        .await
    }

    /// A note that the caller may read.
    pub async fn note(&self, id: NoteId, by: &Principal) -> Result<Note, NoteFault> {
        let mut conn = self.context.store.read().await?;
        let note = note::find_note(&mut conn, id).await?;
        let note = note.ok_or(NoteFault::Unknown)?;
        let seen = find_conversation(&mut conn, note.conversation, &by.scope).await?;
        seen.map(|_| note).ok_or(NoteFault::Unknown)
    }

    /// Gives a note other words; its author may, if it was not changed since the version.
    pub async fn change_note(
        &self,
        id: NoteId,
        text: String,
        seen: Option<i64>,
        by: &Principal,
    ) -> Result<Note, NoteFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut note = own(tx, id, &by).await?;
                    check_seen(seen, note.version)?;
                    note.text = text;
                    note.edited_at = Some(now);
                    note.version += 1;
                    note::upsert_note(&mut tx.conn, &note).await?;
                    tx.emit(event(EventKind::NoteChanged, &note, &by.agent, now));
                    Ok(note)
                })
            })
            .await
    }

    /// Takes a note away; its author may, and one who may delete messages.
    pub async fn delete_note(&self, id: NoteId, by: &Principal) -> Result<(), NoteFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let note = own(tx, id, &by).await?;
                    note::delete_note(&mut tx.conn, id, now).await?;
                    tx.emit(event(EventKind::NoteDeleted, &note, &by.agent, now));
                    Ok(())
                })
            })
            .await
    }
}

async fn add(
    tx: &mut Tx,
    about: About,
    text: String,
    by: &Principal,
    now: Timestamp,
) -> Result<Note, NoteFault> {
    let (conversation, issue) = match about {
        About::Conversation(id) => (id, None),
        About::Issue(id) => {
            let found = find_issue(&mut tx.conn, id, &by.scope).await?;
            (found.ok_or(NoteFault::Unknown)?.conversation, Some(id))
        }
        About::Contact(id) => (place_with(tx, id, by, now).await?, None),
    };
    find_conversation(&mut tx.conn, conversation, &by.scope)
        .await?
        .ok_or(NoteFault::Unknown)?;
    let note = Note {
        id: NoteId::new(),
        conversation,
        issue,
        author: by.agent.clone(),
        text,
        created_at: now,
        edited_at: None,
        version: 1,
    };
    note::upsert_note(&mut tx.conn, &note).await?;
    let kind = match issue {
        Some(_) => EventKind::IssueCommented,
        None => EventKind::NoteAdded,
    };
    tx.emit(event(kind, &note, &by.agent, now));
    Ok(note)
}

/// The conversation with a contact. Where nothing was said yet, one begins outside of the inbox,
/// and comes in when somebody writes.
async fn place_with(
    tx: &mut Tx,
    id: ContactId,
    by: &Principal,
    now: Timestamp,
) -> Result<ConversationId, NoteFault> {
    let found = load_profiles(&mut tx.conn, &[id], &by.scope).await?;
    let contact = found.into_iter().next().ok_or(NoteFault::Unknown)?;
    if let Some(known) = contact.conversation {
        return Ok(known);
    }
    let begun = Conversation {
        archived: true,
        // Lists are walked by it, so it is one of its own, though no message has it.
        last_message: MessageId::new(),
        ..Conversation::begin(id, now)
    };
    upsert_conversations(&mut tx.conn, std::slice::from_ref(&begun)).await?;
    let mut shifts = Shifts::default();
    shifts.add(None, Some(&begun));
    tally::add_counts(&mut tx.conn, shifts.settle()).await?;
    let data = EventData {
        contact: Some(id),
        ..EventData::default()
    };
    tx.emit(NewEvent {
        kind: EventKind::ConversationCreated,
        at: now,
        actor: Some(by.agent.clone()),
        conversation: Some(begun.id),
        data: data.json(),
    });
    Ok(begun.id)
}

/// A note that the one who asks may change.
async fn own(tx: &mut Tx, id: NoteId, by: &Principal) -> Result<Note, NoteFault> {
    let note = note::find_note(&mut tx.conn, id).await?;
    let note = note.ok_or(NoteFault::Unknown)?;
    find_conversation(&mut tx.conn, note.conversation, &by.scope)
        .await?
        .ok_or(NoteFault::Unknown)?;
    if note.author.id != by.agent.id && !by.may(Permission::CloseOthers) {
        return Err(NoteFault::OfAnother(note.author));
    }
    Ok(note)
}

fn event(kind: EventKind, note: &Note, actor: &AgentRef, now: Timestamp) -> NewEvent {
    let data = EventData {
        note: Some(note.id),
        issue: note.issue,
        ..EventData::default()
    };
    NewEvent {
        kind,
        at: now,
        actor: Some(actor.clone()),
        conversation: Some(note.conversation),
        data: data.json(),
    }
}
