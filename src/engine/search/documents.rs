//! Documents made of what the store has now, for the index and for a look at its candidates.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::id::{ContactId, ConversationId, MessageId};
use crate::domain::message::Message;
use crate::domain::search::Query;
use crate::domain::search::doc::{Doc, DocKind};
use crate::domain::search::plan::Asker;
use crate::store::search::{Around, Candidate, list_titles, load_around, load_notes};
use crate::store::{Conn, StoreFault, conversation, message};

/// A candidate that is right.
pub(super) struct Looked {
    pub(super) number: i64,
    pub(super) doc: Doc,
    pub(super) message: Option<Message>,
    pub(super) around: Around,
}

/// What a look at candidates gave.
pub(super) struct Look {
    /// Those that are right, in their order.
    pub(super) right: Vec<Looked>,
    /// How many had to be fetched.
    pub(super) looked: usize,
}

/// Looks at candidates: keeps those that may be seen and for which the query holds.
pub(super) async fn look_at(
    conn: &mut Conn,
    candidates: &[Candidate],
    query: &Query,
    asker: &Asker,
) -> Result<Look, StoreFault> {
    let seen: Vec<&Candidate> = candidates.iter().filter(|one| one.seen).collect();
    let conversations: HashSet<ConversationId> = seen.iter().map(|one| one.conversation).collect();
    let around = load_around(conn, &Vec::from_iter(conversations)).await?;
    let may_hold = |one: &&&Candidate| {
        let around = around.get(&one.conversation);
        around.is_some_and(|around| query.may_hold(&around.marks, asker))
    };
    let worth: Vec<(DocKind, Uuid)> = seen
        .iter()
        .filter(may_hold)
        .map(|one| (one.kind, one.id))
        .collect();
    let mut docs = documents(conn, &worth, &around).await?;
    let right = seen.iter().filter_map(|one| {
        let (doc, message) = docs.remove(&one.id)?;
        let around = around.get(&doc.conversation)?;
        query.holds(&doc, &around.marks, asker).then(|| Looked {
            number: one.number,
            doc,
            message,
            around: around.clone(),
        })
    });
    let right = right.collect();
    Ok(Look {
        right,
        looked: worth.len(),
    })
}

/// The documents of these ids, as far as there are any.
pub(super) async fn documents(
    conn: &mut Conn,
    wanted: &[(DocKind, Uuid)],
    around: &HashMap<ConversationId, Around>,
) -> Result<HashMap<Uuid, (Doc, Option<Message>)>, StoreFault> {
    let of = |kind: DocKind| -> Vec<Uuid> {
        let these = wanted.iter().filter(|(one, _)| *one == kind);
        these.map(|(_, id)| *id).collect()
    };
    let mut docs = HashMap::new();
    let ids: Vec<MessageId> = of(DocKind::Message).into_iter().map(MessageId).collect();
    for (id, message) in message::load_present(conn, &ids).await? {
        let name = around
            .get(&message.conversation)
            .and_then(|around| around.name.as_deref());
        docs.insert(id.0, (Doc::of_message(&message, name), Some(message)));
    }
    for note in load_notes(conn, &of(DocKind::Note)).await? {
        let conversation = ConversationId(note.conversation_id);
        let doc = Doc::of_note(
            note.id,
            conversation,
            Timestamp(note.created_at),
            &note.body,
        );
        docs.insert(note.id, (doc, None));
    }
    let ids: Vec<ConversationId> = of(DocKind::Conversation)
        .into_iter()
        .map(ConversationId)
        .collect();
    for doc in conversations(conn, &ids, around).await? {
        docs.insert(doc.id, (doc, None));
    }
    Ok(docs)
}

async fn conversations(
    conn: &mut Conn,
    ids: &[ConversationId],
    around: &HashMap<ConversationId, Around>,
) -> Result<Vec<Doc>, StoreFault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let contacts: Vec<ContactId> = ids
        .iter()
        .filter_map(|id| around.get(id))
        .map(|around| around.contact)
        .collect();
    let contacts = conversation::list_contacts(conn, &contacts).await?;
    let contacts: HashMap<_, _> = contacts
        .into_iter()
        .map(|(contact, known)| (contact.id, (contact, known)))
        .collect();
    let titles = list_titles(conn, ids).await?;
    let document = |id: &ConversationId| {
        let around = around.get(id)?;
        let (contact, addresses) = contacts.get(&around.contact)?;
        let addresses: Vec<_> = addresses.iter().map(|one| one.address.clone()).collect();
        let titles = titles.get(id).map_or(&[][..], Vec::as_slice);
        let at = around.created_at;
        Some(Doc::of_conversation(
            *id,
            at,
            contact,
            &addresses,
            titles,
            around.marks.clone(),
        ))
    };
    Ok(ids.iter().filter_map(document).collect())
}
