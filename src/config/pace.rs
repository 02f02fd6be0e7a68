//! How fast a gateway sends, and when it tries again.

use toml::de::DeValue;

use super::fault::Faults;
use super::section::Section;
use crate::domain::gateway::{GatewayKind, Rate, RetrySchedule};

pub(super) const RATE_KEYS: &[&str] = &["segments_per_second", "messages_per_second", "burst"];
pub(super) const RETRY_KEYS: &[&str] = &["first", "max"];

/// One segment an hour; what is slower does not get anywhere.
const SLOWEST: f64 = 1.0 / 3_600.0;
/// More than any carrier grants one sender.
const FASTEST: f64 = 100_000.0;
const LARGEST_BURST: u32 = 100_000;

/// What carriers usually grant a sender of the kind.
fn usual_rate(kind: Option<GatewayKind>) -> Rate {
    let (segments_per_second, burst) = match kind {
        Some(GatewayKind::LongCode) | None => (1.0, 1),
        Some(GatewayKind::TollFree) => (3.0, 3),
        Some(GatewayKind::ShortCode) => (100.0, 100),
        Some(GatewayKind::Alphanumeric | GatewayKind::Email) => (10.0, 10),
    };
    Rate {
        segments_per_second,
        burst,
    }
}

pub(super) fn read_rate(
    section: &Section<'_>,
    kind: Option<GatewayKind>,
    faults: &mut Faults<'_>,
) -> Rate {
    let usual = usual_rate(kind);
    let section = section.section("rate", "rate", RATE_KEYS, faults);
    let key = match kind {
        Some(GatewayKind::Email) => "messages_per_second",
        Some(_) | None => "segments_per_second",
    };
    let speed = section.get(key).and_then(|value| {
        let number = match value.get_ref() {
            DeValue::Integer(number) => (i64::from_str_radix(number.as_str(), number.radix()).ok())
                .and_then(|number| i32::try_from(number).ok())
                .map(f64::from),
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let fitting = number.filter(|number: &f64| (SLOWEST..=FASTEST).contains(number));
        if fitting.is_none() {
            faults.add(
                &value.span(),
                format!("{key:?} is not a number from one an hour (0.0003) to 100000"),
                format!("such as {key} = 1"),
            );
        }
        fitting
    });
    for other in ["segments_per_second", "messages_per_second"] {
        if other != key && section.has(other) {
            let reason = format!("{other}: this kind of gateway is not counted so");
            faults.add(&section.span_of(other), reason, format!("write {key}"));
        }
    }
    Rate {
        segments_per_second: speed.unwrap_or(usual.segments_per_second),
        burst: (section.count("burst", LARGEST_BURST, faults)).unwrap_or(usual.burst),
    }
}

pub(super) fn read_retry(
    section: &Section<'_>,
    kind: Option<GatewayKind>,
    faults: &mut Faults<'_>,
) -> RetrySchedule {
    let usual = match kind {
        Some(GatewayKind::Email) => RetrySchedule::MAIL,
        Some(_) | None => RetrySchedule::default(),
    };
    let section = section.section("retry", "retry", RETRY_KEYS, faults);
    let schedule = RetrySchedule {
        first: (section.duration("first", faults)).unwrap_or(usual.first),
        max: (section.duration("max", faults)).unwrap_or(usual.max),
    };
    if schedule.first > schedule.max {
        faults.add(
            &section.span_of("first"),
            "first: the first wait is longer than the longest",
            "make first shorter, or max longer",
        );
    }
    schedule
}
