//! One integration binary: every test of the public surface.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(unreachable_pub, reason = "nothing reaches into a test binary")]

mod ahead;
mod api;
mod assign;
mod attachments;
mod carriers;
mod cli;
mod config;
mod contacts;
mod contract;
mod courtesy;
mod crash;
mod deletion;
mod feed;
mod fold;
mod guard;
mod http;
mod imports;
mod keywords;
mod lifecycle;
mod mail;
mod mail_in;
mod mail_out;
mod mail_parse;
mod mailbox;
mod media;
mod opt_out;
mod own_authority;
mod people;
mod profiles;
mod provider_faults;
mod quick_replies;
mod receive;
mod reports;
mod retention;
mod search;
mod segments;
mod send;
mod simulator;
mod sla;
mod stopping;
mod store;
mod telemetry;
mod threats;
mod vectors;
mod world;
mod write_to_closed;
