//! The wires: to providers of texts, described by the profiles in `gateways/`, and to mail servers.
//!
//! A gateway for texts verifies what its provider posts, reads it, sends texts and says what became of
//! them. How each of that is done for one provider is data: a profile whose every leaf is an
//! expression. Only the ways of signing are Rust. Knows no store, no engine and no HTTP server.

mod client;
mod expression;
mod fault;
mod gateway;
pub mod guard;
pub mod imap;
mod mail_gateway;
mod media;
mod message;
pub mod oauth2;
mod payload;
mod profile;
mod read;
mod send;
mod settings;
mod signature;
mod smtp;
mod text_gateway;
pub mod tls;
mod verdict;

pub use fault::{GatewayFault, ProfileFault, Refusal, Unreadable};
pub use gateway::{Gateway, Written};
pub use mail_gateway::Letter;
pub use message::{
    Answer, Callback, CallbackRequest, Capabilities, InboundFile, InboundPart, InboundReport,
    InboundText, Outbound, OutboundMail, OutboundText, ReportPart,
};
pub use profile::Profiles;
pub use text_gateway::TextGateway;
