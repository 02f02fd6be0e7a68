//! Plain data and pure rules: what a message, a conversation, an issue is and how each may change.
//!
//! Nothing here reads a clock, a socket, a file or a database, and nothing is async.
//!
//! - words: [`id`], [`clock`], [`address`], [`network`], [`gateway`], [`mailbox`], [`agent`],
//!   [`text`], [`status`], [`failure`]
//! - things: [`message`], [`mail`], [`attachment`], [`conversation`], [`event`], [`delivery`], [`health`], [`quarantine`],
//!   [`opt_out`], [`contact`], [`merge`]
//! - decisions, each over a slice of commands: [`receive`], [`submit`], [`delivery`], [`report`];
//!   they share [`threads`] and leave behind [`changes`] and [`tally`]
//! - what agents do: [`desk`], [`deletion`]; what time takes away: [`retention`]

pub mod address;
pub mod agent;
pub mod assign;
pub mod attachment;
pub mod audit;
pub mod changes;
pub mod clock;
pub mod contact;
pub mod conversation;
pub mod deletion;
pub mod delivery;
pub mod desk;
pub mod draft;
pub mod event;
pub mod failure;
pub mod gateway;
pub mod health;
pub mod id;
pub mod idempotency;
pub mod mail;
pub mod mailbox;
pub mod merge;
pub mod message;
mod named;
pub mod network;
pub mod note;
pub mod opt_out;
pub mod outcome;
pub mod password;
pub mod quarantine;
pub mod quick_reply;
pub mod receive;
pub mod report;
pub mod retention;
pub mod search;
pub mod second_factor;
pub mod sla;
pub mod snooze;
pub mod status;
pub mod submit;
pub mod tally;
pub mod text;
pub mod threads;
pub mod view;
