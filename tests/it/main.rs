//! One integration binary: every test of the public surface.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod api;
mod cli;
mod config;
mod fold;
mod http;
mod imports;
mod keywords;
mod lifecycle;
mod profiles;
mod segments;
mod simulator;
mod telemetry;
mod vectors;
