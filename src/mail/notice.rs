//! What a server, a mail program or a provider tells about a mail of ours: bounces, receipts,
//! complaints.
//!
//! It reads what the notice says and judges nothing by it: whether the mail it names is ours, and
//! what becomes of that, is for the caller.

mod address;
mod code;
mod complaint;
mod delivery;
mod group;
mod receipt;
mod recipients;
mod seen;
mod text;
mod words;

use mail_parser::Message;

use crate::mail::Notice;

pub use code::class;

/// What a mail tells about a mail of ours; nothing when it is an ordinary one.
///
/// `raw` are the bytes that the message was read from.
pub fn find(message: &Message<'_>, raw: &[u8]) -> Option<Notice> {
    let seen = seen::Seen::new(message, raw)?;
    complaint::find(&seen)
        .or_else(|| receipt::find(&seen))
        .or_else(|| delivery::find(&seen))
        .or_else(|| text::find(&seen))
}
