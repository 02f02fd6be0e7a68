//! What a try came to that was not taken, and the verdict on it.

use super::reply::Reply;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::outcome::Outcome;

/// How far a try got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Until the server greeted, was encrypted and had said what it offers.
    Opening,
    /// The login.
    Login,
    /// The envelope sender.
    Sender,
    /// The envelope recipient.
    Recipient,
    /// The content, up to its last byte but one.
    Content,
    /// The dot that ends the content: from here on the server may have taken it.
    End,
}

/// Why a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// The server refused.
    Refused(Reply),
    /// The connection failed or was too slow, in words.
    Lost(String),
    /// The server cannot do what is needed for every mail, in words.
    Unfit(String),
    /// The server cannot do what is needed for this mail, in words.
    Unable(String),
}

/// A try that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// How far it got.
    pub stage: Stage,
    /// Why it ended.
    pub cause: Cause,
}

impl Fault {
    /// Whether the connection may have been dead before the try began, so that a new one may
    /// serve; nothing of the mail was sent then.
    pub(super) fn is_stale(&self) -> bool {
        match (&self.cause, self.stage) {
            (Cause::Lost(_), Stage::Sender | Stage::Recipient) => true,
            (Cause::Refused(reply), Stage::Sender) => reply.code == 421,
            (
                Cause::Lost(_) | Cause::Refused(_) | Cause::Unfit(_) | Cause::Unable(_),
                Stage::Opening
                | Stage::Login
                | Stage::Sender
                | Stage::Recipient
                | Stage::Content
                | Stage::End,
            ) => false,
        }
    }

    /// Whether the connection is of no more use.
    pub(super) fn ends_connection(&self) -> bool {
        match &self.cause {
            Cause::Refused(reply) => reply.code == 421 || reply.code == 554,
            Cause::Lost(_) => true,
            Cause::Unfit(_) | Cause::Unable(_) => false,
        }
    }

    /// What follows from it.
    pub(super) fn verdict(&self) -> Outcome {
        match &self.cause {
            Cause::Lost(words) if self.stage == Stage::End => {
                let detail = format!(
                    "the connection failed after the mail was handed over, and nobody knows \
                     whether the server took it: {words}"
                );
                Outcome::Unknown(failure(FailureClass::Unknown, None, detail))
            }
            Cause::Lost(words) => {
                Outcome::NotSent(failure(FailureClass::ProviderError, None, words.clone()))
            }
            Cause::Unfit(words) => {
                Outcome::Misconfigured(failure(FailureClass::SenderConfig, None, words.clone()))
            }
            Cause::Unable(words) => {
                Outcome::Rejected(failure(FailureClass::Content, None, words.clone()))
            }
            Cause::Refused(reply) if reply.code == 421 => Outcome::Throttled {
                after: None,
                failure: refusal(reply, FailureClass::Throttled),
            },
            Cause::Refused(reply) if reply.is_transient() => transient(self.stage, reply),
            Cause::Refused(reply) => permanent(self.stage, reply),
        }
    }
}

/// A refusal for now (4xx).
fn transient(stage: Stage, reply: &Reply) -> Outcome {
    match stage {
        Stage::Opening | Stage::Login | Stage::Sender => {
            Outcome::NotSent(refusal(reply, FailureClass::ProviderError))
        }
        Stage::Recipient | Stage::Content | Stage::End => {
            Outcome::Deferred(refusal(reply, class(reply)))
        }
    }
}

/// A refusal for good (5xx), or an answer that makes no sense here.
fn permanent(stage: Stage, reply: &Reply) -> Outcome {
    let too_large = reply.code == 552 || reply.enhanced() == Some("5.3.4");
    match stage {
        Stage::Opening => Outcome::Misconfigured(refusal(reply, FailureClass::SenderConfig)),
        Stage::Login => Outcome::Misconfigured(refusal(reply, FailureClass::Account)),
        Stage::Sender if !too_large => {
            Outcome::Misconfigured(refusal(reply, FailureClass::SenderConfig))
        }
        // The server wants a login, or forbids relaying without one.
        Stage::Recipient if matches!(reply.code, 530 | 535) => {
            Outcome::Misconfigured(refusal(reply, FailureClass::Account))
        }
        Stage::Sender | Stage::Recipient | Stage::Content | Stage::End => {
            Outcome::Rejected(refusal(reply, class(reply)))
        }
    }
}

