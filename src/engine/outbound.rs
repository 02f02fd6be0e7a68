//! What a claimed message is on the wire.

use std::sync::Arc;

use bytes::Bytes;

use super::{Claimed, Engine, EngineFault, Line};
use crate::channel::{Outbound, OutboundMail, OutboundText};
use crate::domain::address::Address;
use crate::domain::attachment::Enclosed;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::mail::{MailDetails, Mailbox};
use crate::domain::mailbox::MailSpec;
use crate::domain::message::Message;
use crate::mail::AttachedFile;
use crate::mail::compose::Draft;

impl Engine {
    /// A claimed message as its gateway takes it.
    ///
    /// # Errors
    ///
    /// Says why it cannot be sent now, when a file of it cannot be read.
    pub async fn outbound(&self, line: &Line, claimed: &Claimed) -> Result<Outbound, Failure> {
        let Claimed { delivery, message } = claimed;
        let files = &message.details.files;
        match (&message.details.mail, &line.spec.mail) {
            (Some(details), Some(spec)) => {
                let recipient = message.recipient(delivery.part).to_owned();
                Ok(Outbound::Mail(Box::new(OutboundMail {
                    recipient,
                    envelope_id: envelope_id(details, delivery.part),
                    draft: Draft {
                        files: self.attached(message).await?,
                        ..draft(line, spec, message, details)
                    },
                })))
            }
            (Some(_) | None, _) => Ok(Outbound::Text(Box::new(OutboundText {
                id: message.id,
                to: Address::Sms(message.to.clone()),
                text: message.text.clone(),
                encoding: message.encoding.unwrap_or_default(),
                segments: message.segments,
                media: files.iter().map(|file| self.media_link(file)).collect(),
                valid_for: delivery.valid_until.since(message.created_at),
            }))),
        }
    }
}

impl Engine {
    /// The files of a mail, with their bytes.
    async fn attached(&self, message: &Message) -> Result<Vec<AttachedFile>, Failure> {
        let mut files = Vec::with_capacity(message.details.files.len());
        for file in &message.details.files {
            let bytes = self.attached_bytes(file).await.map_err(|fault| Failure {
                class: FailureClass::Unknown,
                code: None,
                detail: format!("the file {:?} could not be read: {fault}", file.name),
            })?;
            files.push(AttachedFile {
                name: file.name.clone(),
                content_type: file.content_type.clone(),
                content_id: file.content_id.clone(),
                inline: file.inline,
                bytes,
            });
        }
        Ok(files)
    }

    async fn attached_bytes(&self, file: &Enclosed) -> Result<Bytes, EngineFault> {
        let missing = || EngineFault::Unavailable("there is no such attachment".into());
        let found = self.read().attachment(file.id).await?;
        self.file_bytes(&found.ok_or_else(missing)?).await
    }
}

/// What delivery reports name a mail to one recipient by: the token of its Message-ID, and which
/// recipient it is.
fn envelope_id(details: &MailDetails, part: u32) -> String {
    let id = details.message_id.as_deref().unwrap_or_default();
    let token = id.split_once('@').map_or(id, |(token, _)| token);
    format!("{token}-{part}")
}

fn draft(line: &Line, spec: &Arc<MailSpec>, message: &Message, details: &MailDetails) -> Draft {
    let own = |address: &str| Mailbox {
        name: spec.display_name.clone(),
        address: address.to_owned(),
    };
    let reply_to = (spec.plus_addresses).then(|| tagged(line.spec.address.value(), details));
    let is_automatic = details.automatic.is_some();
    Draft {
        message_id: details.message_id.clone().unwrap_or_default(),
        date: message.created_at,
        from: own(&message.from),
        reply_to: reply_to.flatten().map(|address| own(&address)),
        to: details.to.clone(),
        cc: details.cc.clone(),
        subject: details.subject.clone(),
        thread: details.thread.clone(),
        text: message.text.clone(),
        html: details.html.clone(),
        files: Vec::new(),
        automatic: details.automatic,
        receipt_to: (spec.ask_read_receipt && !is_automatic).then(|| message.from.clone()),
    }
}

/// The gateway's address with our token in it, by which an answer finds its conversation.
fn tagged(address: &str, details: &MailDetails) -> Option<String> {
    let (token, _) = details.message_id.as_deref()?.split_once('@')?;
    let (local, domain) = address.rsplit_once('@')?;
    Some(format!("{local}+{token}@{domain}"))
}
