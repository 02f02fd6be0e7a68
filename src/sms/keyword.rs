//! Words that carriers and regulators give a meaning to when they are all a message says.
//!
//! Reads a word; knows nothing of what is done about it.

mod words;

use words::{COUNTRIES, EVERYWHERE, Words};

/// What a message of one keyword asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// Never text me again.
    Stop,
    /// You may text me again.
    Start,
    /// Who are you?
    Help,
}

/// The longest text that is looked at, in letters and digits: room for the longest word said
/// about ten times. A longer text is a letter, not a keyword.
const LONGEST: usize = 256;

/// The keyword that the whole text consists of, once or repeated.
///
/// Case, accents, spaces, punctuation, emoji and invisible characters do not count. `country` (ISO
/// 3166-1 alpha-2, the gateway's) adds the words of its languages to the English ones, which hold
/// everywhere. Other wordings are for a person to judge.
#[must_use]
pub fn keyword(text: &str, country: &str) -> Option<Keyword> {
    let whole = letters(text)?;
    listed(&whole, country).or_else(|| {
        let mut tokens = text
            .split_whitespace()
            .filter_map(letters)
            .filter(|token| !token.is_empty());
        let first = tokens.next()?;
        let repeated = tokens.all(|token| token == first);
        repeated.then(|| listed(&first, country))?
    })
}

fn listed(word: &str, country: &str) -> Option<Keyword> {
    let local = COUNTRIES.iter().filter(|(countries, _)| {
        countries
            .split(' ')
            .any(|c| c.eq_ignore_ascii_case(country))
    });
    std::iter::once(&EVERYWHERE)
        .chain(local.map(|(_, words)| words))
        .find_map(|words| words.find(word))
}

impl Words {
    fn find(&self, word: &str) -> Option<Keyword> {
        let among = |list: &str| list.split(' ').any(|known| known == word);
        if word.is_empty() {
            None
        } else if among(self.stop) {
            Some(Keyword::Stop)
        } else if among(self.start) {
            Some(Keyword::Start)
        } else if among(self.help) {
            Some(Keyword::Help)
        } else {
            None
        }
    }
}

/// The letters and digits of a text in lower case and without accents; nothing when it has more
/// than a keyword can have.
pub(super) fn letters(text: &str) -> Option<String> {
    let mut found = String::new();
    let kept = text
        .chars()
        .map(narrow)
        .flat_map(char::to_lowercase)
        .map(without_accent)
        .filter(|c| c.is_alphanumeric() && !is_decoration(*c));
    for (count, character) in kept.enumerate() {
        if count == LONGEST {
            return None;
        }
        found.push(character);
    }
    Some(found)
}

/// Full-width Latin letters and digits as ordinary ones.
fn narrow(character: char) -> char {
    match character {
        '\u{ff10}'..='\u{ff5a}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        _ => character,
    }
}

/// Emoji that count as letters or numbers, and Arabic vowel marks.
fn is_decoration(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1faff}' | '\u{2460}'..='\u{24ff}' | '\u{64b}'..='\u{65f}')
}

fn without_accent(character: char) -> char {
    match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ů' | 'ű' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' => 'ι',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_word_is_in_the_form_it_is_compared_in() {
        let lists = std::iter::once(&EVERYWHERE).chain(COUNTRIES.iter().map(|(_, words)| words));
        for words in lists {
            let all = [words.stop, words.start, words.help];
            for word in all.into_iter().flat_map(|list| list.split(' ')) {
                assert_eq!(letters(word).as_deref(), Some(word));
                assert!(word.is_empty() || word.chars().count() < LONGEST);
            }
        }
    }

    #[test]
    fn no_language_takes_a_word_back() {
        // STOP and HELP mean the same everywhere, whatever a list says.
        for (countries, _) in COUNTRIES {
            for country in countries.split(' ') {
                assert_eq!(keyword("STOP", country), Some(Keyword::Stop));
                assert_eq!(keyword("HELP", country), Some(Keyword::Help));
                assert_eq!(keyword("START", country), Some(Keyword::Start));
            }
        }
    }
}
