//! What is quoted line by line, and what only looks like it.

use super::attribution;
use super::line::{Kind, Line};

/// Whether there is a line and it begins with a quote mark.
pub(super) fn marked(lines: &[Line<'_>], at: Option<usize>) -> bool {
    at.is_some_and(|at| lines[at].kind == Kind::Marked)
}

/// What counts as a quote mark in a mail.
pub(super) struct Quoting {
    /// Whether `>` at the start of a line is a quote mark here; in a mail that quotes nothing it
    /// is a prompt, a diff or a comparison.
    marks: bool,
    /// Initials before the `>`, as The Bat! writes them.
    initials: bool,
}

impl Quoting {
    /// `own` tells which lines are not known to be quoted or to introduce a quote.
    pub(super) fn of(lines: &[Line<'_>], next: &[Option<usize>], own: &[bool]) -> Self {
        Self {
            marks: quotes_by_marks(lines, next, own),
            initials: lines.iter().filter(|l| has_initials(l)).take(2).count() == 2,
        }
    }

    /// Whether a line is quoted.
    pub(super) fn is_quote(&self, lines: &[Line<'_>], at: usize) -> bool {
        let line = &lines[at];
        let marked = self.marks && line.kind == Kind::Marked && !escaped(lines, at);
        marked || self.initials && has_initials(line)
    }

    /// Whether a quote begins with a line, be it marked with bars.
    pub(super) fn is_quote_at(&self, lines: &[Line<'_>], at: Option<usize>) -> bool {
        at.is_some_and(|at| {
            self.is_quote(lines, at) || lines[at].bare.starts_with('|') && bars(lines, at) >= 2
        })
    }
}

fn quotes_by_marks(lines: &[Line<'_>], next: &[Option<usize>], own: &[bool]) -> bool {
    let is_marked = |line: &Line<'_>| line.kind == Kind::Marked;
    let Some(first) = lines.iter().position(is_marked) else {
        return false;
    };
    if lines
        .iter()
        .all(|line| !is_marked(line) || line.bare.starts_with(">>> "))
    {
        // A prompt of Python.
        return false;
    }
    let opens = lines[..first].iter().all(|line| line.kind == Kind::Blank);
    let count = lines.iter().filter(|line| is_marked(line)).count();
    let nested = lines.iter().any(|line| {
        is_marked(line)
            && (line.bare == ">" || line.bare.starts_with("> >") || line.bare.starts_with(">>"))
    });
    let introduced = || {
        lines.iter().enumerate().any(|(at, line)| {
            line.kind == Kind::Text
                && marked(lines, next[at])
                && (!own[at] || attribution::ending_at(lines, at).is_some())
        })
    };
    let apart = first == 0 || lines[first - 1].kind == Kind::Blank;
    let run = lines[first..]
        .iter()
        .take_while(|line| is_marked(line))
        .count();
    let ends_apart = lines
        .get(first + run)
        .is_none_or(|line| line.kind == Kind::Blank);
    opens
        || nested
        || count >= 3 && (apart || ends_apart)
        || apart && ends_apart && !commanded(&lines[first])
        || introduced()
}

/// `From` at the start of a line, as mailbox files escape it, with nothing quoted around it.
fn escaped(lines: &[Line<'_>], at: usize) -> bool {
    let alone = |at: Option<usize>| {
        at.and_then(|at| lines.get(at))
            .is_none_or(|line| line.kind != Kind::Marked)
    };
    lines[at].bare.starts_with(">From ") && alone(at.checked_sub(1)) && alone(Some(at + 1))
}

/// A line at a prompt rather than of a letter.
fn commanded(line: &Line<'_>) -> bool {
    let text = line.bare.trim_start_matches(['>', ' ']);
    !text.contains(' ') || !text.ends_with(['.', '?', '!', ',', ':']) && text.len() < 60
}

fn has_initials(line: &Line<'_>) -> bool {
    if line.kind != Kind::Text {
        return false;
    }
    let letters = line.bare.bytes().take_while(u8::is_ascii_uppercase).count();
    (1..=4).contains(&letters) && line.bare[letters..].starts_with('>')
}

/// How many lines from here on begin with a bar and are no table.
fn bars(lines: &[Line<'_>], from: usize) -> usize {
    lines[from..]
        .iter()
        .take_while(|line| {
            line.bare.starts_with('|') && (line.bare.len() == 1 || !line.bare.ends_with('|'))
        })
        .take(2)
        .count()
}
