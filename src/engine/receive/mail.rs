//! Receive (mail): a mailbox's mails become messages, with the cursor in the same transaction.
//!
//! The raw mail is on disk before anything names it. Mails are read where time and memory are
//! bounded; one that cannot be read is kept in quarantine, and never stops those behind it.

mod keep;
mod load;
mod notice;
mod understand;

use std::sync::Arc;

use bytes::Bytes;

pub use self::keep::Prepared;
use self::keep::place;
use self::load::load;
use self::understand::Reader;
use super::restore_opt_outs;
use crate::domain::clock::Timestamp;
use crate::domain::id::QuarantineId;
use crate::domain::mailbox::AfterRead;
use crate::domain::receive::mail::{InboundMail, MailReceipt, RawMail, receive};
use crate::engine::save::save;
use crate::engine::{Context, Engine, EngineFault, Line, ReplayFault};
use crate::store::{Tx, mailbox};

/// How often a mail is read before it goes to quarantine unread (I21).
const TRIES: u32 = 5;

/// Whether a mail is read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// It is.
    Read,
    /// It is not: the daemon died each time it was.
    Keep,
}

impl Care {
    fn after(tries: u32) -> Self {
        if tries > TRIES {
            Self::Keep
        } else {
            Self::Read
        }
    }
}

/// A mail as it was fetched from a mailbox.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The mailbox's name.
    pub mailbox: String,
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// The mail's UID.
    pub uid: u32,
    /// Its bytes, or only those of its headers.
    pub raw: Bytes,
    /// When the server received it (INTERNALDATE).
    pub internal_date: Option<Timestamp>,
    /// How large it is on the server, in bytes.
    pub size: u64,
    /// True when only its headers were fetched.
    pub headers_only: bool,
}

impl Engine {
    /// Files a mail of a gateway's mailbox.
    ///
    /// # Errors
    ///
    /// Fails when the database or the blob store does; then nothing of it is stored, and the
    /// cursor stays before it.
    pub async fn receive_mail(
        &self,
        line: &Line,
        fetched: Fetched,
    ) -> Result<MailReceipt, EngineFault> {
        let mut receipts = self.receive_mails(line, vec![fetched]).await;
        receipts.pop().expect("each mail has its receipt")
    }

    /// Files mails of a gateway's mailbox in one transaction. They are given in the order of
    /// their UIDs, with none left out that is still to be read: the cursor goes past the last.
    ///
    /// # Errors
    ///
    /// As [`Engine::receive_mail`]; after a mail that could not be stored, none is.
    pub async fn receive_mails(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
    ) -> Vec<Result<MailReceipt, EngineFault>> {
        let count = batch.len();
        let tries = match self.begin(line, batch.first()).await {
            Ok(tries) => tries,
            Err(fault) => return (0..count).map(|_| Err(fault.clone())).collect(),
        };
        if tries < 2 || count < 2 {
            return self.receive_together(line, batch, Care::after(tries)).await;
        }
        // The daemon died over these mails: the one that killed it must not take others along.
        let mut outcome: Vec<Result<MailReceipt, EngineFault>> = Vec::with_capacity(count);
        for (place, fetched) in batch.into_iter().enumerate() {
            if let Some(Err(fault)) = outcome.last() {
                outcome.push(Err(fault.clone()));
                continue;
            }
            let tries = match place {
                0 => Ok(tries),
                _ => self.begin(line, Some(&fetched)).await,
            };
            outcome.extend(match tries {
                Ok(tries) => {
                    self.receive_together(line, vec![fetched], Care::after(tries))
                        .await
                }
                Err(fault) => vec![Err(fault)],
            });
        }
        outcome
    }

    /// Records that mails from this one on are about to be read; how often that began.
    async fn begin(&self, line: &Line, first: Option<&Fetched>) -> Result<u32, EngineFault> {
        let Some(place) = first.map(|fetched| place(line, fetched)) else {
            return Ok(1);
        };
        self.context
            .store
            .write(move |tx| {
                Box::pin(async move { Ok(mailbox::begin_reading(&mut tx.conn, &place).await?) })
            })
            .await
    }

    async fn receive_together(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
        care: Care,
    ) -> Vec<Result<MailReceipt, EngineFault>> {
        let count = batch.len();
        match self.prepare(line, batch, care).await {
            Ok(prepared) => self.file_mails(prepared).await,
            Err(fault) => (0..count).map(|_| Err(fault.clone())).collect(),
        }
    }

    /// Reads the mails that come behind a batch which is still being filed, and keeps their bytes.
    ///
    /// # Errors
    ///
    /// Fails when the blob store does; then nothing of them is kept.
    pub async fn prepare_mails(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
    ) -> Result<Prepared, EngineFault> {
        self.prepare(line, batch, Care::Read).await
    }

