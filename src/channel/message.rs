//! What goes over the wires in either direction, free of any provider's spelling.

use std::time::Duration;

use http::{HeaderMap, Method};

use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::id::MessageId;
use crate::domain::status::Status;
use crate::mail::compose::Draft;
use crate::sms::{Encoding, Keyword};

/// What a provider posted, exactly as it was received.
#[derive(Debug, Clone, Copy)]
pub struct CallbackRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// Path and query as received, such as `/hooks/x?a=b`; the host plays no part.
    pub path_and_query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, not decoded in any way.
    pub body: &'a [u8],
    /// When it came in.
    pub received_at: Timestamp,
}

/// One of the things that a provider's post tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    /// Somebody texted the gateway.
    Message(InboundText),
    /// Something became of a text of ours.
    Report(InboundReport),
    /// Nothing that concerns us.
    Ignored,
}

/// A text that somebody sent to the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundText {
    /// The provider's id, or a hash of the message where the provider gives none.
    pub reference: String,
    /// Who sent it.
    pub from: Address,
    /// To whom: an address of the gateway.
    pub to: Address,
    /// What it says, without U+0000, which databases refuse.
    pub text: String,
    /// How many segments the provider counted.
    pub segments: Option<u32>,
    /// When it was sent, by the provider's clock.
    pub sent_at: Option<Timestamp>,
    /// The keyword that the provider saw in it and has already answered.
    pub keyword: Option<Keyword>,
    /// Which part it is, where the provider passes on the parts of a long message one by one.
    pub part: Option<InboundPart>,
    /// How many pictures or other files came with it.
    pub media: u32,
    /// Those of them that say where they can be fetched.
    pub files: Vec<InboundFile>,
}

/// A file that came with a message, still at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundFile {
    /// Where it can be fetched.
    pub url: String,
    /// Its media type, as the provider says.
    pub content_type: Option<String>,
    /// Its name, as the provider says.
    pub name: Option<String>,
}

/// The place of one part in a long message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundPart {
    /// What all parts of the message share.
    pub key: String,
    /// Which part it is, from one.
    pub number: u32,
    /// How many parts there are.
    pub total: u32,
}

/// What became of a text of ours, by the word of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundReport {
    /// The provider's id of the text, or of one of its parts.
    pub reference: String,
    /// Our id of the text, where the provider gives it back.
    pub ours: Option<String>,
    /// The status in our words; never below [`Status::Sent`].
    pub status: Status,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it happened, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The provider is done with it and will never say whether it was delivered.
    pub terminal_without_receipt: bool,
    /// Which part it is about, where the provider reports per part under one id.
    pub part: Option<ReportPart>,
}

/// The part that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportPart {
    /// Which part, from one.
    pub number: u32,
    /// How many parts there are.
    pub total: u32,
}

/// A text on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundText {
    /// Our id of the message.
    pub id: MessageId,
    /// To whom.
    pub to: Address,
    /// What it says.
    pub text: String,
    /// The alphabet it needs.
    pub encoding: Encoding,
    /// How many segments it costs by our count.
    pub segments: u32,
    /// How long it is still worth delivering.
    pub valid_for: Duration,
    /// Where the provider can fetch the files that go with it.
    pub media: Vec<String>,
}

/// A message on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// A text.
    Text(Box<OutboundText>),
    /// A mail, to one of its recipients.
    Mail(Box<OutboundMail>),
}

/// A mail on its way out to one of its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundMail {
    /// Who of them, a mailbox.
    pub recipient: String,
    /// What names the mail and the recipient in delivery reports and, where the gateway is set so,
    /// in the address that bounces go to: letters, digits and dashes.
    pub envelope_id: String,
    /// What is in it.
    pub draft: Draft,
}

/// What a provider expects to read when its post was stored or was known already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body; nothing when there is no body.
    pub content_type: Option<String>,
    /// The body.
    pub body: String,
}

/// What a gateway can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it carries pictures and other files.
    pub mms: bool,
    /// The statuses it can report, from the weakest to the strongest.
    pub receipts: Vec<Status>,
    /// How many segments one text may have.
    pub max_segments: u32,
}
