//! What is wrong with a query, and where.

use std::fmt;
use std::ops::Range;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFault {
    /// Where it is, in characters from zero.
    pub at: usize,
    /// How many characters it is about.
    pub length: usize,
    /// What is wrong there.
    pub reason: String,
    /// What is expected.
    pub expected: String,
    /// The known word that comes nearest.
    pub nearest: Option<&'static str>,
}

impl QueryFault {
    /// A fault at a place, in bytes, of a query.
    pub(super) fn new(
        query: &str,
        place: &Range<usize>,
        reason: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        let at = query[..place.start].chars().count();
        Self {
            at,
            length: query[place.clone()].chars().count(),
            reason: reason.into(),
            expected: expected.into(),
            nearest: None,
        }
    }

    /// The fault of a word that is none of those known.
    pub(super) fn unknown(
        query: &str,
        place: &Range<usize>,
        what: &str,
        known: &[&'static str],
    ) -> Self {
        let word = query[place.clone()].trim_matches('"').to_lowercase();
        let expected = known.join(", ");
        let mut fault = Self::new(query, place, format!("{word:?} is no {what}"), expected);
        fault.nearest = nearest(&word, known);
        fault
    }
}

/// The known word that a slip of the hand makes this of.
fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    // A third of the word, and two letters in a short one, is what a slip of the hand changes.
    let most = (word.chars().count() / 3).max(2);
    let distance = |known: &&'static str| strsim::damerau_levenshtein(word, known);
    let found = known.iter().min_by_key(|known| distance(known))?;
    (distance(found) <= most).then_some(*found)
}

impl std::error::Error for QueryFault {}

impl fmt::Display for QueryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.reason)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?")?,
            None => write!(f, "; expected: {}", self.expected)?,
        }
        Ok(())
    }
}
