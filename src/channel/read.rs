//! Reads what a provider posted, by the expressions of its profile.
//!
//! Pure: a request in, texts and reports out. Verification comes before and is not its concern.

use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::expression::Expression;
use super::fault::Unreadable;
use super::message::{
    Callback, CallbackRequest, InboundFile, InboundPart, InboundReport, InboundText, ReportPart,
};
use super::payload;
use super::profile::{ErrorRow, Messages, Numbers, Profile, Reports, WithoutReference};
use crate::domain::address::Address;
use crate::domain::attachment::MOST_FILES;
use crate::domain::clock::Timestamp;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::status::Status;
use crate::sms::Keyword;

/// The longest reference: longer ones would not fit an index, and no provider gives them.
pub(super) const LONGEST_REFERENCE: usize = 255;

/// The longest address of a file; signed ones have a thousand characters.
const LONGEST_URL: usize = 8_192;

/// The longest words of a provider that are passed on, in characters.
const LONGEST_DETAIL: usize = 200;

/// Whose post it is.
pub(super) struct Reader<'a> {
    pub(super) profile: &'a Profile,
    pub(super) settings: &'a Value,
    pub(super) address: &'a Address,
    pub(super) country: &'a str,
}

impl Reader<'_> {
    /// What the post tells.
    pub(super) fn read(&self, request: &CallbackRequest<'_>) -> Result<Callback, Unreadable> {
        let profile = self.profile;
        let parameters =
            payload::parameters(request, profile.format).map_err(|reason| Unreadable { reason })?;
        let scope = context! {
            p => parameters,
            q => payload::query_values(request),
            h => payload::header_values(request.headers),
            body => payload::body_text(request),
            settings => self.settings,
        };
        match profile.kind.text(&scope).as_deref() {
            Some("message") => self
                .message(&profile.messages, &scope)
                .map(Callback::Message),
            Some("report") => report(&profile.reports, &scope),
            Some(_) => Ok(Callback::Ignored),
            None => Err(missing("kind")),
        }
    }

    fn message(&self, fields: &Messages, scope: &Value) -> Result<InboundText, Unreadable> {
        let from = self.address(fields, &fields.from, scope, "from")?;
        let to = match fields.to.text(scope) {
            Some(_) => self.address(fields, &fields.to, scope, "to")?,
            None => self.address.clone(),
        };
        // A text without words is fine, as when it brings a picture; one without a field is not.
        let text = fields.text.text(scope).ok_or_else(|| missing("text"))?;
        let sent_at = time(fields.sent_at.as_ref(), scope);
        let reference = match (fields.reference.text(scope), fields.without_reference) {
            (Some(reference), _) if !reference.is_empty() => checked_reference(reference)?,
            (_, WithoutReference::Refuse) => return Err(missing("reference")),
            (_, WithoutReference::Hash) => {
                let sent_at = sent_at.ok_or_else(|| missing("reference and time"))?;
                hash(&[from.value(), to.value(), &text, &sent_at.to_string()])
            }
        };
        Ok(InboundText {
            reference,
            from,
            to,
            text,
            segments: number(fields.segments.as_ref(), scope),
            sent_at,
            keyword: keyword(fields.keyword.as_ref(), scope),
            part: part(fields, scope),
            media: number(fields.media.as_ref(), scope).unwrap_or(0),
            files: files(fields, scope),
        })
    }

    fn address(
        &self,
        fields: &Messages,
        expression: &Expression,
        scope: &Value,
        field: &str,
    ) -> Result<Address, Unreadable> {
        let text = expression.text(scope).ok_or_else(|| missing(field))?;
        let text = text.trim();
        if text == self.address.value() || text == self.address.value().trim_start_matches('+') {
            return Ok(self.address.clone());
        }
        let parsed = match fields.numbers {
            Numbers::National => Address::parse_sms(text, self.country),
            Numbers::International => Address::parse_sms_international(text),
        };
        // The fault may show the text, which is a full number.
        parsed.map_err(|_| Unreadable {
            reason: format!("{field} is no phone number, short code or name"),
        })
    }
}

fn report(fields: &Reports, scope: &Value) -> Result<Callback, Unreadable> {
    let reference = fields
        .reference
        .text(scope)
        .ok_or_else(|| missing("reference"))?;
    let reference = checked_reference(reference)?;
    let theirs = fields.status.text(scope).ok_or_else(|| missing("status"))?;
    let Some(status) = fields.statuses.get(&theirs).copied() else {
        let shown: String = theirs
            .chars()
            .take(40)
            .filter(|c| !c.is_control())
            .collect();
        tracing::warn!(
            status = shown,
            "a report with a status that the profile does not know"
        );
        return Ok(Callback::Ignored);
    };
    let failure = match status {
        Status::Failed | Status::Expired => Some(failure(fields, status, scope)),
        Status::Received
        | Status::Scheduled
        | Status::Queued
        | Status::Sending
        | Status::Unconfirmed
        | Status::Sent
        | Status::Canceled
        | Status::Delivered
        | Status::Read => None,
    };
    let part_number = number(fields.part_number.as_ref(), scope);
    let part = part_number.zip(number(fields.part_total.as_ref(), scope));
    let ours = fields.ours.as_ref().and_then(|ours| ours.text(scope));
    Ok(Callback::Report(InboundReport {
        reference,
        // One that cannot be ours is none.
        ours: ours.filter(|ours| (1..=LONGEST_REFERENCE).contains(&ours.len())),
        status,
        failure,
        at: time(fields.at.as_ref(), scope),
        terminal_without_receipt: fields.without_receipt.contains(&theirs),
        part: part.map(|(number, total)| ReportPart { number, total }),
    }))
}

