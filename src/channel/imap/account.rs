//! An account at a mail server: what it takes to open a session, checked once at the start.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::name;
use crate::channel::oauth2::{OAuth2Fault, Tokens};
use crate::channel::tls::{self, TlsFault};
use crate::domain::clock::Clock;
use crate::domain::mailbox::{AfterRead, Imap, Login, Tls};

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// From looking up the name to the greeting, TLS included.
    pub connect: Duration,
    /// A command and its answer; mails get more for their size.
    pub command: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            command: Duration::from_secs(30),
        }
    }
}

/// Why an account cannot be used, whatever the server says.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// TLS cannot be set up.
    #[error("{0}")]
    Tls(#[from] TlsFault),
    /// Tokens cannot be asked for.
    #[error("{0}")]
    OAuth2(#[from] OAuth2Fault),
    /// The host is neither a name nor an address.
    #[error("host: {0:?} is neither a host name nor an address")]
    Host(String),
    /// The flag cannot be written.
    #[error("after_read: {0:?} is not a flag; such as \"\\\\Seen\" or \"Stored\"")]
    Flag(String),
    /// The name of a mailbox cannot be written.
    #[error("{0}: the name of a mailbox has no control characters and is not empty")]
    Mailbox(&'static str),
}

/// An account whose mailbox can be read.
#[derive(Debug)]
pub struct Account {
    pub(super) imap: Imap,
    pub(super) name: ServerName<'static>,
    pub(super) tls: Option<Arc<rustls::ClientConfig>>,
    pub(super) tokens: Option<Tokens>,
    pub(super) deadlines: Deadlines,
}

impl Account {
    /// Checks what can be checked without a network.
    ///
    /// # Errors
    ///
    /// When the configuration cannot work; it names the key.
    pub fn open(imap: &Imap, clock: Clock, deadlines: Deadlines) -> Result<Self, AccountFault> {
        let server = &imap.server;
        let name = ServerName::try_from(server.host.clone())
            .map_err(|_| AccountFault::Host(server.host.clone()))?;
        check_name("mailbox", &imap.mailbox)?;
        match &imap.after_read {
            AfterRead::Leave => {}
            AfterRead::Flag(flag) if name::is_flag(flag) => {}
            AfterRead::Flag(flag) => return Err(AccountFault::Flag(flag.clone())),
            AfterRead::Move(target) => check_name("after_read", target)?,
        }
        let tls = match server.tls {
            Tls::None => None,
            Tls::Implicit | Tls::Starttls => Some(tls::client_config(server.ca.as_deref())?),
        };
        let tokens = match &server.login {
            Login::OAuth2(oauth2) => Some(Tokens::open(oauth2, clock)?),
            Login::None | Login::Password(_) => None,
        };
        Ok(Self {
            imap: imap.clone(),
            name,
            tls,
            tokens,
            deadlines,
        })
    }

    /// What is read, and how.
    pub fn imap(&self) -> &Imap {
        &self.imap
    }

    /// Host and port, as they are shown.
    pub fn server(&self) -> String {
        let server = &self.imap.server;
        format!("{}:{}", server.host, server.port)
    }
}

fn check_name(key: &'static str, name: &str) -> Result<(), AccountFault> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(AccountFault::Mailbox(key));
    }
    Ok(())
}
