//! When somebody works: spans of each weekday in a time zone, and being away.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;

/// The weekdays as they are named, the first one as in ISO 8601.
pub const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A stretch of a day, its end not included; an end of 24:00 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    /// Minutes since midnight.
    #[serde(with = "minutes")]
    #[schema(value_type = String, example = "09:00", pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub from: u16,
    /// Minutes since midnight, later than `from`.
    #[serde(with = "minutes")]
    #[schema(value_type = String, example = "17:30", pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub to: u16,
}

/// The hours that somebody works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingHours {
    /// A name of the IANA time zone database.
    pub time_zone: String,
    /// The spans of Monday to Sunday.
    pub days: [Vec<Span>; 7],
}

/// Somebody is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// Until when; nobody knows where there is nothing.
    pub until: Option<Timestamp>,
}

impl Away {
    /// Whether this holds at that time.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

impl WorkingHours {
    /// Whether the time zone database knows the zone.
    pub fn knows_zone(name: &str) -> bool {
        TimeZone::get(name).is_ok()
    }

    /// Whether that time is within the hours.
    pub fn contain(&self, at: Timestamp) -> bool {
        let Ok(zone) = TimeZone::get(&self.time_zone) else {
            return false;
        };
        let Ok(at) = jiff::Timestamp::from_microsecond(at.0) else {
            return false;
        };
        let local = at.to_zoned(zone);
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let minute = minute_of(local.time());
        self.days[day]
            .iter()
            .any(|span| span.from <= minute && minute < span.to)
    }
}

fn minute_of(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

/// Reads `HH:MM`, from 00:00 to 24:00, as minutes since midnight.
pub fn parse_minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= 24 * 60).then_some(all)
}

mod minutes {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn serialize<S: Serializer>(minutes: &u16, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:02}:{:02}", minutes / 60, minutes % 60))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
        let text = String::deserialize(from)?;
        super::parse_minutes(&text).ok_or_else(|| de::Error::custom("not a time as HH:MM"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_zone_in_summer_and_winter() {
        let mut days: [Vec<Span>; 7] = Default::default();
        days[0] = vec![Span {
            from: 9 * 60,
            to: 17 * 60,
        }];
        let time_zone = "Europe/Berlin".to_owned();
        let hours = WorkingHours { time_zone, days };
        for (at, within) in [
            ("2026-07-06T06:59:59Z", false),
            ("2026-07-06T07:00:00Z", true),
            ("2026-07-06T15:00:00Z", false),
            ("2026-12-07T07:30:00Z", false),
            ("2026-12-07T08:00:00Z", true),
            ("2026-12-08T08:00:00Z", false),
        ] {
            assert_eq!(hours.contain(at.parse().unwrap()), within, "{at}");
        }
        let text = serde_json::to_string(&hours).unwrap();
        assert!(text.contains(r#""from":"09:00","to":"17:00""#), "{text}");
        assert_eq!(serde_json::from_str::<WorkingHours>(&text).unwrap(), hours);
    }

    #[test]
    fn a_time_of_day_has_two_digits_each() {
        assert_eq!(parse_minutes("24:00"), Some(1440));
        for text in [
            "24:01", "9:00", "09:60", "0900", "+9:00", "09:5", "aa:bb", "",
        ] {
            assert_eq!(parse_minutes(text), None, "{text}");
        }
    }
}
