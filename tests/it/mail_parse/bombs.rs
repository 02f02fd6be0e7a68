//! Mails made to be expensive (T11, F51): time and memory stay in proportion to the bytes.
//!
//! The deadline is far beyond what a sound run takes, also without optimisation and beside other
//! work; an algorithm that is not linear misses it by far.

use std::time::{Duration, Instant};

use bytes::Bytes;
use postern::mail::{self, Mail};

use super::{reading, with};

const DEADLINE: Duration = Duration::from_mins(1);

/// For pages of 200 kB, which a quadratic sanitiser needs most of a minute for.
const PAGE_DEADLINE: Duration = Duration::from_secs(12);

fn survive(name: &str, raw: impl Into<Bytes>) -> Mail {
    let raw = raw.into();
    let started = Instant::now();
    let mail = mail::read(&raw, &reading()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let took = started.elapsed();
    assert!(took < DEADLINE, "{name} took {took:?}");
    let size: usize = mail.attachments.iter().map(|file| file.bytes.len()).sum();
    let size =
        size + mail.text.len() + mail.visible.len() + mail.html.as_ref().map_or(0, String::len);
    assert!(
        size <= 4 * raw.len() + 4_096,
        "{name}: {size} of {}",
        raw.len()
    );
    mail
}

const HEAD: &str = "From: a@b.example\r\nSubject: bomb\r\n";

fn incomplete(mail: &Mail) -> &str {
    mail.incomplete.as_deref().unwrap_or_default()
}

#[test]
fn t11_parts_a_thousand_deep() {
    let open: String = (0..1_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let mail = survive("depth", format!("{HEAD}{open}\r\nwords"));
    assert!(incomplete(&mail).contains("nested too deep"));
    assert_eq!(mail.subject, "bomb");
}

#[test]
fn t11_mails_in_mails_a_hundred_thousand_deep() {
    let open = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    let mail = survive("nested mails", format!("{HEAD}{open}words"));
    assert!(incomplete(&mail).contains("nested too deep"));
    let digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n".repeat(50_000);
    survive("digests", format!("{HEAD}{digest}"));
}

#[test]
fn t11_ten_thousand_parts() {
    let parts = "--b\r\n\r\nx\r\n".repeat(10_000);
    let mail = survive(
        "parts",
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--"),
    );
    assert!(incomplete(&mail).contains("too many parts"));
}

#[test]
fn t11_boundaries_that_never_come() {
    let part = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\n{}\r\n",
        "x\r\n".repeat(1_000)
    );
    let parts = part.repeat(990);
    survive(
        "boundaries",
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}"),
    );
    let dashes = "-".repeat(60_000);
    survive(
        "dashes",
        format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=\"{dashes}\"\r\n\r\n{}",
            "-".repeat(5_000_000)
        ),
    );
    survive(
        "delimiters",
        format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--a\r\n".repeat(1_000_000)
        ),
    );
}

#[test]
fn t11_fifty_megabytes_of_base64() {
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let lines = line.repeat(50_000_000 / line.len());
    let mail = survive(
        "base64",
        format!(
            "{HEAD}Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}"
        ),
    );
    assert!(mail.attachments[0].bytes.len() > 36_000_000);
    assert_eq!(mail.incomplete, None);
}

#[test]
fn t11_a_million_addresses() {
    let many = "a@b.example,\r\n ".repeat(1_000_000);
    let mail = survive(
        "addresses",
        format!("To: {many}\r\nFrom: a@b.example\r\nSubject: bomb\r\n\r\nwords"),
    );
    assert!(mail.to.len() <= 1_000);
    assert_eq!(
        (mail.subject.as_str(), mail.text.as_str()),
        ("bomb", "words")
    );
    assert!(mail.incomplete.is_some());
    let few = "a@b.example, ".repeat(1_500);
    let mail = survive(
        "recipients",
        format!("{HEAD}To: {few}\r\nCc: {few}\r\n\r\nwords"),
    );
    assert_eq!(mail.to.len() + mail.cc.len(), 1_000);
    assert!(incomplete(&mail).contains("too many recipients"));
}

