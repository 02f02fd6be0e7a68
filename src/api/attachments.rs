//! Attachments: upload files to send, read those of messages.

use serde::Serialize;

use crate::domain::attachment::{Enclosed, FileState};
use crate::domain::id::AttachmentId;

/// A file of a message, or one that was uploaded to be used in one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct FileBody {
    /// Its id.
    #[schema(value_type = String, example = "att_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: AttachmentId,
    /// Its name, safe to be shown and to be saved under.
    #[schema(example = "invoice.pdf")]
    name: String,
    /// Its media type, by its bytes where they tell, else as its sender said.
    #[schema(example = "application/pdf")]
    content_type: String,
    /// Its size in bytes; zero while it is not here.
    size: u64,
    /// Whether its bytes are here.
    state: FileState,
    /// Why it could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// True when it belongs into the text rather than beside it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inline: bool,
    /// The id by which an HTML body names it (RFC 2392).
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
}

impl From<Enclosed> for FileBody {
    fn from(file: Enclosed) -> Self {
        Self {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            state: file.state,
            reason: file.reason,
            inline: file.inline,
            content_id: file.content_id,
        }
    }
}
