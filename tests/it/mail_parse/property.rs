//! Any bytes end as a mail or are said to be none, within bounds (I6).

use bytes::Bytes;
use postern::mail::{self, Mail, Unreadable};
use proptest::prelude::*;

use super::reading;

/// Mails to be damaged, with everything in them that is read.
const SEEDS: [&str; 4] = [
    "Received: from a by mx.shop.example\r\nAuthentication-Results: mx.shop.example; dkim=pass header.d=x.example\r\n\
     From: \"Lee, Ann\" <ann@x.example>\r\nTo: g: a@b.example, =?utf-8?q?J=C3=BC?= <c@d.example>;\r\n\
     Subject: =?utf-8?B?R3LDvA==?= =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\nDate: Sat, 21 Nov 2026 09:30:00 +0100\r\n\
     Message-ID: <1@x.example>\r\nReferences: <a@b> <c@d>\r\nMIME-Version: 1.0\r\n\
     Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n\
     --b2\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nHello \r\nall\r\n> quoted\r\n\
     --b2\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>H=E9llo<img src=3D\"cid:i\"></p>\r\n\
     --b2--\r\n--b1\r\nContent-Type: image/png; name*0*=utf-8''a%C3%BC; name*1=.png\r\nContent-ID: <i>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n\
     --b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n--b1--\r\n",
    "From: Mail Delivery <mailer-daemon@x.example>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
     --b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
     --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@shop.example>\r\n--b--\r\n",
    "From: a@b.example\r\nContent-Type: text/html; charset=gb18030\r\n\r\n<div>x</div><blockquote>y<br></blockquote><!-- --><script>z</script>&eacute;",
    "From: a@b.example\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART;TZID=\"a\":20261121T0930\r\nEND:VEVENT\r\n",
];

/// Pieces that mean something to a parser.
const PIECES: [&[u8]; 24] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"--b1",
    b"--b2--\r\n",
    b"=?utf-8?q?",
    b"?=",
    b"\"",
    b"(",
    b")",
    b"<",
    b">",
    b";",
    b"\0",
    b"\x1b$B",
    b"\xff\xfe",
    b"Content-Type: multipart/mixed; boundary=b1\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"filename*1*=",
    b"<!--",
    b"&#",
    b"=",
];

fn check(raw: &[u8]) -> Result<(), TestCaseError> {
    let raw = Bytes::copy_from_slice(raw);
    let read: Result<Mail, Unreadable> = mail::read(&raw, &reading());
    let Ok(mail) = read else {
        return Ok(());
    };
    let shown = mail
        .html
        .as_deref()
        .map(|page| mail::sanitize::html(page, |_| Some("/a".to_owned())));
    for file in &mail.attachments {
        prop_assert!(
            !file.name.is_empty() && file.name.len() <= 201,
            "{:?}",
            file.name
        );
        prop_assert!(
            !file.name.contains(['/', '\\', '\0', '\n', '\r']),
            "{:?}",
            file.name
        );
        prop_assert!(!file.content_type.contains('\0') && file.content_type.contains('/'));
    }
    let size: usize = mail.attachments.iter().map(|file| file.bytes.len()).sum();
    prop_assert!(size <= raw.len() + 64);
    prop_assert!(
        mail.text.len() <= 8 * raw.len() + 64,
        "{} of {}",
        mail.text.len(),
        raw.len()
    );
    prop_assert_eq!(mail.fingerprint.len(), 64);
    let mailboxes = mail
        .from
        .iter()
        .chain(&mail.reply_to)
        .chain(&mail.to)
        .chain(&mail.cc);
    for one in mailboxes {
        prop_assert!(one.address.contains('@') && !one.address.contains(['\r', '\n', '\0', ' ']));
        prop_assert!(
            !one.name
                .as_deref()
                .unwrap_or_default()
                .contains(['\r', '\n', '\0'])
        );
    }
    prop_assert!(!mail.subject.contains(['\r', '\n', '\0']));
    let ids = mail
        .message_id
        .iter()
        .chain(&mail.in_reply_to)
        .chain(&mail.references);
    prop_assert!(
        ids.into_iter()
            .all(|id| !id.contains(['\0', ' ', '\n']) && !id.is_empty())
    );
    prop_assert!(
        ![&mail.text, &mail.visible]
            .into_iter()
            .any(|text| text.contains('\0'))
    );
    prop_assert!(
        !mail.html.unwrap_or_default().contains('\0') && !shown.unwrap_or_default().contains('\0')
    );
    Ok(())
}

/// A mail with some of its bytes replaced, left out, or said twice.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0..5_u8,
        any::<u8>(),
        0..PIECES.len(),
    );
    (0..SEEDS.len(), prop::collection::vec(change, 1..12)).prop_map(|(seed, changes)| {
        let mut raw = SEEDS[seed].as_bytes().to_vec();
        for (place, what, byte, piece) in changes {
            let at = place.index(raw.len());
            match what {
                0 => raw[at] = byte,
                1 => drop(raw.splice(at..at, PIECES[piece].iter().copied())),
                2 => drop(raw.drain(at..(at + usize::from(byte)).min(raw.len() - 1).max(at))),
                3 => raw.truncate(at.max(1)),
                _ => {
                    let end = (at + usize::from(byte)).min(raw.len());
                    raw.extend_from_within(at..end);
                }
            }
        }
        raw
    })
}

/// Texts that are mostly made of what means something.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (0..PIECES.len()).prop_map(|at| PIECES[at].to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
        "[a-zA-Z-]{1,12}: ".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| {
        let mut raw = b"From: a@b.example\r\n".to_vec();
        raw.extend(pieces.concat());
        raw
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i06_any_bytes_end_as_a_mail_or_unreadable(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&raw)?;
    }

    #[test]
    fn i06_damaged_mails_end_as_a_mail_or_unreadable(raw in damaged()) {
        check(&raw)?;
    }

    #[test]
    fn i06_noise_behind_a_header_is_a_mail(raw in noise()) {
        check(&raw)?;
        prop_assert!(mail::read(&Bytes::from(raw), &reading()).is_ok());
    }
}