fn refusal(reply: &Reply, class: FailureClass) -> Failure {
    let code = reply
        .enhanced()
        .map_or_else(|| reply.code.to_string(), str::to_owned);
    let said = reply.words();
    let said = said
        .strip_prefix(code.as_str())
        .map_or(said.as_str(), str::trim_start);
    let meaning = meaning(&code, class);
    failure(
        class,
        Some(code),
        format!("{meaning}; the server said: {} {said}", reply.code),
    )
}

fn failure(class: FailureClass, code: Option<String>, detail: String) -> Failure {
    Failure {
        class,
        code,
        detail,
    }
}

/// The class of a refusal that concerns the recipient or the mail (RFC 3463, 3).
fn class(reply: &Reply) -> FailureClass {
    let mut numbers = reply.enhanced().unwrap_or_default().split('.').skip(1);
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u16>().ok());
    match (number(numbers.next()), number(numbers.next())) {
        (Some(1), _) => FailureClass::InvalidNumber,
        (Some(2), Some(3)) | (Some(3), Some(4)) | (Some(6), _) => FailureClass::Content,
        (Some(2 | 4), _) => FailureClass::Unreachable,
        (Some(7), _) => FailureClass::Filtered,
        (Some(3 | 5), _) => FailureClass::ProviderError,
        (Some(_) | None, _) => by_code(reply),
    }
}

/// The class where the server gives no enhanced code, by its number (RFC 5321, 4.2.3).
fn by_code(reply: &Reply) -> FailureClass {
    match reply.code {
        550 | 551 | 553 => FailureClass::InvalidNumber,
        450 | 452 => FailureClass::Unreachable,
        552 => FailureClass::Content,
        451 | 454 | 455 | 500..=504 => FailureClass::ProviderError,
        554 => FailureClass::Filtered,
        _ => FailureClass::Unknown,
    }
}

/// The code in plain words.
fn meaning(code: &str, class: FailureClass) -> &'static str {
    let (_, detail) = code.split_once('.').unwrap_or_default();
    match detail {
        "1.1" => "the mailbox does not exist",
        "1.2" => "the domain does not exist or takes no mail",
        "1.3" => "the address is not written as the server wants it",
        "1.6" => "the mailbox has moved and left no new address",
        "1.10" => "the domain says that it takes no mail",
        "2.0" | "2.1" => "the mailbox is disabled",
        "2.2" => "the mailbox is full",
        "2.3" | "3.4" => "the mail is too large",
        "3.1" | "3.2" => "the server takes no mail at present",
        "4.1" | "4.4" => "the recipient's server cannot be reached",
        "7.1" => "the server does not let us send to this recipient, or takes the mail for spam",
        "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.25" | "7.26" => {
            "the server could not tell that the mail is really ours (SPF, DKIM or DMARC)"
        }
        _ => match class {
            FailureClass::InvalidNumber => "the address is not accepted",
            FailureClass::Unreachable => "the mailbox cannot take the mail",
            FailureClass::Filtered => "the server refused the mail by its policy",
            FailureClass::Content => "the mail itself was refused",
            FailureClass::Account => "the server refused the login",
            FailureClass::SenderConfig => "the server does not take mail from this sender",
            FailureClass::Throttled => "the server asks for a pause",
            FailureClass::OptedOut
            | FailureClass::CarrierError
            | FailureClass::Expired
            | FailureClass::Geo
            | FailureClass::ProviderError
            | FailureClass::Duplicate
            | FailureClass::Unknown => "the server refused the mail",
        },
    }
}
