//! What a message has because it is a mail.

use serde::{Deserialize, Serialize};

/// Whether the receiving server could tell that a mail is from whom it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// The domain of the sender vouches for it: DMARC passed, or SPF or DKIM did in alignment.
    Yes,
    /// The receiving server looked and nothing vouches for it.
    No,
    /// Nobody looked whom we believe.
    #[default]
    Unknown,
}

/// Why nobody wrote a mail by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// It came back to us: one of our own addresses or our own token sent it.
    Own,
    /// A delivery status report.
    Bounce,
    /// A read receipt.
    Receipt,
    /// A complaint that a recipient filed (ARF).
    Complaint,
    /// An answer that a program gave (RFC 3834).
    AutoReply,
    /// An answer that says when the recipient is back.
    OutOfOffice,
    /// Sent to a mailing list.
    List,
    /// Sent to many.
    Bulk,
    /// Made by a program, not in answer to anything.
    Generated,
}

/// What decided to which issue a mail belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matcher {
    /// Our signed token in an address or a header of it.
    Token,
    /// The mail it answers.
    InReplyTo,
    /// A mail of its thread.
    References,
    /// Nothing of the kind: the sender's conversation.
    Sender,
}

/// A name and a mailbox, as a mail's headers write them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Mailbox {
    /// The name, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address, `name@domain`, as written.
    pub address: String,
}

/// What a message has because it is a mail; part of its details.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailDetails {
    /// The subject, decoded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Who wrote it, with the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Mailbox>,
    /// Everybody in To, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Mailbox>,
    /// Everybody in Cc.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Everybody who got it unseen by the others; of our own mails only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// Where the writer wants answers, when not to `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Mailbox>,
    /// All of an inbound mail's text, quoted mails and signature included, where that is more than
    /// the message's own text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_text: Option<String>,
    /// Whether an inbound mail has an HTML body; it is in the raw mail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_html: bool,
    /// The words as HTML, made harmless; of our own mails only, and only where they were given so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Its Message-ID, without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The mails it answers, the nearest last: References, then In-Reply-To.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thread: Vec<String>,
    /// Whether it is from whom it says.
    #[serde(default)]
    pub verified: Verified,
    /// Why nobody wrote it by hand; nothing when somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<Automatic>,
    /// What decided where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matcher: Option<Matcher>,
    /// What is missing of it and why: it was too large, or too deep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
}
