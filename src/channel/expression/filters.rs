//! The filters that profiles need beside the usual ones.

use minijinja::{Environment, Value};

use crate::domain::clock::Timestamp;

/// Adds them to an environment.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("epoch", epoch);
    environment.add_filter("short_time", short_time);
    environment.add_filter("between", between);
    environment.add_filter("milliseconds", milliseconds);
    environment.add_filter("query", query);
}

/// Seconds since 1970, as a number or a text, as RFC 3339.
fn epoch(value: &Value) -> Option<String> {
    let seconds: i64 = value.to_string().trim().parse().ok()?;
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(Timestamp(time.as_microsecond()).to_string())
}

/// `YYMMDDhhmm` in UTC, as receipts of SMPP write it, as RFC 3339.
fn short_time(value: &Value) -> Option<String> {
    let text = value.to_string();
    let time = jiff::civil::DateTime::strptime("%y%m%d%H%M", text.trim()).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(time.as_microsecond()).to_string())
}

/// What stands between two marks, without the spaces around it.
fn between(value: &Value, start: &str, end: &str) -> Option<String> {
    let text = value.to_string();
    let (_, rest) = text.split_once(start)?;
    let (inside, _) = rest.split_once(end)?;
    Some(inside.trim().to_owned())
}

/// Milliseconds as seconds.
fn milliseconds(value: &Value) -> Option<f64> {
    let count: f64 = value.to_string().trim().parse().ok()?;
    Some(count / 1000.0)
}

/// A text as it stands in a query string.
fn query(value: &Value) -> String {
    form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_providers_write_them() {
        let shown = Some("2023-11-14T22:13:20.000000Z".to_owned());
        assert_eq!(epoch(&Value::from(1_700_000_000)), shown);
        assert_eq!(epoch(&Value::from("soon")), None);
        let shown = Some("2026-11-21T15:30:00.000000Z".to_owned());
        assert_eq!(short_time(&Value::from("2611211530")), shown);
    }

    #[test]
    fn what_stands_between_marks_is_found() {
        let words = Value::from("please wait [ 1000 ] and retry");
        assert_eq!(between(&words, "[", "]"), Some("1000".to_owned()));
        assert_eq!(between(&Value::from("none"), "[", "]"), None);
    }
}
