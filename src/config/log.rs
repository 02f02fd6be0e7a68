//! `[log]`: how much the daemon says, and in which form.

use super::fault::Faults;
use super::section::Section;
use crate::telemetry::{LogFormat, LogLevel};

pub(super) const KEYS: &[&str] = &["format", "level"];

/// `[log]`; the log goes to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// `json`, one object per line, or `human`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`; `RUST_LOG` overrides it, and can say more.
    pub level: LogLevel,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            level: LogLevel::Info,
        }
    }
}

impl Log {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let formats = [("json", LogFormat::Json), ("human", LogFormat::Human)];
        let levels = [
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("info", LogLevel::Info),
            ("debug", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ];
        let default = Self::default();
        Self {
            format: (section.word("format", &formats, faults)).unwrap_or(default.format),
            level: (section.word("level", &levels, faults)).unwrap_or(default.level),
        }
    }
}
