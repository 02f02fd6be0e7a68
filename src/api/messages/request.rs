//! What a client says to send a message, and to list messages.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::Api;
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::attachment::MOST_FILES;
use crate::domain::clock::parse_duration;
use crate::domain::gateway::GatewayName;
use crate::domain::id::{AttachmentId, ConversationId, MessageId};
use crate::domain::message::Priority;
use crate::domain::submit::mail::MOST_RECIPIENTS;
use crate::domain::submit::{NewMail, Once, Submission};
use crate::http::fields::{any_text, parsed, text, truth};
use crate::http::problem::{FieldError, Problem};
use crate::http::{Fields, Read};

/// The longest text that is looked at, in characters; gateways allow far less.
const LONGEST_TEXT: usize = 10_000;

/// The longest words of a mail, in characters.
const LONGEST_MAIL: usize = 200_000;

/// The longest HTML of a mail, in characters.
const LONGEST_HTML: usize = 500_000;

/// The longest subject, in characters; header fields stay below what servers take.
const LONGEST_SUBJECT: usize = 500;

/// The longest reference of a client's own, in characters.
const LONGEST_REFERENCE: usize = 255;

/// The longest address (RFC 5321, 4.5.3.1.3: 254 for a mailbox).
const LONGEST_ADDRESS: usize = 320;

/// A message to send.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({
    "gateway": "support-long", "to": "+12025550123", "text": "Your parcel is on its way.",
    "reference": "order-1042", "valid_for": "4h"
}))]
pub(crate) struct NewMessage {
    /// The name of the gateway to send by. Without it: the one that the contact last used, else
    /// the default of the channel.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{1,64}$")]
    gateway: Option<GatewayName>,
    /// A phone number, a short code or a mailbox.
    #[schema(value_type = String, min_length = 1, max_length = 320)]
    to: To,
    /// The words: 1 to 10000 characters of a text, up to 200000 of a mail, where they may have
    /// the marks of Markdown. A mail with `html` may leave
    /// them out, and so may a message with `attachments`.
    #[schema(min_length = 1, max_length = 200_000)]
    text: Option<String>,
    /// The subject of a mail. Without it: `Re:` and the subject of the conversation's last mail.
    #[schema(min_length = 1, max_length = 500)]
    subject: Option<String>,
    /// Who else gets the mail: mailboxes. With `to` and `bcc` no more than 100.
    #[schema(value_type = Option<Vec<String>>, max_items = 99)]
    cc: Vec<Address>,
    /// Who gets the mail unseen by the others: mailboxes.
    #[schema(value_type = Option<Vec<String>>, max_items = 99)]
    bcc: Vec<Address>,
    /// The words of a mail as HTML; scripts and the like are taken out. An attachment is shown in
    /// the text by `<img src="cid:ID">`, where ID is its id.
    #[schema(min_length = 1, max_length = 500_000)]
    html: Option<String>,
    /// The id of the mail that this one answers. Without it: the customer's last one.
    #[schema(value_type = Option<String>, pattern = "^msg_[0-9a-hjkmnp-tv-z]{26}$")]
    in_reply_to: Option<MessageId>,
    /// The ids of the files that go with it, in order: up to 20 and 25 MB with a mail, 10 and 5 MB
    /// with a text, where its gateway carries any.
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    attachments: Vec<AttachmentId>,
    /// The id of the conversation that it belongs to; refused when that is with somebody else.
    #[schema(value_type = Option<String>, pattern = "^cnv_[0-9a-hjkmnp-tv-z]{26}$")]
    conversation: Option<ConversationId>,
    /// Your own reference; it need not be unique.
    #[schema(min_length = 1, max_length = 255)]
    reference: Option<String>,
    /// How long it is worth sending, such as `90s`, `15m`, `4h` or `5d`.
    #[schema(value_type = Option<String>, pattern = "^[0-9]+[smhd]$")]
    valid_for: Option<std::time::Duration>,
    /// `bulk` yields to every `interactive` message of the gateway.
    #[schema(value_type = Option<Priority>, default = "interactive")]
    priority: Priority,
    /// True to learn what would become of it, and send nothing.
    #[schema(value_type = Option<bool>, default = false)]
    pub dry_run: bool,
}

impl Read for NewMessage {
    fn read(fields: &mut Fields) -> Option<Self> {
        let gateway = fields.optional("gateway", parsed("a gateway's name", GatewayName::parse));
        let to = fields.required("to", to);
        let subject = fields.optional("subject", subject);
        let cc = mailboxes(fields, "cc");
        let bcc = mailboxes(fields, "bcc");
        let html = fields.optional("html", text(1..=LONGEST_HTML));
        let in_reply_to = fields.optional(
            "in_reply_to",
            parsed("a message's id", |id| id.parse().ok()),
        );
        let attachments = fields.optional("attachments", attachments);
        let has_files = attachments.as_ref().is_some_and(|ids| !ids.is_empty());
        let words = if html.is_some() || has_files {
            fields.optional("text", text(1..=LONGEST_MAIL))
        } else {
            fields.required("text", text(1..=LONGEST_MAIL))
        };
        let conversation = fields.optional(
            "conversation",
            parsed("a conversation's id", |id| id.parse().ok()),
        );
        let reference = fields.optional("reference", text(1..=LONGEST_REFERENCE));
        let valid_for = fields.optional("valid_for", duration);
        let priority = fields.optional("priority", parsed("interactive or bulk", priority));
        let dry_run = fields.optional("dry_run", truth).unwrap_or(false);
        fields.not_yet("send_at");
        if let Some(To::Number(_)) = to {
            let given = [
                ("subject", subject.is_some()),
                ("cc", !cc.is_empty()),
                ("bcc", !bcc.is_empty()),
                ("html", html.is_some()),
                ("in_reply_to", in_reply_to.is_some()),
            ];
            refuse_mail_only(fields, &given, words.as_deref());
        }
        Some(Self {
            gateway,
            to: to?,
            text: words,
            subject,
            cc,
            bcc,
            html,
            in_reply_to,
            attachments: attachments.unwrap_or_default(),
            conversation,
            reference,
            valid_for,
            priority: priority.unwrap_or(Priority::Interactive),
            dry_run,
        })
    }
}

