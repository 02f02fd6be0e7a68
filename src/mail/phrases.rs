//! Lists of words, and whether a text has one of them.
//!
//! It knows no language: the lists do.

use std::sync::OnceLock;

/// A list of words.
pub(super) struct Words {
    list: &'static str,
    /// By their first letters, so that a text is gone through once, however long the list is.
    sorted: OnceLock<Vec<(char, &'static str)>>,
}

impl Words {
    /// Takes the words, lower-cased, with `|` between them.
    pub(super) const fn new(list: &'static str) -> Self {
        Self {
            list,
            sorted: OnceLock::new(),
        }
    }

    /// The words that begin with a letter.
    fn with(&self, first: char) -> impl Iterator<Item = &'static str> {
        let sorted = self.sorted.get_or_init(|| {
            let first = |word: &'static str| Some((word.chars().next()?, word));
            let mut words: Vec<_> = self.list.split('|').filter_map(first).collect();
            words.sort_unstable();
            words
        });
        let from = sorted.partition_point(|(letter, _)| *letter < first);
        sorted[from..]
            .iter()
            .take_while(move |(letter, _)| *letter == first)
            .map(|(_, word)| *word)
    }

    /// Each word that a text begins with.
    pub(super) fn starting(&self, text: &str) -> impl Iterator<Item = &'static str> {
        let first = text.chars().next().unwrap_or('\0');
        self.with(first).filter(|word| text.starts_with(word))
    }

    /// Whether a text begins with one of the words.
    pub(super) fn begin(&self, text: &str) -> bool {
        self.starting(text).next().is_some()
    }

    /// Whether one of the words is in a text.
    pub(super) fn are_in(&self, text: &str) -> bool {
        text.char_indices().any(|(at, _)| self.begin(&text[at..]))
    }

    /// Whether a text is one of the words.
    pub(super) fn have(&self, text: &str) -> bool {
        self.starting(text).any(|word| word == text)
    }

    /// Whether a text ends with one of the words.
    pub(super) fn end(&self, text: &str) -> bool {
        self.list.split('|').any(|word| text.ends_with(word))
    }
}
