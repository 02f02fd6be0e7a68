//! What is wrong with a configuration file, and where; every fault is found in one go.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One thing that is wrong in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is at fault.
    pub line: usize,
    /// The character in the line, from 1; 0 when the file as a whole is at fault.
    pub column: usize,
    /// What is wrong; never the value of a secret.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}; {}", self.reason, self.fix)
    }
}

/// Everything that is wrong with a configuration file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{}", lines(faults))]
pub struct ConfigFault {
    /// At least one.
    pub faults: Vec<Fault>,
}

fn lines(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    lines.join("\n")
}

/// Where the readers of the sections put what they find wrong.
pub(super) struct Faults<'t> {
    file: &'t str,
    text: &'t str,
    found: Vec<(usize, Fault)>,
}

impl<'t> Faults<'t> {
    pub(super) fn new(text: &'t str, file: &'t str) -> Self {
        Self {
            file,
            text,
            found: Vec::new(),
        }
    }

    /// Notes a fault at a place of the text.
    pub(super) fn add(
        &mut self,
        span: &Range<usize>,
        reason: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let (line, column) = self.place(span.start);
        let fault = Fault {
            file: self.file.to_owned(),
            line,
            column,
            reason: reason.into(),
            fix: fix.into(),
        };
        self.found.push((span.start, fault));
    }

    /// The file, and line and character of a place of the text.
    pub(super) fn place_of(&self, span: &Range<usize>) -> (String, usize, usize) {
        let (line, column) = self.place(span.start);
        (self.file.to_owned(), line, column)
    }

    /// The value, when nothing was found wrong; else everything that was, from the top down.
    pub(super) fn finish<T>(mut self, value: T) -> Result<T, ConfigFault> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|(at, _)| *at);
        let faults = self.found.into_iter().map(|(_, fault)| fault).collect();
        Err(ConfigFault { faults })
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

/// Names the known word that comes nearest, or all of them when none is near.
pub(super) fn nearest(word: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min();
    match close {
        // A third of the word, and two letters in a short one, is what a slip of the hand changes.
        Some((distance, candidate)) if distance <= (word.chars().count() / 3).max(2) => {
            format!("did you mean {candidate:?}?")
        }
        Some(_) | None => format!("known here: {}", known.join(", ")),
    }
}
