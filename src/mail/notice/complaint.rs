//! Complaints that a recipient filed with their provider (RFC 5965).

use super::address;
use super::group;
use super::seen::{Original, Seen};
use crate::mail::{Fate, Notice, RecipientNote};

/// What a complaint tells.
pub(super) fn find(seen: &Seen<'_>) -> Option<Notice> {
    let Some(leaf) = seen
        .leaves
        .iter()
        .find(|leaf| leaf.kind == "message/feedback-report")
    else {
        return of_outlook(seen);
    };
    let fields = group::fields(&leaf.text);
    let kind = group::first(&fields, "feedback-type").unwrap_or("abuse");
    let kind = kind.trim().to_lowercase();
    // Reports about authentication and about mail that is wanted are no complaints.
    if matches!(kind.as_str(), "auth-failure" | "not-spam" | "dmarc") {
        return None;
    }
    let named: Vec<String> = fields
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "original-rcpt-to" | "removal-recipient"))
        .filter_map(|(_, value)| address::typed(value))
        .collect();
    let none = Original::default();
    let original = seen.original.as_ref().unwrap_or(&none);
    let envelope_id = group::first(&fields, "original-envelope-id").map(address::decode);
    Some(notice(original, named, envelope_id, &kind))
}

/// Microsoft's programme sends the mail alone, with the recipient in a header of its own.
fn of_outlook(seen: &Seen<'_>) -> Option<Notice> {
    let subject = seen.lower("Subject");
    let original = seen.original.as_ref()?;
    let from = seen.lower("From");
    (subject.starts_with("complaint about message from") && from.contains("staff@hotmail.com"))
        .then(|| notice(original, Vec::new(), None, "abuse"))
}

fn notice(
    original: &Original,
    mut recipients: Vec<String>,
    envelope_id: Option<String>,
    kind: &str,
) -> Notice {
    if recipients.is_empty() && original.to.len() == 1 {
        recipients.clone_from(&original.to);
    }
    let mut recipients: Vec<Option<String>> = recipients.into_iter().map(Some).collect();
    recipients.dedup();
    if recipients.is_empty() {
        recipients.push(None);
    }
    let note = |recipient| RecipientNote {
        recipient,
        fate: Fate::Complained,
        code: None,
        class: None,
        detail: kind.to_owned(),
    };
    Notice {
        message_id: original.message_id.clone(),
        envelope_id,
        recipients: recipients.into_iter().map(note).collect(),
    }
}
