//! Messages that are only thanks, a yes, an OK or an emoji, and ask for nothing.
//!
//! Reads the words of a text or of a mail; knows nothing of what is done about it. What it is not
//! sure of is not a courtesy: the worst it may do is to leave work where there is none.

mod words;

use std::collections::HashSet;
use std::sync::LazyLock;

use super::keyword::letters;
use words::{EVERYWHERE, LANGUAGES, NOUNS, PHRASES, UNHAPPY};

/// The longest text that is looked at, in bytes; a longer one says something.
const LONGEST: usize = 200;

/// The most words of a courtesy.
const MOST_WORDS: usize = 8;

/// Faces made of punctuation that stand for a friendly emoji.
const FACES: [&str; 12] = [
    ":-)", ":)", ";-)", ";)", ":-D", ":D", "=)", "<3", "^^", ":-*", ":*", "xx",
];

/// Signs that a text asks, or that its writer is not content.
const ASKING: [&str; 10] = ["?", "？", "؟", ";?", "⁉", "❓", "❔", ":(", ":-(", ":/"];

/// The words of one language, in the form they are compared in.
struct Known {
    /// A courtesy by themselves.
    core: HashSet<String>,
    /// Nothing by themselves, but harmless beside one.
    filler: HashSet<String>,
}

/// Whether a text is only thanks, a yes, an OK, an emoji or the like, in any language we know.
///
/// Case, accents, punctuation, repeated letters and friendly emoji do not count. A question is
/// none, nor is anything with a word that could mean more.
#[must_use]
pub fn is_courtesy(text: &str) -> bool {
    if text.len() > LONGEST || ASKING.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let mut rest = text.to_owned();
    for face in FACES.iter().filter(|face| has_word(text, face)) {
        rest = rest.replace(face, " 🙂 ");
    }
    if rest.chars().any(|c| UNHAPPY.contains(c)) {
        return false;
    }
    let apart = |c: char| !c.is_alphanumeric() && !joins(c);
    let words = rest.split(apart).filter_map(letters);
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(|word| plain(&word))
        .collect();
    if words.is_empty() {
        return rest.chars().any(is_emoji);
    }
    words.len() <= MOST_WORDS && (spoken(&words) || phrased(&words))
}

/// A language's words, at least one of them a courtesy.
fn spoken(words: &[String]) -> bool {
    static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
        let known = |(core, filler): &(&str, &str)| Known {
            core: compared(core).chain(compared(EVERYWHERE)).collect(),
            filler: compared(filler).collect(),
        };
        LANGUAGES.iter().map(known).collect()
    });
    static AFTER_FILLER: LazyLock<HashSet<String>> = LazyLock::new(|| compared(NOUNS).collect());
    let fits = |known: &Known| {
        let harmless = |(nth, word): (usize, &String)| {
            let after_filler = || nth > 0 && known.filler.contains(&words[nth - 1]);
            known.core.contains(word)
                || known.filler.contains(word)
                || (AFTER_FILLER.contains(word) && after_filler())
        };
        words.iter().any(|word| known.core.contains(word)) && words.iter().enumerate().all(harmless)
    };
    KNOWN.iter().any(fits)
}

/// Known phrases one after the other, as in languages that put no space between words.
fn phrased(words: &[String]) -> bool {
    static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut phrases: Vec<String> = compared(PHRASES).collect();
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        phrases
    });
    let whole = words.concat();
    let mut rest = whole.as_str();
    while !rest.is_empty() {
        let mut known = KNOWN.iter();
        let Some(next) = known.find_map(|phrase| rest.strip_prefix(phrase.as_str())) else {
            return false;
        };
        rest = next;
    }
    true
}

/// The words of a list, in the form they are compared in.
fn compared(list: &str) -> impl Iterator<Item = String> + use<'_> {
    let words = list.split_whitespace().filter_map(letters);
    words.map(|word| plain(&word))
}

/// A word without repetitions of a letter: `thaaanks` and `good` as `thanks` and `god`.
fn plain(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// A face of letters only counts where it stands alone.
fn has_word(text: &str, face: &str) -> bool {
    let of_letters = face.chars().all(char::is_alphanumeric);
    !of_letters || text.split_whitespace().any(|word| word == face)
}

/// What stands inside a word: apostrophes, accents and vowel signs written apart.
fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}' | '\u{900}'..='\u{97f}' | '\u{e00}'..='\u{e7f}' | '\u{64b}'..='\u{65f}')
}

/// Pictures, hearts, stars and check marks.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{1f197}')
}
