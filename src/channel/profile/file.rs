//! A profile as it stands in its file; `gateways/README.md` explains every key.
//!
//! Every leaf that is an expression is a text with its place, so that a mistake in it can be
//! pointed at.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::Deserialize;
use toml::Spanned;

use crate::channel::payload::Format;
use crate::channel::settings::Rule;
use crate::channel::signature::Scheme;
use crate::domain::failure::FailureClass;

/// An expression and its place in the file.
pub(super) type Leaf = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Sends that may be under way at once.
    #[serde(default = "usual_concurrency")]
    pub(super) concurrency: usize,
    pub(super) capabilities: CapabilitiesTable,
    pub(super) settings: BTreeMap<String, Rule>,
    pub(super) verify: Spanned<Scheme>,
    #[serde(default)]
    pub(super) answer: AnswerTable,
    pub(super) callback: CallbackTable,
    /// How the files of inbound messages are fetched.
    #[serde(default)]
    pub(super) media: MediaTable,
    pub(super) send: SendTable,
    /// What the provider's codes mean, in answers and in reports.
    #[serde(default)]
    pub(super) errors: BTreeMap<String, ErrorRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapabilitiesTable {
    #[serde(default)]
    pub(super) mms: bool,
    pub(super) receipts: Vec<Spanned<String>>,
    pub(super) max_segments: NonZeroU32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerTable {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) body: String,
}

impl Default for AnswerTable {
    /// What nearly every provider takes: 200 and nothing else.
    fn default() -> Self {
        Self {
            status: 200,
            content_type: None,
            body: String::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallbackTable {
    pub(super) format: Format,
    /// `message`, `report` or anything else, which is ignored.
    pub(super) kind: Leaf,
    pub(super) message: MessageTable,
    pub(super) report: ReportTable,
}

/// How the provider writes phone numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum Numbers {
    /// With `+`, or as people of the gateway's country write them.
    #[default]
    National,
    /// With the country's code, but not always with `+`.
    International,
}

/// What stands in for an id that the provider did not give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum WithoutReference {
    /// Nothing: the message cannot be read.
    #[default]
    Refuse,
    /// A hash of sender, recipient, text and time.
    Hash,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageTable {
    pub(super) reference: Leaf,
    #[serde(default)]
    pub(super) without_reference: WithoutReference,
    #[serde(default)]
    pub(super) numbers: Numbers,
    pub(super) from: Leaf,
    pub(super) to: Leaf,
    pub(super) text: Leaf,
    pub(super) segments: Option<Leaf>,
    pub(super) sent_at: Option<Leaf>,
    pub(super) keyword: Option<Leaf>,
    pub(super) media: Option<Leaf>,
    /// Where the file number `n`, from zero, can be fetched.
    pub(super) media_url: Option<Leaf>,
    pub(super) media_type: Option<Leaf>,
    pub(super) media_name: Option<Leaf>,
    pub(super) part_key: Option<Leaf>,
    pub(super) part_number: Option<Leaf>,
    pub(super) part_total: Option<Leaf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MediaTable {
    /// The provider's hosts; `*.` stands for everything below.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    pub(super) basic_user: Option<Leaf>,
    pub(super) basic_password: Option<Leaf>,
    pub(super) bearer: Option<Leaf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportTable {
    pub(super) reference: Leaf,
    /// Our id of the message, where the provider gives it back.
    pub(super) ours: Option<Leaf>,
    /// Whether each part of a message has an id and reports of its own.
    #[serde(default)]
    pub(super) parts_have_ids: bool,
    pub(super) status: Leaf,
    pub(super) code: Option<Leaf>,
    pub(super) detail: Option<Leaf>,
    pub(super) at: Option<Leaf>,
    pub(super) part_number: Option<Leaf>,
    pub(super) part_total: Option<Leaf>,
    /// The provider's statuses in our words.
    pub(super) statuses: BTreeMap<String, Spanned<String>>,
    /// The provider's statuses that end without a receipt; they stay `sent`.
    #[serde(default)]
    pub(super) without_receipt: Vec<String>,
    /// Codes that mean something else in reports than in answers.
    #[serde(default)]
    pub(super) errors: BTreeMap<String, ErrorRow>,
}

/// The method of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum SendMethod {
    Get,
    Post,
}

/// Where and how the fields of a send are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum SendFormat {
    Form,
    Json,
    Query,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum AnswerFormat {
    Json,
    Text,
}

/// What a 5xx that says nothing more means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::channel) enum ServerError {
    /// The message may have been sent.
    #[default]
    Unknown,
    /// The provider documents that it was not.
    NotSent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendTable {
    pub(super) method: SendMethod,
    pub(super) url: Leaf,
    pub(super) format: SendFormat,
    /// How long a send may take, all in all.
    #[serde(default = "usual_budget")]
    pub(super) timeout_seconds: u64,
    #[serde(default)]
    pub(super) server_error: ServerError,
    pub(super) basic_user: Option<Leaf>,
    pub(super) basic_password: Option<Leaf>,
    pub(super) bearer: Option<Leaf>,
    pub(super) fields: BTreeMap<String, Leaf>,
    pub(super) result: ResultTable,
    /// Codes that mean something else in answers than in reports.
    #[serde(default)]
    pub(super) errors: BTreeMap<String, ErrorRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultTable {
    pub(super) format: AnswerFormat,
    /// For a 2xx: true when it was taken, false when it was refused, none when nobody can tell.
    pub(super) accepted: Option<Leaf>,
    pub(super) references: Leaf,
    pub(super) segments: Option<Leaf>,
    pub(super) code: Option<Leaf>,
    pub(super) detail: Option<Leaf>,
    /// Seconds, or the date of RFC 9110; the header `Retry-After` when it is not said.
    pub(super) retry_after: Option<Leaf>,
}

/// What one of the provider's codes means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::channel) struct ErrorRow {
    pub(in crate::channel) class: FailureClass,
    /// Plain words for agents.
    pub(in crate::channel) detail: String,
    /// Whether the code is about the sender as a whole, which waits; an account's always is.
    #[serde(default)]
    pub(in crate::channel) pauses: bool,
}

/// Many providers allow ten to thirty connections of one account.
fn usual_concurrency() -> usize {
    16
}

/// Longer than any provider takes that is well, and short enough to get on.
fn usual_budget() -> u64 {
    15
}
