//! Instants, durations and the clock that is handed to everything that asks for the time.
//!
//! Nothing else in the program reads the wall clock, so a test can hold it still or turn it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
///
/// Shown and read as RFC 3339 in UTC with microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// The latest instant that can be shown: 9999-12-31T00:00:00Z.
const LATEST: i64 = 253_402_214_400_000_000;

impl Timestamp {
    /// This instant plus a duration, kept within what can be shown.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(LATEST);
        Self(self.0.saturating_add(micros).min(LATEST))
    }

    /// The time this much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// When the stretch of time began that holds this instant; stretches follow one another
    /// since 1970.
    #[must_use]
    pub fn start_of(self, stretch: Duration) -> Self {
        let micros = i64::try_from(stretch.as_micros())
            .unwrap_or(i64::MAX)
            .max(1);
        Self(self.0 - self.0.rem_euclid(micros))
    }

    /// The time from `earlier` to this instant; nothing when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            jiff::Timestamp::from_microsecond(self.0.clamp(-LATEST, LATEST)).unwrap_or_default();
        write!(f, "{shown:.6}")
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse::<jiff::Timestamp>()?.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            serde::de::Error::custom("not an RFC 3339 time, such as 2026-11-21T09:30:00Z")
        })
    }
}

/// Where the time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is set; for tests.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn fixed(start: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(start.0)))
    }

    /// The present instant.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Self::Fixed(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock on; the machine's clock is left alone.
    pub fn advance(&self, duration: Duration) {
        if let Self::Fixed(micros) = self {
            let by = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// Reads a duration written as in `90s`, `15m`, `4h` or `5d`.
///
/// # Errors
///
/// Says what is expected when the text is anything else, zero, or longer than 366 days.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let fault = || {
        format!(
            "{text:?} is not a duration; write a whole number and a unit, such as 90s, 15m, 4h or 5d"
        )
    };
    let split = text
        .len()
        .checked_sub(1)
        .filter(|at| text.is_char_boundary(*at))
        .ok_or_else(fault)?;
    let (digits, unit) = text.split_at(split);
    let seconds_per_unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(fault()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fault());
    }
    let count: u64 = digits.parse().map_err(|_| fault())?;
    let seconds = count.checked_mul(seconds_per_unit).ok_or_else(fault)?;
    if seconds == 0 || seconds > 366 * 86_400 {
        return Err(format!(
            "{text:?} is out of range; a duration is from 1s to 366d"
        ));
    }
    Ok(Duration::from_secs(seconds))
}
