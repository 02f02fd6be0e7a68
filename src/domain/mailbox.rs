//! A mail gateway as the operator configured it: where mail is read and where it is handed over.

use std::fmt;
use std::time::Duration;

use subtle::ConstantTimeEq;
use url::Url;

use super::address::Address;
use super::clock::Timestamp;
use super::gateway::GatewayName;

/// A password, a token or a key; its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(pub String);

impl PartialEq for Secret {
    /// In a time that does not tell where two of them differ (T21).
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a connection to a mail server is protected. It is never less than what is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    #[default]
    Implicit,
    /// By STARTTLS; a server that does not offer it is not used.
    Starttls,
    /// Not at all; for loopback.
    None,
}

/// How a daemon shows who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Not at all; for relays that know us by our address.
    None,
    /// With a password, by PLAIN or LOGIN.
    Password(Secret),
    /// With a token, by XOAUTH2.
    OAuth2(OAuth2),
}

/// Where tokens come from (RFC 6749).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2 {
    /// The token endpoint.
    pub token_url: Url,
    /// Who we are there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: Option<Secret>,
    /// What is exchanged; client credentials when there is none.
    pub refresh_token: Option<Secret>,
    /// What the token shall be good for.
    pub scope: Option<String>,
}

/// A server that mail is read from or handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Certificates (PEM) that are trusted besides the machine's.
    pub ca: Option<String>,
    /// Who logs in.
    pub username: String,
    /// How.
    pub login: Login,
}

/// What is read of a mailbox that has a history when it is read for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstRun {
    /// Nothing: only what comes from now on.
    #[default]
    New,
    /// Everything.
    All,
    /// What the server received at or after that time.
    Since(Timestamp),
}

/// What is done on the server with a mail that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AfterRead {
    /// Nothing.
    #[default]
    Leave,
    /// It gets a flag or keyword, such as `\Seen`.
    Flag(String),
    /// It is moved to another mailbox.
    Move(String),
}

/// Where mail is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imap {
    /// The server.
    pub server: MailServer,
    /// The mailbox, such as `INBOX`.
    pub mailbox: String,
    /// What is read at the first start.
    pub first_run: FirstRun,
    /// What is done with a mail that was stored.
    pub after_read: AfterRead,
    /// How often the mailbox is looked at even if the server announced nothing: the look is the
    /// truth.
    pub poll: Duration,
    /// How often the server's mails are compared with ours.
    pub reconcile: Duration,
    /// How long nobody tries again after a login was refused: servers lock out who tries often.
    pub login_retry: Duration,
}

/// With what mail is signed (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// The signing domain.
    pub domain: String,
    /// The selector under it.
    pub selector: String,
    /// The private key, PEM.
    pub key: Secret,
}

/// Where mail is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// The server.
    pub server: MailServer,
    /// How many connections may be open at once.
    pub connections: u32,
    /// With what mail is signed.
    pub dkim: Option<Dkim>,
    /// The envelope sender, where it is not the gateway's address; with `verp` it carries a tag.
    pub envelope_from: Option<Address>,
    /// Whether each envelope sender carries a tag by which a bounce finds its message.
    pub verp: bool,
}

/// A mail gateway.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSpec {
    /// The name that customers see beside the address.
    pub display_name: Option<String>,
    /// Other addresses whose mail ends in the same mailbox; mail from one of them is our own.
    pub aliases: Vec<Address>,
    /// Whether an address may carry a `+tag` here, so that replies carry our token.
    pub plus_addresses: bool,
    /// The receiving server's name in `Authentication-Results` (RFC 8601); nothing is believed
    /// without it.
    pub authserv_id: Option<String>,
    /// The largest mail that is read as a whole, in bytes.
    pub max_mail: u64,
    /// Whether automatic mail (out of office, lists, bulk) opens issues.
    pub automatic_opens_issue: bool,
    /// What a customer is told when their mail opens an issue; nothing when not set.
    pub acknowledge: Option<String>,
    /// Whether a mail that finally fails opens its closed issue again.
    pub reopen_on_failure: bool,
    /// Whether read receipts are asked for (RFC 8098).
    pub ask_read_receipt: bool,
    /// Where mail is read.
    pub imap: Option<Imap>,
    /// Where mail is handed over.
    pub smtp: Option<Smtp>,
}

/// How far a gateway's mailbox was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxState {
    /// The gateway.
    pub gateway: GatewayName,
    /// The mailbox's name.
    pub name: String,
    /// What makes its UIDs unlike those of an earlier one of that name (RFC 9051, 2.3.1.1).
    pub uidvalidity: u32,
    /// Mails up to this UID were there before and are not read.
    pub start_uid: u32,
    /// Of all mails up to this UID it is known what became of them.
    pub read_to: u32,
    /// Mails up to this UID were there when the server numbered them anew; zero when it never did.
    pub history_to: u32,
    /// Since when it is read under this UIDVALIDITY.
    pub opened_at: Timestamp,
    /// Since when the mailbox is read at all, where what was in it before shall stay unread.
    pub since: Timestamp,
}

/// How far a mail server's clock may be behind ours.
const SKEW: Duration = Duration::from_hours(24);

impl MailboxState {
    /// Whether a mail that nobody knows was there before the mailbox was read at all.
    ///
    /// Only after the server numbered its mails anew is there no better sign than the time at which
    /// the server received a mail; in doubt it is read. What comes in later is never history,
    /// whatever its time is.
    pub fn is_history(&self, uid: u32, received_at: Timestamp) -> bool {
        uid <= self.history_to && received_at.plus(SKEW) < self.since
    }
}
