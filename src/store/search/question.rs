//! A question in the words of each index, and a document in those of PostgreSQL.
//!
//! What comes here was cut into words of letters and digits, and is quoted all the same.

use std::fmt::Write as _;

use crate::domain::search::doc::{DocKind, Fact, fact};
use crate::domain::search::plan::{Look, Looks};
use crate::domain::search::{Ending, Phrase};

/// A run of documents by their numbers, that the index of PostgreSQL can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    /// One block of a size, by the bits of a number that are left out.
    One {
        /// Of which documents.
        family: Family,
        /// The bits.
        bits: u32,
        /// The rest of the number.
        number: i64,
    },
    /// All documents.
    Every,
}

/// Which documents a block is made of. What asking for one costs is how many it has: they are few
/// where only those are in it that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// All.
    All,
    /// Conversations, which may all be old.
    Conversations,
}

/// The sizes of blocks, 4,096 and 65,536 numbers, and how many of each are asked for.
const SMALL: u32 = 12;
const LARGE: u32 = 16;
const MOST_SMALL: usize = 4;
const MOST_LARGE: usize = 32;

impl Family {
    /// Of which documents a question speaks.
    pub(super) fn of(looks: &Looks) -> Self {
        if looks.kinds().eq([DocKind::Conversation]) {
            Self::Conversations
        } else {
            Self::All
        }
    }

    /// The runs to ask one after the other for documents with numbers below one: the last is all.
    pub(super) fn before(self, below: i64) -> Vec<Blocks> {
        let small = [(Self::All, SMALL); MOST_SMALL];
        let large = [(self, LARGE); MOST_LARGE];
        let (mut runs, mut below) = (Vec::new(), below);
        for (family, bits) in small.into_iter().chain(large) {
            if below <= 1 {
                return runs;
            }
            let number = (below - 1) >> bits;
            let run = Blocks::One {
                family,
                bits,
                number,
            };
            below = run.first();
            runs.push(run);
        }
        if below > 1 {
            runs.push(Blocks::Every);
        }
        runs
    }

    fn word(self, bits: u32, number: i64) -> String {
        let letter = match self {
            Self::All => 'b',
            Self::Conversations => 'd',
        };
        format!("={letter}{bits}x{number:x}")
    }
}

impl Blocks {
    /// The first number in the run.
    pub(super) fn first(self) -> i64 {
        match self {
            Self::One { bits, number, .. } => number << bits,
            Self::Every => 0,
        }
    }
}

/// What an index is asked for. Nearly all documents are messages: where those are meant, other kinds
/// are sorted out faster than looked up, one by one.
pub(super) fn narrowing(looks: &Looks) -> Look {
    if looks.kinds().any(|kind| kind == DocKind::Message) {
        looks.broad()
    } else {
        looks.exact()
    }
}

/// Every document is of one of the kinds.
fn everything() -> Look {
    let kinds = DocKind::ALL.map(|kind| Look::Fact(fact(Fact::Kind, kind.as_str())));
    Look::Any(kinds.into())
}

/// The question as FTS5 reads it.
pub(super) fn fts5(look: &Look) -> String {
    let mut text = String::new();
    write_fts5(look, &mut text);
    text
}

fn write_fts5(look: &Look, into: &mut String) {
    match look {
        Look::Everything => write_fts5(&everything(), into),
        Look::Nothing => into.push_str("facts : \"=nothing\""),
        Look::Fact(fact) => write!(into, "facts : \"{fact}\"").expect("a text takes all"),
        Look::Phrase(Phrase { words, ending }) => {
            let star = match ending {
                Ending::Exact => "",
                Ending::Open => " *",
            };
            write!(into, "words : \"{}\"{star}", words.join(" ")).expect("a text takes all");
        }
        Look::All(parts) => {
            let (nots, plain): (Vec<&Look>, Vec<&Look>) =
                parts.iter().partition(|part| matches!(part, Look::Not(_)));
            into.push('(');
            join(&plain, " AND ", into);
            for not in nots {
                if let Look::Not(inner) = not {
                    into.push_str(" NOT ");
                    write_fts5(inner, into);
                }
            }
            into.push(')');
        }
        Look::Any(parts) => {
            into.push('(');
            join(&parts.iter().collect::<Vec<_>>(), " OR ", into);
            into.push(')');
        }
        Look::Not(inner) => {
            into.push('(');
            write_fts5(&everything(), into);
            into.push_str(" NOT ");
            write_fts5(inner, into);
            into.push(')');
        }
    }
}

fn join(parts: &[&Look], between: &str, into: &mut String) {
    if parts.is_empty() {
        write_fts5(&everything(), into);
    }
    for (nth, part) in parts.iter().enumerate() {
        if nth > 0 {
            into.push_str(between);
        }
        write_fts5(part, into);
    }
}

/// The questions that all documents of a question answer.
pub(super) fn parts(look: &Look) -> &[Look] {
    match look {
        Look::All(parts) => parts,
        other => std::slice::from_ref(other),
    }
}

