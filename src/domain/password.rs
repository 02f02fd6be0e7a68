//! Which passwords are taken: by length, and none of those that are guessed first.
//!
//! No published list of leaked passwords is copied here; what people choose first follows rules:
//! a well-known word, a name, a walk over the keyboard or a repetition, with digits and marks
//! around it and digits for letters in it. The rules stand for the first few thousand guesses.

mod words;

use words::{WALKS, WORDS};

/// The fewest characters.
pub const SHORTEST: usize = 8;
/// The most characters: more are not needed, and cost time to hash.
pub const LONGEST: usize = 128;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few or too many characters.
    #[error("must have {SHORTEST} to {LONGEST} characters")]
    Length,
    /// Among the first that are guessed.
    #[error("is among the first that are guessed; take several words, or let a program make one")]
    Common,
    /// Made of what everybody knows of the agent.
    #[error("is made of the name or the e-mail address")]
    Known,
}

/// Refuses a password that would be guessed; `known` is the agent's name and e-mail address.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn check(password: &str, known: &[&str]) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(WeakPassword::Length);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(WeakPassword::Common);
    }
    let parts = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut rest = lower;
    for part in parts.filter(|part| part.chars().count() >= 3) {
        rest = rest.replace(&part.to_lowercase(), "");
    }
    let left = rest.chars().filter(|c| c.is_alphabetic()).count();
    if left < 4 && rest.chars().count() < length {
        return Err(WeakPassword::Known);
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    let again = (1..=4).any(|unit| repeats(lower, unit)) || distinct(lower) < 4;
    let digits = lower.chars().all(|c| c.is_ascii_digit()) && lower.len() <= 10;
    if again || digits || walks(lower) {
        return true;
    }
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let letters: String = plain(lower);
    let trimmed = letters.trim_matches(|c: char| !c.is_alphabetic());
    let doubled = |text: &str| (2..=text.len() / 2).any(|unit| repeats(text, unit));
    [core, trimmed, &plain(core)]
        .into_iter()
        .any(|text| text.chars().count() < 3 || is_word(text) || walks(text) || doubled(text))
}

/// One word, or two of them: `passwordpassword`, `adminadmin`, `helloworld`.
fn is_word(text: &str) -> bool {
    let known = |part: &str| WORDS.contains(&part);
    known(text)
        || text
            .char_indices()
            .any(|(at, _)| known(&text[..at]) && known(&text[at..]))
}

/// Letters in place of the digits and marks that stand for them.
fn plain(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

/// Whether the text is one unit of that many characters again and again.
fn repeats(text: &str, unit: usize) -> bool {
    let all: Vec<char> = text.chars().collect();
    all.len() > unit
        && all
            .iter()
            .zip(all.iter().skip(unit))
            .all(|(one, next)| one == next)
}

fn distinct(text: &str) -> usize {
    let mut all: Vec<char> = text.chars().collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}

/// Whether the text is made of steps along the walks, forward or back, four at least at a time.
fn walks(text: &str) -> bool {
    let all: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < all.len() {
        let longest = (4..=all.len() - at)
            .rev()
            .find(|length| is_walk(&all[at..at + length]));
        let Some(length) = longest else {
            return false;
        };
        at += length;
    }
    !all.is_empty()
}

fn is_walk(steps: &[char]) -> bool {
    let forward: String = steps.iter().collect();
    let back: String = steps.iter().rev().collect();
    WALKS
        .iter()
        .any(|walk| walk.contains(&forward) || walk.contains(&back))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["Ada Lovelace", "ada@example.com"];

    #[test]
    fn t17_what_is_guessed_first_is_refused() {
        for password in [
            "password",
            "Password1",
            "p@ssw0rd!",
            "P4$$w0rd2026",
            "12345678",
            "87654321",
            "qwertyuiop",
            "1q2w3e4r",
            "asdfghjkl1",
            "aaaaaaaa",
            "abababab",
            "abcabcabc",
            "Summer2026!",
            "letmein123",
            "welcome1",
            "adminadmin",
            "20260101",
            "iloveyou!!",
            "passwordpassword",
            "abcd1234",
            "qwer1234",
            "trustno1!",
            "11111111a",
            "Willkommen1",
            "zaq12wsx!",
            "hello123456",
            "monkey12",
        ] {
            assert_eq!(
                check(password, KNOWN),
                Err(WeakPassword::Common),
                "{password}"
            );
        }
        for password in [
            "lovelace1",
            "AdaLovelace2026",
            "ada.ada.1815",
            "example.com1",
        ] {
            assert_eq!(
                check(password, KNOWN),
                Err(WeakPassword::Known),
                "{password}"
            );
        }
    }

    #[test]
    fn t17_length_is_the_only_other_rule() {
        assert_eq!(check("x7Kp-q2", KNOWN), Err(WeakPassword::Length));
        assert_eq!(check(&"xyq7".repeat(33), KNOWN), Err(WeakPassword::Length));
        for password in [
            "mint otter lamp nine",
            "vR9#kq2Lw",
            "blåbærsyltetøy på skive",
            "hunterhasgrownoldhere",
            "tide goes out at ten",
        ] {
            assert_eq!(check(password, KNOWN), Ok(()), "{password}");
        }
    }
}
