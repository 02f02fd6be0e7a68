//! One connection to a mail server: opened, protected, logged in, and used for one mail after
//! the other (RFC 5321).

use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::poll_fn;
use tokio::io::{AsyncBufRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;

use super::fault::{Cause, Fault, Stage};
use super::reply::{Offers, Reply};
use super::wire::{Wire, connect, handshake, lost, read_reply, stuffed, unfit, within};
use crate::domain::mailbox::{MailServer, Tls};

/// How long each step may take (RFC 5321, 4.5.3.2, but less patient at the start).
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadlines {
    /// To connect, to greet, to encrypt.
    pub opening: Duration,
    /// To answer a command.
    pub command: Duration,
    /// To take the content, besides a second for each 10 kB.
    pub content: Duration,
    /// To say whether the content was taken.
    pub end: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            opening: Duration::from_secs(30),
            command: Duration::from_mins(1),
            content: Duration::from_mins(3),
            end: Duration::from_mins(10),
        }
    }
}

/// What proves who we are.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing.
    None,
    /// A name and a password.
    Password(String, String),
    /// A name and a token.
    Token(String, String),
}

/// An open connection.
pub(super) struct Connection {
    wire: BufReader<Box<dyn Wire>>,
    deadlines: Deadlines,
    offers: Offers,
    /// How many mails it was used for.
    pub used: u32,
    /// When it was used last.
    pub last_used: Instant,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("used", &self.used)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Opens a connection, protects it as configured and never less, and logs in.
    pub(super) async fn open(
        server: &MailServer,
        tls: &TlsConnector,
        hello: &str,
        proof: &Proof,
        deadlines: Deadlines,
    ) -> Result<Self, Fault> {
        let opening = async {
            let wire = connect(server, tls).await?;
            let mut connection = Self {
                wire: BufReader::new(wire),
                deadlines,
                offers: Offers::default(),
                used: 0,
                last_used: Instant::now(),
            };
            connection.expect(Stage::Opening).await?;
            connection.hello(hello).await?;
            if server.tls == Tls::Starttls {
                connection = connection.encrypt(server, tls).await?;
                connection.hello(hello).await?;
            }
            Ok(connection)
        };
        let mut connection = within(deadlines.opening, Stage::Opening, opening).await?;
        connection.log_in(proof).await?;
        Ok(connection)
    }

    /// What the server offers.
    pub(super) fn offers(&self) -> &Offers {
        &self.offers
    }

    /// Sends commands at once and reads an answer to each; the first that is not agreed to is the
    /// fault of its stage.
    pub(super) async fn ask(&mut self, commands: &[(Stage, String)]) -> Result<Reply, Fault> {
        let first = commands.first().map_or(Stage::Opening, |(stage, _)| *stage);
        let text: String = commands.iter().map(|(_, text)| text.as_str()).collect();
        self.write(first, text.as_bytes(), self.deadlines.command)
            .await?;
        let mut refused = None;
        let mut last = None;
        for (stage, _) in commands {
            let reply = self.read(*stage, self.deadlines.command).await?;
            if !reply.is_positive() && refused.is_none() {
                refused = Some(Fault {
                    stage: *stage,
                    cause: Cause::Refused(reply.clone()),
                });
            }
            last = Some(reply);
        }
        match (refused, last) {
            (None, Some(reply)) => Ok(reply),
            // The server waits for a content that nobody would get, so this was its last word.
            (Some(fault), Some(Reply { code: 354, .. })) => {
                self.used = u32::MAX;
                Err(fault)
            }
            (Some(fault), _) => Err(fault),
            (None, None) => unreachable!("nobody asks nothing"),
        }
    }

    /// Hands over the content, which the server waits for, and reads whether it was taken.
    pub(super) async fn content(&mut self, bytes: &[u8]) -> Result<Reply, Fault> {
        let wire = stuffed(bytes);
        let seconds = u64::try_from(wire.len() / 10_000).unwrap_or(0);
        let limit = self.deadlines.content + Duration::from_secs(seconds);
        self.write(Stage::Content, &wire, limit).await?;
        // What went wrong up to here went wrong before the end, and so before the server may
        // have taken anything.
        if self.has_news().await {
            let reply = self.read(Stage::Content, self.deadlines.command).await?;
            let cause = Cause::Refused(reply);
            return Err(Fault {
                stage: Stage::Content,
                cause,
            });
        }
        self.write(Stage::End, b".\r\n", self.deadlines.command)
            .await?;
        let reply = self.read(Stage::End, self.deadlines.end).await?;
        if reply.is_positive() {
            return Ok(reply);
        }
        Err(Fault {
            stage: Stage::End,
            cause: Cause::Refused(reply),
        })
    }