#[test]
fn t11_ten_megabytes_of_headers() {
    let long = "x".repeat(10_000_000);
    let mail = survive(
        "one header",
        format!("X-Long: {long}\r\n{HEAD}Content-Type: text/plain\r\n\r\nwords"),
    );
    assert_eq!(
        (mail.subject.as_str(), mail.text.as_str()),
        ("bomb", "words")
    );
    assert!(incomplete(&mail).contains("headers are too long"));
    let many = "X-Many: y\r\n".repeat(1_000_000);
    let mail = survive("many headers", format!("{many}{HEAD}\r\nwords"));
    assert_eq!(
        (mail.subject.as_str(), mail.text.as_str()),
        ("bomb", "words")
    );
    for header in [
        "Received: ",
        "References: <",
        "Subject: =?utf-8?q?",
        "From: (",
        "From: \"",
        "To: <",
        "Content-Type: a;b=",
        "Content-Disposition: attachment; filename*0=",
        "Authentication-Results: mx.shop.example; ",
        "List-Id: ",
        "Date: ",
    ] {
        for filler in [
            "a", "(", "\"", "<", "=?", ";a*1=", "=?u?q?", ", ", "@", ";", "\\", "\r\n ",
        ] {
            let value = filler.repeat(99_000 / filler.len());
            survive(header, format!("{header}{value}\r\n{HEAD}\r\nx"));
        }
    }
}

#[test]
fn t11_one_line_of_twenty_megabytes() {
    let mail = survive("line", format!("{HEAD}\r\n{}", "x".repeat(20_000_000)));
    assert!(mail.text.len() <= 1 << 20);
    assert!(incomplete(&mail).contains("text is too long"));
    survive(
        "no line end",
        format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{}",
            "--".repeat(5_000_000)
        ),
    );
}

#[test]
fn t11_pages_that_nest_without_end() {
    for tag in [
        "<div>",
        "<blockquote>",
        "<b><i>",
        "<table><tr><td>",
        "<a href=x>",
        "<!--",
        "<a a=",
        "<p><b>",
        "&amp",
        "&amp;",
        "&lt;",
        "& ",
        "&#65",
        "\u{a0}",
        "&quot;x",
        "<x a b c d ",
    ] {
        let page = tag.repeat(200_000 / tag.len());
        let mail = survive(
            tag,
            format!("{HEAD}Content-Type: text/html\r\n\r\n{page}words"),
        );
        let shown = Instant::now();
        let safe = mail::sanitize::html(mail.html.as_deref().unwrap_or_default(), |_| None);
        assert!(
            shown.elapsed() < PAGE_DEADLINE,
            "{tag}: {:?}",
            shown.elapsed()
        );
        assert!(safe.len() <= 3_000_000, "{tag}: {}", safe.len());
    }
}

#[test]
fn t11_attributes_and_formatting_without_end() {
    let attributes: String = (0..150_000).map(|n| format!("a{n} ")).collect();
    let formatting: String = (0..20_000).map(|n| format!("<b title={n}><p>x")).collect();
    for page in [format!("<a {attributes}>"), formatting] {
        let started = Instant::now();
        let safe = mail::sanitize::html(&page, |_| None);
        assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
        assert!(safe.len() <= 10 * page.len());
    }
}

#[test]
fn t11_texts_that_flow_and_quote_without_end() {
    for line in [
        "> ",
        ">",
        "x \r\n",
        "> > > >\r\n",
        "-- \r\n",
        "On a wrote:\r\n",
        "From: a\r\n",
        "\r\n",
    ] {
        let text = line.repeat(300_000 / line.len());
        let mail = with("Content-Type: text/plain; format=flowed", "x");
        assert_eq!(mail.text, "x");
        survive(
            line,
            format!("{HEAD}Content-Type: text/plain; format=flowed\r\n\r\n{text}"),
        );
    }
}

#[test]
fn t11_encoded_mails_in_encoded_mails_stay_files() {
    let mut inner = format!("{HEAD}\r\nwords").into_bytes();
    for _ in 0..12 {
        use base64::Engine;
        let coded = base64::engine::general_purpose::STANDARD.encode(&inner);
        inner = format!(
            "{HEAD}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}"
        )
        .into_bytes();
    }
    let mail = survive("encoded", inner);
    assert_eq!(mail.attachments.len(), 1);
}
