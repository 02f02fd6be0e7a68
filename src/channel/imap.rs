//! Reading mailboxes by IMAP (RFC 3501, RFC 9051).
//!
//! Speaks the dozen commands that reading needs, over a wire that holds no more than it was
//! allowed to: what a server announces is checked before room is made for it, and what cannot be
//! understood is noise rather than the end. Every step has a deadline. Knows no store and nothing
//! of what the mails say.

mod account;
mod answer;
mod assembler;
mod fault;
mod fetch;
mod idle;
mod login;
mod name;
mod session;
mod wire;

pub use account::{Account, AccountFault, Deadlines};
pub use fault::{FaultKind, ImapFault, Step};
pub use fetch::{Listed, RawMail};
pub use idle::Woken;
pub use session::{Selected, Session};
