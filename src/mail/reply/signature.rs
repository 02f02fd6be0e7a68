//! What stands below a text and was written once for all mails.

use super::line::{Kind, Line, is_rule, is_space};
use super::words::{CONFIDENTIAL, DEVICES, NAMED, SENT_FROM, SENT_LAST};

/// The longest signature, in lines that are not blank; company rules make them long.
const LONGEST: usize = 60;

/// The longest that follows a delimiter without its space, and the longest below a rule.
const LONGEST_UNSURE: usize = 14;

/// The rules around a signature are at least that long, in characters.
const SHORTEST_BOX: usize = 8;

/// So many lines are between them at most, blank ones included.
const LONGEST_BOX: usize = 20;

/// Where the signature begins in lines that nothing quoted interrupts; their number when there
/// is none.
pub(super) fn start(lines: &[Line<'_>]) -> usize {
    let last = trimmed(lines, lines.len());
    let delimited = (0..lines.len())
        .find(|at| delimiter(lines, *at) || boxed(&lines[..last], *at))
        .unwrap_or(lines.len());
    let lines = &lines[..delimited];
    let end = without_phone(lines);
    // Blank lines at the end are the author's as long as nothing was left out.
    if end == trimmed(lines, delimited) {
        delimited
    } else {
        end
    }
}

/// The signature delimiter (RFC 3676, 4.3), also after a server took its space, and a rule above
/// something that only a signature has.
fn delimiter(lines: &[Line<'_>], at: usize) -> bool {
    let line = &lines[at];
    let below = &lines[at + 1..];
    let rest = line.whole.strip_prefix("--").unwrap_or_default();
    if !rest.is_empty() && line.bare == "--" {
        return count(below, LONGEST) <= LONGEST;
    }
    match line.bare {
        "--" | "—" | "- --" => is_signature(below),
        _ if is_rule(line, 2) && !line.bare.contains(['=', '#', '*', '~']) => {
            list_footer(below) || is_signature(below) && has_contact(below) && !cut_by_rule(below)
        }
        _ => false,
    }
}

/// Whether lines end with a box of rules, which opens here, around something that only a signature
/// has.
fn boxed(lines: &[Line<'_>], at: usize) -> bool {
    let [rule, inside @ .., end] = lines.get(at..).unwrap_or_default() else {
        return false;
    };
    at > 0
        && inside.len() <= LONGEST_BOX
        && is_rule(rule, SHORTEST_BOX)
        && end.bare == rule.bare
        && has_contact(inside)
        && is_signature(inside)
        && !cut_by_rule(inside)
}

fn count(lines: &[Line<'_>], most: usize) -> usize {
    lines
        .iter()
        .filter(|line| line.kind != Kind::Blank)
        .take(most + 1)
        .count()
}

/// Whether lines read like a signature rather than like a text.
fn is_signature(below: &[Line<'_>]) -> bool {
    if count(below, LONGEST_UNSURE) > LONGEST_UNSURE {
        return false;
    }
    let mut lines = below.iter().filter(|line| line.kind != Kind::Blank);
    let first = lines.clone().next();
    let notice = below.iter().any(|line| says_confidential(line));
    let spoken = first.is_some_and(|line| {
        line.bare.ends_with(['.', '!', '?', ':', '。', '？', '！'])
            && line.bare.split_whitespace().count() >= 4
    });
    let asks = lines.clone().any(|line| line.bare.ends_with(['?', '？']));
    let long = lines.any(|line| line.bare.chars().count() > 90);
    let phone = first.is_some_and(is_phone);
    !asks && (notice || phone || !spoken && !long)
}

fn says_confidential(line: &Line<'_>) -> bool {
    line.lower().is_none_or(|text| CONFIDENTIAL.are_in(&text))
}

fn has_contact(below: &[Line<'_>]) -> bool {
    below.iter().any(|line| {
        let digits = line.bare.chars().filter(char::is_ascii_digit).count();
        let phone = digits >= 7 && digits * 2 >= line.bare.chars().count() - digits;
        phone || line.bare.contains("www.") || line.bare.contains('@')
    })
}

fn cut_by_rule(below: &[Line<'_>]) -> bool {
    below.iter().any(|line| is_rule(line, 3))
}

/// What a mailing list adds below a mail.
fn list_footer(below: &[Line<'_>]) -> bool {
    let said = [
        "mailing list",
        "listinfo",
        "unsubscribe",
        "google groups",
        "abmelden",
        "mailing-list",
    ];
    count(below, 8) <= 8
        && below.iter().any(|line| {
            line.lower()
                .is_some_and(|text| said.iter().any(|word| text.contains(word)))
        })
}

/// The end of the lines when those that a phone or an app added are left out.
fn without_phone(lines: &[Line<'_>]) -> usize {
    let mut end = trimmed(lines, lines.len());
    let mut below = 0;
    for at in (0..end).rev() {
        let line = &lines[at];
        if line.kind == Kind::Blank {
            continue;
        }
        if is_phone(line) {
            let rest = &lines[at + 1..end];
            if below == 0 || rest.iter().all(is_link_or_blank) || is_signature(rest) {
                (end, below) = (trimmed(lines, at), 0);
                continue;
            }
        }
        below += 1;
        if below > 5 {
            break;
        }
    }
    end
}

fn trimmed(lines: &[Line<'_>], end: usize) -> usize {
    lines[..end]
        .iter()
        .rposition(|line| line.kind != Kind::Blank)
        .map_or(0, |last| last + 1)
}

fn is_link_or_blank(line: &Line<'_>) -> bool {
    let text = line.bare.trim_start_matches(['<', '(', '[']);
    text.is_empty() || text.starts_with("http") && !text.contains(' ')
}

/// Whether a phone or an app wrote a line.
fn is_phone(line: &Line<'_>) -> bool {
    let Some(text) = line.lower().filter(|text| text.chars().count() <= 140) else {
        return false;
    };
    let text = text.trim_matches(|c| {
        is_space(c) || matches!(c, '*' | '_' | '<' | '[' | '(' | '-' | '—' | '•' | '.')
    });
    let plain = text.split('<').next().unwrap_or_default().trim_end();
    let plain = plain
        .split(" http")
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', ')', ']', ' ']);
    let verb_last = SENT_LAST.end(plain);
    // A device alone is not enough: somebody may write about it.
    let linked = text.contains("outlook") && text.contains("aka.ms");
    let begun = linked
        || if NAMED.begin(text) {
            verb_last || text.starts_with("outlook f")
        } else {
            SENT_FROM.begin(text) || verb_last && plain.chars().count() <= 60
        };
    DEVICES.are_in(text) && !text.ends_with('?') && begun
}
