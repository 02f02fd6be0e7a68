//! Receive (mail): a mailbox's mails become messages, with the cursor in the same transaction.
//!
//! The raw mail is on disk before anything names it. Mails are read where time and memory are
//! bounded; one that cannot be read is kept in quarantine, and never stops those behind it.

mod notice;
mod understand;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::understand::Reader;
use crate::blob::{Blobs, fresh_key};
use crate::domain::attachment::Attachment;
use crate::domain::clock::Timestamp;
use crate::domain::conversation::Thread;
use crate::domain::id::{ConversationId, MessageId, QuarantineId, new_raw_id};
use crate::domain::mailbox::AfterRead;
use crate::domain::message::{Direction, Message};
use crate::domain::receive::mail::{
    Before, InboundMail, Letter, MailReceipt, Place, RawMail, receive,
};
use crate::domain::report::Timelines;
use crate::domain::threads::Threads;
use crate::engine::attachments::NewFile;
use crate::engine::save::save;
use crate::engine::{Context, Engine, EngineFault, Line, ReplayFault};
use crate::store::{Conn, Tx, conversation, mail, mailbox, message, reference};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};

/// How many blobs are written at once: their fsyncs share the disk's turns.
const BLOBS_AT_ONCE: usize = 16;

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
        match self.read_mails(line, batch).await {
            Ok(mails) => self.file_mails(line, mails).await,
            Err(fault) => (0..count).map(|_| Err(fault.clone())).collect(),
        }
    }

    /// Reads a mail from quarantine again.
    pub(in crate::engine) async fn replay_mail(
        &self,
        line: &Line,
        raw: RawMail,
        id: QuarantineId,
    ) -> Result<(), ReplayFault> {
        let bytes = (self.context.blobs.get(&raw.blob).await).map_err(EngineFault::from)?;
        let read = Reader::new(&self.context, line)
            .read(raw, bytes, None)
            .await;
        let mut mail = self.keep_files(read).await?;
        if let Err(reason) = mail.content {
            return Err(ReplayFault::Unreadable(reason));
        }
        mail.replays = Some(id);
        self.file(Arc::new(vec![mail])).await?;
        Ok(())
    }

    /// Keeps the mails as they came, and reads them.
    async fn read_mails(
        &self,
        line: &Line,
        batch: Vec<Fetched>,
    ) -> Result<Vec<InboundMail>, EngineFault> {
        let now = self.context.clock.now();
        let reader = Arc::new(Reader::new(&self.context, line));
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
    async fn keep_files(
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

    async fn file_mails(
        &self,
        line: &Line,
        mails: Vec<InboundMail>,
    ) -> Vec<Result<MailReceipt, EngineFault>> {
        let mails = Arc::new(mails);
        let outcome = match self.file(Arc::clone(&mails)).await {
            Err(EngineFault::Refused(_)) => self.file_one_by_one(&mails).await,
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            Err(fault) => mails.iter().map(|_| Err(fault.clone())).collect(),
        };
        self.forget_copies(&mails, &outcome).await;
        let gateway = line.spec.name.as_str();
        let stored =
            |one: &&Result<MailReceipt, EngineFault>| matches!(one, Ok(MailReceipt::Stored(_)));
        let stored = outcome.iter().filter(stored).count();
        metrics::counter!("postern_messages_received_total", "gateway" => gateway.to_owned(), "channel" => "email")
            .increment(stored as u64);
        outcome
    }

    /// Removes the bytes of mails that were known already; a crash before that leaves blobs that
    /// nothing names.
    async fn forget_copies(
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
            .write(move |tx| Box::pin(async move { slice(tx, &mails, &context).await }))
            .await
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
fn place(line: &Line, fetched: &Fetched) -> Place {
    Place {
        gateway: line.spec.name.clone(),
        mailbox: fetched.mailbox.clone(),
        uidvalidity: fetched.uidvalidity,
        uid: fetched.uid,
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
    let issue_number = *tx.issue_number();
    let before = load(&mut tx.conn, mails, issue_number).await?;
    let (changes, receipts, issue_number) = receive(mails, before, now);
    *tx.issue_number() = issue_number;
    save(tx, changes, now).await?;
    Ok(receipts)
}

async fn load(
    conn: &mut Conn,
    mails: &[InboundMail],
    issue_number: i64,
) -> Result<Before, EngineFault> {
    let keys: Vec<_> = mails.iter().map(InboundMail::key).collect();
    let mut known = reference::load_references(conn, Direction::Inbound, &keys).await?;
    // What is known as unreadable shall become a message now.
    known.retain(|_, known| {
        let quarantined = Some(QuarantineId(known.message.0));
        mails.iter().all(|mail| mail.replays != quarantined)
    });
    let unknown = |mail: &&InboundMail| !known.contains_key(&mail.key());
    let letters: Vec<&Letter> = mails
        .iter()
        .filter(unknown)
        .filter_map(|mail| mail.content.as_deref().ok())
        .collect();
    let ids: BTreeSet<&str> = letters.iter().flat_map(|letter| letter.ids()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let ids = mail::load_mail_ids(conn, &ids).await?;
    let tokens = letters.iter().flat_map(|letter| letter.named());
    let named: BTreeSet<MessageId> = (ids.values().flatten().copied())
        .chain(tokens.map(MessageId))
        .collect();
    let named: Vec<MessageId> = named.into_iter().collect();
    let messages = message::load_messages(conn, &named).await?;
    let threads = load_threads(conn, &letters, &messages).await?;
    let timelines = load_timelines(conn, &letters, &messages).await?;
    let mailbox = match mails.iter().find_map(|mail| mail.place.as_ref()) {
        Some(place) => mailbox::find_mailbox(conn, &place.gateway).await?,
        None => None,
    };
    Ok(Before {
        known,
        ids,
        messages,
        timelines,
        threads: Threads::new(threads, issue_number),
        mailbox,
    })
}

/// The threads with the writers, and those of the messages that they answer.
async fn load_threads(
    conn: &mut Conn,
    letters: &[&Letter],
    messages: &HashMap<MessageId, Message>,
) -> Result<Vec<Thread>, EngineFault> {
    let tokens = letters.iter().flat_map(|letter| letter.named());
    let conversations: BTreeSet<_> = messages
        .values()
        .map(|message| message.conversation)
        .chain(tokens.map(ConversationId))
        .collect();
    let conversations: Vec<_> = conversations.into_iter().collect();
    let mut addresses = conversation::list_addresses(conn, &conversations).await?;
    addresses.extend(letters.iter().map(|letter| letter.from.clone()));
    addresses.sort();
    addresses.dedup();
    Ok(conversation::load_threads(conn, &addresses).await?)
}

/// The mails of ours that are told of, and their timelines; nothing where nothing is told.
async fn load_timelines(
    conn: &mut Conn,
    letters: &[&Letter],
    messages: &HashMap<MessageId, Message>,
) -> Result<Timelines, EngineFault> {
    if letters.iter().all(|letter| letter.told.is_none()) {
        return Ok(Timelines::new(HashMap::new(), HashMap::new()));
    }
    let ours = |message: &&Message| message.direction == Direction::Outbound;
    let ours: HashMap<MessageId, Message> = messages
        .values()
        .filter(ours)
        .map(|message| (message.id, message.clone()))
        .collect();
    let ids: Vec<MessageId> = ours.keys().copied().collect();
    let timelines = message::load_timelines(conn, &ids).await?;
    Ok(Timelines::new(ours, timelines))
}