    /// Takes leave, without waiting for long.
    pub(super) async fn quit(mut self) {
        let leave = async {
            self.wire.write_all(b"QUIT\r\n").await?;
            self.wire.flush().await?;
            self.wire.read_u8().await
        };
        let _ = tokio::time::timeout(Duration::from_millis(200), leave).await;
    }

    async fn hello(&mut self, name: &str) -> Result<(), Fault> {
        let reply = self
            .ask(&[(Stage::Opening, format!("EHLO {name}\r\n"))])
            .await?;
        self.offers = Offers::read(&reply);
        Ok(())
    }

    async fn encrypt(mut self, server: &MailServer, tls: &TlsConnector) -> Result<Self, Fault> {
        if !self.offers.has("STARTTLS") {
            let words = "the server does not offer STARTTLS; mail is not sent unprotected";
            return Err(unfit(Stage::Opening, words));
        }
        self.ask(&[(Stage::Opening, "STARTTLS\r\n".to_owned())])
            .await?;
        // What was sent in the clear behind the agreement is not the server's word.
        if !self.wire.buffer().is_empty() {
            let words = "the server sent something unprotected after STARTTLS";
            return Err(unfit(Stage::Opening, words));
        }
        let wire = handshake(server, tls, self.wire.into_inner()).await?;
        Ok(Self {
            wire: BufReader::new(wire),
            offers: Offers::default(),
            ..self
        })
    }

    async fn log_in(&mut self, proof: &Proof) -> Result<(), Fault> {
        let line = |text: String| [(Stage::Login, format!("{text}\r\n"))];
        match proof {
            Proof::None => {}
            Proof::Password(name, password) if self.offers.has_login("PLAIN") => {
                let proof = STANDARD.encode(format!("\0{name}\0{password}"));
                self.ask(&line(format!("AUTH PLAIN {proof}"))).await?;
            }
            Proof::Password(name, password) if self.offers.has_login("LOGIN") => {
                self.ask(&line("AUTH LOGIN".to_owned())).await?;
                self.ask(&line(STANDARD.encode(name))).await?;
                self.ask(&line(STANDARD.encode(password))).await?;
            }
            Proof::Token(name, token) if self.offers.has_login("XOAUTH2") => {
                let proof = format!("user={name}\x01auth=Bearer {token}\x01\x01");
                let proof = STANDARD.encode(proof);
                let reply = self.ask(&line(format!("AUTH XOAUTH2 {proof}"))).await?;
                if reply.code == 334 {
                    // The server explains, and refuses once it got an empty line.
                    self.ask(&line(String::new())).await?;
                }
            }
            Proof::Password(..) => {
                let words = "the server offers no login by PLAIN or LOGIN on this connection";
                return Err(unfit(Stage::Login, words));
            }
            Proof::Token(..) => {
                let words = "the server offers no login by XOAUTH2 on this connection";
                return Err(unfit(Stage::Login, words));
            }
        }
        Ok(())
    }

    async fn expect(&mut self, stage: Stage) -> Result<Reply, Fault> {
        let reply = self.read(stage, self.deadlines.opening).await?;
        if reply.is_positive() {
            return Ok(reply);
        }
        let cause = Cause::Refused(reply);
        Err(Fault { stage, cause })
    }

    async fn write(&mut self, stage: Stage, bytes: &[u8], limit: Duration) -> Result<(), Fault> {
        let writing = async {
            self.wire.write_all(bytes).await?;
            self.wire.flush().await
        };
        let written = within(limit, stage, async { Ok(writing.await) }).await?;
        written.map_err(|fault| lost(stage, &fault.to_string()))
    }

    async fn read(&mut self, stage: Stage, limit: Duration) -> Result<Reply, Fault> {
        within(limit, stage, read_reply(&mut self.wire, stage)).await
    }

    /// Whether the server said something, or went, without being asked.
    async fn has_news(&mut self) -> bool {
        let wire = Pin::new(&mut self.wire);
        let mut wire = Some(wire);
        poll_fn(|context| {
            let polled = wire.take().map(|wire| wire.poll_fill_buf(context));
            Poll::Ready(polled.is_some_and(|polled| polled.is_ready()))
        })
        .await
    }
}
