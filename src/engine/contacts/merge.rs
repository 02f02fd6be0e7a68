//! Two contacts that are one person become one; `part` undoes it.
//!
//! Both are one unit of work each, and the writer does one after the other: a message that comes in
//! meanwhile is filed before or after, under the contact who has its sender's address then.

use super::{ContactFault, find};
use crate::domain::address::Address;
use crate::domain::agent::Principal;
use crate::domain::clock::Timestamp;
use crate::domain::contact::{ContactRefusal, Profile};
use crate::domain::conversation::{Authority, Conversation, Issue};
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::gateway::ChannelKind;
use crate::domain::id::{ContactId, ConversationId};
use crate::domain::merge::{Merged, Portrait, Stand, Talk};
use crate::domain::tally::Shifts;
use crate::domain::threads::issue_event;
use crate::engine::Engine;
use crate::store::conversation::{load_conversations, upsert_conversations};
use crate::store::{Tx, contact, issue, merge, search, tally};

impl Engine {
    /// Makes two contacts one: `keep` survives, and gets all that the other has.
    pub async fn merge_contacts(
        &self,
        keep: ContactId,
        other: ContactId,
        by: &Principal,
    ) -> Result<Profile, ContactFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { join(tx, keep, other, &by, now).await }))
            .await
    }
}

async fn join(
    tx: &mut Tx,
    keep: ContactId,
    gone: ContactId,
    by: &Principal,
    now: Timestamp,
) -> Result<Profile, ContactFault> {
    if keep == gone {
        return Err(ContactRefusal::Itself.into());
    }
    let mut survivor = find(&mut tx.conn, keep, by).await?;
    let other = find(&mut tx.conn, gone, by).await;
    let other = other.map_err(|_| ContactFault::UnknownOther)?;
    if survivor.addresses.len() + other.addresses.len() > crate::domain::contact::MOST_ADDRESSES {
        return Err(ContactRefusal::TooManyAddresses.into());
    }
    let before = Portrait::from(&survivor);
    let fresh = survivor.conversation.is_none() && other.conversation.is_some();
    for known in &other.addresses {
        contact::move_address(&mut tx.conn, &known.address, gone, keep).await?;
    }
    let talk = match other.conversation {
        Some(theirs) => Some(join_talks(tx, &survivor, theirs, by, now).await?),
        None => None,
    };
    contact::delete_profile(&mut tx.conn, gone).await?;
    survivor.learn(&other);
    contact::update_profile(&mut tx.conn, &survivor).await?;
    let addresses = other.addresses.iter().map(|known| &known.address);
    let written = |address: &Address| {
        let channel = match address.channel() {
            ChannelKind::Sms => "sms",
            ChannelKind::Email => "email",
        };
        (channel.to_owned(), address.value().to_owned())
    };
    let merged = Merged {
        other: Portrait::from(&other),
        survivor: before,
        addresses: addresses.map(written).collect(),
        talk,
        fresh,
    };
    merge::insert_merge(&mut tx.conn, (keep, gone), &merged, now).await?;
    let survivor = find(&mut tx.conn, keep, by).await?;
    tell_both(tx, EventKind::ContactMerged, &survivor, gone, by, now);
    Ok(survivor)
}

