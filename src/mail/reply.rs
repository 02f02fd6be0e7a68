//! What the author of a mail wrote this time, without what the mail quotes and without the
//! signature.
//!
//! Rules about lines, each looked at a fixed number of times, so that the time grows with the
//! text and not faster. It knows no mail but its text, and throws nothing away: what is left out
//! is for the caller to keep beside it.

mod attribution;
mod block;
mod line;
mod quoting;
mod signature;
mod words;

use std::ops::Range;

use attribution::Certainty;
use block::Marker;
use line::{Kind, Line, is_rule};
use quoting::{Quoting, marked};
use words::Label;

/// The line above which we ask customers to reply, where a mail of ours has one.
pub const MARKER: &str = "##- Please type your reply above this line -##";

/// A wrapped end of a quoted line has no more words.
const FRAGMENT_WORDS: usize = 3;

/// A rule that a program draws is at least that long, in characters.
const DRAWN: usize = 8;

/// A quoted line that was wrapped is at least that long, in characters.
const WRAPPED: usize = 60;

/// What its author wrote this time.
///
/// Its lines are lines of the text, in their order; answers between quoted lines are kept. It is
/// everything when nothing would be left: a mail that was forwarded without a word, or that only
/// quotes.
pub fn visible(text: &str) -> String {
    visible_beside(text, &[])
}

/// What its author wrote this time, where the mail itself tells of some ranges of the text, in
/// bytes, that they are quoted or a signature.
pub fn visible_beside(text: &str, aside: &[Range<usize>]) -> String {
    let lines = line::lines(text);
    let own = own_lines(&lines, &apart(text, aside));
    let shown = join(&lines, &own);
    if shown.is_empty() {
        return text.replace("\r\n", "\n").trim().to_owned();
    }
    shown
}

