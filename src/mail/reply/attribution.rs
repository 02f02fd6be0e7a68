//! The line that introduces a quote: who wrote it and when.
//!
//! Most of it is told by form, since every language has its own: it ends with a colon and holds
//! a date and an address. Only where the form says too little do words count.

use super::line::{Kind, LONGEST, Line, is_dash, is_space, lower};
use super::words::{STARTERS, TOLD, WROTE};

/// The lines over which mail programs wrap it.
const MOST_LINES: usize = 4;

/// How sure it is that some lines introduce a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// Only if marked lines follow.
    IfMarked,
    /// Whatever follows.
    Certain,
}

/// Lines that introduce a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// The first of its lines.
    pub(super) first: usize,
    pub(super) certainty: Certainty,
}

/// The attribution that ends with a line, if one does.
pub(super) fn ending_at(lines: &[Line<'_>], last: usize) -> Option<Attribution> {
    let end = &lines[last];
    if end.kind != Kind::Text || end.bare.len() > LONGEST || !ends_like_one(end.bare) {
        return lotus(end).then_some(Attribution {
            first: last,
            certainty: Certainty::Certain,
        });
    }
    let mut first = last;
    let mut joined = lower(end.bare);
    let mut signs = Signs::of(&joined);
    let mut whole = joined.clone();
    // Upwards as long as something is missing that a line above may bring.
    for above in (last.saturating_sub(MOST_LINES - 1)..last).rev() {
        let line = &lines[above];
        let Some(text) = line.lower().filter(|_| line.kind == Kind::Text) else {
            break;
        };
        if signs.begun || joined.len() + text.len() > LONGEST {
            break;
        }
        let names = text.ends_with('<') || joined.starts_with('<') && wraps(&text, &joined);
        joined = format!("{text} {joined}");
        let more = Signs::of(&joined);
        let begins_here = more.begun && text.chars().any(|c| c.is_ascii_digit());
        let brings = names || more.completes(signs);
        let ended = ends_a_sentence(&text) && !(brings && has_bracketed(&text));
        // A line that brings nothing may be the middle of a long name.
        let between = (signs.wrote || signs.address) && !signs.complete();
        if !begins_here && (ended || !brings && !between) {
            break;
        }
        if begins_here || brings {
            (first, signs) = (above, more);
            whole.clone_from(&joined);
        }
    }
    let certainty = signs.certainty(&whole)?;
    Some(Attribution { first, certainty })
}

/// What is in a text that may be an attribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
struct Signs {
    /// An address.
    address: bool,
    /// An address in brackets.
    bracketed: bool,
    /// A time of day.
    time: bool,
    /// A date with its year, or in figures.
    date: bool,
    /// A word for writing.
    wrote: bool,
    /// It begins as one does.
    begun: bool,
}

impl Signs {
    fn of(text: &str) -> Self {
        let (time, date) = moments(text);
        Self {
            address: has_address(text),
            bracketed: has_bracketed(text),
            time,
            date,
            wrote: WROTE.are_in(text),
            begun: begins(text),
        }
    }

    fn complete(self) -> bool {
        (self.time || self.date) && (self.address || self.wrote)
    }

    /// Whether a longer text has what a shorter one misses.
    fn completes(self, shorter: Self) -> bool {
        if shorter.complete() {
            // A day and a verb, and above them the writer.
            return self.time && self.date && self.bracketed && !shorter.address;
        }
        self.complete() || self.richer(shorter)
    }

    fn richer(self, other: Self) -> bool {
        let count = |signs: Self| {
            [signs.address, signs.time || signs.date, signs.wrote]
                .into_iter()
                .filter(|sign| *sign)
                .count()
        };
        count(self) > count(other)
    }

    fn certainty(self, text: &str) -> Option<Certainty> {
        let between_dashes = text.starts_with("--") && text.trim_end().ends_with("--");
        let certain = (self.bracketed || self.wrote) && self.time && self.date
            || self.wrote && self.address && (self.time || self.date)
            || self.wrote && self.bracketed && text.len() <= 120
            || self.wrote && between_dashes;
        if certain && !TOLD.begin(text) {
            Some(Certainty::Certain)
        } else if self.wrote || self.address || self.time && self.date {
            Some(Certainty::IfMarked)
        } else {
            None
        }
    }
}

/// A colon at the end, or the dashes of Zoho and Notes.
fn ends_like_one(line: &str) -> bool {
    let end = line.trim_end_matches(|c| is_space(c) || matches!(c, '*' | '_' | '"'));
    if end.ends_with([':', '：']) {
        return true;
    }
    let inner = end.trim_end_matches(is_dash);
    end.len() - inner.len() >= 2 && WROTE.are_in(&lower(inner))
}

/// Notes: a name, then `---` date and time `---`, then the first words of the mail.
fn lotus(line: &Line<'_>) -> bool {
    if line.kind != Kind::Text || line.bare.len() > LONGEST {
        return false;
    }
    let mut pieces = line.bare.split("---");
    let (Some(name), Some(middle), Some(_)) = (pieces.next(), pieces.next(), pieces.next()) else {
        return false;
    };
    let (time, date) = moments(middle);
    time && date && name.chars().any(char::is_alphabetic) && middle.len() < 40
}

fn begins(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| is_dash(c) || is_space(c));
    STARTERS.starting(text).any(|starter| {
        let next = text[starter.len()..].chars().next();
        next.is_none_or(|c| !c.is_alphabetic()) || starter.ends_with(is_joined)
    })
}

