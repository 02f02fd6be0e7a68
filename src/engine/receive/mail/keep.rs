//! Mails and their files into the blob store, while they are read.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::understand::{self, Reader};
use super::{Care, Fetched};
use crate::blob::{Blobs, fresh_key};
use crate::domain::attachment::Attachment;
use crate::domain::clock::Timestamp;
use crate::domain::id::new_raw_id;
use crate::domain::receive::mail::{InboundMail, MailReceipt, Place, RawMail};
use crate::engine::attachments::NewFile;
use crate::engine::{Engine, EngineFault, Line};

/// How many blobs are written at once: their fsyncs share the disk's turns.
const BLOBS_AT_ONCE: usize = 16;

impl Engine {
    /// Keeps the mails as they came, and reads them.
    pub(super) async fn read_mails(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
        care: Care,
    ) -> Result<Vec<InboundMail>, EngineFault> {
        let now = self.context.clock.now();
        let reader = Arc::new(Reader::new(&self.context, line, care));
        // Each future owns what it works with, so that whoever awaits them may be on any thread.
        let (mut writes, mut reads) = (Vec::new(), Vec::new());
        for fetched in batch {
            let (raw, place) = (raw_mail(line, &fetched, now), place(line, &fetched));
            writes.push(write(&self.context.blobs, &raw, fetched.raw.clone()));
            reads.push(
                self.clone()
                    .understand(Arc::clone(&reader), raw, fetched.raw, place),
            );
        }
        let write = stream::iter(writes)
            .buffer_unordered(BLOBS_AT_ONCE)
            .try_collect::<()>();
        let read = stream::iter(reads)
            .buffered(understand::at_once())
            .try_collect::<Vec<InboundMail>>();
        let (written, mails) = futures_util::join!(write, read);
        written?;
        mails
    }

    fn keep(self, file: NewFile) -> BoxFuture<'static, Result<Attachment, EngineFault>> {
        Box::pin(async move { self.keep_file(file).await })
    }

    /// Reads a mail and keeps its files.
    fn understand(
        self,
        reader: Arc<Reader>,
        raw: RawMail,
        bytes: Bytes,
        place: Place,
    ) -> BoxFuture<'static, Result<InboundMail, EngineFault>> {
        Box::pin(async move {
            let read = reader.read(raw, bytes, Some(place)).await;
            self.keep_files(read).await
        })
    }

    /// Keeps the files of a mail.
    pub(super) async fn keep_files(
        &self,
        (mut mail, files): (InboundMail, Vec<NewFile>),
    ) -> Result<InboundMail, EngineFault> {
        let mut kept = Vec::with_capacity(files.len());
        for file in files {
            kept.push(self.clone().keep(file));
        }
        let kept = stream::iter(kept)
            .buffered(BLOBS_AT_ONCE)
            .try_collect()
            .await?;
        if let Ok(letter) = &mut mail.content {
            letter.files = kept;
        }
        Ok(mail)
    }

    /// Removes the bytes of mails that were known already; a crash before that leaves blobs that
    /// nothing names.
    pub(super) async fn forget_copies(
        &self,
        mails: &[InboundMail],
        outcome: &[Result<MailReceipt, EngineFault>],
    ) {
        let copies = mails.iter().zip(outcome).filter(|(_, outcome)| {
            matches!(outcome, Ok(MailReceipt::Known(_) | MailReceipt::Skipped))
        });
        for (mail, _) in copies {
            let files = mail.content.iter().flat_map(|letter| &letter.files);
            let keys = files.filter_map(|file| file.blob.as_ref());
            for key in keys.chain(std::iter::once(&mail.raw.blob)) {
                if let Err(fault) = self.context.blobs.delete(key).await {
                    tracing::warn!(%fault, "a copy of a mail was not removed");
                }
            }
        }
    }
}

fn write(
    blobs: &Blobs,
    raw: &RawMail,
    bytes: Bytes,
) -> BoxFuture<'static, Result<(), EngineFault>> {
    let (blobs, key) = (blobs.clone(), raw.blob.clone());
    Box::pin(async move { Ok(blobs.put(&key, bytes).await?) })
}

fn raw_mail(line: &Line, fetched: &Fetched, now: Timestamp) -> RawMail {
    RawMail {
        id: new_raw_id(),
        gateway: line.spec.name.clone(),
        received_at: fetched.internal_date.unwrap_or(now),
        size: fetched.size,
        partial: fetched.headers_only,
        blob: fresh_key("mail"),
    }
}

/// The place of a fetched mail.
pub(super) fn place(line: &Line, fetched: &Fetched) -> Place {
    Place {
        gateway: line.spec.name.clone(),
        mailbox: fetched.mailbox.clone(),
        uidvalidity: fetched.uidvalidity,
        uid: fetched.uid,
    }
}
