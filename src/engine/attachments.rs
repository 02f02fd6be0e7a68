//! Attachments: bytes into the blob store, rows that name them.
//!
//! Bytes come first: a crash between the two leaves a blob that nothing names, which housekeeping
//! removes, and never a row without bytes.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Engine, EngineFault};
use crate::blob::BlobFault;
use crate::domain::attachment::{Attachment, FileState, safe_name, sniff, told_type};
use crate::domain::id::AttachmentId;

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

impl From<BlobFault> for EngineFault {
    fn from(fault: BlobFault) -> Self {
        Self::Unavailable(fault.to_string().into())
    }
}

impl Engine {
    /// Puts a file's bytes into the blob store; they are durable when this returns.
    ///
    /// What is given back is not in the database yet: give it its message, and put it among
    /// `Changes::attachments` and what it says about itself into the message's details.
    pub async fn keep_file(&self, file: NewFile) -> Result<Attachment, EngineFault> {
        let content_type = told_type(&file.content_type);
        let blob = crate::blob::fresh_key("files");
        let attachment = Attachment {
            id: AttachmentId::new(),
            message: None,
            name: safe_name(&file.name, &content_type),
            sniffed: sniff(&file.bytes).map(str::to_owned),
            content_type,
            content_id: file.content_id,
            inline: file.inline,
            size: file.bytes.len() as u64,
            sha256: Some(hex::encode(Sha256::digest(&file.bytes))),
            blob: Some(blob.clone()),
            state: FileState::Stored,
            source: None,
            tries: 0,
            due_at: None,
            reason: None,
            uploaded_by: None,
            created_at: self.context.clock.now(),
        };
        self.context.blobs.put(&blob, file.bytes).await?;
        Ok(attachment)
    }

    /// The bytes of an attachment that is here.
    pub async fn file_bytes(&self, attachment: &Attachment) -> Result<Bytes, EngineFault> {
        let missing = || BlobFault::Missing(attachment.id.to_string());
        let key = attachment.blob.as_ref().ok_or_else(missing)?;
        Ok(self.context.blobs.get(key).await?)
    }
}
