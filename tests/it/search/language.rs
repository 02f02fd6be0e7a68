//! The language: what it means, where it goes wrong, and that nothing makes it fall over.

use std::time::{Duration, Instant};

use postern::domain::address::Address;
use postern::domain::search::{Ending, Flag, Owner, Party, Phrase, Query, Term, Thing, parse};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

fn words(words: &str) -> Query {
    Query::Term(Term::Words(Phrase {
        words: words.split(' ').map(str::to_owned).collect(),
        ending: Ending::Exact,
    }))
}

fn read(query: &str) -> Query {
    parse(query, "US").unwrap_or_else(|fault| panic!("{query}: {fault}"))
}

#[test]
fn r087_terms_stand_for_what_they_say() {
    let term = |query: &str| match read(query) {
        Query::Term(term) => term,
        other => panic!("{other:?}"),
    };
    let number = Party::Address(Address::Sms("+12025550143".into()));
    for way in [
        "\"(202) 555-0143\"",
        "202-555-0143",
        "+12025550143",
        "\"+1 202 555 0143\"",
        "12025550143",
    ] {
        assert_eq!(
            term(&format!("from:{way}")),
            Term::From(number.clone()),
            "{way}"
        );
    }
    let ann = Party::Address(Address::Email("ann@example.com".into()));
    assert_eq!(term("to:Ann@Example.com"), Term::To(ann));
    assert_eq!(
        term("from:\"Ann Lee\""),
        Term::From(Party::Named(vec!["ann".into(), "lee".into()]))
    );
    assert_eq!(term("TAG:\"gift card\""), Term::Tag("gift card".into()));
    assert_eq!(term("is:Mine"), Term::Is(Flag::Mine));
    assert_eq!(term("has:attachment"), Term::Has(Thing::Attachment));
    assert_eq!(term("assignee:me"), Term::Assignee(Owner::Me));
    assert_eq!(
        term("after:2026-11-21"),
        term("after:2026-11-21T01:00:00+01:00")
    );
    assert_eq!(read("Refund"), words("refund"));
    assert_eq!(read("“Gift Cards”"), words("gift cards"));
    assert_eq!(read("e-mail"), words("e mail"));
    assert_eq!(read("12:30"), words("12 30"));
    assert_eq!(read("https://example.com/x"), words("https example com x"));
}

#[test]
fn r087_terms_join_as_they_are_written() {
    let or = |parts| Query::Any(parts);
    let and = |parts| Query::All(parts);
    let not = |part| Query::Not(Box::new(part));
    let (a, b, c) = (|| words("a"), || words("b"), || words("c"));
    assert_eq!(read("a b OR c"), or(vec![and(vec![a(), b()]), c()]));
    assert_eq!(read("a (b OR c)"), and(vec![a(), or(vec![b(), c()])]));
    assert_eq!(read("a -b"), and(vec![a(), not(b())]));
    assert_eq!(
        read("a AND -(b c)"),
        and(vec![a(), not(and(vec![b(), c()]))])
    );
    assert_eq!(read("a & - b"), and(vec![a(), b()]));
    assert_eq!(read("--a"), a());
    assert_eq!(read("a or b"), and(vec![a(), words("or"), b()]));
    let tag = Query::Term(Term::Tag("vip".into()));
    assert_eq!(read("-tag:vip"), not(tag));
}

#[test]
fn b09_a_wrong_query_is_told_where_and_what_is_expected() {
    for (query, at, length, nearest) in [
        ("", 0, 0, None),
        ("!!! 👍", 0, 5, None),
        ("ä form:ann", 2, 4, Some("from")),
        ("is:opne", 3, 4, Some("open")),
        ("a is:zebra", 5, 5, None),
        ("has:notes", 4, 5, Some("note")),
        ("status:faild", 7, 5, Some("failed")),
        ("channel:\"emial\"", 8, 7, Some("email")),
        ("from:", 0, 5, None),
        ("from: ann", 0, 5, None),
        ("from:(202) x", 0, 5, None),
        ("before:yesterday", 7, 9, None),
        ("after:2026-02-30", 6, 10, None),
        ("(a b", 0, 1, None),
        ("a) b", 1, 1, None),
        ("a OR", 2, 2, None),
        ("OR a", 0, 2, None),
        ("a OR OR b", 5, 2, None),
        ("a AND", 2, 3, None),
        ("AND a", 0, 3, None),
        ("a AND AND b", 6, 3, None),
        ("(a AND) b", 3, 3, None),
        ("a OR AND b", 5, 3, None),
        ("ab \"c d", 3, 4, None),
        ("ab*", 0, 3, None),
        ("a -(", 3, 1, None),
    ] {
        let fault = parse(query, "US").expect_err(query);
        assert_eq!(
            (fault.at, fault.length, fault.nearest),
            (at, length, nearest),
            "{query}: {fault}"
        );
        assert!(!fault.expected.is_empty(), "{query}");
    }
    for long in [
        "(".repeat(200),
        "-".repeat(300) + "a",
        "a ".repeat(300),
        "x".repeat(1_001),
    ] {
        assert!(parse(&long, "US").is_err());
    }
}

/// Texts of the language's own pieces, which come nearer to it than any characters would.
fn queries() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "from:", "to:", "channel:", "sms", "gateway:", "tag:", "assignee:", "me", "is:", "open", "has:",
            "note", "before:", "after:", "2026-11-21", "status:", "failed", "\"", "“", "-", "OR", "AND", "(", ")",
            " ", " ", " ", "*", "\\", ":", "+1", "202-555-0143", "a@b.example", "ß", "İ", "日本", "e\u{301}", "\0",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A million of them take a while unoptimised: this one stops when its time is over.
const FUZZ_FOR: Duration = Duration::from_secs(8);

#[test]
fn t22_no_query_makes_the_parser_fall_over_and_each_prints_back() {
    let start = Instant::now();
    let mut tried = 0;
    while start.elapsed() < FUZZ_FOR && tried < 1_000_000 {
        let mut runner = TestRunner::new(Config {
            cases: 500,
            failure_persistence: None,
            ..Config::default()
        });
        let outcome = runner.run(&queries(), |query| {
            let Ok(tree) = parse(&query, "US") else {
                return Ok(());
            };
            let printed = tree.to_string();
            let again = parse(&printed, "US");
            prop_assert_eq!(
                again.as_ref(),
                Ok(&tree),
                "{:?} printed as {:?}",
                query,
                printed
            );
            Ok(())
        });
        if let Err(TestError::Fail(why, query)) = outcome {
            panic!("{query:?}: {why}");
        }
        tried += 500;
    }
    assert!(tried >= 1_000, "only {tried} queries were tried");
}
