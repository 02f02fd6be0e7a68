//! A mail as the notice readers look at it: its headers, its parts as texts, the mail it returns.

use mail_parser::{Message, PartType};

use super::address;
use super::group;
use super::words::{DAEMON_NAMES, FORWARD_PREFIXES};
use crate::mail::fields::Fields;
use crate::mail::html_text;
use crate::mail::structure;

/// How much of a part is looked at, in bytes. Reports are short; what is long is the mail that
/// was returned.
const LONGEST: usize = 64 * 1024;

/// How many parts are looked at.
const MOST_PARTS: usize = 50;

/// A part that holds no other parts.
pub(super) struct Leaf {
    /// Its media type, lower-cased.
    pub(super) kind: String,
    pub(super) text: String,
}

/// What is known of the mail that a notice is about, from its own headers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Original {
    pub(super) message_id: Option<String>,
    pub(super) to: Vec<String>,
}

/// A mail, ready to be looked at.
pub(super) struct Seen<'a> {
    fields: Fields<'a>,
    /// The media type of the whole, lower-cased, and what kind of report it says it is.
    pub(super) kind: String,
    pub(super) report: String,
    pub(super) leaves: Vec<Leaf>,
    /// The mail that it returns, when that is a part of it.
    pub(super) original: Option<Original>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(message: &'a Message<'_>, raw: &'a [u8]) -> Option<Self> {
        let root = message.parts.first()?;
        let fields = Fields::new(raw, &root.headers);
        let kind = structure::kind(fields, "text/plain");
        let mut leaves = Vec::new();
        let mut original = None;
        for part in message.parts.iter().take(MOST_PARTS) {
            let part_fields = Fields::new(raw, &part.headers);
            let part_kind = structure::kind(part_fields, "text/plain").value;
            let text = match &part.body {
                PartType::Text(text) => cut(text),
                PartType::Html(page) => html_text::text(&cut(page)),
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                    String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned()
                }
                PartType::Message(inner) => {
                    if let Some(head) = inner.parts.first() {
                        let inner = Fields::new(raw, &head.headers);
                        original.get_or_insert_with(|| of_headers(inner));
                    }
                    continue;
                }
                PartType::Multipart(_) => continue,
            };
            if matches!(
                part_kind.as_str(),
                "text/rfc822-headers"
                    | "text/rfc822"
                    | "message/rfc822"
                    | "message/global"
                    | "message/rfc822-headers"
                    | "message/global-headers"
            ) {
                original.get_or_insert_with(|| of_text(&text));
                continue;
            }
            leaves.push(Leaf {
                kind: part_kind,
                text,
            });
        }
        Some(Self {
            fields,
            report: kind.get("report-type").unwrap_or_default().to_lowercase(),
            kind: kind.value,
            leaves,
            original,
        })
    }

    /// A header's text.
    pub(super) fn header(&self, name: &'a str) -> Option<String> {
        self.fields.text(name)
    }

    /// A header's text in lower case; empty when there is none.
    pub(super) fn lower(&self, name: &'a str) -> String {
        self.header(name).unwrap_or_default().to_lowercase()
    }

    /// What it says to the reader: its texts, plain ones first.
    pub(super) fn text(&self) -> String {
        let plain = |leaf: &&Leaf| leaf.kind == "text/plain";
        let html = |leaf: &&Leaf| leaf.kind == "text/html";
        let texts: Vec<&str> = if self.leaves.iter().any(|leaf| plain(&leaf)) {
            self.leaves
                .iter()
                .filter(plain)
                .map(|leaf| leaf.text.as_str())
                .collect()
        } else {
            self.leaves
                .iter()
                .filter(html)
                .map(|leaf| leaf.text.as_str())
                .collect()
        };
        cut(&texts.join("\n"))
    }

    /// Whether the envelope sender is empty, as reports have it (RFC 5321, 4.5.5).
    pub(super) fn null_sender(&self) -> bool {
        self.header("Return-Path")
            .is_some_and(|path| path.trim_matches(['<', '>', ' ']).is_empty())
    }

    /// Whether the envelope sender is somebody whom a bounce would reach.
    pub(super) fn has_sender(&self) -> bool {
        self.header("Return-Path")
            .and_then(|path| address::first(&path))
            .is_some_and(|path| !daemon_address(&path))
    }

    /// Whether a mail system says that it sends it.
    pub(super) fn by_daemon(&self) -> bool {
        let from = self.lower("From");
        address::first(&from).is_some_and(|address| daemon_address(&address))
            || DAEMON_NAMES.are_in(&from) && !self.has_sender()
    }

    /// Whether it says that no person sent it (RFC 3834, 5).
    pub(super) fn submitted_automatically(&self) -> bool {
        let value = self.lower("Auto-Submitted");
        !value.is_empty() && !value.starts_with("no")
    }

    /// Whether its subject is one that a person's mail program made of another one.
    pub(super) fn is_passed_on(&self) -> bool {
        FORWARD_PREFIXES.begin(&self.lower("Subject"))
    }

    /// The mail that it answers, as bounces of some servers say in their headers.
    pub(super) fn answered(&self) -> Option<String> {
        let ids = self
            .header("In-Reply-To")
            .or_else(|| self.header("References"))?;
        let last = ids.rfind('<').unwrap_or_default();
        group::message_id(&ids[last..])
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

/// Whether an address is one that mail systems write from.
pub(super) fn daemon_address(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let known = [
        "mailer-daemon",
        "mailerdaemon",
        "mailer_daemon",
        "mail-daemon",
        "maildaemon",
        "mail.daemon",
        "postmaster",
        "microsoftexchange",
        "mdaemon",
        "mail-delivery",
        "maildelivery",
        "mailsystem",
        "mail-system",
        "bounce-notification",
    ];
    known.iter().any(|name| local.starts_with(name)) || local == "bounce" || local == "bounces"
}

fn of_headers(fields: Fields<'_>) -> Original {
    let to = ["X-HmXmrOriginalRecipient", "To"]
        .into_iter()
        .find_map(|name| fields.text(name))
        .unwrap_or_default();
    Original {
        message_id: fields
            .text("Message-ID")
            .and_then(|id| group::message_id(&id)),
        to: address::all(&to).collect(),
    }
}

/// The mail whose headers are in a text.
pub(super) fn of_text(text: &str) -> Original {
    let fields = group::fields(text);
    let to = ["x-hmxmroriginalrecipient", "to"]
        .into_iter()
        .find_map(|name| group::first(&fields, name))
        .unwrap_or_default();
    Original {
        message_id: group::first(&fields, "message-id").and_then(group::message_id),
        to: address::all(to).collect(),
    }
}
