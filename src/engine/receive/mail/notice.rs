//! What a bounce, a receipt or a complaint means for the status of a mail of ours.

use crate::domain::message::Note;
use crate::domain::receive::mail::{Told, ToldOf};
use crate::domain::status::Status;
use crate::mail::{Fate, Notice, RecipientNote};

/// How long a server's words may be, in characters.
const LONGEST_DETAIL: usize = 500;

/// What a notice tells, in words of the domain.
pub(super) fn told(notice: &Notice) -> Told {
    Told {
        ids: notice.message_id.iter().cloned().collect(),
        recipients: notice.recipients.iter().map(told_of).collect(),
    }
}

/// Every fate is evidence: whoever tells of a delay or a complaint has taken the mail.
fn told_of(one: &RecipientNote) -> ToldOf {
    let (status, code, words) = match one.fate {
        Fate::Failed => (Status::Failed, None, ""),
        Fate::Delayed => (Status::Sent, Some("delayed"), "not delivered yet: "),
        Fate::Delivered => (Status::Delivered, None, ""),
        Fate::Relayed => (
            Status::Sent,
            Some("relayed"),
            "handed on to a server that sends no reports: ",
        ),
        Fate::Read => (Status::Read, None, ""),
        Fate::Unread => (Status::Delivered, Some("unread"), "deleted unread: "),
        Fate::Complained => (
            Status::Delivered,
            Some("complaint"),
            "the recipient reported it as unwanted: ",
        ),
    };
    let detail: String = one.detail.chars().take(LONGEST_DETAIL).collect();
    let detail = [words, &detail].concat();
    let detail = detail.trim_end_matches(": ").to_owned();
    let code = code.map(str::to_owned).or_else(|| one.code.clone());
    ToldOf {
        recipient: one.recipient.clone(),
        status,
        note: Note {
            class: one.class.filter(|_| status == Status::Failed),
            code,
            detail: (!detail.is_empty()).then_some(detail),
        },
    }
}
