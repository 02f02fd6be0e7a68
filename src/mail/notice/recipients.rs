//! Whom a bounce in words names as not reached.

use super::address;
use super::seen::{Seen, daemon_address};
use super::words::{FAILURE, HELP, NAMES_RECIPIENT};

/// How many addresses of a report are looked at.
const MOST: usize = 100;

/// Whom the report names as not reached, each with the line that does.
pub(super) fn named(seen: &Seen<'_>, head: &str) -> Vec<(usize, String)> {
    let mut ranked: Vec<(u8, usize, String)> = Vec::new();
    let listed = seen.header("X-Failed-Recipients").unwrap_or_default();
    let ours: Vec<String> = address::all(&seen.lower("To"))
        .chain(address::all(&seen.lower("From")))
        .chain(address::all(&seen.lower("Delivered-To")))
        .collect();
    for failed in address::all(&listed) {
        let line = head
            .lines()
            .position(|line| line.to_lowercase().contains(&failed));
        ranked.push((0, line.unwrap_or(0), failed));
    }
    let is_listed = !ranked.is_empty();
    for (at, line) in head.lines().enumerate() {
        if is_listed {
            break;
        }
        let lower = line.to_lowercase();
        if !lower.contains('@') || lower.len() > 2_000 {
            continue;
        }
        let says = Says::of(&lower);
        for (place, found) in address::all(&lower).enumerate() {
            if ours.contains(&found) || daemon_address(&found) {
                continue;
            }
            let rank = rank(&lower, says, &found, place);
            ranked.push((rank, at, found));
        }
    }
    ranked.truncate(MOST);
    let Some(best) = ranked.iter().map(|(rank, ..)| *rank).min() else {
        return Vec::new();
    };
    let mut chosen: Vec<(usize, String)> = Vec::new();
    for (rank, at, found) in ranked {
        let known = chosen.iter().any(|(_, other)| *other == found);
        // What is named in a sentence is one recipient; a list has many.
        let more = best <= 2 || chosen.is_empty();
        if rank == best && !known && more {
            chosen.push((at, found));
        }
    }
    chosen
}

/// What a line with addresses says about them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Whom to ask for help.
    Help,
    /// Who the recipient is.
    Recipient,
    /// That something was not delivered.
    Failure,
    Nothing,
}

impl Says {
    fn of(line: &str) -> Self {
        if HELP.are_in(line) {
            Self::Help
        } else if NAMES_RECIPIENT.are_in(line) {
            Self::Recipient
        } else if FAILURE.are_in(line) {
            Self::Failure
        } else {
            Self::Nothing
        }
    }
}

/// How surely a line names a recipient that was not reached: the lower, the surer.
fn rank(line: &str, says: Says, found: &str, place: usize) -> u8 {
    let bare = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let bare = bare.strip_prefix("mailto:").unwrap_or(bare);
    let bare = bare.strip_prefix("smtp:").unwrap_or(bare);
    if let Some(rest) = bare.strip_prefix(found)
        && place == 0
        && says != Says::Help
    {
        let rest = rest.trim_start_matches(['>', '\'', '"', ')', ']']);
        let alone = rest.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
        return if alone || rest.starts_with([':', ' ', '\t', '<', '[', '(', ',']) {
            1
        } else {
            2
        };
    }
    match says {
        Says::Recipient => 2,
        Says::Failure => 3,
        Says::Nothing => 4,
        Says::Help => 6,
    }
}
