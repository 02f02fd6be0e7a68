//! The shared door of every HTTP surface: problems, bodies, queries, request ids, limits and the
//! server loop.
//!
//! It must not know what a message or an issue is, nor how anything is stored.

pub mod admin;
pub mod auth;
pub mod body;
pub mod client_address;
pub mod door;
pub mod etag;
pub mod fields;
pub mod idempotency;
pub mod json;
pub mod path;
pub mod patience;
pub mod problem;
pub mod query;
pub mod rate;
pub mod request_id;
pub mod server;
pub mod session;
pub mod strict_json;

pub use door::{Door, guard};
pub use etag::{IfMatch, Versioned};
pub use fields::{Fields, Read};
pub use json::{Action, Json, Nothing};
pub use path::Id;
pub use problem::{Code, Problem};
pub use query::Query;
pub use rate::{Quota, Rates};