/// Whether a letter is of a script that joins such a word to the next one, or has no spaces:
/// Hebrew and what follows it.
fn is_joined(letter: char) -> bool {
    letter >= '\u{590}'
}

fn ends_a_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', ':', ';', '。', '！', '？'])
        && !text.ends_with([',', '،'])
        && !text.ends_with("г.")
        && !ends_a_number(text)
}

/// A program wraps no line that is shorter with the next word, in characters.
const WRAPPED: usize = 45;

/// Whether the first word of a line had no room in the line above it.
fn wraps(above: &str, below: &str) -> bool {
    let word = below.split(' ').next().unwrap_or_default();
    above.chars().count() + word.chars().count() >= WRAPPED
}

/// A day or a year, as many languages write them.
fn ends_a_number(text: &str) -> bool {
    text.strip_suffix('.')
        .is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
}

fn has_address(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '[' | '"');
    text.match_indices('@').any(|(at, _)| {
        text[..at].ends_with(is_part) && text[at + 1..].starts_with(|c: char| c.is_alphanumeric())
    })
}

fn has_bracketed(text: &str) -> bool {
    text.match_indices(['<', '(', '[', '«', '⟨', '＜', '（'])
        .any(|(at, _)| {
            let inner = text[at..]
                .trim_start_matches(|c: char| !c.is_alphanumeric())
                .split(|c: char| matches!(c, '>' | ')' | ']' | '⟩' | '＞' | '）') || is_space(c))
                .next()
                .unwrap_or_default();
            has_address(inner)
        })
}

/// Years of our calendar, of the Thai one and of the Persian and Arabic ones.
const YEARS: [std::ops::Range<u32>; 3] = [1970..2100, 2513..2643, 1350..1500];

/// Whether there are a time of day and a date with its year.
fn moments(text: &str) -> (bool, bool) {
    let (mut time, mut date) = (false, false);
    let mut groups: Vec<(u32, usize, char)> = Vec::new();
    let mut digits = String::new();
    // Groups of digits, each with the character behind it.
    for character in text.chars().chain(std::iter::once(' ')) {
        if let Some(digit) = character.to_digit(10).or_else(|| foreign_digit(character)) {
            digits.push(char::from_digit(digit, 10).unwrap_or('0'));
        } else if !digits.is_empty() {
            let value = digits
                .get(..digits.len().min(9))
                .and_then(|d| d.parse().ok());
            groups.push((value.unwrap_or(0), digits.len(), character));
            digits.clear();
        }
    }
    let mut of_a_date = 0u8;
    for (at, (value, length, behind)) in groups.iter().enumerate() {
        let next = groups.get(at + 1);
        date |= *length == 4 && YEARS.iter().any(|years| years.contains(value)) && *behind != ':';
        let figures = matches!(behind, '/' | '.' | '-')
            && *value <= 31
            && next.is_some_and(|(v, l, b)| *l <= 2 && *v <= 31 && b == behind)
            && groups
                .get(at + 2)
                .is_some_and(|(_, l, b)| *l == 4 || *l == 2 && *b != ':');
        if *length <= 2 && figures && of_a_date == 0 {
            date = true;
            of_a_date = 3;
        }
        let minutes = next.is_some_and(|(v, l, _)| *l == 2 && *v < 60);
        let hour = *length <= 2 && *value < 25 && of_a_date == 0;
        time |= hour && minutes && matches!(behind, ':' | '.' | 'h' | '：' | '时' | '時' | '點');
        of_a_date = of_a_date.saturating_sub(1);
    }
    (time, date)
}

/// Arabic-Indic, Persian, Devanagari, Thai and full-width digits.
fn foreign_digit(character: char) -> Option<u32> {
    let zeros = [0x660, 0x6f0, 0x966, 0xe50, 0xff10];
    let code = u32::from(character);
    zeros
        .into_iter()
        .find(|zero| (*zero..*zero + 10).contains(&code))
        .map(|zero| code - zero)
}
