//! The shapes of mails that programs make: which part is the text, which are files.

use super::{crlf, files, read, with};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

#[test]
fn every_field_of_a_plain_mail_is_filled() {
    let mail = read(crlf(
        "Return-Path: <ann@customer.example>\nDelivered-To: support+tk7@shop.example\n\
         X-Original-To: Support@shop.example\nFrom: Ann Lee <ann@customer.example>\n\
         To: Shop <support+abc@shop.example>, b@x.example\nCc: =?utf-8?q?J=C3=BCrgen?= <j@x.example>\n\
         Reply-To: Ann at home <ann@home.example>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\
         Date: Sat, 21 Nov 2026 09:30:00 +0100\nMessage-ID: <1@customer.example>\n\
         In-Reply-To: <b@shop.example>\nReferences: <a@shop.example>\n\t<b@shop.example>\n\
         \nHello\n",
    ));
    assert_eq!(mail.message_id.as_deref(), Some("1@customer.example"));
    assert_eq!(mail.in_reply_to, ["b@shop.example"]);
    assert_eq!(mail.references, ["a@shop.example", "b@shop.example"]);
    let from = mail.from.unwrap();
    assert_eq!(
        (from.name.as_deref(), from.address.as_str()),
        (Some("Ann Lee"), "ann@customer.example")
    );
    assert_eq!(mail.reply_to.unwrap().address, "ann@home.example");
    assert_eq!(mail.to.len(), 2);
    assert_eq!(mail.cc[0].name.as_deref(), Some("Jürgen"));
    assert_eq!(
        mail.delivered_to,
        ["support+tk7@shop.example", "support@shop.example"]
    );
    assert_eq!(mail.tags, ["abc", "tk7"]);
    assert_eq!(mail.subject, "Grüße");
    assert_eq!(
        mail.date.unwrap().to_string(),
        "2026-11-21T08:30:00.000000Z"
    );
    assert_eq!(
        (mail.text.as_str(), mail.visible.as_str()),
        ("Hello", "Hello")
    );
    assert_eq!((mail.html, mail.incomplete), (None, None));
    assert_eq!(mail.fingerprint.len(), 64);
}

/// A shape: what it is called, its headers and body; its text, whether it has HTML, its files.
type Shape = (
    &'static str,
    &'static str,
    String,
    &'static str,
    bool,
    &'static [&'static str],
);

fn part(headers: &str, body: &str) -> String {
    let end = if headers.is_empty() { "" } else { "\n" };
    format!("{headers}{end}\n{body}")
}

/// A multipart with the boundary `b1`, whose parts may have more of them.
fn multi(boundary: &str, parts: &[String]) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--{boundary}\n{part}\n"))
        .collect();
    format!("This is a multi-part message in MIME format.\n{parts}--{boundary}--\n")
}

fn plain(text: &str) -> String {
    part("Content-Type: text/plain; charset=\"UTF-8\"", text)
}

fn html(page: &str) -> String {
    part("Content-Type: text/html; charset=\"UTF-8\"", page)
}

fn alternative(boundary: &str, text: &str, page: &str) -> String {
    let head = format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"");
    part(&head, &multi(boundary, &[plain(text), html(page)]))
}

fn image(headers: &str) -> String {
    part(
        &format!("{headers}\nContent-Transfer-Encoding: base64"),
        PNG,
    )
}

