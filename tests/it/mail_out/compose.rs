//! T8: whatever stands in a draft, the mail that is made of it reads back to exactly that.

use std::io::Write as _;
use std::process::{Command, Stdio};

use bytes::Bytes;
use mail_parser::{Addr, MessageParser, MimeHeaders};
use postern::domain::clock::Timestamp;
use postern::domain::mail::{Automatic, Mailbox};
use postern::mail::AttachedFile;
use postern::mail::compose::{Draft, compose, display_name, one_line};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// What breaks mail programs.
const PIECES: [&str; 44] = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    ".",
    "\r\n.\r\n",
    "\n.\n",
    "\r.\r",
    "\r\n\r\n",
    "Bcc: eve@evil.example",
    "\r\nBcc: eve@evil.example\r\n",
    "=?utf-8?Q?=41?=",
    "=?utf-8?B?QQ==?=",
    "?=",
    "=",
    "\"",
    "\\",
    "<",
    ">",
    "@",
    ",",
    ";",
    ":",
    "(",
    ")",
    "[",
    "]",
    "é",
    "日本語",
    "😀",
    "\u{202e}",
    "\u{2028}",
    " ",
    "\t",
    "--=_alternative_",
    "Content-Type: text/html",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "%0d%0a",
    "From ",
    "\u{feff}",
    "\u{85}",
    "word",
    "'",
    "*",
];

fn nasty(rng: &mut StdRng, most: usize) -> String {
    let count = rng.random_range(0..=most);
    (0..count)
        .map(|_| PIECES[rng.random_range(0..PIECES.len())])
        .collect()
}

fn mailbox(rng: &mut StdRng) -> Mailbox {
    let locals = ["ann", "a+b", "o'hara", "x_y", "a.b-c", "1!#$%&*/=?^`{|}~"];
    let local = locals[rng.random_range(0..locals.len())];
    Mailbox {
        name: rng.random_bool(0.7).then(|| nasty(rng, 6)),
        address: format!("{local}@mail{}.example.com", rng.random_range(0..9)),
    }
}

fn mailboxes(rng: &mut StdRng, least: usize, most: usize) -> Vec<Mailbox> {
    let count = rng.random_range(least..=most);
    (0..count).map(|_| mailbox(rng)).collect()
}

fn file(rng: &mut StdRng) -> AttachedFile {
    let kinds = [
        "application/pdf",
        "image/png",
        "text/html\r\nX: y",
        "multipart/mixed",
        "message/rfc822",
        "",
    ];
    let ids = ["one", "a\r\nX: y", "b>", ""];
    let content_id = rng.random_bool(0.5);
    let length = rng.random_range(0..60);
    AttachedFile {
        name: format!("f{}", nasty(rng, 5)),
        content_type: kinds[rng.random_range(0..kinds.len())].to_owned(),
        content_id: content_id.then(|| ids[rng.random_range(0..ids.len())].to_owned()),
        inline: rng.random_bool(0.5),
        bytes: Bytes::from((0..length).map(|_| rng.random()).collect::<Vec<u8>>()),
    }
}

fn draft(rng: &mut StdRng) -> Draft {
    let thread = rng.random_range(0..4);
    Draft {
        message_id: format!("{:x}@example.net", rng.random::<u64>()),
        date: Timestamp(1_790_000_000_000_000),
        from: mailbox(rng),
        reply_to: rng.random_bool(0.3).then(|| mailbox(rng)),
        to: mailboxes(rng, 1, 3),
        cc: mailboxes(rng, 0, 2),
        subject: nasty(rng, 12),
        thread: (0..thread)
            .map(|n| format!("{n}.{:x}@example.org", rng.random::<u128>()))
            .collect(),
        text: nasty(rng, 12),
        html: rng.random_bool(0.3).then(|| nasty(rng, 12)),
        files: (0..rng.random_range(0..3)).map(|_| file(rng)).collect(),
        automatic: rng.random_bool(0.1).then_some(Automatic::AutoReply),
        receipt_to: rng
            .random_bool(0.1)
            .then(|| "support@example.net".to_owned()),
    }
}

/// The text with one sort of line end, without U+0000.
fn plain(text: &str) -> String {
    let lines = text
        .replace('\0', "")
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    lines.replace('\n', "\r\n")
}

/// White space at the seams of encoded words is nobody's word.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn header_names(draft: &Draft) -> Vec<&'static str> {
    let given = [
        ("Date", true),
        ("From", true),
        ("To", true),
        ("Cc", !draft.cc.is_empty()),
        ("Reply-To", draft.reply_to.is_some()),
        ("Subject", true),
        ("Message-ID", true),
        ("In-Reply-To", !draft.thread.is_empty()),
        ("References", !draft.thread.is_empty()),
        ("Auto-Submitted", draft.automatic.is_some()),
        ("X-Auto-Response-Suppress", draft.automatic.is_some()),
        ("Disposition-Notification-To", draft.receipt_to.is_some()),
        ("MIME-Version", true),
        ("Content-Type", true),
    ];
    given
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
}

/// The lines of the header as they stand there: their names, in order.
fn raw_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("ASCII");
    let (head, _) = text.split_once("\r\n\r\n").expect("a header");
    let fresh = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    fresh
        .map(|line| line.split_once(':').expect(line).0.to_owned())
        .collect()
}

