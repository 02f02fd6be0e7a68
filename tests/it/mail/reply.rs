//! What of a mail its author wrote this time, in the forms that mail programs give it.

use postern::mail::reply::{MARKER, visible};
use proptest::prelude::*;

const ATTRIBUTIONS: &str = include_str!("reply/attributions.txt");
const HEADERS: &str = include_str!("reply/headers.txt");
const PHONES: &str = include_str!("reply/phones.txt");
const BODIES: &str = include_str!("reply/bodies.txt");

const ANSWER: &str = "Thank you, that is what I needed.\n\nAnn";
const QUOTED: &str = "Hello Ann,\n\nis this what you need?\n\nJohn";

fn marked() -> String {
    let lines: Vec<String> = QUOTED.lines().map(|line| format!("> {line}\n")).collect();
    lines.concat()
}

fn items(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split("\n%%\n").map(|item| item.trim_end_matches('\n'))
}

/// Each mail of the collection, and what is to be seen of it.
fn bodies() -> Vec<(String, String)> {
    let case = |case: &str| {
        let (_, rest) = case.split_once('\n').unwrap();
        let (body, seen) = rest.split_once("\n%=\n").unwrap();
        (
            body.to_owned(),
            seen.strip_suffix('\n').unwrap_or(seen).to_owned(),
        )
    };
    BODIES.split("%% ").skip(1).map(case).collect()
}

/// Every mail that these tests know.
fn corpus() -> Vec<(String, String)> {
    let marked = marked();
    let mut all = bodies();
    for line in items(ATTRIBUTIONS) {
        for body in [
            format!("{ANSWER}\n\n{line}\n\n{marked}"),
            format!("{ANSWER}\n\n{line}\n\n{QUOTED}"),
            format!("{ANSWER}\n{line}\n{marked}"),
            format!("{line}\n{marked}\n{ANSWER}"),
        ] {
            all.push((body, ANSWER.to_owned()));
        }
    }
    for block in items(HEADERS) {
        for body in [
            format!("{ANSWER}\n\n{block}\n\n{QUOTED}"),
            format!("{ANSWER}\n\n{block}\n\n{marked}"),
            format!("{ANSWER}\n{block}\n\n{QUOTED}"),
        ] {
            all.push((body, ANSWER.to_owned()));
        }
    }
    for line in items(PHONES) {
        let introduced = "On Mon, Mar 3, 2025 at 10:12 AM John Doe <john@example.com> wrote:";
        for body in [
            format!("{ANSWER}\n\n{line}"),
            format!("{ANSWER}\n{line}\n\n{introduced}\n\n{marked}"),
        ] {
            all.push((body, ANSWER.to_owned()));
        }
    }
    all
}

#[test]
fn peers_the_visible_reply_is_what_the_author_wrote() {
    let corpus = corpus();
    assert!(corpus.len() >= 700, "{}", corpus.len());
    let wrong: Vec<String> = corpus
        .iter()
        .filter(|(body, seen)| visible(body) != *seen)
        .map(|(body, _)| format!("{body}\n=> {}\n", visible(body)))
        .collect();
    let count = wrong.len();
    assert!(count == 0, "{count} are wrong:\n{}", wrong.join("\n"));
}

#[test]
fn what_was_found_is_not_cut_again() {
    for (body, _) in corpus() {
        let once = visible(&body);
        let quotes_all = once.lines().any(|line| line.starts_with(['>', '-', '_']));
        if !quotes_all {
            assert_eq!(visible(&once), once);
        }
    }
}

#[test]
fn our_own_marker_ends_a_reply() {
    let body = format!("It works.\n\n{MARKER}\n\nDoes it?");
    assert_eq!(visible(&body), "It works.");
}

/// Whether each character of a text is in another, in the same order.
fn is_subsequence(text: &str, of: &str) -> bool {
    let mut rest = of.chars();
    text.chars().all(|c| rest.any(|other| other == c))
}

#[test]
fn every_mail_of_the_collection_keeps_its_order_however_it_is_cut_off() {
    for (body, _) in corpus() {
        for (end, _) in body.char_indices().step_by(7) {
            let seen = visible(&body[..end]);
            assert!(is_subsequence(&seen, &body[..end]));
            assert_eq!(seen.is_empty(), body[..end].trim().is_empty());
        }
    }
}

/// Pieces that mean something to the rules, so that random texts of them reach every corner.
const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\r\n",
    "\n\n",
    "> ",
    ">>",
    "| ",
    "-- ",
    "--",
    "-----",
    "________",
    "On Mon, Mar 3, 2025 at 10:12 AM ",
    "John <john@example.com>",
    " wrote:",
    "Am 03.03.25 um 10:12 schrieb ",
    "From: ",
    "Sent: ",
    "To: a@example.com",
    "*Subject:* x",
    "Von: x",
    "Original Message",
    "Begin forwarded message:",
    "Sent from my iPhone",
    "JD> ",
    "2025年3月3日(月) 10:12",
    "：",
    "\u{200f}",
    "\u{a0}",
    "é",
    "text",
    "?",
    ".",
    "---03/03/2025 10:12---",
    ">>> a 1 >>>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_visible_reply_of_any_text_is_a_subsequence_of_it(text in any::<String>()) {
        let seen = visible(&text);
        prop_assert!(is_subsequence(&seen, &text));
    }

    #[test]
    fn the_visible_reply_of_any_pieces_is_a_subsequence_and_never_empty(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)
    ) {
        let text = pieces.concat();
        let seen = visible(&text);
        prop_assert!(is_subsequence(&seen, &text), "{text:?} => {seen:?}");
        let wrote = text.chars().any(char::is_alphanumeric);
        prop_assert!(!wrote || !seen.is_empty(), "{text:?}");
    }
}

#[test]
fn f51_twenty_thousand_equal_lines_take_no_square() {
    // Each takes well under a second; an algorithm that looks at all lines for each line takes
    // minutes.
    let lines = [
        ">",
        "> >",
        "|",
        "| a@b.c wrote:",
        "--",
        "-- ",
        "",
        "From:",
        "From: a@b\nTo: b",
        "Sent from my iPhone",
        "On 3.3.2025 10:12 a@b.c wrote:\n>",
        "a@b.c 10:12",
        "------\n\n",
        "Original Message",
        "A>",
        "_____\nA>",
    ];
    for line in lines {
        let text = format!("{line}\n").repeat(20_000);
        let seen = visible(&text);
        assert!(seen.len() <= text.len());
    }
}
