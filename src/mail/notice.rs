//! What a server, a mail program or a provider tells about a mail of ours.

use mail_parser::Message;

use crate::mail::Notice;

/// What a mail tells about a mail of ours; nothing when it is an ordinary one.
pub fn find(message: &Message<'_>, raw: &[u8]) -> Option<Notice> {
    let _ = (message, raw);
    None
}
