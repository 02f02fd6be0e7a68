//! The provider's ids of a message: what they mean, and the reports that waited for that.

use super::record::Before;
use crate::domain::changes::{Changes, Reference};
use crate::domain::clock::Timestamp;
use crate::domain::report::{Known, heed_opt_out};

/// Records what the provider's ids mean from now on.
pub(super) fn name(known: Known, keys: &[Reference], before: &mut Before, changes: &mut Changes) {
    let parts = if keys.len() > 1 {
        u32::try_from(keys.len()).unwrap_or(u32::MAX)
    } else {
        0
    };
    for (index, key) in keys.iter().enumerate() {
        let part = if parts == 0 {
            0
        } else {
            u32::try_from(index + 1).unwrap_or(u32::MAX)
        };
        let meaning = Known {
            part,
            parts,
            ..known
        };
        match before.references.insert(key.clone(), meaning) {
            None => changes.outbound_references.push((key.clone(), meaning)),
            // An id of ours comes again when the message is sent again, and means the new round.
            Some(was) if was.message == meaning.message && was != meaning => {
                changes.outbound_again.push((key.clone(), meaning));
            }
            // A provider that gives an id twice takes no report from the message that had it.
            Some(was) => {
                before.references.insert(key.clone(), was);
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
    for report in before.parked.extract_if(.., |report| {
        keys.contains(&(report.gateway.clone(), report.reference.clone()))
    }) {
        let key = (report.gateway.clone(), report.reference.clone());
        let meaning = before
            .references
            .get(&key)
            .copied()
            .unwrap_or(known)
            .of_part(report.part);
        let class = report.note.as_ref().and_then(|note| note.class);
        let note = report.note.clone();
        before
            .timelines
            .add(meaning, report.status, note, report.at, report.raw);
        changes.unparked.push(report);
        heed_opt_out(class, before.timelines.message(known.message), now, changes);
    }
}
