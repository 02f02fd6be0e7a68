//! The removing itself, one transaction a step, and the files after it.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::Run;
use crate::domain::attachment::FileState;
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::deletion::{Deletion, TITLE};
use crate::domain::id::{AttachmentId, ConversationId, MessageId};
use crate::domain::retention::{Aged, Why};
use crate::engine::deletions::end_with_newest;
use crate::engine::desk::store_changed;
use crate::engine::media::tell;
use crate::engine::save::save;
use crate::engine::{Context, Earnest, EngineFault};
use crate::store::conversation::load_conversations;
use crate::store::retention::{self, Thing, Things};
use crate::store::{Conn, StoreFault, Tx, attachment, deletion, erase, issue, message, search};

/// What is said of a file that was removed.
const REMOVED: &str = "it was removed, because its time was over";

impl Context {
    /// Removes messages, if they may still go; which went.
    pub(super) async fn remove_messages(
        &self,
        run: &Run<'_>,
        over: Vec<Aged>,
        why: Why,
    ) -> Result<Vec<Aged>, EngineFault> {
        if over.is_empty() || run.earnest == Earnest::Rehearsal {
            return Ok(over);
        }
        let (rules, needed) = (self.retention.clone(), Arc::clone(&run.needed));
        let now = run.now;
        let (gone, blobs) = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let conn = &mut tx.conn;
                    let ids: Vec<MessageId> = over.iter().map(|one| one.id).collect();
                    let mut gone = retention::load_messages(conn, &ids).await?;
                    gone.retain(|one| one.is_over(why, &rules, now));
                    let ids: Vec<Uuid> = gone.iter().map(|one| one.id.0).collect();
                    let blobs = erase::remove_messages(conn, &ids, &needed).await?;
                    let places: BTreeSet<ConversationId> =
                        gone.iter().map(|one| one.conversation).collect();
                    settle(conn, &Vec::from_iter(places), now).await?;
                    Ok::<_, StoreFault>((gone, blobs))
                })
            })
            .await?;
        self.remove_blobs(blobs).await;
        Ok(gone)
    }

    /// Removes files, of which it stays known that they were there, or what came in raw.
    pub(super) async fn remove_things(
        &self,
        run: &Run<'_>,
        of: Things,
        over: &[Thing],
    ) -> Result<(), EngineFault> {
        if over.is_empty() || run.earnest == Earnest::Rehearsal {
            return Ok(());
        }
        let ids: Vec<Uuid> = over.iter().map(|one| one.id).collect();
        let now = run.now;
        let blobs = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    match of {
                        Things::Files => empty_files(tx, &ids, now).await,
                        Things::Requests | Things::Mails => {
                            Ok(erase::remove_raws(&mut tx.conn, &ids).await?)
                        }
                    }
                })
            })
            .await?;
        self.remove_blobs(blobs).await;
        Ok(())
    }

    /// Removes bytes that nothing names any more.
    pub(in crate::engine) async fn remove_blobs(&self, keys: Vec<String>) {
        for key in keys {
            if let Err(fault) = self.blobs.delete(&key).await {
                tracing::error!(%fault, key, "a file that nothing names was not removed; remove it");
            }
        }
    }
}

/// Takes the bytes of files away, and has their messages say so; gives back the keys of the bytes.
async fn empty_files(
    tx: &mut Tx,
    ids: &[Uuid],
    now: Timestamp,
) -> Result<Vec<String>, EngineFault> {
    let ids: Vec<AttachmentId> = ids.iter().copied().map(AttachmentId).collect();
    let (mut files, mut blobs) = (Vec::new(), Vec::new());
    for mut file in attachment::load_attachments(&mut tx.conn, &ids).await? {
        blobs.extend(file.blob.take());
        file.state = FileState::Failed;
        file.reason = Some(REMOVED.to_owned());
        file.due_at = None;
        files.push(file);
    }
    let mut changes = Changes::default();
    let of: Vec<MessageId> = files.iter().filter_map(|file| file.message).collect();
    for message in message::load_messages(&mut tx.conn, &of)
        .await?
        .into_values()
    {
        tell(message, &files, now, &mut changes);
    }
    changes.attachments = files;
    save(tx, changes, now).await?;
    Ok(blobs)
}

/// Brings conversations into line with what is left in them; one in which nothing is left, and no
/// work goes on, is as if deleted.
async fn settle(
    conn: &mut Conn,
    places: &[ConversationId],
    now: Timestamp,
) -> Result<(), StoreFault> {
    retention::retitle_empty(conn, places, TITLE).await?;
    let open = issue::load_open(conn, places).await?;
    for before in load_conversations(conn, places).await? {
        let mut after = before.clone();
        if end_with_newest(conn, &mut after).await? {
            let unread = deletion::list_newest_inbound(conn, before.id, before.unread).await?;
            after.unread = u32::try_from(unread.len()).unwrap_or(before.unread);
            after.failed &= deletion::has_failed(conn, before.id).await?;
            search::insert_place_todo(conn, before.id).await?;
        } else {
            after.unread = 0;
            after.failed = false;
            if !open.contains_key(&before.id) {
                let mark = Deletion { at: now, by: None };
                search::delete_conversation_docs(conn, before.id).await?;
                deletion::mark_conversation(conn, before.id, &mark).await?;
                after.deleted = true;
                after.tags.clear();
            }
        }
        store_changed(conn, &before, &after).await?;
    }
    Ok(())
}
