//! Mail: from bytes to meaning and back. Pure: it reads no clock, no socket and no store.

mod addresses;
mod attachment;
mod authentication;
pub mod automatic;
mod body;
mod calendar;
mod charset;
pub mod compose;
pub mod dkim;
mod fields;
mod filename;
mod fingerprint;
mod flowed;
mod html;
mod html_text;
pub mod notice;
mod parameters;
mod parse;
mod phrases;
pub mod reply;
pub mod sanitize;
mod sender;
mod structure;
pub mod token;
mod transfer;
mod uuencode;
mod words;

pub use attachment::content_ids;

use bytes::Bytes;

use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::failure::FailureClass;
use crate::domain::mail::{Automatic, Mailbox, Verified};
use crate::domain::status::Status;

/// How much of a mail is looked at (T11). What is beyond is not dropped: the raw mail is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep parts may be nested.
    pub depth: usize,
    /// How many parts there may be.
    pub parts: usize,
    /// How long all headers of the mail may be, in bytes.
    pub headers: usize,
    /// How many addresses To and Cc may have.
    pub addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 50,
            parts: 1_000,
            headers: 100 * 1024,
            addresses: 1_000,
        }
    }
}

/// With what a mail is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// How much of it is looked at.
    pub limits: Limits,
    /// The receiving server's name in `Authentication-Results` (RFC 8601); nothing is believed
    /// without it.
    pub authserv_id: Option<String>,
    /// The gateway's address and its aliases.
    pub own: Vec<Address>,
}

/// Why nothing of a mail can be shown; its raw bytes belong into quarantine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// In plain words, without anything of the mail in them.
    pub reason: String,
}

/// Understands a mail.
///
/// It takes time and memory in proportion to the bytes, whatever they are. It computes for up to
/// a second, so it is called where that may be.
///
/// # Errors
///
/// Fails when the bytes are no mail at all: nothing that could be shown is in them.
pub fn read(raw: &Bytes, reading: &Reading) -> Result<Mail, Unreadable> {
    parse::understand(raw, reading)
}

/// A mail, understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mail {
    /// Its Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// What it says it answers, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// The mails of its thread, the oldest first.
    pub references: Vec<String>,
    /// Who wrote it: From, or whom a list or a forwarder names as the writer.
    pub from: Option<Mailbox>,
    /// Where answers shall go, when not to `from`.
    pub reply_to: Option<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// For whom the receiving server took it: Delivered-To, X-Original-To and the like.
    pub delivered_to: Vec<String>,
    /// The subject, decoded; empty when there is none.
    pub subject: String,
    /// When it was written, by the writer's clock.
    pub date: Option<Timestamp>,
    /// All of it as plain text, quotes and signature included.
    pub text: String,
    /// What its writer wrote this time: `text` without quoted mails and signature.
    pub visible: String,
    /// The HTML body as it came, with all its dangers; it is made harmless when it is shown.
    pub html: Option<String>,
    /// The files in it, inline images included.
    pub attachments: Vec<AttachedFile>,
    /// Whether it is from whom it says.
    pub verified: Verified,
    /// Why nobody wrote it by hand.
    pub automatic: Option<Automatic>,
    /// Whether it asks programs not to answer it.
    pub asks_for_silence: bool,
    /// What it tells about a mail of ours.
    pub notice: Option<Notice>,
    /// Texts that may be our tokens: the tags of plus-addresses that it was sent to.
    pub tags: Vec<String>,
    /// What makes two copies of one mail the same: a hash, in hexadecimal, of the Message-ID and
    /// the content, or of every byte where there is no Message-ID.
    pub fingerprint: String,
    /// What was not understood or is beyond the limits, in plain words.
    pub incomplete: Option<String>,
}

/// A file in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its name, safe to be shown and to be saved under; never empty.
    pub name: String,
    /// Its media type, as the mail says.
    pub content_type: String,
    /// Its content id, without angle brackets, by which the HTML body names it.
    pub content_id: Option<String>,
    /// Whether it belongs into the text rather than beside it.
    pub inline: bool,
    /// Its bytes, decoded.
    pub bytes: Bytes,
}

/// What a mail server, a mail program or a provider tells about a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Our Message-ID, without angle brackets, where it is told.
    pub message_id: Option<String>,
    /// The envelope id that we gave (RFC 3461, ENVID).
    pub envelope_id: Option<String>,
    /// What it tells about each recipient; never empty.
    pub recipients: Vec<RecipientNote>,
}

/// What a notice tells about one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientNote {
    /// Whom we sent it to, lower-cased, where it is told.
    pub recipient: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// The enhanced status code (RFC 3463), such as `5.1.1`, or the SMTP code.
    pub code: Option<String>,
    /// Why, when it failed.
    pub class: Option<FailureClass>,
    /// The server's words.
    pub detail: String,
}

/// What became of a mail for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It did not get there and nobody tries any more.
    Failed,
    /// It did not get there yet; the server goes on trying.
    Delayed,
    /// It is in the mailbox, or at a server that tells no more.
    Delivered,
    /// It was handed on to a server that sends no reports.
    Relayed,
    /// It was shown to somebody.
    Read,
    /// It was deleted unseen, or its display was refused.
    Unread,
    /// The recipient told their provider that it is unwanted (RFC 5965).
    Complained,
}

impl Fate {
    /// What it means for the status of our mail; nothing when it changes none.
    pub fn status(self) -> Option<Status> {
        match self {
            Self::Failed => Some(Status::Failed),
            Self::Delivered => Some(Status::Delivered),
            Self::Read => Some(Status::Read),
            Self::Delayed | Self::Relayed | Self::Unread | Self::Complained => None,
        }
    }
}
