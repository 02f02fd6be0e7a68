//! From bytes to a mail: shapes that programs really send, and those that attackers do.

#![allow(clippy::format_collect, reason = "mails are put together from pieces")]

mod authentication;
mod bombs;
mod charsets;
mod files;
mod property;
mod replies;
mod sanitize;
mod senders;
mod shapes;

use bytes::Bytes;
use postern::domain::address::Address;
use postern::mail::{self, Mail, Reading};

/// The address of the gateway in these tests.
const OWN: &str = "support@shop.example";

fn reading() -> Reading {
    Reading {
        own: vec![Address::parse_email(OWN).unwrap()],
        authserv_id: Some("mx.shop.example".to_owned()),
        ..Reading::default()
    }
}

/// Reads a mail that must be one.
fn read(raw: impl AsRef<[u8]>) -> Mail {
    mail::read(&Bytes::copy_from_slice(raw.as_ref()), &reading()).unwrap()
}

/// A text with the line ends of mail.
fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// A mail with those headers besides the usual ones.
fn with(headers: &str, body: &str) -> Mail {
    let usual = "From: Ann Lee <ann@customer.example>\nTo: support@shop.example\nSubject: Hello\n\
        Date: Sat, 21 Nov 2026 09:30:00 +0100\nMessage-ID: <1@customer.example>\nMIME-Version: 1.0";
    read(crlf(&format!("{usual}\n{headers}\n\n{body}")))
}

/// The names of the files, the inline ones in brackets.
fn files(mail: &Mail) -> Vec<String> {
    let name = |file: &mail::AttachedFile| {
        if file.inline {
            format!("[{}]", file.name)
        } else {
            file.name.clone()
        }
    };
    mail.attachments.iter().map(name).collect()
}
