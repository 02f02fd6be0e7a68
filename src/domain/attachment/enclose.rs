//! Which attachments a message may be sent with.

use std::collections::{HashMap, HashSet};

use super::{Attachment, Enclosed, FileState, LARGEST_TOTAL, MOST_FILES};
use crate::domain::id::{AgentId, AttachmentId, MessageId};

/// Why a message was not accepted with its attachments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// There is none of that id, or it is somebody else's and was never used.
    #[error("there is no attachment {0}; POST /v1/attachments makes one")]
    Unknown(AttachmentId),
    /// Its bytes are not here.
    #[error("the bytes of attachment {0} are not here")]
    NotHere(AttachmentId),
    /// It is named twice.
    #[error("attachment {0} is named twice")]
    Twice(AttachmentId),
    /// There are too many.
    #[error("a message has at most {MOST_FILES} attachments")]
    TooMany,
    /// Together they are too large.
    #[error(
        "the attachments have {0} bytes together, and a message carries at most {LARGEST_TOTAL}"
    )]
    TooLarge(u64),
}

/// What a message says about the attachments it is sent with, in the order wanted; every reason
/// at once when it may not have them, with the place of each in the list.
///
/// `found` holds those of them that exist, and `author` is who sends the message: an attachment
/// that was never used is nobody's but its uploader's.
pub fn enclose(
    wanted: &[AttachmentId],
    found: &HashMap<AttachmentId, Attachment>,
    author: AgentId,
) -> Result<Vec<Enclosed>, Vec<(usize, FileRefusal)>> {
    let mut refusals = Vec::new();
    let mut seen = HashSet::new();
    let mut enclosed = Vec::with_capacity(wanted.len());
    if wanted.len() > MOST_FILES {
        refusals.push((MOST_FILES, FileRefusal::TooMany));
    }
    for (place, id) in wanted.iter().enumerate() {
        let usable = |one: &&Attachment| one.message.is_some() || one.uploaded_by == Some(author);
        let Some(one) = found.get(id).filter(usable) else {
            refusals.push((place, FileRefusal::Unknown(*id)));
            continue;
        };
        if !seen.insert(*id) {
            refusals.push((place, FileRefusal::Twice(*id)));
        } else if one.state != FileState::Stored {
            refusals.push((place, FileRefusal::NotHere(*id)));
        } else {
            enclosed.push(one.enclosed());
        }
    }
    let total = enclosed.iter().map(|file| file.size).sum();
    if total > LARGEST_TOTAL {
        refusals.push((0, FileRefusal::TooLarge(total)));
    }
    if refusals.is_empty() {
        Ok(enclosed)
    } else {
        Err(refusals)
    }
}

/// The attachments that a message is the first to use, as they are from now on.
pub fn first_used(
    enclosed: &[Enclosed],
    found: &mut HashMap<AttachmentId, Attachment>,
    message: MessageId,
) -> Vec<Attachment> {
    let mut changed = Vec::new();
    for file in enclosed {
        if let Some(one) = found.get_mut(&file.id)
            && one.message.is_none()
        {
            one.message = Some(message);
            changed.push(one.clone());
        }
    }
    changed
}
