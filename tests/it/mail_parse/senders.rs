//! Who wrote a mail: lists, forwarders, groups, and what is no address.

use super::{OWN, read};

/// The writer and where answers go.
fn of(headers: &str) -> (String, String) {
    let mail = read(format!("{headers}\nSubject: x\n\nx"));
    let show = |one: Option<postern::domain::mail::Mailbox>| match one {
        Some(one) => match one.name {
            Some(name) => format!("{name} <{}>", one.address),
            None => one.address,
        },
        None => String::new(),
    };
    (show(mail.from), show(mail.reply_to))
}

#[test]
fn the_writer_is_found_where_it_is() {
    for (headers, from, reply_to) in [
        ("From: Ann <ann@x.example>", "Ann <ann@x.example>", ""),
        (
            "From: ann@x.example\nReply-To: Ann <ann@x.example>",
            "ann@x.example",
            "",
        ),
        (
            "From: ann@x.example\nReply-To: other@x.example",
            "ann@x.example",
            "other@x.example",
        ),
        ("From: ann@x.example\nReply-To: a b c", "ann@x.example", ""),
        (
            "From: ann@x.example\nReply-To: support@shop.example",
            "ann@x.example",
            "",
        ),
        // The assistant sends for the boss.
        (
            "From: Boss <boss@x.example>\nSender: Office <office@x.example>",
            "Boss <boss@x.example>",
            "",
        ),
        ("From: a@x.example, b@x.example", "a@x.example", ""),
        (
            "From: a@x.example, b@x.example\nSender: b@x.example",
            "b@x.example",
            "",
        ),
        ("From: Team: a@x.example, b@x.example;", "a@x.example", ""),
        ("Sender: s@x.example", "s@x.example", ""),
        ("From: nobody\nReply-To: r@x.example", "r@x.example", ""),
        ("From:\nReturn-Path: <p@x.example>", "p@x.example", ""),
        ("To: support@shop.example", "", ""),
        // A colleague resends: the writer stays.
        (
            "Resent-From: colleague@shop.example\nFrom: ann@x.example",
            "ann@x.example",
            "",
        ),
        (
            "From: \"ann@x.example\" <mallory@evil.example>",
            "ann@x.example <mallory@evil.example>",
            "",
        ),
    ] {
        assert_eq!(
            of(headers),
            (from.to_owned(), reply_to.to_owned()),
            "{headers}"
        );
    }
}

#[test]
fn lists_and_groups_that_take_from_for_themselves_do_not_hide_the_writer() {
    for (headers, from, reply_to) in [
        (
            "From: Ann Lee via Users <users@lists.example>\nReply-To: Ann Lee <ann@x.example>\nList-Id: <users.lists.example>",
            "Ann Lee <ann@x.example>",
            "",
        ),
        (
            "From: \"'Ann Lee' via Support\" <support@shop.example>\nX-Original-From: Ann Lee <ann@x.example>\nReply-To: Ann Lee <ann@x.example>",
            "Ann Lee <ann@x.example>",
            "",
        ),
        (
            "From: \"'Ann' via Support\" <support@shop.example>\nX-Original-Sender: ann@x.example",
            "Ann <ann@x.example>",
            "",
        ),
        // A form on our web site.
        (
            "From: Shop <support@shop.example>\nReply-To: Ann <ann@x.example>",
            "Ann <ann@x.example>",
            "",
        ),
        (
            "From: Shop <support@shop.example>\nReply-To: support+t1@shop.example",
            "Shop <support@shop.example>",
            "",
        ),
        // The list wants answers for itself; the writer is in From as ever.
        (
            "From: Ann <ann@x.example>\nReply-To: users@lists.example\nList-Post: <mailto:users@lists.example>",
            "Ann <ann@x.example>",
            "",
        ),
        // Nobody's list: these fields are not looked at.
        (
            "From: ann@x.example\nX-Original-From: boss@x.example",
            "ann@x.example",
            "",
        ),
        (
            "From: Ann via Bank <news@bank.example>\nReply-To: help@bank.example",
            "Ann via Bank <news@bank.example>",
            "help@bank.example",
        ),
    ] {
        assert_eq!(
            of(headers),
            (from.to_owned(), reply_to.to_owned()),
            "{headers}"
        );
    }
}

#[test]
fn own_addresses_are_known_with_their_tags() {
    let (_, reply_to) = of("From: a@x.example\nReply-To: Support+tk1@Shop.example");
    assert_eq!(reply_to, "");
    let mail = read(format!(
        "From: a@x.example\nTo: {OWN}\nEnvelope-To: support+t2@shop.example\nDelivered-To: support+t2@shop.example\n\nx"
    ));
    assert_eq!(mail.tags, ["t2"]);
    assert_eq!(mail.delivered_to, ["support+t2@shop.example"]);
}

#[test]
fn dates_that_cannot_be_are_left_out() {
    for (date, expected) in [
        (
            "Sat, 21 Nov 2026 09:30:00 +0100",
            Some("2026-11-21T08:30:00.000000Z"),
        ),
        (
            "21 Nov 2026 09:30:00 GMT",
            Some("2026-11-21T09:30:00.000000Z"),
        ),
        ("nonsense", None),
        ("Sat, 99 Xyz 0000 99:99:99 +9999", None),
    ] {
        let mail = read(format!("From: a@x.example\nDate: {date}\n\nx"));
        assert_eq!(
            mail.date.map(|date| date.to_string()).as_deref(),
            expected,
            "{date}"
        );
    }
}
