//! Cuts text into the words that search goes by: lower case, without accents, one sign each where
//! a script has no spaces.
//!
//! The same words are made of what is stored and of what is asked, on both databases alike.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// The longest word, in characters; what is longer is found by its beginning.
const LONGEST: usize = 40;

/// A word and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is compared.
    pub text: String,
    /// Its place in the text, in bytes.
    pub place: Range<usize>,
}

/// The words of a text, in order.
pub fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, character) in text.char_indices() {
        if !is_part(character) {
            // An accent that stands by itself belongs to the letter before it.
            is_open &= is_accent(character);
            continue;
        }
        let place = at..at + character.len_utf8();
        let mut add = |letter: char| {
            match found
                .last_mut()
                .filter(|_| is_open && !stands_alone(letter))
            {
                Some(word) => {
                    word.text.push(letter);
                    word.place.end = place.end;
                }
                None => found.push(Word {
                    text: letter.into(),
                    place: place.clone(),
                }),
            }
            is_open = !stands_alone(letter);
        };
        fold(character, &mut add);
    }
    for word in &mut found {
        if let Some((cut, _)) = word.text.char_indices().nth(LONGEST) {
            word.text.truncate(cut);
        }
    }
    found
}

/// The words of a text without their places.
pub fn bare(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

/// Adds a character as it is compared.
fn fold(character: char, add: &mut impl FnMut(char)) {
    if character.is_ascii() {
        return add(character.to_ascii_lowercase());
    }
    let folded = character
        .nfkd()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|c| is_part(*c));
    for letter in folded.nfc() {
        match plain(letter) {
            Some(letters) => letters.chars().for_each(&mut *add),
            None => add(letter),
        }
    }
}

/// Letters that are no letter with an accent, and yet are written without their stroke.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        _ => return None,
    })
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() && !is_accent(character)
}

/// The blocks of combining marks: Latin, Greek and Cyrillic accents, and those of symbols.
fn is_accent(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Scripts that are written without spaces: each sign is a word, and a word is a phrase.
fn stands_alone(character: char) -> bool {
    matches!(character,
        '\u{e01}'..='\u{e5b}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_without_accents() {
        assert_eq!(
            bare("Déjà-vu, ÄPFEL & Straße!"),
            ["deja", "vu", "apfel", "strasse"]
        );
        assert_eq!(bare("e\u{301}te\u{301}"), ["ete"]);
        assert_eq!(bare("日本 ok"), ["日", "本", "ok"]);
        assert_eq!(bare("👍 …"), Vec::<String>::new());
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "Über alles";
        let found = words(text);
        assert_eq!(&text[found[0].place.clone()], "Über");
        assert_eq!(&text[found[1].place.clone()], "alles");
    }
}
