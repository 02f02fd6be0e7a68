//! Attachments: bytes into the blob store, rows that name them.
//!
//! Bytes come first: a crash between the two leaves a blob that nothing names, which housekeeping
//! removes, and never a row without bytes.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Engine, EngineFault};
use crate::blob::{BlobFault, Pieces, Piecewise, fresh_key};
use crate::domain::attachment::{Attachment, DAY, FileState, OverQuota, sniff};
use crate::domain::clock::Timestamp;
use crate::domain::id::AgentId;
use crate::domain::idempotency::{Answered, Key};
use crate::store::{Tx, attachment, idempotency};

/// Where the bytes of attachments lie in the blob store.
pub(super) const PREFIX: &str = "files";

/// As much of a file as it takes to tell what it is.
const START: usize = 8_192;

/// A file that is to be kept.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// What its sender calls it.
    pub name: String,
    /// What its sender says it is.
    pub content_type: String,
    /// The id by which an HTML body names it, without angle brackets.
    pub content_id: Option<String>,
    /// Whether it belongs into the text rather than beside it.
    pub inline: bool,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Why uploaded files were not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadFault {
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    KeyReused,
    /// It is more than may come within a day.
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl From<BlobFault> for EngineFault {
    fn from(fault: BlobFault) -> Self {
        Self::Unavailable(fault.to_string().into())
    }
}

impl From<crate::store::StoreFault> for UploadFault {
    fn from(fault: crate::store::StoreFault) -> Self {
        Self::Engine(fault.into())
    }
}

/// A file that comes piece by piece.
#[derive(Debug)]
pub struct Upload {
    blob: Piecewise,
    attachment: Attachment,
    start: Vec<u8>,
    hash: Sha256,
}

impl Upload {
    /// Adds a piece; gives back how large the file is by now.
    pub async fn add(&mut self, piece: Bytes) -> Result<u64, EngineFault> {
        let wanted = START.saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(&piece[..wanted]);
        self.hash.update(&piece);
        self.attachment.size += piece.len() as u64;
        self.blob.add(piece).await?;
        Ok(self.attachment.size)
    }

    /// Ends the file: its bytes are durable, and no row names them yet.
    pub async fn finish(self) -> Result<Attachment, EngineFault> {
        self.blob.finish().await?;
        Ok(Attachment {
            sniffed: sniff(&self.start).map(str::to_owned),
            sha256: Some(hex::encode(self.hash.finalize())),
            ..self.attachment
        })
    }

    /// Throws away what there is of the file.
    pub async fn abandon(self) {
        self.blob.abandon().await;
    }
}

impl Engine {
    /// Puts a file's bytes into the blob store; they are durable when this returns.
    ///
    /// What is given back is not in the database yet: give it its message, and put it among
    /// `Changes::attachments` and what it says about itself into the message's details.
    pub async fn keep_file(&self, file: NewFile) -> Result<Attachment, EngineFault> {
        let blob = fresh_key(PREFIX);
        let attachment = Attachment {
            blob: Some(blob.clone()),
            ..self.describe(&file)
        };
        self.context.blobs.put(&blob, file.bytes).await?;
        Ok(attachment)
    }

    /// What is to be known of a file, but for where its bytes are.
    pub(super) fn describe(&self, file: &NewFile) -> Attachment {
        Attachment {
            sniffed: sniff(&file.bytes).map(str::to_owned),
            content_id: file.content_id.clone(),
            inline: file.inline,
            size: file.bytes.len() as u64,
            sha256: Some(hex::encode(Sha256::digest(&file.bytes))),
            state: FileState::Stored,
            ..Attachment::new(&file.name, &file.content_type, self.context.clock.now())
        }
    }

    /// A file whose bytes lie there, or are about to.
    fn new_attachment(&self, name: &str, told: &str, blob: &str) -> Attachment {
        Attachment {
            blob: Some(blob.to_owned()),
            state: FileState::Stored,
            ..Attachment::new(name, told, self.context.clock.now())
        }
    }

    /// Begins to take a file that an agent uploads.
    pub async fn begin_upload(
        &self,
        name: &str,
        content_type: &str,
        by: AgentId,
    ) -> Result<Upload, EngineFault> {
        let blob = fresh_key(PREFIX);
        Ok(Upload {
            attachment: Attachment {
                uploaded_by: Some(by),
                ..self.new_attachment(name, content_type, &blob)
            },
            blob: self.context.blobs.begin(&blob).await?,
            start: Vec::new(),
            hash: Sha256::new(),
        })
    }

    /// Stores what was uploaded, with the answer to remember for a key; gives back what was
    /// answered before when that key is known, and the uploaded bytes are gone then.
    pub async fn add_attachments(
        &self,
        attachments: Vec<Attachment>,
        once: Option<(Key, Answered)>,
    ) -> Result<Option<Answered>, UploadFault> {
        let (rows, now) = (attachments.clone(), self.context.clock.now());
        let repeated = self
            .context
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some((key, answer)) = once {
                        let keys = std::slice::from_ref(&key);
                        let mut known = idempotency::load_answers(&mut tx.conn, keys).await?;
                        if let Some(answered) = known.remove(&key) {
                            let same = answered.fingerprint == answer.fingerprint;
                            return if same {
                                Ok(Some(answered))
                            } else {
                                Err(UploadFault::KeyReused)
                            };
                        }
                        idempotency::insert_answers(&mut tx.conn, &[(key, answer)], now).await?;
                    }
                    refuse_too_much(tx, &rows, now).await?;
                    attachment::upsert_attachments(&mut tx.conn, &rows).await?;
                    Ok(None)
                })
            })
            .await;
        if !matches!(repeated, Ok(None)) {
            self.forget_files(&attachments).await;
        }
        repeated
    }

    /// Removes the bytes of files that no row names; what cannot be removed now, housekeeping
    /// removes.
    pub async fn forget_files(&self, attachments: &[Attachment]) {
        for key in attachments.iter().filter_map(|one| one.blob.as_deref()) {
            if let Err(fault) = self.context.blobs.delete(key).await {
                tracing::warn!(%fault, "a file that nobody needs was not removed yet");
            }
        }
    }

    /// The bytes of an attachment that is here, as a whole.
    pub async fn file_bytes(&self, attachment: &Attachment) -> Result<Bytes, EngineFault> {
        Ok(self.context.blobs.get(key(attachment)?).await?)
    }

    /// The bytes of an attachment that is here, piece by piece, and how many there are.
    pub async fn open_file(&self, attachment: &Attachment) -> Result<(u64, Pieces), EngineFault> {
        Ok(self.context.blobs.open(key(attachment)?).await?)
    }
}

/// Refuses uploads beyond what their uploader may upload within a day.
async fn refuse_too_much(
    tx: &mut Tx,
    rows: &[Attachment],
    now: Timestamp,
) -> Result<(), UploadFault> {
    let Some(by) = rows.first().and_then(|one| one.uploaded_by) else {
        return Ok(());
    };
    let before = attachment::sum_uploaded(&mut tx.conn, by, now.minus(DAY)).await?;
    let more = rows.iter().map(|one| one.size).sum();
    Ok(OverQuota::Uploaded.check(before, more)?)
}

fn key(attachment: &Attachment) -> Result<&str, BlobFault> {
    let missing = || BlobFault::Missing(attachment.id.to_string());
    attachment.blob.as_deref().ok_or_else(missing)
}
