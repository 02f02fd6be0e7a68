//! What makes two copies of a mail the same, and two mails with one Message-ID different.

use mail_parser::{Message, PartType};
use sha2::{Digest, Sha256};

use super::fields::Fields;
use super::words;

/// The fingerprint of a mail with that Message-ID, over its content; trace headers and the way
/// it travelled do not count.
pub(super) fn of_content(message: &Message<'_>, fields: Fields<'_>, message_id: &str) -> String {
    let mut hash = Sha256::new();
    add(&mut hash, message_id.as_bytes());
    for name in ["Date", "From", "Subject"] {
        let text = words::decode(fields.first(name).unwrap_or_default(), None);
        add(&mut hash, text.as_bytes());
    }
    for part in &message.parts {
        let raw = &message.raw_message;
        match &part.body {
            // A server on the way may change line ends and blanks at their end.
            PartType::Text(text) | PartType::Html(text) => add_text(&mut hash, text),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => add(&mut hash, bytes),
            PartType::Message(_) => {
                let range = part.offset_body as usize..part.offset_end as usize;
                let inner = raw.get(range).unwrap_or_default();
                add_text(&mut hash, &String::from_utf8_lossy(inner));
            }
            PartType::Multipart(_) => {}
        }
    }
    hex::encode(hash.finalize())
}

/// The fingerprint of a mail of which nothing can be left out: every byte counts.
pub(super) fn of_bytes(raw: &[u8]) -> String {
    hex::encode(Sha256::digest(raw))
}

/// Adds bytes so that where they end counts too.
fn add(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn add_text(hash: &mut Sha256, text: &str) {
    for line in text.trim_end().lines() {
        hash.update(line.trim_end().as_bytes());
        hash.update(b"\n");
    }
    add(hash, b"");
}
