//! `[inbox]`: what agents see and may do.

use super::fault::Faults;
use super::section::Section;
use crate::domain::deletion::Shown;

pub(super) const KEYS: &[&str] = &["deleted", "write_to_closed"];

/// What agents see and may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inbox {
    /// What a timeline shows of a deleted message: nothing (`hidden`), or that it was deleted, when
    /// and by whom (`marked`).
    pub deleted: Shown,
    /// Whether there may be written where the conversation is archived or its issue closed.
    pub write_to_closed: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            deleted: Shown::default(),
            write_to_closed: true,
        }
    }
}

impl Inbox {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let words = Shown::ALL.map(|shown| (shown.as_str(), shown));
        let usual = Self::default();
        Self {
            deleted: (section.word("deleted", &words, faults)).unwrap_or(usual.deleted),
            write_to_closed: (section.flag("write_to_closed", faults))
                .unwrap_or(usual.write_to_closed),
        }
    }
}
