//! The ids of a message in reports: what they mean, and the reports that waited for that.

use super::record::Before;
use crate::domain::changes::{Changes, Reference};
use crate::domain::clock::Timestamp;
use crate::domain::report::{Known, heed_opt_out, meaning};

/// What the provider's ids mean: the message, or its parts where there are several.
pub(super) fn meanings(known: Known, keys: &[Reference]) -> Vec<(Reference, Known)> {
    let parts = match u32::try_from(keys.len()) {
        Ok(0 | 1) => 0,
        count => count.unwrap_or(u32::MAX),
    };
    let numbered = keys.iter().zip(1..);
    numbered
        .map(|(key, number)| {
            let part = if parts == 0 { 0 } else { number };
            let meaning = Known {
                part,
                parts,
                ..known
            };
            (key.clone(), meaning)
        })
        .collect()
}

/// Records what ids mean from now on.
pub(super) fn name(meanings: Vec<(Reference, Known)>, before: &mut Before, changes: &mut Changes) {
    for (key, meaning) in meanings {
        match before.references.insert(key.clone(), meaning) {
            None => changes.outbound_references.push((key, meaning)),
            // An id of ours comes again when the message is sent again, and means the new round.
            Some(was) if was.message == meaning.message && was != meaning => {
                changes.outbound_again.push((key, meaning));
            }
            // A provider that gives an id twice takes no report from the message that had it.
            Some(was) => {
                before.references.insert(key, was);
            }
        }
    }
}

/// Applies the reports that waited for these ids.
pub(super) fn unpark(
    known: Known,
    keys: &[Reference],
    before: &mut Before,
    now: Timestamp,
    changes: &mut Changes,
) {
    let waited = before.parked.extract_if(.., |report| {
        let mut keys = keys.iter();
        keys.any(|(gateway, id)| report.names(gateway, id))
    });
    for report in waited.collect::<Vec<_>>() {
        let ids = (&report.gateway, &report.reference, report.ours.as_ref());
        let meaning = meaning(ids, &mut before.references, &mut before.timelines, changes);
        let meaning = meaning.unwrap_or(known).of_part(report.part);
        let class = report.note.as_ref().and_then(|note| note.class);
        let note = report.note.clone();
        before
            .timelines
            .add(meaning, report.status, note, report.at, report.raw);
        changes.unparked.push(report);
        heed_opt_out(class, before.timelines.message(known.message), now, changes);
    }
}