#[track_caller]
fn same_people(found: Option<&mail_parser::Address<'_>>, meant: &[Mailbox]) {
    let found: Vec<&Addr<'_>> = found.map(|all| all.iter().collect()).unwrap_or_default();
    assert_eq!(found.len(), meant.len(), "{found:?} {meant:?}");
    for (found, meant) in found.iter().zip(meant) {
        assert_eq!(found.address.as_deref(), Some(meant.address.as_str()));
        let name = meant.name.as_deref().map(display_name).unwrap_or_default();
        assert_eq!(
            words(found.name.as_deref().unwrap_or_default()),
            words(&name),
            "{meant:?}"
        );
    }
}

/// The files as they come: those that the text shows before the others.
fn in_order(draft: &Draft) -> Vec<&AttachedFile> {
    let shown = |file: &&AttachedFile| file.inline && file.content_id.as_deref() == Some("one");
    let (shown, beside): (Vec<_>, Vec<_>) = draft.files.iter().partition(shown);
    [shown, beside].concat()
}

fn check(draft: &Draft) {
    let bytes = compose(draft);
    assert!(bytes.is_ascii() && bytes.ends_with(b"\r\n"));
    let text = std::str::from_utf8(&bytes).unwrap();
    for line in text.split("\r\n") {
        assert!(
            line.len() <= 998 && !line.contains(['\r', '\n', '\0']),
            "{line:?}"
        );
    }
    assert_eq!(raw_names(&bytes), header_names(draft), "{text}");
    let mail = MessageParser::default().parse(&bytes).expect("a mail");
    same_people(mail.from(), std::slice::from_ref(&draft.from));
    same_people(mail.to(), &draft.to);
    same_people(mail.cc(), &draft.cc);
    assert_eq!(
        words(mail.subject().unwrap_or_default()),
        words(&one_line(&draft.subject)),
        "{text}"
    );
    assert_eq!(mail.message_id(), Some(draft.message_id.as_str()));
    let references = mail.references().as_text_list().unwrap_or_default();
    assert_eq!(
        references,
        draft.thread.iter().map(String::as_str).collect::<Vec<_>>()
    );
    assert_eq!(mail.text_body.len(), 1, "{text}");
    assert_eq!(mail.html_body.len(), 1, "{text}");
    let body = mail.body_text(0).unwrap();
    assert_eq!(plain(&body), plain(&draft.text), "{draft:?}\n{text}");
    if let Some(html) = &draft.html {
        assert_eq!(plain(&mail.body_html(0).unwrap()), plain(html), "{text}");
    }
    assert_eq!(mail.attachments.len(), draft.files.len(), "{text}");
    for (found, meant) in mail.attachments().zip(in_order(draft)) {
        assert_eq!(found.contents(), &meant.bytes[..]);
        assert_eq!(
            words(found.attachment_name().unwrap()),
            words(&display_name(&meant.name)),
            "{text}"
        );
    }
    if draft.message_id.starts_with('a') {
        let again = compose(draft);
        assert_eq!(bytes, again, "the same draft is the same mail");
    }
}

#[test]
fn t08_a_hundred_thousand_drafts_read_back_to_what_was_meant() {
    let work = |seed: u64| {
        move || {
            let mut rng = StdRng::seed_from_u64(seed);
            for _ in 0..50_000 {
                check(&draft(&mut rng));
            }
        }
    };
    let threads: Vec<_> = [1, 2].map(work).map(std::thread::spawn).into();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Reads mails as base64 lines, writes what it understood of each as a line of JSON.
const PYTHON: &str = r#"
import base64, email, email.policy, json, sys
for line in sys.stdin:
    mail = email.message_from_bytes(base64.b64decode(line), policy=email.policy.default)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    people = lambda name: [a.addr_spec for a in mail[name].addresses] if mail[name] else []
    print(json.dumps({
        "names": mail.keys(), "subject": str(mail["subject"]), "to": people("to"), "cc": people("cc"),
        "text": leaves[0].get_content(), "kinds": [part.get_content_type() for part in leaves[:2]],
        "files": [base64.b64encode(part.get_payload(decode=True)).decode() for part in leaves[2:]],
    }))
"#;

#[test]
fn t08_another_reader_sees_the_same() {
    let mut rng = StdRng::seed_from_u64(3);
    let drafts: Vec<Draft> = (0..300).map(|_| draft(&mut rng)).collect();
    let mut python = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut input = python.stdin.take().unwrap();
    let lines: String = drafts.iter().fold(String::new(), |lines, draft| {
        lines + &base64(&compose(draft)) + "\n"
    });
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), drafts.len());
    let mut wrong = 0;
    for (line, draft) in text.lines().zip(&drafts) {
        let found: Value = serde_json::from_str(line).unwrap();
        let addresses =
            |all: &[Mailbox]| all.iter().map(|one| json!(one.address)).collect::<Vec<_>>();
        let files: Vec<_> = in_order(draft)
            .iter()
            .map(|file| json!(base64(&file.bytes)))
            .collect();
        assert_eq!(found["names"], json!(header_names(draft)), "{draft:?}");
        assert_eq!(
            found["kinds"],
            json!(["text/plain", "text/html"]),
            "{draft:?}"
        );
        assert_eq!(found["files"], json!(files), "{draft:?}");
        assert_eq!(
            plain(found["text"].as_str().unwrap()).trim_end(),
            plain(&draft.text).trim_end()
        );
        assert_eq!(
            (&found["to"], &found["cc"]),
            (&json!(addresses(&draft.to)), &json!(addresses(&draft.cc))),
            "{draft:?}"
        );
        // Python's header parser decodes some encoded words differently from the standard.
        wrong += usize::from(
            words(found["subject"].as_str().unwrap()) != words(&one_line(&draft.subject)),
        );
    }
    assert_eq!(wrong, 0);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
