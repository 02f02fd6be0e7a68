//! For how long a conversation sleeps, in the words that people choose from.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, time};
use jiff::tz::TimeZone;

use super::clock::Timestamp;
use super::named::named;

/// The hour at which a working day begins, for presets that name a day.
const MORNING: i8 = 9;

named! {
    /// A usual time to sleep.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, utoipa::ToSchema, serde::Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Preset {
        /// For an hour.
        OneHour = "one_hour",
        /// For three hours.
        ThreeHours = "three_hours",
        /// Until nine o'clock of the next day.
        Tomorrow = "tomorrow",
        /// Until nine o'clock of the next Monday.
        NextWeek = "next_week",
    }
}

impl Preset {
    /// The end of it, for somebody whose clock shows the time of a zone. A nine o'clock that the
    /// change to summer time leaves out is the next time that there is.
    pub fn until(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let instant = jiff::Timestamp::from_microsecond(now.0).ok()?;
        let end = match self {
            Self::OneHour => instant.checked_add(1.hour()).ok()?,
            Self::ThreeHours => instant.checked_add(3.hours()).ok()?,
            Self::Tomorrow => morning(zone, zone.to_datetime(instant).date().tomorrow().ok()?)?,
            Self::NextWeek => {
                let today = zone.to_datetime(instant).date();
                morning(zone, today.nth_weekday(1, Weekday::Monday).ok()?)?
            }
        };
        Some(Timestamp(end.as_microsecond()))
    }
}

fn morning(zone: &TimeZone, date: Date) -> Option<jiff::Timestamp> {
    let nine = date.to_datetime(time(MORNING, 0, 0, 0));
    Some(zone.to_zoned(nine).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slept(preset: Preset, now: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        preset
            .until(now.parse().unwrap(), &zone)
            .unwrap()
            .to_string()
    }

    #[test]
    fn r045_presets_end_by_the_clock_of_the_one_who_chose() {
        let now = "2026-11-21T23:30:00Z";
        assert_eq!(
            slept(Preset::OneHour, now, "UTC"),
            "2026-11-22T00:30:00.000000Z"
        );
        assert_eq!(
            slept(Preset::ThreeHours, now, "UTC"),
            "2026-11-22T02:30:00.000000Z"
        );
        assert_eq!(
            slept(Preset::Tomorrow, now, "UTC"),
            "2026-11-22T09:00:00.000000Z"
        );
        assert_eq!(
            slept(Preset::Tomorrow, now, "Asia/Tokyo"),
            "2026-11-23T00:00:00.000000Z",
            "it is Sunday there already"
        );
        assert_eq!(
            slept(Preset::NextWeek, now, "America/New_York"),
            "2026-11-23T14:00:00.000000Z"
        );
        assert_eq!(
            slept(Preset::Tomorrow, "2026-03-28T12:00:00Z", "Europe/Berlin"),
            "2026-03-29T07:00:00.000000Z",
            "summer time begins that night"
        );
    }
}
