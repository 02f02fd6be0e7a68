//! A question in the words of each index, and a document in those of PostgreSQL.
//!
//! What comes here was cut into words of letters and digits, and is quoted all the same.

use std::fmt::Write as _;

use crate::domain::search::doc::{DocKind, Fact, fact};
use crate::domain::search::plan::Look;
use crate::domain::search::{Ending, Phrase};

/// A run of documents by their numbers, that the index of PostgreSQL can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// One block of a size, by the bits of a number that are left out.
    One {
        /// The bits.
        bits: u32,
        /// The rest of the number.
        number: i64,
    },
    /// All documents.
    Every,
}

/// Blocks of 4,096 and of 65,536 documents.
const SIZES: [u32; 2] = [12, 16];

impl Blocks {
    /// The runs to ask one after the other for documents with numbers below one: the last is all.
    pub fn before(below: i64) -> Vec<Self> {
        let mut runs = Vec::new();
        let mut below = below;
        for bits in SIZES {
            for _ in 0..2 {
                if below <= 1 {
                    return runs;
                }
                let run = Self::One {
                    bits,
                    number: (below - 1) >> bits,
                };
                below = run.first();
                runs.push(run);
            }
        }
        if below > 1 {
            runs.push(Self::Every);
        }
        runs
    }

    /// The first number in the run.
    pub fn first(self) -> i64 {
        match self {
            Self::One { bits, number } => number << bits,
            Self::Every => 0,
        }
    }

    fn word(bits: u32, number: i64) -> String {
        format!("=b{bits}x{number:x}")
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

/// The question as PostgreSQL reads it, within a run of documents.
pub(super) fn tsquery(look: &Look, blocks: Blocks) -> String {
    let mut text = String::new();
    if let Blocks::One { bits, number } = blocks {
        write!(text, "'{}' & ", Blocks::word(bits, number)).expect("a text takes all");
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
pub(super) fn lexemes(words: &[String], facts: &[String], number: i64) -> String {
    let mut text = String::with_capacity(words.len() * 10 + facts.len() * 18);
    for (nth, word) in words.iter().enumerate() {
        write!(text, "'{word}':{} ", (nth + 1).min(PLACES)).expect("a text takes all");
    }
    for fact in facts {
        write!(text, "'{fact}' ").expect("a text takes all");
    }
    for bits in SIZES {
        write!(text, "'{}' ", Blocks::word(bits, number >> bits)).expect("a text takes all");
    }
    text
}
