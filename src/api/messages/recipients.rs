//! What became of a mail for each of its recipients.

use serde::Serialize;

use crate::domain::message::{Direction, Message, StatusEvent};
use crate::domain::report::evidence;
use crate::domain::status::{Evidence, Status, recipient_status};

/// A recipient of a mail of ours.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Recipient)]
pub(crate) struct RecipientBody {
    /// Their mailbox.
    #[schema(example = "ann@example.com")]
    address: String,
    /// Where the mail names them.
    kind: RecipientKind,
    /// What is known of it for them.
    status: Status,
    /// The server's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Where a mail names a recipient.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecipientKind {
    /// In To.
    To,
    /// In Cc.
    Cc,
    /// Nowhere.
    Bcc,
}

/// The recipients of a mail of ours, in the order of its parts; nobody for anything else.
pub(super) fn of(message: &Message, timeline: &[StatusEvent]) -> Vec<RecipientBody> {
    let Some(mail) = &message.details.mail else {
        return Vec::new();
    };
    if message.direction == Direction::Inbound {
        return Vec::new();
    }
    let all = (mail.to.iter().map(|mailbox| (mailbox, RecipientKind::To)))
        .chain(mail.cc.iter().map(|mailbox| (mailbox, RecipientKind::Cc)))
        .chain(mail.bcc.iter().map(|mailbox| (mailbox, RecipientKind::Bcc)));
    let evidence: Vec<Evidence> = timeline.iter().map(evidence).collect();
    all.zip(1..)
        .map(|((mailbox, kind), part)| {
            let status = recipient_status(part, &evidence);
            let mut lines = timeline.iter().rev();
            let line = lines.find(|line| line.part == part && line.status == status);
            let note = line.and_then(|line| line.note.clone()).unwrap_or_default();
            RecipientBody {
                address: mailbox.address.clone(),
                kind,
                status,
                code: note.code,
                detail: note.detail,
            }
        })
        .collect()
}
