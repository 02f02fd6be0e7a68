//! A gateway for mail: composes, signs and hands over.

use super::fault::GatewayFault;
use super::message::{Capabilities, OutboundMail};
use super::smtp::{Envelope, Smtp};
use crate::domain::clock::Clock;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::GatewaySpec;
use crate::domain::mailbox::MailSpec;
use crate::domain::outcome::Outcome;
use crate::domain::status::Status;
use crate::mail::compose::{compose, wire_address};
use crate::mail::dkim::Signer;

/// A gateway for mail, ready to speak.
#[derive(Debug)]
pub struct MailGateway {
    capabilities: Capabilities,
    concurrency: usize,
    /// Where bounces go.
    sender: String,
    verp: bool,
    smtp: Option<Smtp>,
    signer: Option<Signer>,
}

/// A mail as it goes over the wire to one of its recipients.
#[derive(Debug)]
pub struct Letter {
    envelope: Envelope,
    content: Vec<u8>,
}

impl MailGateway {
    /// Opens a gateway; nothing is connected yet.
    pub(super) fn open(
        spec: &GatewaySpec,
        mail: &MailSpec,
        clock: &Clock,
    ) -> Result<Self, GatewayFault> {
        let unusable = |setting: &str, reason: String| GatewayFault::UnusableSetting {
            gateway: spec.name.to_string(),
            setting: setting.to_owned(),
            reason,
        };
        let address = wire_address(spec.address.value());
        let hello = address
            .rsplit_once('@')
            .map_or("localhost", |(_, host)| host);
        let smtp = mail.smtp.as_ref();
        let signer = smtp.and_then(|smtp| smtp.dkim.as_ref());
        let sender = smtp.and_then(|smtp| smtp.envelope_from.as_ref());
        let mut receipts = vec![Status::Sent];
        if mail.imap.is_some() {
            receipts.push(Status::Delivered);
        }
        if mail.ask_read_receipt {
            receipts.push(Status::Read);
        }
        Ok(Self {
            capabilities: Capabilities {
                mms: false,
                receipts,
                max_segments: 1,
            },
            concurrency: smtp.map_or(1, |smtp| smtp.connections as usize),
            sender: sender.map_or_else(|| address.clone(), |sender| wire_address(sender.value())),
            verp: smtp.is_some_and(|smtp| smtp.verp),
            smtp: smtp
                .map(|smtp| Smtp::new(&smtp.server, hello.to_owned(), clock.clone()))
                .transpose()
                .map_err(|reason| unusable("smtp", reason))?,
            signer: signer
                .map(Signer::open)
                .transpose()
                .map_err(|reason| unusable("dkim", reason))?,
        })
    }

    /// What the gateway can do.
    pub(super) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// How many sends may be under way at once.
    pub(super) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Closes connections that were not used for a while.
    pub(super) async fn tidy(&self) {
        if let Some(smtp) = &self.smtp {
            smtp.tidy().await;
        }
    }

    /// Composes and signs a mail to one recipient.
    pub(super) fn write(&self, mail: &OutboundMail) -> Result<Letter, Outcome> {
        let mut content = compose(&mail.draft);
        if let Some(signer) = &self.signer {
            let header = signer.sign(&content).map_err(misconfigured)?;
            content.splice(..0, header.into_bytes()).for_each(drop);
        }
        let answered = !mail.draft.is_answer_of_a_program();
        Ok(Letter {
            envelope: Envelope {
                sender: answered.then(|| self.sender(&mail.envelope_id)),
                recipient: wire_address(&mail.recipient),
                id: mail.envelope_id.clone(),
            },
            content,
        })
    }

    /// Hands a mail to the server and says what came of it.
    pub(super) async fn send(&self, letter: &Letter) -> Outcome {
        let Some(smtp) = &self.smtp else {
            return misconfigured("the gateway has no [gateway.smtp] to send by".to_owned());
        };
        match smtp.send(&letter.envelope, &letter.content).await {
            Ok(said) => Outcome::Accepted {
                references: vec![said],
                segments: None,
            },
            Err(outcome) => outcome,
        }
    }

    /// Where bounces of a mail go.
    fn sender(&self, envelope_id: &str) -> String {
        match self.sender.rsplit_once('@').filter(|_| self.verp) {
            Some((local, host)) => format!("{local}+{envelope_id}@{host}"),
            None => self.sender.clone(),
        }
    }
}

fn misconfigured(detail: String) -> Outcome {
    Outcome::Misconfigured(Failure {
        class: FailureClass::SenderConfig,
        code: None,
        detail,
    })
}
