//! What was merged into a contact becomes a contact of its own again.

use super::merge::{load, tell_both};
use super::{ContactFault, find, tell};
use crate::domain::address::Address;
use crate::domain::agent::{Principal, Scope};
use crate::domain::clock::Timestamp;
use crate::domain::contact::{ContactRefusal, Profile};
use crate::domain::event::EventKind;
use crate::domain::id::{ContactId, IssueId};
use crate::domain::merge::Talk;
use crate::domain::tally::Shifts;
use crate::domain::threads::issue_event;
use crate::engine::Engine;
use crate::engine::deletions::end_with_newest;
use crate::store::conversation::upsert_conversations;
use crate::store::{Tx, contact, issue, merge, search, tag, tally};

impl Engine {
    /// Parts from a contact what was merged into it last; what came since stays. Gives back the
    /// one that is there again.
    pub async fn unmerge_contact(
        &self,
        id: ContactId,
        by: &Principal,
    ) -> Result<Profile, ContactFault> {
        let (by, now) = (by.clone(), self.context.clock.now());
        let store = &self.context.store;
        store
            .write(move |tx| Box::pin(async move { part(tx, id, &by, now).await }))
            .await
    }
}

async fn part(
    tx: &mut Tx,
    id: ContactId,
    by: &Principal,
    now: Timestamp,
) -> Result<Profile, ContactFault> {
    let mut survivor = find(&mut tx.conn, id, by).await?;
    let found = merge::find_merge(&mut tx.conn, id).await?;
    let (gone, merged) = found.ok_or(ContactRefusal::NotMerged)?;
    let other = Profile::from(merged.other);
    contact::insert_profile(&mut tx.conn, &other).await?;
    for (channel, value) in merged.addresses {
        let address = if channel == "email" {
            Address::Email(value)
        } else {
            Address::Sms(value)
        };
        contact::move_address(&mut tx.conn, &address, id, gone).await?;
    }
    if let Some(talk) = &merged.talk {
        part_talks(tx, &survivor, gone, (talk, merged.fresh), (by, now)).await?;
    }
    survivor.unlearn(&Profile::from(merged.survivor), &other);
    contact::update_profile(&mut tx.conn, &survivor).await?;
    merge::delete_merge(&mut tx.conn, gone).await?;
    let restored = find(&mut tx.conn, gone, by).await?;
    tell_both(tx, EventKind::ContactUnmerged, &survivor, gone, by, now);
    tell(
        tx,
        EventKind::ContactChanged,
        &restored,
        Some(&by.agent),
        now,
    );
    Ok(restored)
}

/// Moves back what was the other's when the two became one.
async fn part_talks(
    tx: &mut Tx,
    survivor: &Profile,
    gone: ContactId,
    (talk, fresh): (&Talk, bool),
    (by, now): (&Principal, Timestamp),
) -> Result<(), ContactFault> {
    let Some(ours) = survivor.conversation else {
        return Err(ContactFault::Unknown);
    };
    let before = load(tx, ours).await?;
    let mut theirs = talk.conversation(gone);
    theirs.private_to = before.private_to;
    upsert_conversations(&mut tx.conn, std::slice::from_ref(&theirs)).await?;
    merge::move_all(&mut tx.conn, talk, theirs.id).await?;
    if let Some((closed, messages)) = &talk.closed {
        reopen(tx, IssueId(*closed), messages, (by, now)).await?;
    }
    end_with_newest(&mut tx.conn, &mut theirs).await?;
    let open = issue::load_open(&mut tx.conn, &[theirs.id, ours]).await?;
    if let Some(open) = open.get(&theirs.id) {
        theirs.follow(open);
    }
    upsert_conversations(&mut tx.conn, std::slice::from_ref(&theirs)).await?;
    let mut after = before.clone();
    after.unread = after.unread.saturating_sub(talk.unread);
    after.work = None;
    if let Some(was) = &talk.ours {
        for tag in was.restore(talk, &mut after) {
            tag::delete_tagged(&mut tx.conn, tag, after.id).await?;
        }
    }
    if let Some(open) = open.get(&ours) {
        after.follow(open);
    }
    let empty = !end_with_newest(&mut tx.conn, &mut after).await?;
    let mut shifts = Shifts::default();
    shifts.add(None, Some(&theirs));
    search::insert_todo(&mut tx.conn, theirs.id).await?;
    if fresh && empty {
        shifts.add(Some(&before), None);
        merge::delete_conversation(&mut tx.conn, ours).await?;
    } else {
        shifts.add(Some(&before), Some(&after));
        upsert_conversations(&mut tx.conn, std::slice::from_ref(&after)).await?;
        search::insert_todo(&mut tx.conn, ours).await?;
    }
    tally::add_counts(&mut tx.conn, shifts.settle()).await?;
    Ok(())
}

/// Opens the issue again that was closed for the merge, with its messages.
async fn reopen(
    tx: &mut Tx,
    id: IssueId,
    messages: &[uuid::Uuid],
    (by, now): (&Principal, Timestamp),
) -> Result<(), ContactFault> {
    if let Some(mut closed) = issue::find_issue(&mut tx.conn, id, &Scope::All).await? {
        closed.reopen();
        closed.version += 1;
        issue::upsert_issues(&mut tx.conn, std::slice::from_ref(&closed)).await?;
        tx.emit(issue_event(
            EventKind::IssueReopened,
            &closed,
            Some(&by.agent),
            None,
            now,
        ));
    }
    merge::file_messages(&mut tx.conn, messages, id).await?;
    Ok(())
}
