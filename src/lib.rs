//! postern: an omnichannel SMS and e-mail gateway in one daemon.
//!
//! The modules in reading order, from plain rules to the program around them. Who may import whom
//! is a table in `README.md`, held by a test.
//!
//! - [`domain`]: plain data and pure rules; no input, no output, no async
//! - [`sms`]: alphabets, segments, opt-out words; pure
//! - [`mail`]: mail from bytes to meaning and back; pure
//! - [`blob`]: raw mail and attachments, in a folder or a bucket
//! - [`store`]: all SQL, on SQLite and PostgreSQL; the only place that names sqlx
//! - [`channel`]: the wires to providers, described by the profiles in `gateways/`
//! - [`engine`]: the use cases, one file each; the only writer
//! - [`worker`]: background duties that call the engine
//! - [`http`]: the shared door: problems, authentication, limits, the server loop
//! - [`api`]: the JSON API and its OpenAPI document
//! - [`hooks`]: what providers post to us
//! - [`simulator`]: a carrier to test against, which knows nothing of the modules above
//! - [`config`]: the configuration file, one struct per section
//! - [`app`]: the composition root: configuration in, a running daemon out
//! - [`cli`]: one file per subcommand
//! - [`lifecycle`], [`telemetry`]: signals and tasks; logs and metrics

pub mod api;
pub mod app;
pub mod blob;
pub mod channel;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod hooks;
pub mod http;
pub mod lifecycle;
pub mod mail;
pub mod simulator;
pub mod sms;
pub mod store;
pub mod telemetry;
pub mod worker;