    /// Reads a mail from quarantine again.
    pub(in crate::engine) async fn replay_mail(
        &self,
        line: &Line,
        raw: RawMail,
        id: QuarantineId,
    ) -> Result<(), ReplayFault> {
        let bytes = (self.context.blobs.get(&raw.blob).await).map_err(EngineFault::from)?;
        let reader = Arc::new(Reader::new(self, line, Care::Read));
        let read = reader.read(raw, bytes, None).await;
        if let Err(reason) = read.mail.content {
            return Err(ReplayFault::Unreadable(reason));
        }
        let mut mails = self.keep(line, vec![read]).await?.mails;
        for mail in &mut mails {
            mail.replays = Some(id);
        }
        self.file(Arc::new(mails)).await?;
        Ok(())
    }

    /// Files mails in one transaction, which is in the order in which they were fetched: none is
    /// filed before those in front of it.
    ///
    /// # Errors
    ///
    /// As [`Engine::receive_mails`].
    pub async fn file_mails(&self, prepared: Prepared) -> Vec<Result<MailReceipt, EngineFault>> {
        let Prepared { line, mails, pack } = prepared;
        let mails = Arc::new(mails);
        let outcome = match self.file(Arc::clone(&mails)).await {
            Err(EngineFault::Refused(_)) => self.file_one_by_one(&mails).await,
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            Err(fault) => mails.iter().map(|_| Err(fault.clone())).collect(),
        };
        self.forget_copies(&pack, &mails, &outcome).await;
        if mails.iter().any(|mail| mail.acknowledge.is_some()) {
            self.context.wake(&line.spec.name);
        }
        let gateway = line.spec.name.as_str();
        let stored =
            |one: &&Result<MailReceipt, EngineFault>| matches!(one, Ok(MailReceipt::Stored(_)));
        let stored = outcome.iter().filter(stored).count();
        metrics::counter!("postern_messages_received_total", "gateway" => gateway.to_owned(), "channel" => "email")
            .increment(stored as u64);
        outcome
    }

    /// Finds the mail that the database refuses, and keeps it in quarantine, in its place.
    async fn file_one_by_one(
        &self,
        mails: &[InboundMail],
    ) -> Vec<Result<MailReceipt, EngineFault>> {
        let mut outcome: Vec<Result<MailReceipt, EngineFault>> = Vec::with_capacity(mails.len());
        for mail in mails {
            if let Some(Err(fault)) = outcome.last() {
                // The cursor must not pass a mail that is not kept.
                outcome.push(Err(fault.clone()));
                continue;
            }
            let mut filed = self.file(Arc::new(vec![mail.clone()])).await;
            if let Err(EngineFault::Refused(reason)) = &filed {
                let refused = InboundMail {
                    content: Err(format!("the database refused it: {reason}")),
                    ..mail.clone()
                };
                filed = self.file(Arc::new(vec![refused])).await;
            }
            outcome
                .push(filed.map(|mut receipts| receipts.pop().expect("one mail has one receipt")));
        }
        outcome
    }

    async fn file(&self, mails: Arc<Vec<InboundMail>>) -> Result<Vec<MailReceipt>, EngineFault> {
        let context = Arc::clone(&self.context);
        self.context
            .store
            .write_in_hope(move |tx| Box::pin(async move { slice(tx, &mails, &context).await }))
            .await
    }
}

/// Whether something is to be done on the server with a mail of that gateway once it is stored.
fn waits(line: &Line) -> bool {
    let imap = line.spec.mail.as_ref().and_then(|mail| mail.imap.as_ref());
    imap.is_some_and(|imap| imap.after_read != AfterRead::Leave)
}

/// Loads, decides and saves.
async fn slice(
    tx: &mut Tx,
    mails: &[InboundMail],
    context: &Context,
) -> Result<Vec<MailReceipt>, EngineFault> {
    let now = context.clock.now();
    let mut before = load(&mut tx.conn, mails, now).await?;
    before.threads.issue_number = tx.issue_number().await?;
    let fresh = mails
        .iter()
        .filter(|mail| !before.known.contains_key(&mail.key()));
    let writers = fresh.filter_map(|mail| mail.content.as_ref().ok().map(|letter| &letter.from));
    restore_opt_outs(&mut tx.conn, writers, &before.threads, context).await?;
    let token = |id| context.signer.sign(id);
    let (changes, receipts, issue_number) = receive(mails, before, &token, now);
    tx.set_issue_number(issue_number);
    save(tx, changes, now).await?;
    Ok(receipts)
}