fn pdf(headers: &str) -> String {
    part(
        &format!("Content-Type: application/pdf{headers}\nContent-Transfer-Encoding: base64"),
        "JVBERi0xLjQ=",
    )
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=\"b1\"";
const ALTERNATIVE: &str = "Content-Type: multipart/alternative; boundary=\"b1\"";
const RELATED: &str = "Content-Type: multipart/related; boundary=\"b1\"";

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn shapes() -> Vec<Shape> {
    let signature = || {
        part(
            "Content-Type: application/pgp-signature; name=\"OpenPGP_signature.asc\"",
            "-----BEGIN",
        )
    };
    vec![
        ("gmail web", ALTERNATIVE, multi("b1", &[plain("Hi\n"), html("<div dir=\"ltr\">Hi</div>")]), "Hi", true, &[]),
        (
            "gmail web with a picture in the text",
            RELATED,
            multi("b1", &[
                alternative("b2", "See [image: a.png]", "<div>See <img src=\"cid:ii_1\"></div>"),
                image("Content-Type: image/png; name=\"a.png\"\nContent-Disposition: inline; filename=\"a.png\"\nContent-ID: <ii_1>\nX-Attachment-Id: ii_1"),
            ]),
            "See [image: a.png]", true, &["[a.png]"],
        ),
        (
            "gmail with a file",
            MIXED,
            multi("b1", &[alternative("b2", "There", "<p>There</p>"), pdf("; name=\"a.pdf\"\nContent-Disposition: attachment; filename=\"a.pdf\"\nX-Attachment-Id: f_1")]),
            "There", true, &["a.pdf"],
        ),
        ("gmail on android", ALTERNATIVE, multi("b1", &[plain("Ok\n"), html("<div dir=\"auto\">Ok</div>")]), "Ok", true, &[]),
        (
            "outlook desktop with a logo that its page shows",
            "Content-Type: multipart/related;\n\tboundary=\"b1\";\n\ttype=\"multipart/alternative\"",
            multi("b1", &[
                alternative("b2", "Dear all\n[cid:image001.png@01D]", "<p class=MsoNormal>Dear all<img src=\"cid:image001.png@01D\"></p>"),
                image("Content-Type: image/png; name=\"image001.png\"\nContent-Description: image001.png\nContent-Disposition: inline; filename=\"image001.png\"; size=3\nContent-ID: <image001.png@01D>"),
            ]),
            "Dear all\n[cid:image001.png@01D]", true, &["[image001.png]"],
        ),
        ("outlook on the web, only html", "Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable", "<html><head>\n<style>p {margin:0}</style></head><body><div>Gr=C3=BC=C3=9Fe</div></body>=\n</html>".to_owned(), "Grüße", true, &[]),
        (
            "outlook in rich text",
            MIXED,
            multi("b1", &[plain("See below"), part("Content-Type: application/ms-tnef; name=\"winmail.dat\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"winmail.dat\"", "eJ8+IgAA")]),
            "See below", false, &["winmail.dat"],
        ),
        (
            "exchange meeting request",
            ALTERNATIVE,
            multi("b1", &[plain("Come"), html("<p>Come</p>"), part("Content-Type: text/calendar; charset=\"utf-8\"; method=REQUEST", "BEGIN:VCALENDAR\nEND:VCALENDAR")]),
            "Come", true, &["invite.ics"],
        ),
        (
            "invitation without any other text",
            "Content-Type: text/calendar; charset=utf-8; method=REQUEST",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Visit\nDTSTART:20261124T093000Z\nEND:VEVENT\nEND:VCALENDAR".to_owned(),
            "Visit\nStart: 2026-11-24 09:30 UTC", false, &["invite.ics"],
        ),
        (
            "apple mail with a picture between texts",
            MIXED,
            multi("b1", &[plain("Before"), image("Content-Disposition: inline;\n\tfilename=IMG_1.png\nContent-Type: image/png;\n\tname=\"IMG_1.png\""), plain("After")]),
            "Before\nAfter", false, &["IMG_1.png"],
        ),
        (
            "apple mail, html with a file in the midst of it",
            ALTERNATIVE,
            multi("b1", &[plain("Look\n"), part("Content-Type: multipart/mixed; boundary=\"b2\"", &multi("b2", &[html("<p>Look</p>"), pdf("; name=a.pdf\nContent-Disposition: inline; filename=a.pdf"), html("<p>end</p>")]))]),
            "Look", true, &["a.pdf"],
        ),
        (
            "apple mail on ios",
            "Content-Type: multipart/alternative; boundary=Apple-Mail-1\nX-Mailer: iPhone Mail (20A362)",
            multi("Apple-Mail-1", &[part("Content-Type: text/plain;\n\tcharset=us-ascii\nContent-Transfer-Encoding: 7bit", "Yes\n"), html("<html><body dir=\"auto\">Yes</body></html>")]),
            "Yes", true, &[],
        ),
        ("thunderbird, flowed", "Content-Type: text/plain; charset=UTF-8; format=flowed", "A long line \nthat goes on.\n> quoted \n> words\n".to_owned(), "A long line that goes on.\n> quoted words", false, &[]),
        ("thunderbird, flowed with delsp", "Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes", "日本 \n語\n".to_owned(), "日本語", false, &[]),
        (
            "thunderbird, signed",
            "Content-Type: multipart/signed; micalg=pgp-sha256;\n protocol=\"application/pgp-signature\";\n boundary=\"b1\"",
            multi("b1", &[part("Content-Type: multipart/mixed; boundary=\"b2\"; protected-headers=\"v1\"\nSubject: inner", &multi("b2", &[plain("Signed"), part("Content-Type: application/pgp-keys; name=\"OpenPGP_0x1.asc\"\nContent-Disposition: attachment; filename=\"OpenPGP_0x1.asc\"", "-----BEGIN")])), signature()]),
            "Signed", false, &["OpenPGP_0x1.asc", "OpenPGP_signature.asc"],
        ),
        (
            "s/mime, signed",
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=\"b1\"",
            multi("b1", &[plain("Hi"), part("Content-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64", "MIAG")]),
            "Hi", false, &["smime.p7s"],
        ),
        ("s/mime, encrypted", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64", "MIAGCSqG".to_owned(), "", false, &["smime.p7m"]),
        (
            "pgp, encrypted",
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b1",
            multi("b1", &[part("Content-Type: application/pgp-encrypted", "Version: 1"), part("Content-Type: application/octet-stream; name=\"encrypted.asc\"", "-----BEGIN PGP MESSAGE-----")]),
            "", false, &["version.asc", "encrypted.asc"],
        ),
        ("yahoo", ALTERNATIVE, multi("b1", &[part("Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: quoted-printable", " Hello=20\n\n"), html("<div class=\"ydp1\">Hello</div>")]), " Hello", true, &[]),
        ("hotmail of old, no quotes around anything", "Content-Type: multipart/alternative; boundary=b1", multi("b1", &[part("Content-type: TEXT/PLAIN; charset=ISO-8859-1", "hi"), part("Content-type: TEXT/HTML", "<b>hi</b>")]), "hi", true, &[]),
        ("a ticket system, html first", MIXED, multi("b1", &[html("<p>Your case</p>"), pdf("; name=case.pdf")]), "Your case", true, &["case.pdf"]),
        ("a list that adds a footer", MIXED, multi("b1", &[plain("Hello list"), part("Content-Type: text/plain; charset=\"us-ascii\"\nContent-Disposition: inline", "____\nlist footer")]), "Hello list\n____\nlist footer", false, &[]),
        ("a list that adds a footer to html", MIXED, multi("b1", &[alternative("b2", "Hello", "<p>Hello</p>"), plain("the footer")]), "Hello\nthe footer", true, &[]),
        ("a scanner", MIXED, multi("b1", &[pdf("; name=\"scan.pdf\"\nContent-Disposition: attachment")]), "", false, &["scan.pdf"]),
        ("a single file, no multipart", "Content-Type: application/pdf; name=\"fax.pdf\"\nContent-Transfer-Encoding: base64", "JVBERi0=".to_owned(), "", false, &["fax.pdf"]),
        ("a single picture", "Content-Type: image/jpeg\nContent-Transfer-Encoding: base64", "/9j/4AAQ".to_owned(), "", false, &["image.jpg"]),
        ("a phone that calls its text a file", "Content-Type: text/plain; name=\"text.txt\"\nContent-Disposition: attachment; filename=\"text.txt\"", "only words".to_owned(), "only words", false, &[]),
        ("a text file beside the text", MIXED, multi("b1", &[plain("See"), part("Content-Type: text/plain; name=\"log.txt\"\nContent-Disposition: attachment; filename=\"log.txt\"", "line")]), "See", false, &["log.txt"]),
        ("a text file that is inline", MIXED, multi("b1", &[plain("See"), part("Content-Type: text/plain; name=\"log.txt\"\nContent-Disposition: inline; filename=\"log.txt\"", "line")]), "See", false, &["log.txt"]),
        ("an html file beside the text", MIXED, multi("b1", &[plain("See"), part("Content-Type: text/html; name=\"page.html\"\nContent-Disposition: attachment", "<p>page</p>")]), "See", false, &["page.html"]),
        ("text behind a file", MIXED, multi("b1", &[pdf("; name=a.pdf"), plain("the words")]), "the words", false, &["a.pdf"]),
        (
            "a forwarded mail as a file",
            MIXED,
            multi("b1", &[plain("See this"), part("Content-Type: message/rfc822\nContent-Disposition: attachment", "From: x@y.example\nSubject: Order 5/6\nContent-Type: multipart/mixed; boundary=\"b9\"\n\n--b9\n\ninner text\n--b9--\n")]),
            "See this", false, &["Order 5-6.eml"],
        ),
        ("a forwarded mail, encoded", MIXED, multi("b1", &[plain("See"), part("Content-Type: message/rfc822; name=\"old.eml\"\nContent-Transfer-Encoding: base64", "RnJvbTogYQ==")]), "See", false, &["old.eml"]),
        ("nothing but a forwarded mail", "Content-Type: message/rfc822", "From: x@y.example\nSubject: Old\n\nold words\n".to_owned(), "", false, &["Old.eml"]),
        ("a digest", "Content-Type: multipart/digest; boundary=b1", multi("b1", &[part("", "Subject: One\n\nfirst"), part("", "Subject: Two\n\nsecond")]), "", false, &["One.eml", "Two.eml"]),
        (
            "a report",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b1",
            multi("b1", &[plain("Could not deliver"), part("Content-Type: message/delivery-status", "Reporting-MTA: dns; x\n\nAction: failed"), part("Content-Type: text/rfc822-headers", "Subject: Hi")]),
            "Could not deliver", false, &["delivery-status.txt", "headers.txt"],
        ),
        ("amp mail", ALTERNATIVE, multi("b1", &[plain("a"), part("Content-Type: text/x-amp-html", "<html amp4email>"), html("<p>a</p>")]), "a", true, &[]),
        ("an alternative whose plain text is empty", ALTERNATIVE, multi("b1", &[plain(" \n"), html("<p>Words</p>")]), "Words", true, &[]),
        ("a picture that the page does not show", RELATED, multi("b1", &[html("<p>x</p>"), image("Content-Type: image/png; name=p.png\nContent-ID: <p1>\nContent-Disposition: inline")]), "x", true, &["p.png"]),
        ("a picture that the page shows, without disposition", RELATED, multi("b1", &[html("<img src='CID:p%401'>x"), image("Content-Type: image/png\nContent-ID: <p@1>")]), "x", true, &["[image.png]"]),
        ("a background that the page shows", RELATED, multi("b1", &[html("<div style=\"background:url('cid:bg')\">x</div>"), image("Content-Type: image/gif\nContent-ID: <bg>")]), "x", true, &["[image.gif]"]),
        ("a contact", MIXED, multi("b1", &[plain("me"), part("Content-Type: text/x-vcard; charset=utf-8", "BEGIN:VCARD")]), "me", false, &["contact.vcf"]),
        ("no content type in a part", MIXED, multi("b1", &[part("", "bare"), part("X-Nothing: y", "second")]), "bare\nsecond", false, &[]),
        ("no content type at all", "X-Mailer: none", "just words\n".to_owned(), "just words", false, &[]),
        ("a content type that is none", "Content-Type: text", "words".to_owned(), "words", false, &[]),
        ("a content type with a typo", "Content-Type: text/plain charset=utf-8", "words".to_owned(), "words", false, &[]),
        ("a boundary that never comes", MIXED, "only words\n".to_owned(), "only words", false, &[]),
        ("a boundary that was forgotten", "Content-Type: multipart/mixed", multi("zz", &[plain("found"), pdf("; name=a.pdf")]), "found", false, &["a.pdf"]),
        ("no end of the last part", MIXED, format!("--b1\n{}\n--b1\n{}", plain("cut"), pdf("; name=a.pdf")), "cut", false, &["a.pdf"]),
        ("more parts behind the end", MIXED, format!("{}--b1\n{}\n", multi("b1", &[plain("one")]), plain("two")), "one\ntwo", false, &[]),
        ("a boundary that begins like the outer one", MIXED, multi("b1", &[alternative("b1x", "in", "<p>in</p>"), plain("out")]), "in\nout", true, &[]),
        ("an inner part that is not closed", MIXED, format!("--b1\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n{}\n--b1\n{}\n--b1--", plain("in"), plain("out")), "in\nout", false, &[]),
        ("no empty line behind the headers of a part", MIXED, "--b1\nContent-Type: text/plain\nwords follow at once\n--b1--\n".to_owned(), "words follow at once", false, &[]),
        ("white space behind a delimiter", MIXED, format!("--b1  \n{}\n--b1-- \n", plain("x")), "x", false, &[]),
        ("a delimiter in quoted-printable", MIXED, multi("b1", &[part("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable", "a =\nb=0Ac\n--b1x")]), "a b\nc\n--b1x", false, &[]),
        ("base64 text", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "R3LD\nvMOfZQ==\n".to_owned(), "Grüße", false, &[]),
        ("base64 text with the footer of a list", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "SGVsbG8gYWxsIQ==\n\n_____\nthe list's footer\n".to_owned(), "Hello all!\n\n_____\nthe list's footer", false, &[]),
        ("text that is called base64", "Content-Type: text/plain\nContent-Transfer-Encoding: base64", "Hi, it's me! (Really?) -- Ann; bye.\n".to_owned(), "Hi, it's me! (Really?) -- Ann; bye.", false, &[]),
        ("an unknown encoding", "Content-Type: text/plain\nContent-Transfer-Encoding: x-8bit", "words".to_owned(), "words", false, &[]),
        ("blank headers of a folded line", "X-A: b\n \nContent-Type: text/plain", "words".to_owned(), "words", false, &[]),
        ("marked as a file of no name", MIXED, multi("b1", &[plain("x"), part("Content-Type: application/octet-stream\nContent-Disposition: attachment", "data")]), "x", false, &["attachment.bin"]),
    ]
}

#[test]
fn every_shape_of_mail_is_taken_apart() {
    let shapes = shapes();
    assert!(shapes.len() >= 60, "there are {}", shapes.len());
    let mut faults = Vec::new();
    for (name, headers, body, text, has_html, expected) in &shapes {
        let mail = with(headers, body);
        let found = (mail.text.as_str(), mail.html.is_some(), files(&mail));
        let wanted: Vec<String> = expected.iter().map(ToString::to_string).collect();
        if found != (*text, *has_html, wanted.clone()) || mail.incomplete.is_some() {
            faults.push(format!(
                "{name}:\n  found  {found:?}\n  wanted {:?}",
                (text, has_html, wanted)
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_shape_survives_other_line_ends() {
    for (name, headers, body, ..) in shapes() {
        let head = "From: ann@customer.example\nSubject: Hello";
        let unix = format!("{head}\n{headers}\n\n{body}");
        let dos = read(crlf(&unix));
        let other = read(&unix);
        assert_eq!(
            (&dos.text, files(&dos)),
            (&other.text, files(&other)),
            "{name}"
        );
        let old = read(unix.replace('\n', "\r"));
        assert_eq!((&dos.text, files(&dos)), (&old.text, files(&old)), "{name}");
    }
}

#[test]
fn every_shape_cut_anywhere_is_still_a_mail() {
    for (_, headers, body, ..) in shapes() {
        let raw = crlf(&format!("From: ann@customer.example\n{headers}\n\n{body}"));
        for end in (28..raw.len()).step_by(7) {
            let end = raw.floor_char_boundary(end);
            assert!(read(&raw[..end]).from.is_some());
        }
    }
}

#[test]
fn files_that_need_no_decoding_share_the_bytes_of_the_mail() {
    let raw = bytes::Bytes::from(crlf(
        "From: a@b.example\nContent-Type: application/octet-stream; name=a.bin\n\n0123456789",
    ));
    let mail = postern::mail::read(&raw, &super::reading()).unwrap();
    let file = &mail.attachments[0].bytes;
    assert_eq!(file.as_ref(), b"0123456789");
    assert!(raw.as_ptr_range().contains(&file.as_ptr()));
}

#[test]
fn what_is_no_mail_is_said_to_be_none() {
    for raw in [
        "",
        "\r\n\r\n",
        "\0\0\0",
        "just words\nand more",
        "X: y\n\nz",
    ] {
        let read = postern::mail::read(&bytes::Bytes::from(raw), &super::reading());
        assert!(read.is_err(), "{raw:?}");
    }
}

#[test]
fn f54_a_message_id_may_be_missing_or_strange() {
    for (header, id) in [
        ("Message-ID: <a@b>", Some("a@b")),
        ("Message-Id: a@b", Some("a@b")),
        ("MESSAGE-ID:\n <a@b>\n", Some("a@b")),
        ("Message-ID: <a b@c>", Some("ab@c")),
        ("Message-ID: <>", None),
        ("Message-ID:", None),
        ("X-Other: 1", None),
    ] {
        let mail = read(format!("From: a@b.example\n{}\n\nx", header.trim_end()));
        assert_eq!(mail.message_id.as_deref(), id, "{header}");
        assert_eq!(mail.fingerprint.len(), 64);
    }
}

#[test]
fn f54_copies_have_one_fingerprint_and_other_content_has_another() {
    let print = |headers: &str, body: &str| {
        read(crlf(&format!(
            "{headers}From: a@b.example\nSubject: x\nMessage-ID: <1@b>\n\n{body}"
        )))
        .fingerprint
    };
    let one = print("Received: by a\n", "Hello \n");
    assert_eq!(one, print("Received: by b\nX-Spam: no\n", "Hello\n\n"));
    let quoted = "Content-Transfer-Encoding: quoted-printable\n";
    assert_eq!(one, print(quoted, "Hel=6Co\n"));
    assert_ne!(one, print("", "Hello!\n"));
    assert_ne!(
        one,
        print("Date: Sat, 21 Nov 2026 09:30:00 +0100\n", "Hello\n")
    );
    let without = |trace: &str| read(format!("{trace}From: a@b.example\n\nHello")).fingerprint;
    assert_ne!(without("Received: by a\n"), without("Received: by b\n"));
    assert_eq!(without("Received: by a\n"), without("Received: by a\n"));
}

#[test]
fn a_boundary_that_never_comes_is_taken_from_the_body() {
    let body = "--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: image/png; name=a.png\n\nx\n--b--";
    let mail = with("Content-Type: multipart/mixed; boundary=other", body);
    assert_eq!(mail.text, "Hello");
    assert_eq!(files(&mail), ["a.png"]);
    let letter = "--Ann\nwrites like that.";
    let mail = with("Content-Type: multipart/mixed; boundary=other", letter);
    assert_eq!(mail.text, letter);
}

#[test]
fn files_of_the_time_before_mime_are_files() {
    let file = "begin 644 a b.txt\n+:&5L;&\\@=V]R;&0 \n`\nend\n";
    let mail = with("Content-Type: text/plain", &format!("See below.\n\n{file}"));
    assert_eq!(mail.text, "See below.");
    assert_eq!(files(&mail), ["a b.txt"]);
    assert_eq!(mail.attachments[0].content_type, "text/plain");
    assert_eq!(mail.attachments[0].bytes.as_ref(), b"hello world");
    for kind in ["text/plain", "application/octet-stream"] {
        let body = format!(
            "--b\nContent-Type: {kind}; name=c.txt\nContent-Transfer-Encoding: x-uuencode\n\n{file}\n--b--"
        );
        let mail = with("Content-Type: multipart/mixed; boundary=b", &body);
        assert_eq!(files(&mail), ["c.txt"]);
        assert_eq!(mail.attachments[0].bytes.as_ref(), b"hello world");
    }
}
