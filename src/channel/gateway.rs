//! One configured gateway, whatever it carries.

use url::Url;

use super::fault::GatewayFault;
use super::mail_gateway::{Letter, MailGateway};
use super::message::{Capabilities, Outbound, OutboundText};
use super::profile::Profiles;
use super::text_gateway::TextGateway;
use crate::domain::clock::Clock;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::GatewaySpec;
use crate::domain::id::MessageId;
use crate::domain::outcome::Outcome;
use crate::domain::report::OwnReference;

/// One configured gateway, ready to speak.
#[derive(Debug)]
pub enum Gateway {
    /// It carries texts.
    Text(Box<TextGateway>),
    /// It carries mail.
    Mail(Box<MailGateway>),
}

/// A message as it goes over the wire.
#[derive(Debug)]
pub enum Written {
    /// A text.
    Text(Box<OutboundText>),
    /// A mail, to one of its recipients.
    Mail(Box<Letter>),
}

impl Gateway {
    /// Opens a gateway.
    ///
    /// # Errors
    ///
    /// Refuses what cannot work: an unknown profile, a missing setting, a key that is none.
    pub fn open(
        spec: &GatewaySpec,
        profiles: &Profiles,
        public_url: &Url,
        clock: Clock,
    ) -> Result<Self, GatewayFault> {
        Ok(match &spec.mail {
            None => Self::Text(Box::new(TextGateway::open(
                spec, profiles, public_url, clock,
            )?)),
            Some(mail) => Self::Mail(Box::new(MailGateway::open(spec, mail, &clock)?)),
        })
    }

    /// The gateway as one that a provider posts to; nothing when none does.
    pub fn texts(&self) -> Option<&TextGateway> {
        match self {
            Self::Text(gateway) => Some(gateway),
            Self::Mail(_) => None,
        }
    }

    /// What the gateway can do.
    pub fn capabilities(&self) -> &Capabilities {
        match self {
            Self::Text(gateway) => gateway.capabilities(),
            Self::Mail(gateway) => gateway.capabilities(),
        }
    }

    /// How many sends may be under way at once.
    pub fn concurrency(&self) -> usize {
        match self {
            Self::Text(gateway) => gateway.concurrency(),
            Self::Mail(gateway) => gateway.concurrency(),
        }
    }

    /// The id by which reports name a message whatever the provider answered to the send.
    pub fn own_reference(&self, message: MessageId) -> Option<OwnReference> {
        match self {
            Self::Text(gateway) => gateway.own_reference(message),
            Self::Mail(_) => None,
        }
    }

    /// Writes a message as it goes over the wire, which takes no more than the processor.
    ///
    /// # Errors
    ///
    /// Says what comes of a message that cannot be written.
    pub fn write(&self, message: Outbound) -> Result<Written, Outcome> {
        match (self, message) {
            (Self::Text(_), Outbound::Text(text)) => Ok(Written::Text(text)),
            (Self::Mail(gateway), Outbound::Mail(mail)) => {
                Ok(Written::Mail(Box::new(gateway.write(&mail)?)))
            }
            (Self::Text(_), Outbound::Mail(_)) | (Self::Mail(_), Outbound::Text(_)) => {
                Err(foreign())
            }
        }
    }

    /// Hands a written message over and says what came of it, within a time budget.
    pub async fn hand_over(&self, message: &Written) -> Outcome {
        match (self, message) {
            (Self::Text(gateway), Written::Text(text)) => gateway.send(text).await,
            (Self::Mail(gateway), Written::Mail(letter)) => gateway.send(letter).await,
            (Self::Text(_), Written::Mail(_)) | (Self::Mail(_), Written::Text(_)) => foreign(),
        }
    }

    /// Writes a message, hands it over and says what came of it.
    pub async fn send(&self, message: &Outbound) -> Outcome {
        match self.write(message.clone()) {
            Ok(written) => self.hand_over(&written).await,
            Err(outcome) => outcome,
        }
    }

    /// Closes connections that nobody needs any more.
    pub async fn tidy(&self) {
        match self {
            Self::Text(_) => {}
            Self::Mail(gateway) => gateway.tidy().await,
        }
    }
}

fn foreign() -> Outcome {
    Outcome::Rejected(Failure {
        class: FailureClass::SenderConfig,
        code: None,
        detail: "the gateway does not carry such messages".to_owned(),
    })
}
