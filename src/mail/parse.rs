//! The one way from bytes to a [`Mail`]; it must not know where the bytes came from.

use std::borrow::Cow;

use bytes::Bytes;
use mail_parser::{Header, HeaderName};

use crate::domain::clock::Timestamp;
use crate::domain::mail::Mailbox;

use super::body::Body;
use super::fields::Fields;
use super::structure::Structure;
use super::{
    Limits, Mail, Reading, Unreadable, addresses, attachment, authentication, automatic, body,
    fingerprint, notice, reply, sender, structure, words,
};

/// Fields of which a mail has one at least.
const KNOWN: [&str; 14] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Received",
    "Return-Path",
    "Delivered-To",
    "Reply-To",
    "Sender",
    "MIME-Version",
    "Content-Type",
    "In-Reply-To",
];

/// How many ids of a thread are read: the first and the last ones of it.
const THREAD: usize = 200;

/// The longest id that is read, in bytes (a line of RFC 5322, 2.1.1).
const LONGEST_ID: usize = 998;

/// Understands a mail.
pub(super) fn understand(raw: &Bytes, reading: &Reading) -> Result<Mail, Unreadable> {
    let lines = with_line_ends(raw);
    let Structure {
        mut message,
        mut problems,
    } = structure::read(&lines, &reading.limits);
    let root = message.parts.first().map(|part| part.headers.clone());
    let root = root.unwrap_or_default();
    let fields = Fields::new(&lines, &root);
    if !KNOWN.iter().any(|name| fields.first(name).is_some()) {
        return Err(Unreadable {
            reason: "it has none of the headers that a mail has".to_owned(),
        });
    }
    let notice = notice::find(&message, &lines);
    let automatic = automatic::classify(&message, &reading.own, notice.as_ref());
    let body = body::read(&message);
    let sender = sender::read(fields, &reading.own);
    let (to, cc, complete) = recipients(fields, &reading.limits);
    if !complete {
        problems.insert("it has too many recipients");
    }
    if body.cut {
        problems.insert("its text is too long");
    }
    let message_id = ids(fields, "Message-ID").into_iter().next();
    let fingerprint = match &message_id {
        Some(id) if problems.is_empty() => fingerprint::of_content(&message, fields, id),
        Some(_) | None => fingerprint::of_bytes(raw),
    };
    let delivered_to = sender::delivered_to(fields);
    let everybody = to.iter().chain(&cc).map(|one| one.address.as_str());
    let tags = sender::tags(everybody.chain(delivered_to.iter().map(String::as_str)));
    Ok(Mail {
        message_id,
        in_reply_to: ids(fields, "In-Reply-To"),
        references: ids(fields, "References"),
        verified: authentication::verified(fields, reading.authserv_id.as_deref(), &sender),
        automatic,
        asks_for_silence: automatic::asks_for_silence(&message),
        from: sender.from,
        reply_to: sender.reply_to,
        to,
        cc,
        delivered_to,
        subject: subject(fields, &body),
        date: date(&root),
        visible: reply::visible_beside(&body.text, &body.aside),
        attachments: attachment::list(&mut message, raw, &body),
        text: body.text,
        html: body.html,
        notice,
        tags,
        fingerprint,
        incomplete: explain(&problems),
    })
}

/// The mail with line ends, for those of old systems that only return the carriage.
fn with_line_ends(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    let ends = raw
        .iter()
        .map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
    Cow::Owned(ends.collect())
}

/// To and Cc within the limit, and whether that is all of them.
fn recipients(fields: Fields<'_>, limits: &Limits) -> (Vec<Mailbox>, Vec<Mailbox>, bool) {
    let mut left = limits.addresses;
    let mut complete = true;
    let mut list = |name| {
        let mut found = Vec::new();
        for value in fields.all(name) {
            let more = addresses::read(value, left + 1);
            complete &= more.len() <= left;
            found.extend(more.into_iter().take(left));
            left = left.saturating_sub(found.len());
        }
        found
    };
    let (to, cc) = (list("To"), list("Cc"));
    (to, cc, complete)
}

/// The message ids of a field, without angle brackets.
fn ids(fields: Fields<'_>, name: &'static str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in fields.all(name) {
        let text = String::from_utf8_lossy(value);
        let mut rest = text.as_ref();
        let mut bracketed = false;
        while let Some((_, inside)) = rest.split_once('<') {
            let (id, behind) = inside.split_once('>').unwrap_or((inside, ""));
            found.extend(id_of(id));
            bracketed = true;
            rest = behind;
        }
        if !bracketed {
            found.extend(
                text.split_whitespace()
                    .filter(|word| word.contains('@'))
                    .filter_map(id_of),
            );
        }
    }
    if found.len() > THREAD {
        found.drain(1..=found.len() - THREAD);
    }
    found
}

/// An id without the white space that folding put into it.
fn id_of(text: &str) -> Option<String> {
    let strange = |c: &char| !c.is_whitespace() && !c.is_control();
    let id: String = text.chars().filter(strange).collect();
    (!id.is_empty() && id.len() <= LONGEST_ID).then_some(id)
}

/// The subject; where it is not encoded at all, in the character set of the text.
fn subject(fields: Fields<'_>, body: &Body) -> String {
    let value = fields.first("Subject").unwrap_or_default();
    words::decode(value, body.charset.as_deref())
}

/// When the writer's clock says that it was written, where that can be.
fn date(root: &[Header<'_>]) -> Option<Timestamp> {
    let found = root.iter().find(|header| header.name == HeaderName::Date)?;
    let date = found.value.as_datetime().filter(|date| date.is_valid())?;
    let micros = date.to_timestamp().checked_mul(1_000_000)?;
    (micros > 0).then_some(Timestamp(micros))
}

fn explain(problems: &std::collections::BTreeSet<&'static str>) -> Option<String> {
    let words: Vec<&str> = problems.iter().copied().collect();
    let what = words.join(", ");
    (!words.is_empty()).then(|| format!("{what}; the raw mail is kept as a whole"))
}
