//! What servers, mail programs and providers tell about a mail of ours, in the forms they use.

use bytes::Bytes;
use postern::mail::{self, Mail, Reading};
use proptest::prelude::*;

const MAILS: &str = include_str!("notice/mails.txt");

fn read(raw: &[u8]) -> Mail {
    mail::read(&Bytes::copy_from_slice(raw), &Reading::default()).unwrap()
}

/// Each mail of the collection: its name, what it tells, its bytes.
fn collection() -> Vec<(&'static str, &'static str, &'static str)> {
    let case = |case: &'static str| {
        let (name, rest) = case.split_once('\n').unwrap();
        let (told, raw) = rest.split_once('\n').unwrap();
        (name, told.strip_prefix("%= ").unwrap(), raw)
    };
    MAILS.split("%%%% ").skip(1).map(case).collect()
}

/// What a mail tells, in the words of the collection: fate, recipient, code and class of each
/// recipient, the message id, the envelope id.
fn told(mail: &Mail) -> String {
    let Some(notice) = &mail.notice else {
        return "none | - | -".to_owned();
    };
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let recipients: Vec<String> = notice
        .recipients
        .iter()
        .map(|one| {
            let fate = format!("{:?}", one.fate).to_lowercase();
            let class = one.class.map(|class| format!("{class:?}"));
            [
                fate,
                or_dash(&one.recipient),
                or_dash(&one.code),
                or_dash(&class),
            ]
            .join(" ")
        })
        .collect();
    let ids = [or_dash(&notice.message_id), or_dash(&notice.envelope_id)];
    format!("{} | {}", recipients.join(" ; "), ids.join(" | "))
}

#[test]
fn peers_bounces_receipts_and_complaints_are_read_and_nothing_else_is() {
    let collection = collection();
    assert!(collection.len() >= 100, "{}", collection.len());
    let mut wrong = Vec::new();
    for (name, expected, raw) in collection {
        let found = told(&read(raw.as_bytes()));
        if found != expected {
            wrong.push(format!("{name}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn peers_line_ends_make_no_difference() {
    for (name, expected, raw) in collection() {
        let crlf = raw.replace('\n', "\r\n");
        assert_eq!(told(&read(crlf.as_bytes())), expected, "{name}");
    }
}

#[test]
fn t07_no_notice_is_answered() {
    for (name, expected, raw) in collection() {
        let mail = read(raw.as_bytes());
        if !expected.starts_with("none") {
            let answered = mail::automatic::may_answer(mail.automatic, mail.verified);
            assert!(!answered, "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn i06_no_report_breaks_the_reader_however_it_is_mangled(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0usize..200,
        filling in any::<Vec<u8>>(),
    ) {
        let collection = collection();
        let mut raw = which.get(&collection).2.as_bytes().to_vec();
        let at = at.index(raw.len());
        let end = raw.len().min(at + length);
        raw.splice(at..end, filling);
        if let Ok(mail) = mail::read(&Bytes::from(raw), &Reading::default())
            && let Some(notice) = mail.notice
        {
            prop_assert!(!notice.recipients.is_empty());
        }
    }
}

#[test]
fn f51_a_report_about_everybody_takes_no_square() {
    // Each takes a fraction of a second; what looks at all recipients for each takes minutes.
    let head = "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nTo: support@example.com\n\
                Subject: Undelivered Mail\n";
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
                  --b\nContent-Type: message/delivery-status\n\n";
    let record = |n: usize| {
        format!("Final-Recipient: rfc822; a{n}@example.org\nAction: failed\nStatus: 5.0.0\n\n")
    };
    let records: Vec<String> = (0..10_000).map(record).collect();
    let lines: Vec<String> = (0..10_000)
        .map(|n| format!("<a{n}@example.org>: 550 not delivered\n"))
        .collect();
    for raw in [
        format!("{head}{report}{}", records.concat()),
        format!(
            "{head}\nThe mail could not be delivered.\n{}",
            lines.concat()
        ),
        format!(
            "{head}\nThe mail could not be delivered: {}",
            "a@b.c ".repeat(50_000)
        ),
        format!(
            "{head}\nThe mail could not be delivered: {}",
            "5.".repeat(200_000)
        ),
    ] {
        let mail = read(raw.as_bytes());
        assert!(mail.automatic.is_some());
    }
}