/// The question as PostgreSQL reads it, within a run of documents.
pub(super) fn tsquery(look: &Look, blocks: Blocks) -> String {
    let mut text = String::new();
    if let Blocks::One {
        family,
        bits,
        number,
    } = blocks
    {
        write!(text, "'{}' & ", family.word(bits, number)).expect("a text takes all");
    }
    write_tsquery(look, &mut text);
    text
}

fn write_tsquery(look: &Look, into: &mut String) {
    match look {
        Look::Everything => write_tsquery(&everything(), into),
        Look::Nothing => into.push_str("'=nothing'"),
        Look::Fact(fact) => write!(into, "'{fact}'").expect("a text takes all"),
        Look::Phrase(Phrase { words, ending }) => {
            into.push('(');
            for (nth, word) in words.iter().enumerate() {
                into.push_str(if nth > 0 { " <-> '" } else { "'" });
                into.push_str(word);
                into.push('\'');
            }
            into.push_str(match ending {
                Ending::Exact => ")",
                Ending::Open => ":*)",
            });
        }
        Look::All(parts) | Look::Any(parts) => {
            let between = if matches!(look, Look::All(_)) {
                " & "
            } else {
                " | "
            };
            into.push('(');
            for (nth, part) in parts.iter().enumerate() {
                if nth > 0 {
                    into.push_str(between);
                }
                write_tsquery(part, into);
            }
            into.push(')');
        }
        Look::Not(inner) => {
            into.push_str("!(");
            write_tsquery(inner, into);
            into.push(')');
        }
    }
}

/// The furthest place in a document that PostgreSQL tells from another.
const PLACES: usize = 16_000;

/// A document's words with their places, its facts and its blocks, as PostgreSQL reads them.
pub(super) fn lexemes(kind: DocKind, words: &[String], facts: &[String], number: i64) -> String {
    let mut text = String::with_capacity(words.len() * 10 + facts.len() * 18);
    for (nth, word) in words.iter().enumerate() {
        write!(text, "'{word}':{} ", (nth + 1).min(PLACES)).expect("a text takes all");
    }
    for fact in facts {
        write!(text, "'{fact}' ").expect("a text takes all");
    }
    for bits in [SMALL, LARGE] {
        let word = Family::All.word(bits, number >> bits);
        write!(text, "'{word}' ").expect("a text takes all");
    }
    if kind == DocKind::Conversation {
        let word = Family::Conversations.word(LARGE, number >> LARGE);
        write!(text, "'{word}' ").expect("a text takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_one_is_in_exactly_one_run_the_newest_first() {
        for family in [Family::All, Family::Conversations] {
            for below in [0, 1, 2, 4_096, 4_097, 70_000, 1_100_001, 10_000_000] {
                let mut left = below;
                for run in family.before(below) {
                    // A run ends where the one before it began, and its block has all of it.
                    if let Blocks::One { bits, number, .. } = run {
                        assert_eq!((left - 1) >> bits, number, "{family:?} {below}");
                    }
                    assert!(run.first() < left, "{family:?} {below}");
                    left = run.first();
                }
                assert!(left <= 1, "{family:?} {below}: {left} are left");
            }
        }
    }

    #[test]
    fn what_a_block_is_asked_for_stands_in_its_documents() {
        let looks = |kinds: &[DocKind]| {
            let word = || Look::Fact("=word".to_owned());
            Looks::new(kinds.iter().map(|kind| (*kind, word())))
        };
        let [only, either, all] = [
            looks(&[DocKind::Conversation]),
            looks(&[DocKind::Note, DocKind::Conversation]),
            looks(&DocKind::ALL),
        ];
        let families = [&only, &either, &all].map(Family::of);
        assert_eq!(families, [Family::Conversations, Family::All, Family::All]);
        for (looks, kind) in [(&only, DocKind::Conversation), (&all, DocKind::Message)] {
            let lexemes = lexemes(kind, &[], &[], 70_000);
            let runs = Family::of(looks).before(70_001);
            for run in [runs[0], runs[MOST_SMALL]] {
                let asked = tsquery(&narrowing(looks), run);
                let (block, _) = asked.split_once(" & ").expect("a block comes first");
                let is_of_another = run.first() == 0;
                assert_ne!(lexemes.contains(block), is_of_another, "{lexemes} {asked}");
            }
        }
        let message = lexemes(DocKind::Message, &[], &[], 70_000);
        assert!(!message.contains("=d"), "{message}");
    }

    #[test]
    fn the_kind_is_asked_for_only_where_few_documents_have_it() {
        let kind = |kind: DocKind| fact(Fact::Kind, kind.as_str());
        let word = || Look::Fact("=word".to_owned());
        let asked = |kinds: &[DocKind]| {
            let looks = Looks::new(kinds.iter().map(|kind| (*kind, word())));
            narrowing(&looks)
        };
        assert_eq!(asked(&[DocKind::Message, DocKind::Note]), word());
        let notes = Look::All(vec![Look::Fact(kind(DocKind::Note)), word()]);
        assert_eq!(asked(&[DocKind::Note]), notes);
    }
}