fn failure(fields: &Reports, status: Status, scope: &Value) -> Failure {
    let code = fields.code.as_ref().and_then(|code| code.text(scope));
    let words = fields.detail.as_ref().and_then(|detail| detail.text(scope));
    let unknown = if status == Status::Expired {
        (
            FailureClass::Expired,
            "the provider gave up: it took too long to deliver",
        )
    } else {
        (
            FailureClass::Unknown,
            "the provider could not deliver it and did not say why",
        )
    };
    explain(code, words, &fields.errors, unknown).0
}

/// A failure in plain words, and the row of the table that explains it.
pub(super) fn explain<'a>(
    code: Option<String>,
    words: Option<String>,
    errors: &'a std::collections::BTreeMap<String, ErrorRow>,
    unknown: (FailureClass, &str),
) -> (Failure, Option<&'a ErrorRow>) {
    let code = code.filter(|code| !code.is_empty());
    let row = code.as_ref().and_then(|code| errors.get(code));
    if let Some(row) = row {
        let failure = Failure {
            class: row.class,
            code,
            detail: row.detail.clone(),
        };
        return (failure, Some(row));
    }
    let (class, ours) = unknown;
    let words = words
        .map(|words| clip(&words))
        .filter(|words| !words.is_empty());
    let detail = match words {
        Some(words) => format!("{ours}; its words: {words}"),
        None => ours.to_owned(),
    };
    (
        Failure {
            class,
            code,
            detail,
        },
        None,
    )
}

/// A provider's words on one line, not too many of them.
fn clip(words: &str) -> String {
    let words = words.split(|c: char| c.is_control() || c.is_whitespace());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    line.chars().take(LONGEST_DETAIL).collect()
}

fn missing(field: &str) -> Unreadable {
    Unreadable {
        reason: format!("there is no {field}"),
    }
}

fn checked_reference(reference: String) -> Result<String, Unreadable> {
    if reference.is_empty() {
        return Err(missing("reference"));
    }
    if reference.len() > LONGEST_REFERENCE {
        return Err(Unreadable {
            reason: "the reference is too long".to_owned(),
        });
    }
    Ok(reference)
}

fn number(expression: Option<&Expression>, scope: &Value) -> Option<u32> {
    expression?.number(scope)
}

/// RFC 3339, or the same with a space in UTC; a time that cannot be read is no reason to lose
/// the message.
fn time(expression: Option<&Expression>, scope: &Value) -> Option<Timestamp> {
    let text = expression?.text(scope)?;
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let time: jiff::civil::DateTime = text.parse().ok()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Timestamp(time.as_microsecond()))
    })
}

fn keyword(expression: Option<&Expression>, scope: &Value) -> Option<Keyword> {
    match expression?.text(scope)?.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

fn part(fields: &Messages, scope: &Value) -> Option<InboundPart> {
    let key = fields.part_key.as_ref()?.text(scope)?;
    let which = number(fields.part_number.as_ref(), scope)?;
    let total = number(fields.part_total.as_ref(), scope)?;
    let sound = total > 1 && (1..=total).contains(&which);
    sound.then_some(InboundPart {
        key,
        number: which,
        total,
    })
}

/// The files of a message, no more of them than a message has.
fn files(fields: &Messages, scope: &Value) -> Vec<InboundFile> {
    let count = number(fields.media.as_ref(), scope).unwrap_or(0);
    let most = u32::try_from(MOST_FILES).unwrap_or(u32::MAX);
    let file = |n: u32| {
        let scope = context! { n => n, ..scope.clone() };
        let text = |leaf: &Option<Expression>| leaf.as_ref()?.text(&scope);
        Some(InboundFile {
            url: text(&fields.media_url).filter(|url| url.len() <= LONGEST_URL)?,
            content_type: text(&fields.media_type),
            name: text(&fields.media_name),
        })
    };
    (0..count.min(most)).filter_map(file).collect()
}

/// A reference made of what the message says, told apart from a provider's by its prefix.
fn hash(fields: &[&str]) -> String {
    let mut digest = Sha256::new();
    for field in fields {
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field.as_bytes());
    }
    format!("hash:{}", hex::encode(&digest.finalize()[..16]))
}
