//! The wires to providers, described by the profiles in `gateways/`.
//!
//! A gateway verifies what its provider posts, reads it, sends texts and says what became of
//! them. How each of that is done for one provider is data: a profile whose every leaf is an
//! expression. Only the ways of signing are Rust. Knows no store, no engine and no HTTP server.

mod client;
mod expression;
mod fault;
mod gateway;
pub mod guard;
pub mod imap;
mod media;
mod message;
pub mod oauth2;
mod payload;
mod profile;
mod read;
mod send;
mod settings;
mod signature;
pub mod tls;
mod verdict;

pub use fault::{GatewayFault, ProfileFault, Refusal, Unreadable};
pub use gateway::Gateway;
pub use message::{
    Answer, Callback, CallbackRequest, Capabilities, InboundFile, InboundPart, InboundReport,
    InboundText, OutboundText, ReportPart,
};
pub use profile::Profiles;
