//! Plain data and pure rules: what a message, a conversation, an issue is and how each may change.
//!
//! Nothing here reads a clock, a socket, a file or a database, and nothing is async.

pub mod address;
pub mod agent;
pub mod clock;
pub mod conversation;
pub mod event;
pub mod failure;
pub mod gateway;
pub mod id;
pub mod message;
pub mod outcome;
pub mod status;
