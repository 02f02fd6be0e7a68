//! `[retention]` and `[gateway.retention]`: how long what is kept may be kept.

use std::time::Duration;

use super::fault::Faults;
use super::section::{Misfit, Section};
use crate::domain::retention::{Kept, Periods};

pub(super) const KEYS: &[&str] = &["messages", "mail", "deleted", "attachments", "raw"];

/// A hundred years.
const MOST_DAYS: u64 = 36_500;

/// Reads the period of each kind; what has none is kept for ever.
pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Periods {
    let period = |kept: Kept| {
        let period = section.parsed(kept.as_str(), faults, days)?;
        Some((kept, period))
    };
    Kept::ALL.into_iter().filter_map(period).collect()
}

/// A number of days: `30d`, `30 days`.
fn days(text: &str) -> Result<Duration, Misfit> {
    let fix =
        "write a whole number of days, such as 30d or 730d; remove the key to keep it for ever";
    let number = text.strip_suffix(" days").or(text.strip_suffix('d'));
    let days = number.and_then(|number| number.parse::<u64>().ok());
    match days {
        Some(days @ 1..=MOST_DAYS) => Ok(Duration::from_hours(days * 24)),
        Some(_) => Err(Misfit::new(
            format!("{text:?} is not from 1 to {MOST_DAYS} days"),
            fix,
        )),
        None => Err(Misfit::new(
            format!("{text:?} is not a number of days"),
            fix,
        )),
    }
}
