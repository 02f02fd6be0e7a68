//! Mail handed to a server (RFC 5321), one recipient at a time.
//!
//! Connections are kept and used again. How far a try got is known at every step, because a mail
//! that was refused before its end was not sent, and one that was lost behind it may have been.
//! Knows what an envelope is, and nothing of what is in the mail.

mod connection;
mod fault;
mod reply;
mod wire;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio_rustls::TlsConnector;

use self::connection::{Connection, Deadlines, Proof};
use self::fault::{Cause, Fault, Stage};
use self::reply::Offers;
use super::oauth2::{Freshness, OAuth2Fault, Tokens};
use super::tls;
use crate::domain::clock::Clock;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::mailbox::{Login, MailServer, Secret};
use crate::domain::outcome::Outcome;

/// How long a connection is kept without use; servers drop them after some minutes.
const IDLE: Duration = Duration::from_secs(20);

/// After how many mails a connection is closed, as many servers do by themselves.
const MOST_MAILS: u32 = 100;

/// Who sends to whom, as the server is told; addresses are as the wire needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    /// Where bounces go; nothing for mail that must not be answered.
    pub sender: Option<String>,
    /// Who gets it.
    pub recipient: String,
    /// What a delivery report names it by (RFC 3461, ENVID).
    pub id: String,
}

/// A mail server, with the connections to it.
#[derive(Debug)]
pub(super) struct Smtp {
    server: MailServer,
    tls: Arc<ClientConfig>,
    hello: String,
    deadlines: Deadlines,
    tokens: Option<Tokens>,
    idle: Mutex<Vec<Connection>>,
}

impl Smtp {
    /// A server that was not spoken to yet; `hello` is the name that we greet it by.
    ///
    /// # Errors
    ///
    /// Says in words what of the configuration cannot be used.
    pub(super) fn new(server: &MailServer, hello: String, clock: Clock) -> Result<Self, String> {
        let tls = tls::client_config(server.ca.as_deref()).map_err(|fault| fault.to_string())?;
        let tokens = match &server.login {
            Login::OAuth2(oauth2) => Some(Tokens::open(oauth2, clock)),
            Login::None | Login::Password(_) => None,
        };
        Ok(Self {
            tls,
            tokens: tokens.transpose().map_err(|fault| fault.to_string())?,
            server: server.clone(),
            hello,
            deadlines: Deadlines::default(),
            idle: Mutex::default(),
        })
    }

    /// Hands over a mail to one recipient; says what the server called it.
    pub(super) async fn send(
        &self,
        envelope: &Envelope,
        content: &[u8],
    ) -> Result<String, Outcome> {
        loop {
            let (mut connection, kept) = match self.take() {
                Some(connection) => (connection, true),
                None => (self.open().await?, false),
            };
            let sent = hand_over(&mut connection, envelope, content).await;
            connection.used = connection.used.saturating_add(1);
            let fault = match sent {
                Ok(id) => {
                    self.keep(connection).await;
                    return Ok(id);
                }
                Err(fault) => fault,
            };
            let stale = kept && fault.is_stale();
            if !fault.ends_connection() && reset(&mut connection).await {
                self.keep(connection).await;
            }
            if !stale {
                return Err(fault.verdict());
            }
        }
    }

