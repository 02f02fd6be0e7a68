//! Read receipts (RFC 8098), also those that mail programs send in words.

use super::address;
use super::group;
use super::seen::{Leaf, Seen};
use super::words::{RECEIPT_DELETED, RECEIPT_READ, RECEIPT_SUBJECTS};
use crate::mail::{Fate, Notice, RecipientNote};

/// A receipt in words is short; what is longer is a letter.
const LONGEST: usize = 1_500;

/// What a read receipt tells.
pub(super) fn find(seen: &Seen<'_>) -> Option<Notice> {
    if !seen.is_passed_on()
        && let Some(leaf) = seen.leaves.iter().find(|leaf| is_receipt(seen, leaf))
    {
        return Some(of_fields(seen, &group::fields(&leaf.text)));
    }
    in_words(seen)
}

fn is_receipt(seen: &Seen<'_>, leaf: &Leaf) -> bool {
    if matches!(
        leaf.kind.as_str(),
        "message/disposition-notification" | "message/global-disposition-notification"
    ) {
        return true;
    }
    let report = seen.kind == "multipart/report" && seen.report != "delivery-status";
    report && group::first(&group::fields(&leaf.text), "disposition").is_some()
}

fn of_fields(seen: &Seen<'_>, fields: &[(String, String)]) -> Notice {
    let value = |name| group::first(fields, name);
    let disposition = value("disposition").unwrap_or_default();
    let recipient = value("original-recipient")
        .and_then(address::typed)
        .or_else(|| value("final-recipient").and_then(address::typed))
        .or_else(|| sender(seen));
    let original = seen.original.as_ref();
    Notice {
        message_id: value("original-message-id")
            .and_then(group::message_id)
            .or_else(|| original.and_then(|original| original.message_id.clone()))
            .or_else(|| seen.answered()),
        envelope_id: value("original-envelope-id").map(address::decode),
        recipients: vec![note(recipient, fate(disposition), disposition)],
    }
}

fn note(recipient: Option<String>, fate: Fate, detail: &str) -> RecipientNote {
    RecipientNote {
        recipient,
        fate,
        code: None,
        class: None,
        detail: detail.to_owned(),
    }
}

fn sender(seen: &Seen<'_>) -> Option<String> {
    address::first(&seen.header("From")?)
}

/// What became of it: the last word of `manual-action/MDN-sent-manually; displayed/error`.
fn fate(disposition: &str) -> Fate {
    let disposition = disposition.to_lowercase();
    let kind = match disposition.rsplit_once(';') {
        Some((_, kind)) => kind,
        None => disposition.as_str(),
    };
    let shown = ["displayed", "read", "opened"];
    if shown.iter().any(|word| kind.trim().starts_with(word)) {
        Fate::Read
    } else {
        Fate::Unread
    }
}

/// Receipts of programs that write no report: a subject, `your message`, what became of it.
fn in_words(seen: &Seen<'_>) -> Option<Notice> {
    let subject = seen.lower("Subject");
    let said_so = seen.report == "disposition-notification";
    if !RECEIPT_SUBJECTS.begin(&subject) && !said_so {
        return None;
    }
    let text = seen.text().to_lowercase();
    if text.len() > LONGEST {
        return None;
    }
    let deleted = RECEIPT_DELETED.are_in(&text);
    if !deleted && !RECEIPT_READ.are_in(&text) {
        return None;
    }
    let fate = if deleted { Fate::Unread } else { Fate::Read };
    Some(Notice {
        message_id: seen
            .original
            .as_ref()
            .and_then(|original| original.message_id.clone())
            .or_else(|| seen.answered()),
        envelope_id: None,
        recipients: vec![note(sender(seen), fate, "")],
    })
}
