//! Which attachments a message may be sent with.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Attachment, Enclosed, FileState, LARGEST_TOTAL, MOST_FILES};
use crate::domain::id::{AgentId, AttachmentId, MessageId};

/// How much a message of a channel carries in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freight {
    /// As much as a mail.
    Mail,
    /// As much as providers take with a text.
    Mms,
    /// Nothing.
    None,
}

impl Freight {
    /// How many files, and how many bytes together.
    pub fn limits(self) -> (usize, u64) {
        match self {
            Self::Mail => (MOST_FILES, LARGEST_TOTAL),
            // What the most generous providers take; others make pictures smaller or refuse.
            Self::Mms => (10, 5_000_000),
            Self::None => (0, 0),
        }
    }
}

/// Why a message was not accepted with its attachments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// There is none of that id, or it is somebody else's and was never used.
    #[error("there is no attachment {0}; POST /v1/attachments makes one")]
    Unknown(AttachmentId),
    /// Its bytes are not here.
    #[error("the bytes of attachment {0} are not here")]
    NotHere(AttachmentId),
    /// The HTML shows a picture that does not go with it.
    #[error("html shows cid:{0}, and attachments has no such id")]
    NotEnclosed(String),
    /// It is named twice.
    #[error("attachment {0} is named twice")]
    Twice(AttachmentId),
    /// The gateway carries none.
    #[error("the gateway carries no files; name one that does, or set mms = true where it can")]
    NotCarried,
    /// There are too many.
    #[error("a message of this gateway has at most {0} attachments")]
    TooMany(usize),
    /// Together they are too large.
    #[error("the attachments have {size} bytes together, and this gateway carries at most {most}")]
    TooLarge {
        /// What they have.
        size: u64,
        /// What is allowed.
        most: u64,
    },
}

/// What a message says about the attachments it is sent with, in the order wanted; every reason
/// at once when it may not have them.
///
/// `shown` are the content ids that its HTML shows: the ids of attachments that belong into the
/// text. `found` holds those of them that exist, and `author` is who sends the message: an attachment
/// that was never used is nobody's but its uploader's.
pub fn enclose(
    wanted: &[AttachmentId],
    shown: &BTreeSet<String>,
    found: &HashMap<AttachmentId, Attachment>,
    author: AgentId,
    freight: Freight,
) -> Result<Vec<Enclosed>, Vec<FileRefusal>> {
    let (most, most_bytes) = freight.limits();
    if freight == Freight::None && !wanted.is_empty() {
        return Err(vec![FileRefusal::NotCarried]);
    }
    let mut refusals = Vec::new();
    let mut seen = HashSet::new();
    let mut enclosed = Vec::with_capacity(wanted.len());
    if wanted.len() > most {
        refusals.push(FileRefusal::TooMany(most));
    }
    for id in wanted {
        let usable = |one: &&Attachment| one.message.is_some() || one.uploaded_by == Some(author);
        let Some(one) = found.get(id).filter(usable) else {
            refusals.push(FileRefusal::Unknown(*id));
            continue;
        };
        if !seen.insert(*id) {
            refusals.push(FileRefusal::Twice(*id));
        } else if one.state != FileState::Stored {
            refusals.push(FileRefusal::NotHere(*id));
        } else {
            let content_id = Some(id.to_string()).filter(|id| shown.contains(id));
            enclosed.push(Enclosed {
                inline: content_id.is_some(),
                content_id,
                ..one.enclosed()
            });
        }
    }
    let named: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
    let missing = shown.difference(&named).cloned();
    refusals.extend(missing.map(FileRefusal::NotEnclosed));
    let size = enclosed.iter().map(|file| file.size).sum();
    if size > most_bytes {
        let most = most_bytes;
        refusals.push(FileRefusal::TooLarge { size, most });
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
