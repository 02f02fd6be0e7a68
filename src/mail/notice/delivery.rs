//! Delivery status reports (RFC 3464), also those that break its rules.

use super::address;
use super::code;
use super::group;
use super::seen::Seen;
use super::words::DELAY;
use crate::mail::{Fate, Notice, RecipientNote};

/// The longest words of a server that are kept, in characters.
const LONGEST_DETAIL: usize = 1_000;

/// How many recipients one report tells about.
const MOST: usize = 1_000;

/// What a delivery status report tells.
pub(super) fn find(seen: &Seen<'_>) -> Option<Notice> {
    let is_report = seen.kind == "multipart/report";
    let by_system = seen.by_daemon() || seen.null_sender() || seen.submitted_automatically();
    // Whoever passes a report on does not send one.
    if !by_system && (!is_report || seen.is_passed_on()) {
        return None;
    }
    let status = seen.leaves.iter().find(|leaf| {
        matches!(
            leaf.kind.as_str(),
            "message/delivery-status" | "message/global-delivery-status"
        ) && is_status(&leaf.text)
    });
    // Servers and gateways relabel the part.
    let status = status.or_else(|| seen.leaves.iter().find(|leaf| is_status(&leaf.text)))?;
    let fields = group::fields(&status.text);
    let mut records = records(&fields);
    records.truncate(MOST);
    let alone = records.len() == 1;
    let recipients: Vec<RecipientNote> = records
        .iter()
        .map(|record| note(seen, record, alone))
        .collect();
    let original = seen.original.as_ref();
    Some(Notice {
        message_id: original
            .and_then(|original| original.message_id.clone())
            .or_else(|| group::first(&fields, "original-message-id").and_then(group::message_id))
            .or_else(|| group::first(&fields, "x-original-message-id").and_then(group::message_id))
            .or_else(|| seen.answered()),
        envelope_id: group::first(&fields, "original-envelope-id").map(address::decode),
        recipients,
    })
    .filter(|notice| !notice.recipients.is_empty())
}

fn is_status(text: &str) -> bool {
    let fields = group::fields(text);
    let has = |name| group::first(&fields, name).is_some();
    (has("final-recipient") || has("original-recipient")) && (has("action") || has("status"))
        || has("reporting-mta") && has("action") && has("status")
}

type Record<'a> = Vec<&'a (String, String)>;

/// The fields of each recipient.
///
/// Blank lines are hints only: some servers leave them out, others put them everywhere.
fn records(fields: &[(String, String)]) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    let mut current: Record<'_> = Vec::new();
    let mut blank = false;
    for field in fields {
        let name = field.0.as_str();
        if name.is_empty() {
            blank = true;
            continue;
        }
        let again = matches!(name, "final-recipient" | "original-recipient" | "action")
            && has(&current, &[name]);
        let complete = has(&current, &RECIPIENT) && has(&current, &["action", "status"]);
        if again || blank && complete && RECIPIENT.contains(&name) {
            records.push(std::mem::take(&mut current));
        }
        current.push(field);
        blank = false;
    }
    records.push(current);
    records.retain(|record| has(record, &RECIPIENT) || has(record, &["action"]));
    records
}

/// The fields that name a recipient.
const RECIPIENT: [&str; 2] = ["final-recipient", "original-recipient"];

fn has(record: &Record<'_>, names: &[&str]) -> bool {
    record
        .iter()
        .any(|(name, _)| names.contains(&name.as_str()))
}

fn value<'a>(record: &Record<'a>, name: &str) -> Option<&'a str> {
    record
        .iter()
        .find(|(known, value)| known == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

fn note(seen: &Seen<'_>, record: &Record<'_>, alone: bool) -> RecipientNote {
    let recipient = value(record, "original-recipient")
        .and_then(address::typed)
        .or_else(|| value(record, "final-recipient").and_then(address::typed))
        .or_else(|| alone.then(|| only_recipient(seen)).flatten());
    let diagnostic = value(record, "diagnostic-code")
        .map(words)
        .unwrap_or_default();
    let status = value(record, "status").and_then(code::enhanced);
    let code = best(
        status,
        &diagnostic,
        value(record, "status").unwrap_or_default(),
    );
    let fate = fate(
        seen,
        value(record, "action").unwrap_or_default(),
        code.as_deref(),
    );
    let mut detail = if diagnostic.is_empty() {
        value(record, "status").unwrap_or_default().to_owned()
    } else {
        diagnostic
    };
    let class = (fate == Fate::Failed).then(|| {
        let text = if alone && detail.len() < 12 {
            seen.text()
        } else {
            detail.clone()
        };
        code::class(code.as_deref(), &text)
    });
    if let (Fate::Delayed, Some(until)) = (fate, value(record, "will-retry-until")) {
        detail.push_str(" (tried until ");
        detail.push_str(until);
        detail.push(')');
    }
    RecipientNote {
        recipient,
        fate,
        code,
        class,
        detail: detail.chars().take(LONGEST_DETAIL).collect(),
    }
}

/// The recipient of a report that names none in its proper place.
fn only_recipient(seen: &Seen<'_>) -> Option<String> {
    if let Some(failed) = seen.header("X-Failed-Recipients") {
        return address::first(&failed);
    }
    let to = &seen.original.as_ref()?.to;
    (to.len() == 1).then(|| to[0].clone())
}

/// The code that says most: a status of `x.0.0` says nothing but the class.
fn best(status: Option<String>, diagnostic: &str, written: &str) -> Option<String> {
    let general = status
        .as_ref()
        .is_none_or(|status| status.ends_with(".0.0"));
    if !general {
        return status;
    }
    let inner = code::enhanced(diagnostic).filter(|inner| {
        status
            .as_ref()
            .is_none_or(|status| status.as_bytes()[0] == inner.as_bytes()[0])
    });
    inner
        .or(status)
        .or_else(|| code::smtp(diagnostic))
        .or_else(|| code::smtp(written))
}

/// A diagnostic code without its type, on one line.
fn words(diagnostic: &str) -> String {
    let text = match diagnostic.split_once(';') {
        Some((kind, text)) if kind.trim().len() <= 12 && !kind.trim().contains(' ') => text,
        Some(_) | None => diagnostic,
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fate(seen: &Seen<'_>, action: &str, code: Option<&str>) -> Fate {
    let action = action.trim().to_lowercase();
    let starts = |names: &[&str]| names.iter().any(|name| action.starts_with(name));
    if starts(&["fail", "undeliver", "bounce", "reject"]) {
        return Fate::Failed;
    }
    if starts(&["delay", "transient", "deferred"]) {
        return Fate::Delayed;
    }
    if starts(&["relay", "transmitted"]) {
        return Fate::Relayed;
    }
    if starts(&["deliver", "expand"]) {
        return Fate::Delivered;
    }
    match code.map(|code| code.as_bytes()[0]) {
        Some(b'2') => Fate::Delivered,
        Some(b'4') if DELAY.are_in(&seen.lower("Subject")) => Fate::Delayed,
        _ => Fate::Failed,
    }
}
