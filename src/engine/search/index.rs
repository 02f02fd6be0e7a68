//! Keeps the index in step with the feed, behind the commits that it reads of: what customers and
//! providers wait for never waits for it.

use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::documents::documents;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{ContactId, ConversationId, MessageId, NoteId};
use crate::domain::search::doc::DocKind;
use crate::engine::{Engine, EngineFault};
use crate::store::search::{
    self, delete_docs, find_position, list_conversations_of, load_around, save_position,
    upsert_docs,
};
use crate::store::{StoreFault, Tx, event};

/// How many events one slice reads. The writer is taken that long: some milliseconds.
const SLICE: u32 = 256;

/// What a slice of indexing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexed {
    /// How many events were read.
    pub events: usize,
    /// Whether there may be more to do.
    pub more: bool,
}

impl Engine {
    /// Reads on in the feed and puts what it tells of into the index.
    pub async fn index(&self) -> Result<Indexed, EngineFault> {
        let index = self
            .context
            .store
            .write(move |tx| Box::pin(slice(tx)))
            .await;
        index.map_err(|fault: StoreFault| fault.into())
    }

    /// How many events are not in the index yet.
    pub async fn index_lag(&self) -> Result<i64, EngineFault> {
        Ok(search::count_lag(&mut self.context.store.read().await?).await?)
    }
}

/// What is to be indexed, in the order in which it was told of.
#[derive(Default)]
struct Wanted {
    known: HashSet<Uuid>,
    list: Vec<(DocKind, Uuid)>,
    conversations: Vec<ConversationId>,
    contacts: Vec<ContactId>,
}

impl Wanted {
    fn add(&mut self, kind: DocKind, id: Uuid) {
        if self.known.insert(id) {
            self.list.push((kind, id));
        }
    }

    fn add_conversation(&mut self, id: ConversationId) {
        self.conversations.push(id);
        self.add(DocKind::Conversation, id.0);
    }
}

async fn slice(tx: &mut Tx) -> Result<Indexed, StoreFault> {
    let conn = &mut tx.conn;
    let mut position = find_position(conn).await?;
    let events = event::list_events(conn, position.seq, SLICE).await?;
    let mut wanted = Wanted::default();
    for event in &events {
        read(event, &mut wanted);
    }
    let mut more = events.len() == SLICE as usize;
    if events.is_empty() {
        match search::take_todo(conn, SLICE).await? {
            Some((conversation, messages)) => {
                more = true;
                wanted.add_conversation(conversation);
                if messages.is_empty() {
                    for id in search::list_note_ids(conn, conversation).await? {
                        wanted.add(DocKind::Note, id);
                    }
                }
                for id in messages {
                    wanted.add(DocKind::Message, id);
                }
            }
            None => {
                return Ok(Indexed {
                    events: 0,
                    more: false,
                });
            }
        }
    }
    // A name is in everything that its person wrote or was written.
    for id in list_conversations_of(conn, &wanted.contacts).await? {
        search::insert_todo(conn, id).await?;
        more = true;
    }
    let around = load_around(conn, &wanted.conversations).await?;
    let mut found = documents(conn, &wanted.list, &around).await?;
    let (mut docs, mut gone) = (Vec::new(), Vec::new());
    for (_, id) in &wanted.list {
        match found.remove(id) {
            Some((doc, _)) => docs.push(doc),
            None => gone.push(*id),
        }
    }
    delete_docs(conn, &gone).await?;
    upsert_docs(conn, &docs, &mut position).await?;
    position.seq = events.last().map_or(position.seq, |last| last.seq);
    save_position(conn, position);
    Ok(Indexed {
        events: events.len(),
        more,
    })
}

/// Notes what an event tells of. What became of a message is not indexed but for trouble.
fn read(event: &Event, wanted: &mut Wanted) {
    #[derive(Deserialize)]
    struct Named {
        message: Option<MessageId>,
        contact: Option<ContactId>,
        note: Option<NoteId>,
    }
    let changes_nothing = [
        EventKind::MessageSent,
        EventKind::MessageDelivered,
        EventKind::MessageRead,
        EventKind::ContactOptedOut,
        EventKind::ContactOptedIn,
    ]
    .contains(&event.kind);
    if changes_nothing {
        return;
    }
    let Ok(named) = serde_json::from_str::<Named>(&event.data) else {
        return;
    };
    if let Some(id) = named.message {
        wanted.add(DocKind::Message, id.0);
    }
    if let Some(id) = named.note {
        wanted.add(DocKind::Note, id.0);
    }
    // Whoever was renamed is found by the new name in all that they wrote or were written.
    if event.kind == EventKind::ContactChanged {
        wanted.contacts.extend(named.contact);
    }
    if let Some(id) = event.conversation {
        wanted.add_conversation(id);
    }
}
