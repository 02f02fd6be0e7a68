//! When work is done: opening hours by weekday in a time zone, without holidays.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use crate::domain::clock::Timestamp;

/// How many days without an open hour end the search for one: a year and a leap day.
const FURTHEST: u32 = 400;

/// From when to when it is open on a day; the end is excluded, and none is midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// From when.
    pub from: Time,
    /// To when; midnight at the end of the day, where there is none.
    pub to: Option<Time>,
}

/// When work is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Calendar {
    /// Round the clock.
    Always,
    /// In opening hours.
    Office(Box<Office>),
}

/// Opening hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Office {
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
    /// The hours of each weekday, from Monday on, in order and apart.
    pub week: [Vec<Hours>; 7],
    /// Days that are closed.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// When so much working time has passed since an instant; never earlier than that, and a year
    /// later where the office never opens.
    pub fn due(&self, from: Timestamp, work: Duration) -> Timestamp {
        let Self::Office(office) = self else {
            return from.plus(work);
        };
        if work.is_zero() {
            return from;
        }
        let mut left = work;
        let mut last = from;
        for (open, close) in office.open_from(from) {
            let open = open.max(from);
            let there = close.since(open);
            if there >= left {
                return open.plus(left);
            }
            left -= there;
            last = close.max(last);
        }
        last.plus(left)
    }

    /// How much working time lies between two instants.
    pub fn worked(&self, from: Timestamp, to: Timestamp) -> Duration {
        let Self::Office(office) = self else {
            return to.since(from);
        };
        let mut worked = Duration::ZERO;
        for (open, close) in office.open_from(from) {
            if open >= to {
                break;
            }
            worked += close.min(to).since(open.max(from));
        }
        worked
    }

    /// Whether work is done at an instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Office(office) => {
                let next = office.open_from(at).next();
                next.is_some_and(|(open, _)| open <= at)
            }
        }
    }
}

impl Office {
    /// The open times that end after an instant, in order.
    fn open_from(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let at = jiff::Timestamp::from_microsecond(from.0).unwrap_or_default();
        let today = at.to_zoned(self.zone.clone()).date();
        // The hours of yesterday may end after midnight on another day's clock.
        let first = today.checked_sub(1.day()).unwrap_or(today);
        let days =
            (0..FURTHEST).filter_map(move |nth| first.checked_add(Span::new().days(nth)).ok());
        days.flat_map(|day| self.open_on(day))
            .filter(move |(_, close)| *close > from)
    }

    /// The open times of a day. An hour that the clocks leave out is not there; one that they go
    /// through twice counts twice where it lies within.
    fn open_on(&self, day: Date) -> Vec<(Timestamp, Timestamp)> {
        if self.holidays.contains(&day) {
            return Vec::new();
        }
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        let instant = |day: Date, time: Time| {
            let zoned = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            Some(Timestamp(zoned.timestamp().as_microsecond()))
        };
        let open = |hours: &Hours| {
            let from = instant(day, hours.from)?;
            let to = match hours.to {
                Some(to) => instant(day, to)?,
                None => instant(day.tomorrow().ok()?, Time::midnight())?,
            };
            (from < to).then_some((from, to))
        };
        self.week[weekday].iter().filter_map(open).collect()
    }
}
