//! The one way from bytes to a [`Mail`]; it must not know where the bytes came from.

use bytes::Bytes;
use mail_parser::{Address as Addresses, HeaderValue, Message, MessageParser, MimeHeaders};
use sha2::{Digest, Sha256};

use crate::domain::clock::Timestamp;
use crate::domain::mail::{Mailbox, Verified};
use crate::mail::{AttachedFile, Mail, Reading, Unreadable};

/// Understands a mail.
pub(super) fn understand(raw: &Bytes, _reading: &Reading) -> Result<Mail, Unreadable> {
    let message = MessageParser::default().parse(raw).ok_or(Unreadable {
        reason: "there are no headers in it".to_owned(),
    })?;
    let text = clean(&message.body_text(0).unwrap_or_default());
    Ok(Mail {
        message_id: message.message_id().map(clean),
        in_reply_to: ids(message.in_reply_to()),
        references: ids(message.references()),
        from: message
            .from()
            .and_then(|list| mailboxes(list).into_iter().next()),
        reply_to: message
            .reply_to()
            .and_then(|list| mailboxes(list).into_iter().next()),
        to: message.all_to().flat_map(mailboxes).collect(),
        cc: message.all_cc().flat_map(mailboxes).collect(),
        delivered_to: Vec::new(),
        subject: clean(message.subject().unwrap_or_default()),
        date: message
            .date()
            .map(|date| Timestamp(date.to_timestamp() * 1_000_000)),
        visible: text.clone(),
        text,
        html: message.body_html(0).map(|html| clean(&html)),
        attachments: attachments(&message),
        verified: Verified::Unknown,
        automatic: None,
        notice: None,
        tags: Vec::new(),
        fingerprint: hex::encode(Sha256::digest(raw)),
        incomplete: None,
    })
}

fn clean(text: &str) -> String {
    text.replace('\0', "")
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![clean(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| clean(id)).collect(),
        _ => Vec::new(),
    }
}

fn mailboxes(list: &Addresses<'_>) -> Vec<Mailbox> {
    list.iter()
        .filter_map(|one| {
            Some(Mailbox {
                name: one.name().map(clean),
                address: clean(one.address()?),
            })
        })
        .collect()
}

fn attachments(message: &Message<'_>) -> Vec<AttachedFile> {
    message
        .attachments()
        .map(|part| AttachedFile {
            name: clean(part.attachment_name().unwrap_or("attachment")),
            content_type: part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()),
            ),
            content_id: part.content_id().map(clean),
            inline: false,
            bytes: Bytes::copy_from_slice(part.contents()),
        })
        .collect()
}
