//! Why a mailbox cannot be read: at which step, of what kind, and what to do about it.

use std::fmt;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Opening the connection.
    Connect,
    /// Protecting it.
    Secure,
    /// Getting a token to log in with.
    Token,
    /// Logging in.
    Login,
    /// Opening the mailbox.
    Select,
    /// Asking what is in it.
    List,
    /// Fetching mails.
    Fetch,
    /// Waiting for news.
    Idle,
    /// Flagging or moving what was stored.
    AfterRead,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Secure => "set up TLS",
            Self::Token => "get a token",
            Self::Login => "log in",
            Self::Select => "open the mailbox",
            Self::List => "list the mailbox",
            Self::Fetch => "fetch mails",
            Self::Idle => "wait for news",
            Self::AfterRead => "flag or move what was read",
        })
    }
}

/// What sort of fault it is: what a reader decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// There is no connection, or not one that can be trusted.
    Unreachable,
    /// Who we say we are is not accepted; trying often makes it worse.
    LoginRefused,
    /// The server understood and said no; the connection is still good.
    Refused,
    /// The server ended the connection.
    Closed,
    /// The server did not answer in time.
    Late,
    /// The server said what makes no sense, or more than was asked for.
    Garbled,
}

/// Why a mailbox cannot be read now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to {step} at {server}: {reason}")]
pub struct ImapFault {
    /// Host and port.
    pub server: String,
    /// What was being done.
    pub step: Step,
    /// What sort of fault it is.
    pub kind: FaultKind,
    /// What happened, and what to look at.
    pub reason: String,
}

/// A fault of the wire, before it is known at which step it happened.
#[derive(Debug)]
pub(super) enum WireFault {
    /// Reading or writing failed.
    Io(std::io::Error),
    /// The connection ended.
    Closed,
    /// The server said goodbye, in these words.
    Bye(String),
    /// A line or a literal is longer than was allowed.
    TooLong(u64),
    /// An answer that makes no sense.
    Garbled(&'static str),
}

impl From<std::io::Error> for WireFault {
    fn from(fault: std::io::Error) -> Self {
        match fault.kind() {
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io(fault),
        }
    }
}

impl WireFault {
    pub(super) fn kind(&self) -> FaultKind {
        match self {
            Self::Io(_) => FaultKind::Unreachable,
            Self::Closed | Self::Bye(_) => FaultKind::Closed,
            Self::TooLong(_) | Self::Garbled(_) => FaultKind::Garbled,
        }
    }

    pub(super) fn reason(&self) -> String {
        match self {
            Self::Io(fault) => fault.to_string(),
            Self::Closed => "the server closed the connection".to_owned(),
            Self::Bye(words) => format!("the server ended the session: {words}"),
            Self::TooLong(bytes) => {
                format!("the server announced {bytes} bytes, more than was asked for")
            }
            Self::Garbled(what) => format!("the server's answer makes no sense: {what}"),
        }
    }
}
