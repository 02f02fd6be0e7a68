//! How a hit is shown and how it is ranked: the piece of text that tells why, and a weight.

use super::check::fits;
use super::doc::{Doc, DocKind, Section};
use super::plan::ways;
use super::{Phrase, Query, Term, words};
use crate::domain::clock::Timestamp;

/// How long a snippet is, in characters.
const SNIPPET: usize = 160;

/// How much of it stands before the first hit, in characters.
const LEAD: usize = 40;

/// After so many days a document counts half as fresh, in days.
const HALF_FRESH: f64 = 30.0;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// Which part it is from.
    pub section: Section,
    /// The text.
    pub text: String,
    /// What was found in it: from and to, in characters of `text`, the end excluded.
    pub highlights: Vec<(usize, usize)>,
}

/// The phrases that a query looks for, in every way to write them; not those it excludes.
pub fn phrases(query: &Query, country: &str) -> Vec<Phrase> {
    match query {
        Query::All(parts) | Query::Any(parts) => parts
            .iter()
            .flat_map(|part| phrases(part, country))
            .collect(),
        Query::Term(Term::Words(phrase)) => ways(phrase, country),
        Query::Not(_) | Query::Term(_) => Vec::new(),
    }
}

/// The piece of a document that shows best what was found in it.
pub fn snippet(doc: &Doc, phrases: &[Phrase]) -> Option<Snippet> {
    let found = doc
        .sections
        .iter()
        .map(|(section, text)| (*section, text, places(text, phrases)));
    let best = found.max_by_key(|(section, text, places)| {
        (
            places.len().min(3),
            !text.is_empty(),
            std::cmp::Reverse(*section as u8),
        )
    });
    let (section, text, places) = best?;
    Some(cut(section, text, &places))
}

fn cut(section: Section, text: &str, places: &[std::ops::Range<usize>]) -> Snippet {
    let first = places
        .first()
        .map_or(0, |place| text[..place.start].chars().count());
    let mut start = first.saturating_sub(LEAD);
    let length = text.chars().count();
    start = start.min(length.saturating_sub(SNIPPET));
    let shown: String = text.chars().skip(start).take(SNIPPET).collect();
    let end = start + shown.chars().count();
    let in_characters = |place: &std::ops::Range<usize>| {
        let from = text[..place.start].chars().count();
        let to = from + text[place.clone()].chars().count();
        (from >= start && to <= end).then(|| (from - start, to - start))
    };
    Snippet {
        section,
        highlights: places.iter().filter_map(in_characters).collect(),
        text: shown,
    }
}

/// Where a text has one of the phrases, in bytes, in order and apart.
fn places(text: &str, phrases: &[Phrase]) -> Vec<std::ops::Range<usize>> {
    let found = words::words(text);
    let bare: Vec<String> = found.iter().map(|word| word.text.clone()).collect();
    let mut places: Vec<std::ops::Range<usize>> = Vec::new();
    for (nth, word) in found.iter().enumerate() {
        let longest = phrases
            .iter()
            .filter(|phrase| nth + phrase.words.len() <= bare.len())
            .filter(|phrase| fits(&bare[nth..nth + phrase.words.len()], phrase))
            .map(|phrase| phrase.words.len())
            .max();
        let Some(longest) = longest else { continue };
        let end = found[nth + longest - 1].place.end;
        match places.last_mut() {
            Some(last) if last.end > word.place.start => last.end = last.end.max(end),
            _ => places.push(word.place.start..end),
        }
    }
    places
}

/// How well a document fits: how often the words stand where, and how fresh it is.
#[expect(clippy::cast_precision_loss, reason = "counts and days are small")]
pub fn rank(doc: &Doc, phrases: &[Phrase], now: Timestamp) -> f64 {
    let mut weight = 0.0;
    for (section, text) in &doc.sections {
        let count = places(text, phrases).len() as f64;
        let length = text.len() as f64;
        // A word counts less in a long text, and the fifth time hardly more than the fourth.
        let share = count / (count + 0.5 + length / 1_000.0);
        let of_section = match section {
            Section::Name => 4.0,
            Section::Subject | Section::Title => 2.0,
            Section::Attachment | Section::Address => 1.5,
            Section::Text => 1.0,
        };
        weight += if count > 0.0 { share * of_section } else { 0.0 };
    }
    let days = now.since(doc.at).as_secs_f64() / 86_400.0;
    let fresh = HALF_FRESH / (HALF_FRESH + days);
    let of_kind = match doc.kind {
        DocKind::Conversation => 0.5,
        DocKind::Message | DocKind::Note => 0.0,
    };
    weight + fresh + of_kind
}
