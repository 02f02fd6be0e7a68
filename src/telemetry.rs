//! Logs and metrics; knows nothing of what is logged or counted.

mod logs;
mod prometheus;

pub use logs::{LogFormat, LogLevel, init_logs};
pub use prometheus::{Metrics, install_metrics};
