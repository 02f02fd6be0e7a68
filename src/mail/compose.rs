//! Writes a mail (RFC 5322, MIME), so that it can be read back to exactly what was meant.
//!
//! The same draft gives the same bytes, so a second try sends the same mail. Whatever stands in a
//! draft, it cannot add a header, a recipient or a part: control characters do not get into
//! headers, what is beyond ASCII is encoded (RFC 2047, RFC 2231), files are base64, and the
//! boundary cannot be guessed by who wrote the text.

mod body;

pub use body::{harmless, to_text};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::AttachedFile;
use crate::domain::clock::Timestamp;
use crate::domain::mail::{Automatic, Mailbox};

/// How many mails of a thread References names (RFC 5322 sets no bound; lines and servers do).
const MOST_REFERENCES: usize = 100;

/// How many bytes an encoded word holds: 60 characters of base64, within the 75 of RFC 2047, 2.
const ENCODED_WORD: usize = 45;

/// The longest id that is referred to; what is longer was not made by a mail program.
const LONGEST_ID: usize = 250;

/// A mail to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// When it was written.
    pub date: Timestamp,
    /// Who wrote it.
    pub from: Mailbox,
    /// Where answers shall go, when not to `from`.
    pub reply_to: Option<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// The subject.
    pub subject: String,
    /// The mails of its thread, without angle brackets, the one that it answers last.
    pub thread: Vec<String>,
    /// The words, in Markdown-lite where there is no `html`.
    pub text: String,
    /// The words as HTML, already harmless; made of `text` when nothing is given.
    pub html: Option<String>,
    /// The files.
    pub files: Vec<AttachedFile>,
    /// Why nobody wrote it by hand.
    pub automatic: Option<Automatic>,
    /// Whom to tell that it was read (RFC 8098).
    pub receipt_to: Option<String>,
}

impl Draft {
    /// Whether it is a program's answer, which nobody must answer in turn (RFC 3834).
    pub fn is_answer_of_a_program(&self) -> bool {
        self.automatic.is_some()
    }
}

/// The mail, every line ended by CRLF.
pub fn compose(draft: &Draft) -> Vec<u8> {
    let mut mail = MessageBuilder::new()
        .header("Date", Date::new(draft.date.0.div_euclid(1_000_000)))
        .header("From", address(&draft.from))
        .header("To", addresses(&draft.to));
    if !draft.cc.is_empty() {
        mail = mail.header("Cc", addresses(&draft.cc));
    }
    if let Some(reply_to) = &draft.reply_to {
        mail = mail.header("Reply-To", address(reply_to));
    }
    mail = mail
        .header("Subject", subject(&draft.subject))
        .header("Message-ID", MessageId::new(draft.message_id.as_str()));
    let thread: Vec<&str> = (draft.thread.iter().map(String::as_str))
        .filter(|id| is_message_id(id))
        .collect();
    if let Some(answered) = thread.last() {
        // The first of a thread is what programs find it by, so it is never among those left out.
        let left_out = thread.len().saturating_sub(MOST_REFERENCES);
        let kept = thread
            .iter()
            .take(1)
            .chain(thread.iter().skip(1 + left_out));
        mail = mail
            .header("In-Reply-To", MessageId::new(*answered))
            .header("References", MessageId::new_list(kept.copied()));
    }
    if draft.automatic.is_some() {
        mail = mail
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .header("X-Auto-Response-Suppress", Raw::new("All"));
    }
    if let Some(receipt_to) = &draft.receipt_to {
        let to = Address::new_address(None::<&str>, wire_address(receipt_to));
        mail = mail.header("Disposition-Notification-To", to);
    }
    mail = mail
        .header("MIME-Version", Raw::new("1.0"))
        .body(body::body(draft));
    let mut bytes = Vec::new();
    mail.serialize(&mut bytes);
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The subject; one that looks like encoded words already is encoded, so that it stays what it
/// is.
fn subject(text: &str) -> HeaderType<'static> {
    let line = one_line(text);
    if line.contains("=?") {
        HeaderType::Raw(Raw::new(encoded_words(&line)))
    } else {
        HeaderType::Text(Text::new(line))
    }
}

/// A text in encoded words (RFC 2047), each of them of whole characters.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > ENCODED_WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let encoded = words.iter().map(|word| STANDARD.encode(word));
    let encoded: Vec<_> = encoded.map(|word| format!("=?utf-8?B?{word}?=")).collect();
    encoded.join(" ")
}

fn address(mailbox: &Mailbox) -> Address<'static> {
    let name = mailbox.name.as_deref().map(display_name);
    let name = name.filter(|name| !name.is_empty());
    Address::new_address(name, wire_address(&mailbox.address))
}

fn addresses(mailboxes: &[Mailbox]) -> Address<'static> {
    Address::new_list(mailboxes.iter().map(address).collect())
}

/// A mailbox as the wire needs it: its domain in ASCII (IDNA).
pub fn wire_address(address: &str) -> String {
    let clean = one_line(address);
    let Some((local, domain)) = clean.rsplit_once('@') else {
        return clean;
    };
    let ascii = if domain.is_ascii() {
        None
    } else {
        url::Host::parse(domain).ok()
    };
    match ascii {
        Some(host) => format!("{local}@{host}"),
        None => clean,
    }
}

/// A value for a header: no control character, whatever it is, and no line end that programs
/// beyond mail know.
pub fn one_line(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| match c {
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    clean.trim().to_owned()
}

/// A name for a header, in which nobody sees encoded words that are none.
pub fn display_name(text: &str) -> String {
    one_line(text).replace("=?", "= ?")
}

/// Whether a text can stand between angle brackets as the id of a mail.
fn is_message_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'))
}