    /// Closes connections that were not used for a while.
    pub(super) async fn tidy(&self) {
        let old: Vec<Connection> = self
            .connections()
            .extract_if(.., |connection| connection.last_used.elapsed() > IDLE)
            .collect();
        for connection in old {
            connection.quit().await;
        }
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Connection> {
        self.connections().pop()
    }

    async fn keep(&self, mut connection: Connection) {
        if connection.used >= MOST_MAILS {
            connection.quit().await;
            return;
        }
        connection.last_used = Instant::now();
        self.connections().push(connection);
    }

    async fn open(&self) -> Result<Connection, Outcome> {
        loop {
            let (proof, held) = self.proof().await?;
            let tls = TlsConnector::from(Arc::clone(&self.tls));
            let opened =
                Connection::open(&self.server, &tls, &self.hello, &proof, self.deadlines).await;
            match (opened, &self.tokens, proof) {
                // A token that was held may have ended early; one that was just made did not.
                (Err(fault), Some(tokens), Proof::Token(_, token))
                    if held && fault.stage == Stage::Login =>
                {
                    tokens.forget(&Secret(token)).await;
                }
                (opened, _, _) => return opened.map_err(|fault| fault.verdict()),
            }
        }
    }

    /// What proves who we are, and whether it was held from before.
    async fn proof(&self) -> Result<(Proof, bool), Outcome> {
        let name = self.server.username.clone();
        match (&self.server.login, &self.tokens) {
            (Login::Password(password), _) => {
                Ok((Proof::Password(name, password.0.clone()), false))
            }
            (Login::OAuth2(_), Some(tokens)) => match tokens.token().await {
                Ok((token, freshness)) => {
                    Ok((Proof::Token(name, token.0), freshness == Freshness::Held))
                }
                Err(fault) => Err(no_token(&fault)),
            },
            (Login::None | Login::OAuth2(_), _) => Ok((Proof::None, false)),
        }
    }
}

fn no_token(fault: &OAuth2Fault) -> Outcome {
    let failure = |class| Failure {
        class,
        code: None,
        detail: fault.to_string(),
    };
    match fault {
        OAuth2Fault::Unreachable(_) => Outcome::NotSent(failure(FailureClass::ProviderError)),
        OAuth2Fault::Client(_) | OAuth2Fault::Refused(_) | OAuth2Fault::Unusable(_) => {
            Outcome::Misconfigured(failure(FailureClass::Account))
        }
    }
}

/// Goes back to before the envelope; says whether the connection is of further use.
async fn reset(connection: &mut Connection) -> bool {
    let reset = [(Stage::Sender, "RSET\r\n".to_owned())];
    connection.used < MOST_MAILS && connection.ask(&reset).await.is_ok()
}

async fn hand_over(
    connection: &mut Connection,
    envelope: &Envelope,
    content: &[u8],
) -> Result<String, Fault> {
    let commands = commands(connection.offers(), envelope, content)?;
    if connection.offers().has("PIPELINING") {
        connection.ask(&commands).await?;
    } else {
        for command in commands {
            connection.ask(std::slice::from_ref(&command)).await?;
        }
    }
    let reply = connection.content(content).await?;
    Ok(reply.words())
}

/// The envelope in commands, with what the server offers (RFC 1870, 3461, 6152, 6531).
fn commands(
    offers: &Offers,
    envelope: &Envelope,
    content: &[u8],
) -> Result<[(Stage, String); 3], Fault> {
    let unable = |words: String| Fault {
        stage: Stage::Sender,
        cause: Cause::Unable(words),
    };
    let sender = envelope.sender.as_deref().unwrap_or_default();
    let mut mail = format!("MAIL FROM:<{sender}>");
    if offers.has("SIZE") {
        let _ = write!(mail, " SIZE={}", content.len());
    }
    if let Some(largest) = offers.largest().filter(|largest| content.len() > *largest) {
        return Err(unable(format!(
            "the mail has {} bytes, and the server takes at most {largest}",
            content.len()
        )));
    }
    let plain = sender.is_ascii() && envelope.recipient.is_ascii();
    if !plain && !offers.has("SMTPUTF8") {
        return Err(unable(
            "an address has letters beyond ASCII before its @, and the server does not take such \
             addresses (SMTPUTF8)"
                .to_owned(),
        ));
    }
    if !plain {
        mail.push_str(" SMTPUTF8");
    }
    if !content.is_ascii() && offers.has("8BITMIME") {
        mail.push_str(" BODY=8BITMIME");
    }
    let mut rcpt = format!("RCPT TO:<{}>", envelope.recipient);
    if offers.has("DSN") {
        let _ = write!(mail, " RET=HDRS ENVID={}", xtext(&envelope.id));
        let wanted = if envelope.sender.is_some() {
            "SUCCESS,FAILURE,DELAY"
        } else {
            "NEVER"
        };
        let kind = if envelope.recipient.is_ascii() {
            "rfc822"
        } else {
            "utf-8"
        };
        let original = xtext(&envelope.recipient);
        let _ = write!(rcpt, " NOTIFY={wanted} ORCPT={kind};{original}");
    }
    mail.push_str("\r\n");
    rcpt.push_str("\r\n");
    Ok([
        (Stage::Sender, mail),
        (Stage::Recipient, rcpt),
        (Stage::Content, "DATA\r\n".to_owned()),
    ])
}

/// A value that may stand in a command (RFC 3461, 4; RFC 6533, 3 for what is beyond ASCII).
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '!'..='~' if !matches!(c, '+' | '=' | '\\') => out.push(c),
            c if c.is_ascii() => {
                let _ = write!(out, "+{:02X}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_commands_are_written_as_xtext() {
        for (text, expected) in [
            ("abc.DEF-1", "abc.DEF-1"),
            ("a+b=c", "a+2Bb+3Dc"),
            ("a b\r\nRCPT", "a+20b+0D+0ARCPT"),
            ("jörg@example.com", "j\\x{F6}rg@example.com"),
        ] {
            assert_eq!(xtext(text), expected);
        }
    }
}
