//! Bounces in words: of servers that follow no standard.
//!
//! Only a mail that a mail system sent is looked at, and only if it says that something was not
//! delivered; so a letter about bounces is none.

use super::code;
use super::recipients;
use super::seen::{self, Original, Seen};
use super::words::{DELAY, FAILURE, FAILURE_SUBJECTS, NOT_YET, RETURNED};
use crate::domain::failure::FailureClass;
use crate::mail::automatic::AWAY;
use crate::mail::{Fate, Notice, RecipientNote};

/// How much of the text is the report; the rest is the mail that was returned.
const LONGEST: usize = 16 * 1024;

/// The longest words of a server that are kept, in characters.
const LONGEST_DETAIL: usize = 500;

/// What a bounce in words tells.
pub(super) fn find(seen: &Seen<'_>) -> Option<Notice> {
    let whole = seen.text();
    let (head, tail) = split(&whole);
    let lower = head.to_lowercase();
    let subject = seen.lower("Subject");
    let copy = (tail.len() < whole.len()).then_some(tail);
    if !is_bounce(seen, &subject, &lower, copy) {
        return None;
    }
    let mut head = head;
    let mut recipients = recipients::named(seen, head);
    if recipients.is_empty() {
        head = &whole[..whole.floor_char_boundary(LONGEST)];
        recipients = recipients::named(seen, head);
    }
    let original = seen.original.clone().unwrap_or_else(|| seen::of_text(tail));
    let message_id = original
        .message_id
        .clone()
        .or_else(|| seen.answered())
        .or_else(|| seen::of_text(&whole).message_id);
    if recipients.is_empty() {
        recipients.extend(of_original(&original));
    }
    if recipients.is_empty() && message_id.is_none() {
        return None;
    }
    let late = NOT_YET.are_in(&lower) || DELAY.are_in(&subject);
    let fate = if late { Fate::Delayed } else { Fate::Failed };
    let notes = notes(&recipients, head, &subject, fate);
    Some(Notice {
        message_id,
        envelope_id: None,
        recipients: notes,
    })
}

/// `copy` is the mail that comes back in the text.
fn is_bounce(seen: &Seen<'_>, subject: &str, text: &str, copy: Option<&str>) -> bool {
    let daemon = seen.by_daemon();
    let null = seen.null_sender();
    if seen.is_passed_on() || !(daemon || null || seen.submitted_automatically()) {
        return false;
    }
    if seen.header("X-Failed-Recipients").is_some() {
        return true;
    }
    let announced = FAILURE_SUBJECTS.are_in(subject);
    let said = FAILURE.are_in(text);
    let coded = code::enhanced(text).is_some() || code::smtp(text).is_some();
    if daemon && seen.has_sender() {
        // Somebody may write from such an address by hand.
        return announced && said && coded;
    }
    let away = AWAY.are_in(subject);
    // Carriers of parcels fail to deliver as well, and their programs take no answers either.
    let proven = coded || copy.is_some() || seen.original.is_some();
    let alone = null && announced && said && proven;
    (daemon && (announced || said) || alone) && !away
}

/// The report and the mail that it returns.
fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim().to_lowercase();
        let header = lower.starts_with("received:") || lower.starts_with("return-path:");
        if at > 0 && (header || RETURNED.are_in(&lower)) {
            return (&text[..at], &text[at..]);
        }
        at += line.len();
        if at > LONGEST {
            break;
        }
    }
    let end = text.floor_char_boundary(LONGEST);
    (&text[..end], text)
}

fn of_original(original: &Original) -> Option<(usize, String)> {
    (original.to.len() == 1).then(|| (0, original.to[0].clone()))
}

fn notes(
    recipients: &[(usize, String)],
    head: &str,
    subject: &str,
    fate: Fate,
) -> Vec<RecipientNote> {
    let lines: Vec<&str> = head.lines().collect();
    let single = recipients.len() <= 1;
    let mut notes = Vec::new();
    for (index, (at, recipient)) in recipients.iter().enumerate() {
        let next = recipients
            .get(index + 1)
            .map_or(lines.len(), |(next, _)| *next);
        let own = lines.get(*at..next.max(*at)).unwrap_or_default();
        let own = if own.is_empty() {
            lines.get(*at..=*at).unwrap_or_default()
        } else {
            own
        };
        let around = own.join("\n");
        let said = elsewhere(&lines, recipient);
        let whole = if single { head } else { "" };
        let code = code::enhanced(&around)
            .or_else(|| code::enhanced(&said))
            .or_else(|| code::enhanced(whole))
            .or_else(|| code::smtp(&around))
            .or_else(|| code::smtp(&said))
            .or_else(|| code::smtp(whole))
            .or_else(|| single.then(|| code::enhanced(subject)).flatten());
        let rest = if single { head } else { said.as_str() };
        notes.push(note(Some(recipient.clone()), fate, code, &around, rest));
    }
    if notes.is_empty() {
        let code = code::enhanced(head).or_else(|| code::smtp(head));
        notes.push(note(None, fate, code, head, head));
    }
    notes
}

/// The lines that name a recipient together with a code, such as those of a transcript.
fn elsewhere(lines: &[&str], recipient: &str) -> String {
    let coded = |line: &&&str| {
        line.to_lowercase().contains(recipient)
            && (code::enhanced(line).is_some() || code::smtp(line).is_some())
    };
    lines
        .iter()
        .filter(coded)
        .take(3)
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

fn note(
    recipient: Option<String>,
    fate: Fate,
    code: Option<String>,
    around: &str,
    rest: &str,
) -> RecipientNote {
    let said = code.as_ref().and_then(|code| {
        let holds = |text: &str| text.lines().position(|line| line.contains(code.as_str()));
        let text = if holds(around).is_some() {
            around
        } else {
            rest
        };
        holds(text).map(|at| paragraph(text, at))
    });
    let detail = said.unwrap_or_else(|| paragraph(around, 0));
    let class = (fate == Fate::Failed).then(|| {
        let text = if around.len() > 40 || rest.is_empty() {
            around
        } else {
            rest
        };
        match code::class(code.as_deref(), &detail) {
            FailureClass::Unknown => code::class(code.as_deref(), text),
            class => class,
        }
    });
    RecipientNote {
        recipient,
        fate,
        code,
        class,
        detail: detail.chars().take(LONGEST_DETAIL).collect(),
    }
}

/// A line and those below it up to a blank one, as one line.
fn paragraph(text: &str, from: usize) -> String {
    let lines = text
        .lines()
        .skip(from)
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty());
    let joined = lines.map(str::trim).take(8).collect::<Vec<_>>().join(" ");
    joined.trim().to_owned()
}
