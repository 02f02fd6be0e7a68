//! Attachments: the files of a message, whatever channel it travels on.

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::gateway::GatewayName;
use super::id::{AgentId, AttachmentId, MessageId};
use super::named::named;

mod enclose;
mod kind;
mod name;
mod quota;

pub use enclose::{FileRefusal, Freight, enclose, first_used};
pub use kind::{served_type, shown_type, sniff, told_type};
pub use name::{extension_of, safe_name};
pub use quota::{DAY, MOST_FETCHED, MOST_UPLOADED, OverQuota};

/// The largest file that is taken or sent, in bytes (T10).
pub const LARGEST_FILE: u64 = 25_000_000;

/// The most that all files of a message may have together, in bytes (T10).
pub const LARGEST_TOTAL: u64 = 25_000_000;

/// The most files that one message has (T10).
pub const MOST_FILES: usize = 20;

named! {
    /// Whether the bytes of an attachment are here.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum FileState {
        /// They are.
        #[default]
        Stored = "stored",
        /// Not yet: they are still with the provider.
        Pending = "pending",
        /// They could not be had, and nobody tries any more.
        Failed = "failed",
    }
}

impl FileState {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference"
    )]
    fn is_stored(&self) -> bool {
        *self == Self::Stored
    }
}

/// What a message says about one of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// The attachment.
    pub id: AttachmentId,
    /// Its name, safe to be shown and to be saved under.
    pub name: String,
    /// Its media type, by its bytes where they tell, else as its sender said.
    pub content_type: String,
    /// Its size in bytes; zero while it is not here.
    pub size: u64,
    /// Whether its bytes are here.
    #[serde(default, skip_serializing_if = "FileState::is_stored")]
    pub state: FileState,
    /// Whether it belongs into the text rather than beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// The id by which an HTML body names it, without angle brackets (RFC 2392).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Why it could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Where a file can be fetched that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The gateway whose provider has it.
    pub gateway: GatewayName,
    /// Its address there.
    pub url: String,
}

/// A file: of a message, or uploaded to be used in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The message that it came with or was first used in; nothing while it is unused.
    pub message: Option<MessageId>,
    /// Its name, made safe by [`safe_name`].
    pub name: String,
    /// Its media type as its sender said, cleaned by [`told_type`].
    pub content_type: String,
    /// Its media type by its bytes, where they tell.
    pub sniffed: Option<String>,
    /// The id by which an HTML body names it, without angle brackets (RFC 2392).
    pub content_id: Option<String>,
    /// Whether it belongs into the text rather than beside it.
    pub inline: bool,
    /// Its size in bytes; zero while it is not here.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal; nothing while it is not here.
    pub sha256: Option<String>,
    /// The key of its bytes in the blob store; nothing while it is not here.
    pub blob: Option<String>,
    /// Whether its bytes are here.
    pub state: FileState,
    /// Where it can be fetched, when it came as an address.
    pub source: Option<Source>,
    /// How often it was tried to fetch it.
    pub tries: u32,
    /// When it is tried next; nothing when it is not.
    pub due_at: Option<Timestamp>,
    /// Why it could not be had, so far or for good.
    pub reason: Option<String>,
    /// Who uploaded it; nobody when it came with a message.
    pub uploaded_by: Option<AgentId>,
    /// When it was stored, or told of.
    pub created_at: Timestamp,
}

impl Attachment {
    /// What its message says about it.
    pub fn enclosed(&self) -> Enclosed {
        Enclosed {
            id: self.id,
            name: self.name.clone(),
            content_type: shown_type(&self.content_type, self.sniffed.as_deref()).to_owned(),
            size: self.size,
            state: self.state,
            inline: self.inline,
            content_id: self.content_id.clone(),
            reason: match self.state {
                FileState::Failed => self.reason.clone(),
                FileState::Stored | FileState::Pending => None,
            },
        }
    }

    /// A file whose bytes are not here yet and belong to no message so far.
    pub fn new(name: &str, told: &str, now: Timestamp) -> Self {
        let content_type = told_type(told);
        Self {
            id: AttachmentId::new(),
            message: None,
            name: safe_name(name, &content_type),
            content_type,
            sniffed: None,
            content_id: None,
            inline: false,
            size: 0,
            sha256: None,
            blob: None,
            state: FileState::Pending,
            source: None,
            tries: 0,
            due_at: None,
            reason: None,
            uploaded_by: None,
            created_at: now,
        }
    }
}
