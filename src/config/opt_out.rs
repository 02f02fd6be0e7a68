//! `[opt_out]`: whose messages a customer's STOP ends.

use super::fault::Faults;
use super::section::Section;
use crate::domain::opt_out::Reach;

pub(super) const KEYS: &[&str] = &["scope"];

/// Whose messages a STOP ends: `sender`, the one it was written to, or `all`.
pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Reach {
    let words = [("sender", Reach::Sender), ("all", Reach::Everybody)];
    section.word("scope", &words, faults).unwrap_or_default()
}
