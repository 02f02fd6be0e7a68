//! The log: one record a line on standard error, whatever the fields hold.
//!
//! What is logged comes in part from strangers, so every character that could start a new line or
//! steer a terminal is written as an escape, in both formats.

use std::fmt::Write as _;
use std::io;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line a record, for people.
    Human,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What needs somebody.
    Error,
    /// What may come to need somebody.
    Warn,
    /// What the daemon does.
    Info,
    /// Why it does so.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The filter in the notation of `RUST_LOG`; libraries say no more than warnings.
    fn filter(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "warn,postern=info",
            Self::Debug => "warn,postern=debug",
            Self::Trace => "warn,postern=trace",
        }
    }
}

/// Starts the log and logs panics from now on; a second call changes nothing.
///
/// `RUST_LOG` overrides the level when it is set and not empty.
pub fn init_logs(format: LogFormat, level: LogLevel) {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .filter(|directives| !directives.is_empty())
        .map_or_else(|| EnvFilter::new(level.filter()), EnvFilter::new);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Escaped);
    let started = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Human => builder.try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// Logs where it happened. A formatted message may quote a text or an address, so only messages
/// that were written into the program are shown.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    let message = info.payload().downcast_ref::<&'static str>();
    tracing::error!(
        location = location.as_deref().unwrap_or("unknown"),
        message = message
            .copied()
            .unwrap_or("a panic with a message of its own"),
        "panicked"
    );
}

/// Standard error behind [`escape`].
#[derive(Clone, Copy)]
struct Escaped;

impl<'a> MakeWriter<'a> for Escaped {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        *self
    }
}

impl io::Write for Escaped {
    /// Takes one whole record: the subscriber formats into a buffer and writes it at once.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        let line = escape(text.strip_suffix('\n').unwrap_or(&text));
        // A log that nobody reads any more is no reason to fail.
        let _ = io::Write::write_all(&mut io::stderr().lock(), line.as_bytes());
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The record as one line: controls and what reorders text become `\u` escapes, as in JSON.
fn escape(record: &str) -> String {
    let mut line = String::with_capacity(record.len() + 1);
    for character in record.chars() {
        if character.is_control() || is_invisible(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    line
}

/// Line and paragraph separators, and the marks that change the direction of text.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t29_a_record_stays_one_line_and_steers_no_terminal() {
        let record = "a\u{1b}]0;x\u{7}\n{\"level\":\"error\"}\u{9b}\u{202e}é";
        assert_eq!(
            escape(record),
            "a\\u001b]0;x\\u0007\\u000a{\"level\":\"error\"}\\u009b\\u202eé\n"
        );
    }
}
