//! Mails are read, and kept as they came: all bytes of a batch in one pack, durable before anything
//! names them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use super::understand::{self, ReadMail, Reader};
use super::{Care, Fetched};
use crate::blob::Pack;
use crate::domain::clock::Timestamp;
use crate::domain::id::new_raw_id;
use crate::domain::receive::mail::{InboundMail, MailReceipt, Place, RawMail};
use crate::engine::{Engine, EngineFault, Line};

/// Where mails and the files in them lie in the blob store.
const PREFIX: &str = "mail";

/// Mails that were read and whose bytes are kept; nothing names those yet.
#[derive(Debug)]
pub struct Prepared {
    pub(super) line: Line,
    pub(super) mails: Vec<InboundMail>,
    pub(super) pack: String,
}

impl Engine {
    /// Reads mails and keeps them as they came.
    pub(super) async fn prepare(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
        care: Care,
    ) -> Result<Prepared, EngineFault> {
        let now = self.context.clock.now();
        let reader = Arc::new(Reader::new(self, line, care));
        // Each future owns what it works with, so that whoever awaits them may be on any thread.
        let read = |fetched: Fetched| -> BoxFuture<'static, ReadMail> {
            let (raw, place) = (raw_mail(line, &fetched, now), place(line, &fetched));
            Box::pin(Arc::clone(&reader).read(raw, fetched.raw, Some(place)))
        };
        let reads: Vec<_> = batch.into_iter().map(read).collect();
        let mails: Vec<ReadMail> = stream::iter(reads)
            .buffered(understand::at_once())
            .collect()
            .await;
        self.keep(line, mails).await
    }

    /// Keeps the bytes of mails, where they are not kept already, and of the files in them.
    pub(super) async fn keep(
        &self,
        line: &Line,
        read: Vec<ReadMail>,
    ) -> Result<Prepared, EngineFault> {
        let mut pack = Pack::new(PREFIX);
        let mut mails = Vec::with_capacity(read.len());
        for ReadMail {
            mut mail,
            bytes,
            files,
        } in read
        {
            if mail.place.is_some() {
                mail.raw.blob = pack.add(bytes);
            }
            for (mut attachment, bytes) in files {
                attachment.blob = Some(pack.add(bytes));
                if let Ok(letter) = &mut mail.content {
                    letter.files.push(attachment);
                }
            }
            mails.push(mail);
        }
        let key = pack.key().to_owned();
        self.context.blobs.put_pack(pack).await?;
        Ok(Prepared {
            line: line.clone(),
            mails,
            pack: key,
        })
    }

    /// Gives up mails that are not to be filed after all.
    pub async fn forget_mails(&self, prepared: Prepared) {
        self.forget(&prepared.pack).await;
    }

    /// Removes the bytes of mails that were known already; a crash before that leaves bytes that
    /// nothing names.
    pub(super) async fn forget_copies(
        &self,
        pack: &str,
        mails: &[InboundMail],
        outcome: &[Result<MailReceipt, EngineFault>],
    ) {
        let is_copy = |outcome: &Result<MailReceipt, EngineFault>| {
            matches!(outcome, Ok(MailReceipt::Known(_) | MailReceipt::Skipped))
        };
        if outcome.iter().all(is_copy) {
            return self.forget(pack).await;
        }
        let copies = mails.iter().zip(outcome);
        for (mail, _) in copies.filter(|(_, outcome)| is_copy(outcome)) {
            let files = mail.content.iter().flat_map(|letter| &letter.files);
            let keys = files.filter_map(|file| file.blob.as_ref());
            for key in keys.chain(std::iter::once(&mail.raw.blob)) {
                self.forget(key).await;
            }
        }
    }

    async fn forget(&self, key: &str) {
        if let Err(fault) = self.context.blobs.delete(key).await {
            tracing::warn!(%fault, "a copy of a mail was not removed");
        }
    }
}

fn raw_mail(line: &Line, fetched: &Fetched, now: Timestamp) -> RawMail {
    RawMail {
        id: new_raw_id(),
        gateway: line.spec.name.clone(),
        received_at: fetched.internal_date.unwrap_or(now),
        size: fetched.size,
        partial: fetched.headers_only,
        blob: String::new(),
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