fn duration(value: Value) -> Result<std::time::Duration, String> {
    parse_duration(&any_text(value)?)
}

fn priority(name: &str) -> Option<Priority> {
    match name {
        "interactive" => Some(Priority::Interactive),
        "bulk" => Some(Priority::Bulk),
        _ => None,
    }
}

/// Refuses what no text has.
fn refuse_mail_only(fields: &mut Fields, given: &[(&str, bool)], words: Option<&str>) {
    for (name, _) in given.iter().filter(|(_, is_given)| *is_given) {
        fields.fault(name, "only a mail has it, and to is a phone number");
    }
    if words.is_some_and(|words| words.chars().count() > LONGEST_TEXT) {
        fields.fault("text", format!("must have 1 to {LONGEST_TEXT} characters"));
    }
}

/// Whom a message is for.
#[derive(Debug)]
enum To {
    Mailbox(Address),
    /// As it was written: it is read by the country of the gateway.
    Number(String),
}

impl NewMessage {
    /// The message as the engine takes it, with the recipient read by the country of its gateway.
    pub(super) fn submission(
        self,
        api: &Api,
        author: AgentRef,
        once: Option<Once>,
    ) -> Result<Submission, Problem> {
        let line = self.gateway.as_ref().and_then(|name| api.engine.line(name));
        let country = line.map_or(&*api.country, |line| line.spec.country.as_str());
        let (to, mail) = match self.to {
            To::Number(text) => (number(&text, country)?, None),
            To::Mailbox(address) => {
                let mail = NewMail {
                    subject: self.subject,
                    cc: self.cc,
                    bcc: self.bcc,
                    html: self.html,
                    shown: BTreeSet::new(),
                    in_reply_to: self.in_reply_to,
                };
                (address, Some(Box::new(mail)))
            }
        };
        Ok(Submission {
            gateway: self.gateway,
            to,
            text: self.text.unwrap_or_default(),
            mail,
            attachments: self.attachments,
            conversation: self.conversation,
            reference: self.reference,
            valid_for: self.valid_for,
            priority: self.priority,
            author,
            origin: None,
            once,
        })
    }
}

fn number(text: &str, country: &str) -> Result<Address, Problem> {
    Address::parse_sms(text, country).map_err(|why| {
        Problem::invalid(vec![FieldError {
            pointer: "/to".to_owned(),
            detail: why.to_string(),
        }])
    })
}

/// Reads a recipient, as far as that can be without a country.
fn to(value: Value) -> Result<To, String> {
    let written = text(1..=LONGEST_ADDRESS)(value)?;
    if written.contains('@') {
        let address = Address::parse_email(&written).map_err(|fault| fault.to_string())?;
        return Ok(To::Mailbox(address));
    }
    match Address::parse_sms_international(&written) {
        Ok(Address::Sms(value)) if value.contains(|c: char| c.is_ascii_alphabetic()) => {
            Err("is a sender's name, and nobody can text one".into())
        }
        _ => Ok(To::Number(written)),
    }
}

/// Reads one line of text.
fn subject(value: Value) -> Result<String, String> {
    let subject = text(1..=LONGEST_SUBJECT)(value)?;
    if subject
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err("must be one line, without control characters".into());
    }
    Ok(subject)
}

/// Reads a list of attachments' ids.
fn attachments(value: Value) -> Result<Vec<AttachmentId>, String> {
    let Value::Array(values) = value else {
        return Err("must be a list of attachments' ids".into());
    };
    if values.len() > MOST_FILES {
        return Err(format!("must have no more than {MOST_FILES} ids"));
    }
    let id = |value: Value| {
        let id = value.as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| {
            "must hold attachments' ids alone, such as POST /v1/attachments gives".to_owned()
        })
    };
    values.into_iter().map(id).collect()
}

/// Takes a list of mailboxes, each with its own mistake.
fn mailboxes(fields: &mut Fields, name: &str) -> Vec<Address> {
    let written = fields.optional(name, |value| match value {
        Value::Array(values) if values.len() < MOST_RECIPIENTS => {
            values.into_iter().map(text(1..=LONGEST_ADDRESS)).collect()
        }
        Value::Array(_) => {
            let most = MOST_RECIPIENTS - 1;
            Err(format!("must have no more than {most} mailboxes"))
        }
        _ => Err("must be a list of mailboxes".into()),
    });
    let written: Vec<String> = written.unwrap_or_default();
    let mut addresses = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        match Address::parse_email(text) {
            Ok(address) => addresses.push(address),
            Err(why) => fields.fault_at(name, index, why.to_string()),
        }
    }
    addresses
}
