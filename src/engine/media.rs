//! Files that came with a message and are still with its provider: claimed, fetched, recorded.
//!
//! A claim is a due time in the near future, so that several daemons share the work and what a
//! crash left undone is done again.

use std::time::Duration;

use bytes::Bytes;

use super::attachments::NewFile;
use super::save::save;
use super::{Engine, EngineFault};
use crate::domain::attachment::{Attachment, DAY, FileState, OverQuota};
use crate::domain::changes::Changes;
use crate::domain::clock::Timestamp;
use crate::domain::event::{EventData, EventKind, NewEvent};
use crate::domain::message::Message;
use crate::store::{StoreFault, Tx, attachment, message};

/// How long a claim lasts: longer than a fetch may take.
const CLAIM: Duration = Duration::from_secs(30);

/// How long it is tried to fetch a file; providers keep them for longer.
const TRY_FOR: Duration = Duration::from_hours(24);

/// The wait after the first try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What came of a try to fetch a file.
#[derive(Debug, Clone)]
pub enum MediaOutcome {
    /// It is here: its bytes, and its media type as the server said.
    Fetched(Bytes, Option<String>),
    /// Not this time, for this reason.
    Again(String),
    /// It never will be, for this reason.
    GiveUp(String),
}

impl Engine {
    /// Completes when a file may have to be fetched.
    pub async fn media_woken(&self) {
        self.context.media.notified().await;
    }

    /// Makes due what an earlier daemon was fetching; where others may be fetching too, their
    /// claims end by themselves.
    pub async fn retake_media(&self) -> Result<(), EngineFault> {
        if self.context.store.is_shared() {
            return Ok(());
        }
        let now = self.context.clock.now();
        self.context
            .store
            .write(move |tx| Box::pin(attachment::update_due(&mut tx.conn, now)))
            .await
            .map_err(|fault: StoreFault| fault.into())
    }

    /// Claims files that are to be fetched now.
    pub async fn claim_media(&self, limit: u32) -> Result<Vec<Attachment>, EngineFault> {
        let now = self.context.clock.now();
        let mut conn = self.context.store.read().await?;
        if attachment::list_due(&mut conn, now, 1).await?.is_empty() {
            return Ok(Vec::new());
        }
        drop(conn);
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut due = attachment::list_due(&mut tx.conn, now, limit).await?;
                    for one in &mut due {
                        one.tries += 1;
                        one.due_at = Some(now.plus(CLAIM));
                    }
                    attachment::upsert_attachments(&mut tx.conn, &due).await?;
                    Ok(due)
                })
            })
            .await
    }

    /// Records what came of a try, and tells of a file that is here or never will be.
    pub async fn record_media(
        &self,
        claimed: Attachment,
        outcome: MediaOutcome,
    ) -> Result<(), EngineFault> {
        let now = self.context.clock.now();
        let after = match outcome {
            MediaOutcome::Fetched(bytes, kind) => self.arrived(&claimed, bytes, kind).await?,
            MediaOutcome::Again(reason) => waiting(&claimed, reason, now),
            MediaOutcome::GiveUp(reason) => failed(&claimed, reason),
        };
        let row = after.clone();
        let kept = self
            .context
            .store
            .write(move |tx| Box::pin(replace(tx, claimed.tries, row, now)))
            .await;
        if !matches!(kept, Ok(true)) {
            self.forget_files(&[after]).await;
        }
        kept.map(drop)
    }

    /// The attachment once its bytes are in the blob store.
    async fn arrived(
        &self,
        claimed: &Attachment,
        bytes: Bytes,
        kind: Option<String>,
    ) -> Result<Attachment, EngineFault> {
        let file = NewFile {
            // A name that had no ending gets that of its media type now.
            name: claimed.name.clone(),
            content_type: kind.unwrap_or_else(|| claimed.content_type.clone()),
            content_id: None,
            inline: false,
            bytes,
        };
        let kept = self.keep_file(file).await?;
        Ok(Attachment {
            name: kept.name,
            content_type: kept.content_type,
            sniffed: kept.sniffed,
            size: kept.size,
            sha256: kept.sha256,
            blob: kept.blob,
            state: FileState::Stored,
            due_at: None,
            reason: None,
            ..claimed.clone()
        })
    }
}

fn waiting(claimed: &Attachment, reason: String, now: Timestamp) -> Attachment {
    let doubled = FIRST_WAIT.saturating_mul(1 << claimed.tries.saturating_sub(1).min(20));
    let due = now.plus(doubled.min(LONGEST_WAIT));
    if due.since(claimed.created_at) > TRY_FOR {
        return failed(claimed, reason);
    }
    Attachment {
        due_at: Some(due),
        reason: Some(reason),
        ..claimed.clone()
    }
}

fn failed(claimed: &Attachment, reason: String) -> Attachment {
    Attachment {
        state: FileState::Failed,
        due_at: None,
        reason: Some(reason),
        ..claimed.clone()
    }
}

/// Writes the attachment and what its message says about it; says whether its bytes are wanted: the
/// claim still held, and they are not more than may come in.
async fn replace(
    tx: &mut Tx,
    tries: u32,
    mut after: Attachment,
    now: Timestamp,
) -> Result<bool, EngineFault> {
    let found = attachment::load_attachments(&mut tx.conn, &[after.id]).await?;
    let held = |one: &Attachment| one.state == FileState::Pending && one.tries == tries;
    let (true, Some(id)) = (found.first().is_some_and(held), after.message) else {
        return Ok(false);
    };
    let mut changes = Changes::default();
    let mut messages = message::load_messages(&mut tx.conn, &[id]).await?;
    let mut wanted = true;
    if let Some(message) = messages.get(&id) {
        let since = now.minus(DAY);
        let before = attachment::sum_fetched(&mut tx.conn, message.conversation, since).await?;
        if let Err(over) = OverQuota::Fetched.check(before, after.size) {
            after = Attachment {
                size: 0,
                sha256: None,
                blob: None,
                ..failed(&after, over.to_string())
            };
            wanted = false;
        }
    }
    if let (true, Some(message)) = (after.state != FileState::Pending, messages.remove(&id)) {
        tell(message, std::slice::from_ref(&after), now, &mut changes);
    }
    changes.attachments.push(after);
    save(tx, changes, now).await?;
    Ok(wanted)
}

/// Has a message say of its files what is so by now.
pub(super) fn tell(
    mut message: Message,
    files: &[Attachment],
    now: Timestamp,
    changes: &mut Changes,
) {
    for file in &mut message.details.files {
        if let Some(after) = files.iter().find(|after| after.id == file.id) {
            *file = after.enclosed();
        }
    }
    let data = EventData {
        message: Some(message.id),
        issue: message.issue,
        ..EventData::default()
    };
    changes.events.push(NewEvent {
        kind: EventKind::MessageChanged,
        at: now,
        actor: None,
        conversation: Some(message.conversation),
        data: data.json(),
    });
    changes.messages.push(message);
}
