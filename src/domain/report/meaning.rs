//! Which message a report is about.
//!
//! The provider's id decides. Ours is a help where that is not known because nobody knows what the
//! provider answered: it is on record only for messages that ended so.

use std::collections::HashMap;

use super::{Known, Timelines};
use crate::domain::changes::{Changes, Reference};
use crate::domain::gateway::GatewayName;
use crate::domain::message::Message;

/// An id of ours by which a provider's reports name a message whatever it answered to the send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnReference {
    /// The id.
    pub value: String,
    /// Whether each part of the message has an id of the provider's and reports of its own.
    pub parts_have_ids: bool,
}

/// What a report is about, by its gateway, the provider's id and ours; what was known by ours
/// alone is known by the provider's from then on.
pub fn meaning(
    (gateway, reference, ours): (&GatewayName, &String, Option<&String>),
    references: &mut HashMap<Reference, Known>,
    timelines: &mut Timelines,
    changes: &mut Changes,
) -> Option<Known> {
    let key = (gateway.clone(), reference.clone());
    let known = match references.get(&key) {
        Some(known) => *known,
        None => {
            let known = *references.get(&(gateway.clone(), ours?.clone()))?;
            let known = by_ours(known, timelines)?;
            references.insert(key.clone(), known);
            changes.outbound_references.push((key, known));
            known
        }
    };
    // Who never answered gave no id.
    let unnamed = |message: &Message| message.provider_reference.is_none();
    if timelines.message(known.message).is_some_and(unnamed)
        && let Some(message) = timelines.change(known.message)
    {
        message.provider_reference = Some(reference.clone());
    }
    Some(known)
}

/// What an id of the provider's means that is known by ours.
fn by_ours(known: Known, timelines: &Timelines) -> Option<Known> {
    // Once it is sent again, our id may mean either time; the answer to the second will tell.
    timelines
        .message(known.message)
        .filter(|message| message.round == known.round)?;
    Some(match known.parts {
        0 => known,
        parts => next_part(known, parts, timelines),
    })
}

/// Nobody said which part has which id, and it does not matter: each is counted once.
fn next_part(known: Known, parts: u32, timelines: &Timelines) -> Known {
    let lines = timelines.timeline(known.message).iter();
    let of_round = lines.filter(|line| line.round == known.round);
    let part = of_round.map(|line| line.part).max().unwrap_or(0) + 1;
    Known {
        part,
        parts: parts.max(part),
        ..known
    }
}
