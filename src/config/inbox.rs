//! `[inbox]`: what agents see.

use super::fault::Faults;
use super::section::Section;
use crate::domain::deletion::Shown;

pub(super) const KEYS: &[&str] = &["deleted"];

/// What a timeline shows of a deleted message: nothing (`hidden`), or that it was deleted, when and
/// by whom (`marked`).
pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Shown {
    let words = Shown::ALL.map(|shown| (shown.as_str(), shown));
    section.word("deleted", &words, faults).unwrap_or_default()
}
