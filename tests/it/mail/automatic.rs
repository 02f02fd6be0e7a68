//! Which mails no person wrote by hand, and that no program answers them (RFC 3834; T7).

use bytes::Bytes;
use postern::domain::address::Address;
use postern::domain::mail::{Automatic, Verified};
use postern::mail::automatic::may_answer;
use postern::mail::{self, Reading};

/// A mail of Ann's with some headers besides or instead.
fn classified(headers: &str) -> Option<Automatic> {
    let mut raw = String::new();
    for (name, line) in [
        ("From:", "From: Ann <ann@example.org>\n"),
        ("To:", "To: support@example.com\n"),
        ("Subject:", "Subject: My order\n"),
        ("Return-Path:", "Return-Path: <ann@example.org>\n"),
        ("Message-ID:", "Message-ID: <a1@example.org>\n"),
    ] {
        let given = headers.lines().any(|given| given.starts_with(name));
        raw.push_str(if given { "" } else { line });
    }
    raw.push_str(headers);
    raw.push_str("\n\nHello, where is my order?\n");
    let reading = Reading {
        own: vec![Address::Email("support@example.com".to_owned())],
        ..Reading::default()
    };
    mail::read(&Bytes::from(raw), &reading).unwrap().automatic
}

#[test]
fn t07_programs_are_told_from_people_and_none_is_answered() {
    let oof = Automatic::OutOfOffice;
    let samples = [
        ("Auto-Submitted: auto-replied", Automatic::AutoReply),
        ("Auto-Submitted: auto-generated", Automatic::Generated),
        (
            "Auto-Submitted: auto-notified; owner-email=a@b.example",
            Automatic::Generated,
        ),
        ("Precedence: bulk", Automatic::Bulk),
        ("Precedence: junk", Automatic::Bulk),
        ("Precedence: list", Automatic::List),
        ("Precedence: auto_reply", Automatic::AutoReply),
        ("List-Id: Talk <talk.example.net>", Automatic::List),
        (
            "List-Id: News <news.example.net>\nPrecedence: bulk",
            Automatic::Bulk,
        ),
        ("List-Unsubscribe: <https://example.net/u>", Automatic::Bulk),
        ("Return-Path: <>", Automatic::Generated),
        (
            "Return-Path: <>\nIn-Reply-To: <o@example.com>",
            Automatic::AutoReply,
        ),
        (
            "From: MAILER-DAEMON@example.net\nReturn-Path: <>",
            Automatic::Bounce,
        ),
        (
            "From: Postmaster <postmaster@example.net>",
            Automatic::Generated,
        ),
        (
            "From: Shop <no-reply@shop.example.net>",
            Automatic::Generated,
        ),
        (
            "From: noreply@example.net\nReply-To: noreply@example.net",
            Automatic::Generated,
        ),
        ("X-Autoreply: yes", Automatic::AutoReply),
        ("X-Autorespond: My order", Automatic::AutoReply),
        ("X-Mailer: vacation 1.2", Automatic::AutoReply),
        ("X-Loop: example.net", Automatic::Generated),
        ("Feedback-ID: 1:campaign:x", Automatic::Bulk),
        ("From: support@example.com", Automatic::Own),
        ("From: Us <support+x1@example.com>", Automatic::Own),
        (
            "Subject: Automatic reply: My order\nAuto-Submitted: auto-generated",
            oof,
        ),
        (
            "Subject: Out of Office: My order\nX-Auto-Response-Suppress: All",
            oof,
        ),
        (
            "Subject: Abwesenheitsnotiz: Bestellung\nAuto-Submitted: auto-replied",
            oof,
        ),
        ("Subject: Automatische Antwort: x\nReturn-Path: <>", oof),
        (
            "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_x?=\nReturn-Path: <>",
            oof,
        ),
        ("Subject: Respuesta automática: x\nPrecedence: bulk", oof),
        ("Subject: Risposta automatica: x\nReturn-Path: <>", oof),
        ("Subject: Resposta automática: x\nReturn-Path: <>", oof),
        ("Subject: Automatisch antwoord: x\nReturn-Path: <>", oof),
        ("Subject: Automatiskt svar: x\nReturn-Path: <>", oof),
        ("Subject: Automatisk svar: x\nReturn-Path: <>", oof),
        ("Subject: Automaattinen vastaus: x\nReturn-Path: <>", oof),
        ("Subject: Automatyczna odpowiedź: x\nReturn-Path: <>", oof),
        ("Subject: Автоматический ответ: x\nReturn-Path: <>", oof),
        ("Subject: Автоматична відповідь: x\nReturn-Path: <>", oof),
        ("Subject: Automatická odpověď: x\nReturn-Path: <>", oof),
        ("Subject: Automatická odpoveď: x\nReturn-Path: <>", oof),
        ("Subject: Automatikus válasz: x\nReturn-Path: <>", oof),
        ("Subject: Răspuns automat: x\nReturn-Path: <>", oof),
        ("Subject: Otomatik yanıt: x\nReturn-Path: <>", oof),
        ("Subject: Αυτόματη απάντηση: x\nReturn-Path: <>", oof),
        ("Subject: Автоматичен отговор: x\nReturn-Path: <>", oof),
        ("Subject: Automatski odgovor: x\nReturn-Path: <>", oof),
        ("Subject: 自动答复: x\nReturn-Path: <>", oof),
        ("Subject: 自動返信: x\nReturn-Path: <>", oof),
        ("Subject: 자동 회신: x\nReturn-Path: <>", oof),
        ("Subject: رد تلقائي: x\nReturn-Path: <>", oof),
        ("Subject: תשובה אוטומטית: x\nReturn-Path: <>", oof),
        ("Subject: Trả lời tự động: x\nReturn-Path: <>", oof),
    ];
    for (headers, expected) in samples {
        let found = classified(headers);
        assert_eq!(found, Some(expected), "{headers}");
        assert!(!may_answer(found, Verified::Yes), "{headers}");
    }
    let circling = "Received: from a by b; Mon, 3 Mar 2025 10:12:33 +0100\n".repeat(31);
    assert_eq!(classified(circling.trim_end()), Some(Automatic::Generated));
}

#[test]
fn t07_people_are_not_taken_for_programs() {
    let samples = [
        "X-Mailer: Mail",
        "Auto-Submitted: no",
        "Precedence: normal",
        "Subject: Out of office next week, please deliver on Friday",
        "Subject: Automatic reply does not work",
        "Subject: Re: Out of office plan\nIn-Reply-To: <o@example.com>",
        "X-Auto-Response-Suppress: None",
        // Exchange writes it into what people send.
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "Subject: Urlaub",
        "In-Reply-To: <o@example.com>\nFeedback-ID: 1:support:x",
        // A web form of ours writes for a customer.
        "From: Web <support@example.com>\nReply-To: Ann <ann@example.org>",
        "From: Form <no-reply@example.net>\nReply-To: Ann <ann@example.org>",
        // A list that is our own address.
        "List-Id: <support.example.com>\nList-Post: <mailto:support@example.com>\nPrecedence: list",
    ];
    for headers in samples {
        let found = classified(headers);
        assert_eq!(found, None, "{headers}");
        assert!(may_answer(found, Verified::Yes), "{headers}");
        assert!(may_answer(found, Verified::Unknown), "{headers}");
        assert!(!may_answer(found, Verified::No), "{headers}");
    }
}