/// Moves all of a conversation into the survivor's, which is made when there is none.
async fn join_talks(
    tx: &mut Tx,
    survivor: &Profile,
    theirs: ConversationId,
    by: &Principal,
    now: Timestamp,
) -> Result<Talk, ContactFault> {
    let theirs = load(tx, theirs).await?;
    let ours = match survivor.conversation {
        Some(id) => Some(load(tx, id).await?),
        None => None,
    };
    let mut after = ours
        .clone()
        .unwrap_or_else(|| Conversation::begin(survivor.contact.id, theirs.created_at));
    after.private_to = match (&ours, after.private_to, theirs.private_to) {
        (None, _, team) => team,
        (Some(_), Some(one), Some(other)) if one != other => {
            return Err(ContactRefusal::Apart.into());
        }
        (Some(_), one, other) => one.or(other),
    };
    let mut talk = Talk::of(&theirs);
    merge::survey(&mut tx.conn, &mut talk).await?;
    if ours.is_none() {
        // What is moved must find its new place.
        upsert_conversations(&mut tx.conn, std::slice::from_ref(&after)).await?;
    }
    talk.closed = join_issues(tx, after.id, theirs.id, by, now).await?;
    merge::move_all(&mut tx.conn, &talk, after.id).await?;
    merge::delete_conversation(&mut tx.conn, theirs.id).await?;
    if ours.is_none() || theirs.last_message > after.last_message {
        after.last_message = theirs.last_message;
        after.last_message_at = theirs.last_message_at;
        after.last_gateway = theirs.last_gateway.clone().or(after.last_gateway);
    }
    after.unread += theirs.unread;
    after.failed |= theirs.failed;
    let both = ours.is_some();
    after.archived = theirs.archived && (!both || after.archived);
    after.done = theirs.done && (!both || after.done);
    after.deleted = theirs.deleted && (!both || after.deleted);
    for tag in &theirs.tags {
        if !after.tags.contains(tag) {
            after.tags.push(*tag);
        }
    }
    talk.ours = ours.as_ref().map(|before| Stand::of(before, &after));
    let open = issue::load_open(&mut tx.conn, &[after.id]).await?;
    if let Some(open) = open.get(&after.id) {
        after.follow(open);
    }
    let mut shifts = Shifts::default();
    shifts.add(Some(&theirs), None);
    shifts.add(ours.as_ref(), Some(&after));
    search::insert_todo(&mut tx.conn, after.id).await?;
    upsert_conversations(&mut tx.conn, std::slice::from_ref(&after)).await?;
    tally::add_counts(&mut tx.conn, shifts.settle()).await?;
    Ok(talk)
}

/// Where both have an open issue, closes the other's, whose messages go to the survivor's.
async fn join_issues(
    tx: &mut Tx,
    ours: ConversationId,
    theirs: ConversationId,
    by: &Principal,
    now: Timestamp,
) -> Result<Option<(uuid::Uuid, Vec<uuid::Uuid>)>, ContactFault> {
    let mut open = issue::load_open(&mut tx.conn, &[ours, theirs]).await?;
    let (Some(kept), Some(mut closed)) = (open.remove(&ours), open.remove(&theirs)) else {
        return Ok(None);
    };
    closed
        .close(&by.agent, Authority::Override, now)
        .expect("an open issue can be closed by one who may override");
    closed.version += 1;
    issue::upsert_issues(&mut tx.conn, std::slice::from_ref(&closed)).await?;
    let messages = merge::list_messages_of(&mut tx.conn, theirs, closed.id).await?;
    merge::file_messages(&mut tx.conn, &messages, kept.id).await?;
    let (id, moved) = (
        closed.id.0,
        Issue {
            conversation: ours,
            ..closed
        },
    );
    tx.emit(issue_event(
        EventKind::IssueClosed,
        &moved,
        Some(&by.agent),
        None,
        now,
    ));
    Ok(Some((id, messages)))
}

pub(super) async fn load(tx: &mut Tx, id: ConversationId) -> Result<Conversation, ContactFault> {
    let mut found = load_conversations(&mut tx.conn, &[id]).await?;
    found.pop().ok_or(ContactFault::Unknown)
}

/// Tells the feed of both.
pub(super) fn tell_both(
    tx: &mut Tx,
    kind: EventKind,
    survivor: &Profile,
    other: ContactId,
    by: &Principal,
    at: Timestamp,
) {
    let data = EventData {
        contact: Some(survivor.contact.id),
        other: Some(other),
        ..EventData::default()
    };
    tx.emit(NewEvent {
        kind,
        at,
        actor: Some(by.agent.clone()),
        conversation: survivor.conversation,
        data: data.json(),
    });
}
