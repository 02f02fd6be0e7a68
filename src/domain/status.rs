//! What is known of an outbound message, and how many pieces of evidence become one status.
//!
//! The fold picks the strongest evidence, so it does not matter in which order it came or how
//! often (`design/interface.md`, "Statuses").

use serde::{Deserialize, Serialize};

use super::named::named;

named! {
    /// What became of a message, from the weakest evidence to the strongest.
    #[derive(
        Debug,
        Clone,
        Copy,
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        Hash,
        Serialize,
        Deserialize,
        utoipa::ToSchema,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        /// An inbound message; it has no further history.
        Received = "received",
        /// To be queued at a later time.
        Scheduled = "scheduled",
        /// Waiting for its turn at the gateway.
        Queued = "queued",
        /// Being handed to the provider.
        Sending = "sending",
        /// Handed over, and nobody knows whether the provider took it.
        Unconfirmed = "unconfirmed",
        /// The provider took it and gave it a reference.
        Sent = "sent",
        /// Withdrawn before it was sent.
        Canceled = "canceled",
        /// Too late to be sent, or too late for the provider to deliver.
        Expired = "expired",
        /// Not sent, or not delivered.
        Failed = "failed",
        /// Delivered to the recipient's device or mailbox.
        Delivered = "delivered",
        /// Read by the recipient.
        Read = "read",
    }
}

/// One piece of evidence about a message, as far as the fold needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The order to send that it belongs to.
    pub round: u32,
    /// The part it is about, from one; zero for the message as a whole.
    pub part: u32,
    /// How many parts there are; zero when nobody said.
    pub parts: u32,
    /// What it says.
    pub status: Status,
}

/// The status that follows from everything that is known, in whatever order it came.
///
/// Only the latest order to send counts, but a delivery stays one, whichever order led to it.
/// Where a provider reports per part, one failed part fails the message, and it is delivered
/// only when all parts are.
pub fn fold(round: u32, evidence: &[Evidence]) -> Status {
    let counts = |one: &&Evidence| one.round == round || one.status >= Status::Delivered;
    let strongest = |wanted: fn(u32) -> bool| {
        evidence
            .iter()
            .filter(counts)
            .filter(|one| wanted(one.part))
            .map(|one| one.status)
            .max()
    };
    let whole = strongest(|part| part == 0)
        .unwrap_or(Status::Queued)
        .max(Status::Queued);
    let orders: std::collections::BTreeSet<u32> = evidence
        .iter()
        .filter(counts)
        .filter(|one| one.part > 0)
        .map(|one| one.round)
        .collect();
    orders
        .into_iter()
        .filter_map(|order| fold_parts(order, evidence))
        .fold(whole, Status::max)
}

/// The status of a message to several recipients, each of which is a part of it.
///
/// Of each recipient, what came of the latest order to send counts, and a delivery whichever order
/// led to it. One that failed fails the message; else the weakest says how far it is. What is
/// known of the message as a whole counts beside that.
pub fn fold_recipients(recipients: u32, evidence: &[Evidence]) -> Status {
    let each = (1..=recipients).map(|part| recipient_status(part, evidence));
    let (mut weakest, mut worst) = (Status::Read, Status::Queued);
    for status in each {
        weakest = weakest.min(status);
        if matches!(status, Status::Failed | Status::Expired) {
            worst = worst.max(status);
        }
    }
    let latest = evidence.iter().map(|one| one.round).max().unwrap_or(0);
    let whole = (evidence.iter())
        .filter(|one| one.part == 0 && (one.round == latest || one.status >= Status::Delivered))
        .map(|one| one.status)
        .max();
    let together = if worst > Status::Queued {
        worst
    } else {
        weakest
    };
    together.max(whole.unwrap_or(Status::Queued))
}

/// What is known of one recipient, counted from one.
pub fn recipient_status(part: u32, evidence: &[Evidence]) -> Status {
    let of_part = || evidence.iter().filter(|one| one.part == part);
    let latest = of_part().map(|one| one.round).max().unwrap_or(0);
    of_part()
        .filter(|one| one.round == latest || one.status >= Status::Delivered)
        .map(|one| one.status)
        .fold(Status::Queued, Status::max)
}

/// What the parts of one order to send say together.
fn fold_parts(round: u32, evidence: &[Evidence]) -> Option<Status> {
    let of_round = || {
        evidence
            .iter()
            .filter(|one| one.round == round && one.part > 0)
    };
    let parts = of_round().map(|one| one.parts.max(one.part)).max()?;
    // A message of a thousand parts does not exist; the bound keeps a lying report cheap.
    let each = (1..=parts.min(1_000)).map(|part| {
        of_round()
            .filter(|one| one.part == part)
            .map(|one| one.status)
            .max()
            .unwrap_or(Status::Sent)
    });
    let (weakest, failed) = each.fold((Status::Read, false), |(weakest, failed), status| {
        (weakest.min(status), failed || status == Status::Failed)
    });
    Some(if failed { Status::Failed } else { weakest })
}