fn own_lines(lines: &[Line<'_>], apart: &[bool]) -> Vec<bool> {
    let mut own: Vec<bool> = apart.iter().map(|apart| !apart).collect();
    let end = leave_out_quotes(lines, &mut own);
    own[end..].fill(false);
    leave_out_rules(lines, &mut own);
    leave_out_signatures(lines, &mut own);
    own
}

/// Whether each line begins in one of the ranges, which are in order.
fn apart(text: &str, ranges: &[Range<usize>]) -> Vec<bool> {
    let mut ranges = ranges.iter().peekable();
    let mut at = 0;
    let begins = |line: &str| {
        while ranges.next_if(|range| range.end <= at).is_some() {}
        let within = ranges.peek().is_some_and(|range| range.contains(&at));
        at += line.len() + 1;
        within
    };
    text.split('\n').map(begins).collect()
}

/// Leaves out the rule above what is left out.
fn leave_out_rules(lines: &[Line<'_>], own: &mut [bool]) {
    let mut below = false;
    for at in (0..lines.len()).rev() {
        if own[at] && lines[at].kind != Kind::Blank {
            own[at] = !(below && is_rule(&lines[at], DRAWN));
            below = false;
        }
        below |= !own[at];
    }
}

/// Leaves out what is quoted line by line, and tells where an unmarked quote begins.
fn leave_out_quotes(lines: &[Line<'_>], own: &mut [bool]) -> usize {
    let labels = block::labels(lines);
    let next = following(lines);
    let quoting = Quoting::of(lines, &next, own);
    let mut at = 0;
    while at < lines.len() {
        if block::group_wise(&lines[at]) && !marked(lines, next[at]) {
            return at;
        }
        if !own[at] {
            // A bar below an attribution: left out already.
        } else if quoting.is_quote(lines, at) {
            own[at] = false;
        } else if lines[at].kind == Kind::Text {
            let quote_follows = quoting.is_quote_at(lines, next[at]);
            if let Some(found) = attribution::ending_at(lines, at) {
                let reply_above = next[at]
                    .is_some_and(|n| block::marker(lines, &labels, n) == Some(Marker::ReplyAbove));
                if quote_follows || reply_above {
                    own[found.first..=at].fill(false);
                    leave_out_bars(lines, own, next[at]);
                } else if found.certainty == Certainty::Certain {
                    return found.first;
                }
            }
            if let Some(marker) = block::marker(lines, &labels, at) {
                if marker == Marker::ReplyAbove || !leads_to_marked(lines, &labels, &next, at) {
                    return block::above(lines, at).unwrap_or(at);
                }
                own[at] = false;
            } else if let Some(last) = block::header_block(lines, &labels, at) {
                let first = block::above(lines, at).unwrap_or(at);
                if !quoting.is_quote_at(lines, next[last]) {
                    return first;
                }
                own[first..=last].fill(false);
                at = last;
            }
        }
        at += 1;
    }
    leave_out_fragments(lines, own);
    lines.len()
}

/// The next line of each that is not blank.
fn following(lines: &[Line<'_>]) -> Vec<Option<usize>> {
    let mut next = vec![None; lines.len()];
    let mut seen = None;
    for at in (0..lines.len()).rev() {
        next[at] = seen;
        if lines[at].kind != Kind::Blank {
            seen = Some(at);
        }
    }
    next
}

/// Whether marked lines follow a marker, at once or after an attribution or a block of header
/// lines.
fn leads_to_marked(
    lines: &[Line<'_>],
    labels: &[Option<Label>],
    next: &[Option<usize>],
    from: usize,
) -> bool {
    let mut at = next[from];
    for _ in 0..4 {
        let Some(here) = at else { return false };
        if lines[here].kind == Kind::Marked {
            return true;
        }
        if let Some(last) = block::header_block(lines, labels, here) {
            return marked(lines, next[last]);
        }
        if attribution::ending_at(lines, here).is_some() {
            return marked(lines, next[here]);
        }
        at = next[here];
    }
    false
}

/// Leaves out lines that are quoted with a bar, which only below an attribution are quotes.
fn leave_out_bars(lines: &[Line<'_>], own: &mut [bool], from: Option<usize>) {
    let Some(from) = from else { return };
    for at in from..lines.len() {
        if !lines[at].bare.starts_with('|') {
            return;
        }
        own[at] = false;
    }
}

/// Leaves out the ends of quoted lines that were wrapped without a mark.
fn leave_out_fragments(lines: &[Line<'_>], own: &mut [bool]) {
    for at in 1..lines.len().saturating_sub(1) {
        let (before, line, after) = (&lines[at - 1], &lines[at], &lines[at + 1]);
        let between = before.kind == Kind::Marked
            && after.kind == Kind::Marked
            && line.kind == Kind::Text
            && !own[at - 1]
            && !own[at + 1];
        let wrapped = before.bare.chars().count() >= WRAPPED
            && !before.bare.ends_with(['.', '?', '!', ':', ';'])
            && line.bare.starts_with(char::is_lowercase)
            && line.bare.split_whitespace().count() <= FRAGMENT_WORDS;
        if between && wrapped {
            own[at] = false;
        }
    }
}

/// Leaves out the signature of each stretch that nothing quoted interrupts.
fn leave_out_signatures(lines: &[Line<'_>], own: &mut [bool]) {
    let mut at = 0;
    while at < lines.len() {
        let length = own[at..].iter().take_while(|own| **own).count();
        let start = signature::start(&lines[at..at + length]);
        own[at + start..at + length].fill(false);
        at += length.max(1);
    }
}

/// The lines that are kept, with one blank line at most where something was left out.
fn join(lines: &[Line<'_>], own: &[bool]) -> String {
    let mut text = String::new();
    let (mut blanks, mut gap) = (0, false);
    for (line, own) in lines.iter().zip(own) {
        if !own {
            gap = true;
        } else if line.kind == Kind::Blank {
            blanks += 1;
        } else {
            if !text.is_empty() {
                let blanks = if gap { blanks.min(1) } else { blanks };
                text.extend(std::iter::repeat_n('\n', blanks + 1));
            }
            text.push_str(line.whole.trim_end());
            (blanks, gap) = (0, false);
        }
    }
    text
}
