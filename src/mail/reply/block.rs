//! Where a quoted or forwarded mail begins that is not marked line by line: a block of header
//! lines, a line between dashes, a line that asks to reply above it.

use super::line::{Kind, LONGEST, Line, is_dash, is_rule, is_space, lower};
use super::words::{FORWARDED, LABELS, Label, ORIGINAL, REPLY_ABOVE};

/// How far a block of header lines reaches; many recipients take several lines.
const MOST_LINES: usize = 16;

/// Lines without a label between two with one: addresses that were wrapped.
const MOST_WRAPPED: usize = 3;

/// The longest label, in characters; `*` and spaces around it included.
const LONGEST_LABEL: usize = 30;

/// The label of each line, if it begins with one.
pub(super) fn labels(lines: &[Line<'_>]) -> Vec<Option<Label>> {
    lines
        .iter()
        .map(|line| (line.kind == Kind::Text).then(|| label(line.bare))?)
        .collect()
}

fn label(line: &str) -> Option<Label> {
    let (at, _) = line
        .char_indices()
        .take(LONGEST_LABEL)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    known(&line[..at])
}

fn known(name: &str) -> Option<Label> {
    // Mail programs begin with a capital; settings and programs do not. A French one does
    // neither, but leaves the space before the colon that settings have not.
    let shown = name.trim_matches(|c| is_space(c) || matches!(c, '*' | '_' | '|' | '['));
    if shown.starts_with(char::is_lowercase) && !name.ends_with([' ', '\u{a0}']) {
        return None;
    }
    let name = lower(name);
    let name = name.trim_matches(|c| is_space(c) || matches!(c, '*' | '_' | '|' | '['));
    LABELS
        .iter()
        .find(|(_, names)| names.have(name))
        .map(|(label, _)| *label)
}

/// The last line of the block of header lines that begins with a line, if one does.
pub(super) fn header_block(
    lines: &[Line<'_>],
    labels: &[Option<Label>],
    first: usize,
) -> Option<usize> {
    let start = labels[first]?;
    if start == Label::From && in_one_line(lines[first].bare) {
        return Some(first);
    }
    let mut seen = vec![start];
    let (mut last, mut wrapped, mut blank) = (first, 0, false);
    for at in first + 1..lines.len().min(first + MOST_LINES) {
        match (lines[at].kind, labels[at]) {
            (Kind::Blank, _) if blank => break,
            (Kind::Blank, _) => blank = true,
            (Kind::Marked, _) => break,
            (Kind::Text, Some(label)) => {
                if seen.contains(&label) && label != Label::Other {
                    break;
                }
                seen.push(label);
                (last, wrapped, blank) = (at, 0, false);
            }
            (Kind::Text, None) => {
                wrapped += 1;
                if wrapped > MOST_WRAPPED {
                    break;
                }
            }
        }
    }
    // The value may stand below its label.
    if lines[last].bare.ends_with([':', '：'])
        && lines.get(last + 1).is_some_and(|l| l.kind == Kind::Text)
    {
        last += 1;
    }
    let has = |label| seen.contains(&label);
    let others = [Label::Date, Label::To, Label::Subject]
        .into_iter()
        .filter(|label| has(*label))
        .count();
    let addressed = lines[first..=last].iter().any(|l| l.bare.contains('@'));
    let announced = above(lines, first).is_some();
    // A journey has From, To and Date as well; a mail has a subject or addresses too.
    let mail = has(Label::Subject) || addressed || announced;
    let whole = has(Label::From) && (others >= 2 || others == 1 && announced);
    (whole && mail && stands_apart(lines, first, last)).then_some(last)
}

/// The rule above a block, with only blank lines between.
pub(super) fn above(lines: &[Line<'_>], first: usize) -> Option<usize> {
    let from = first.saturating_sub(3);
    let at = (from..first)
        .rev()
        .find(|at| lines[*at].kind != Kind::Blank)?;
    let line = &lines[at];
    (line.kind == Kind::Text && (is_rule(line, 5) || dashed(line.bare).is_some())).then_some(at)
}

/// Whether a block is more than lines that somebody copied into a paragraph.
fn stands_apart(lines: &[Line<'_>], first: usize, last: usize) -> bool {
    let open = |line: Option<&Line<'_>>| {
        line.is_none_or(|line| {
            line.kind != Kind::Text || is_rule(line, 3) || dashed(line.bare).is_some()
        })
    };
    let before = first.checked_sub(1).and_then(|at| lines.get(at));
    open(before) || open(lines.get(last + 1))
}

/// All labels in one line, as text made from HTML sometimes has them.
fn in_one_line(line: &str) -> bool {
    if line.len() > LONGEST {
        return false;
    }
    let mut seen = Vec::new();
    for word in line.split(is_space) {
        if let Some(label) = word.strip_suffix([':', '：']).and_then(known)
            && !seen.contains(&label)
        {
            seen.push(label);
        }
    }
    seen.contains(&Label::Subject) && seen.len() >= 3
}

/// What stands between dashes, when a line is that.
fn dashed(line: &str) -> Option<&str> {
    if line.len() > LONGEST {
        return None;
    }
    let line = line.trim_end_matches([':', '：']);
    let inner = line.trim_start_matches(is_dash);
    let left = line.len() - inner.len();
    let right = inner.len() - inner.trim_end_matches(is_dash).len();
    let inner = inner.trim_matches(|c| is_dash(c) || is_space(c));
    (left >= 2 && right >= 2 && inner.chars().any(char::is_alphabetic)).then_some(inner)
}

/// What a line says about the mail below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// What follows is a quoted or forwarded mail.
    Mail,
    /// What follows is ours: we asked to reply above the line.
    ReplyAbove,
}

/// The marker that a line is.
pub(super) fn marker(lines: &[Line<'_>], labels: &[Option<Label>], at: usize) -> Option<Marker> {
    let line = &lines[at];
    if line.kind != Kind::Text || line.bare.chars().count() > 160 {
        return None;
    }
    let text = lower(line.bare);
    if asks_to_reply_above(&text) {
        return Some(Marker::ReplyAbove);
    }
    if let Some(inner) = dashed(&text) {
        return (ORIGINAL.are_in(inner) || FORWARDED.are_in(inner)).then_some(Marker::Mail);
    }
    // Without dashes it must be the whole line, and a mail must follow.
    let inner =
        text.trim_matches(|c| is_dash(c) || is_space(c) || matches!(c, ':' | '：' | '<' | '>'));
    let follows = lines[at + 1..]
        .iter()
        .zip(&labels[at + 1..])
        .take(4)
        .find(|(line, _)| line.kind != Kind::Blank)
        .is_some_and(|(line, label)| label.is_some() || line.kind == Kind::Marked);
    (follows && (ORIGINAL.have(inner) || FORWARDED.have(inner))).then_some(Marker::Mail)
}

fn asks_to_reply_above(text: &str) -> bool {
    let drawn = text.starts_with(|c: char| is_dash(c) || matches!(c, '[' | '(' | '<'));
    let alone = text.starts_with("please") || text.starts_with("reply above");
    (drawn || alone && text.chars().count() <= 80) && REPLY_ABOVE.are_in(text)
}

/// GroupWise: a line between `>>>` with a name and a time; the mail follows as it is.
pub(super) fn group_wise(line: &Line<'_>) -> bool {
    let inner = line
        .bare
        .strip_prefix(">>>")
        .and_then(|rest| rest.strip_suffix(">>>"));
    inner.is_some_and(|text| text.chars().any(|c| c.is_ascii_digit()))
}
