//! `[[sla]]`: until when issues are to be answered and solved, one table per promise.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::fault::{Faults, nearest};
use super::section::{Misfit, Placed, Section, wrong_type};
use crate::domain::gateway::{ChannelKind, GatewayName, GatewaySpec};
use crate::domain::sla::calendar::{Calendar, Hours, Office};
use crate::domain::sla::{Policy, Target};

pub(super) const KEYS: &[&str] = &[
    "name",
    "gateways",
    "tags",
    "contact",
    "first_response",
    "next_response",
    "resolution",
    "warning",
    "channels",
    "zone",
    "hours",
    "holidays",
];

pub(super) const HOURS_KEYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Reads every promise, in the order in which they are tried; one that has faults is left out.
pub(super) fn read_all(
    root: &Section<'_>,
    gateways: &[GatewaySpec],
    faults: &mut Faults<'_>,
) -> Vec<Policy> {
    let mut policies: Vec<Policy> = Vec::new();
    for section in root.list("sla", "[[sla]]", KEYS, faults) {
        section.refuse_unknown(faults);
        let Some(policy) = read(&section, gateways, faults) else {
            continue;
        };
        if policies.iter().any(|other| other.name == policy.name) {
            let reason = format!("name: there are two promises called {:?}", policy.name);
            let fix = "give each one a name of its own";
            faults.add(&section.span_of("name"), reason, fix);
        }
        policies.push(policy);
    }
    policies
}

fn read(
    section: &Section<'_>,
    gateways: &[GatewaySpec],
    faults: &mut Faults<'_>,
) -> Option<Policy> {
    let name = section.required("name", faults);
    let targets = read_targets(section, faults);
    let warning = section.duration("warning", faults);
    let channels = read_channels(section, faults);
    let calendar = read_calendar(section, faults);
    let tags = section.texts("tags", faults).unwrap_or_default();
    Some(Policy {
        name: name?.0,
        gateways: read_gateways(section, gateways, faults),
        tags: tags.into_iter().map(|(tag, _)| tag).collect(),
        contact: read_fields(section, faults),
        targets,
        warning,
        channels,
        calendar,
    })
}

/// Reads the fields that a contact is to have, with their values.
fn read_fields(section: &Section<'_>, faults: &mut Faults<'_>) -> Vec<(String, String)> {
    let Some(value) = section.get("contact") else {
        return Vec::new();
    };
    let DeValue::Table(table) = value.get_ref() else {
        wrong_type(
            faults,
            value,
            "contact",
            "a table such as { plan = \"gold\" }",
        );
        return Vec::new();
    };
    let mut fields = Vec::new();
    for (name, wanted) in table {
        match wanted.get_ref() {
            DeValue::String(text) => {
                fields.push((
                    name.get_ref().clone().into_owned(),
                    text.clone().into_owned(),
                ));
            }
            _ => wrong_type(
                faults,
                wanted,
                name.get_ref(),
                "a text, as fields of contacts are",
            ),
        }
    }
    fields
}

fn read_targets(
    section: &Section<'_>,
    faults: &mut Faults<'_>,
) -> Vec<(Target, std::time::Duration)> {
    let read = |target: &Target| Some((*target, section.duration(target.as_str(), faults)?));
    let targets: Vec<_> = Target::ALL.iter().filter_map(read).collect();
    if targets.is_empty()
        && !Target::ALL
            .iter()
            .any(|target| section.has(target.as_str()))
    {
        let fix =
            "add first_response, next_response or resolution, such as first_response = \"4h\"";
        faults.add(&section.span(), "[[sla]] promises nothing", fix);
    }
    targets
}

fn read_gateways(
    section: &Section<'_>,
    gateways: &[GatewaySpec],
    faults: &mut Faults<'_>,
) -> Vec<GatewayName> {
    let mut names = Vec::new();
    for (text, span) in section.texts("gateways", faults).unwrap_or_default() {
        match gateways
            .iter()
            .find(|gateway| gateway.name.as_str() == text)
        {
            Some(gateway) => names.push(gateway.name.clone()),
            None => {
                let known: Vec<&str> = gateways
                    .iter()
                    .map(|gateway| gateway.name.as_str())
                    .collect();
                let reason = format!("gateways: there is no gateway called {text:?}");
                faults.add(&span, reason, nearest(&text, &known));
            }
        }
    }
    names
}

fn read_channels(section: &Section<'_>, faults: &mut Faults<'_>) -> Vec<ChannelKind> {
    let all = [ChannelKind::Sms, ChannelKind::Email];
    let Some(texts) = section.texts("channels", faults) else {
        return all.to_vec();
    };
    let mut channels = Vec::new();
    for (text, span) in texts {
        match all.iter().find(|channel| channel.as_str() == text) {
            Some(channel) => channels.push(*channel),
            None => {
                let reason = format!("channels: {text:?} is no channel");
                faults.add(&span, reason, nearest(&text, &["sms", "email"]));
            }
        }
    }
    channels
}

fn read_calendar(section: &Section<'_>, faults: &mut Faults<'_>) -> Calendar {
    let zone = section.parsed("zone", faults, |text| {
        TimeZone::get(text).map_err(|_| {
            let fix = "write a name of the time zone database, such as \"America/New_York\"";
            Misfit::new(format!("there is no time zone {text:?}"), fix)
        })
    });
    let holidays = read_holidays(section, faults);
    let hours = section.section("hours", "[sla.hours]", HOURS_KEYS, faults);
    if !section.has("hours") {
        for key in ["zone", "holidays"] {
            if section.has(key) {
                let reason = format!("{key}: without hours, work is done round the clock");
                let fix = "add [sla.hours] below, such as monday = \"09:00-17:00\"";
                faults.add(&section.span_of(key), reason, fix);
            }
        }
        return Calendar::Always;
    }
    if !section.has("zone") {
        let fix = "add zone = \"America/New_York\", or what the place has";
        faults.add(
            &section.span_of("hours"),
            "[sla.hours] has no time zone",
            fix,
        );
    }
    let mut week: [Vec<Hours>; 7] = Default::default();
    for (day, key) in week.iter_mut().zip(HOURS_KEYS) {
        *day = read_day(&hours, key, faults);
    }
    if week.iter().all(Vec::is_empty) {
        let fix = "such as monday = \"09:00-17:00\"";
        faults.add(&section.span_of("hours"), "[sla.hours] never opens", fix);
    }
    Calendar::Office(Box::new(Office {
        zone: zone.unwrap_or(TimeZone::UTC),
        week,
        holidays,
    }))
}

fn read_holidays(section: &Section<'_>, faults: &mut Faults<'_>) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    for (text, span) in section.texts("holidays", faults).unwrap_or_default() {
        match text.parse::<Date>() {
            Ok(day) => drop(days.insert(day)),
            Err(_) => {
                let reason = format!("holidays: {text:?} is no day");
                faults.add(&span, reason, "write it as \"2026-12-25\"");
            }
        }
    }
    days
}

/// Reads the hours of a day: one text, or a list of them.
fn read_day(hours: &Section<'_>, key: &'static str, faults: &mut Faults<'_>) -> Vec<Hours> {
    let is_list = hours
        .get(key)
        .is_some_and(|value| matches!(value.get_ref(), DeValue::Array(_)));
    let texts: Vec<Placed<String>> = if is_list {
        hours.texts(key, faults).unwrap_or_default()
    } else {
        hours.text(key, faults).into_iter().collect()
    };
    let mut day: Vec<Hours> = Vec::new();
    for (text, span) in texts {
        let Some(read) = read_hours(&text) else {
            wrong(
                key,
                &format!("{text:?} is not from a time to a later one"),
                &span,
                faults,
            );
            continue;
        };
        if day
            .last()
            .is_some_and(|last| last.to.is_none_or(|to| to > read.from))
        {
            wrong(
                key,
                &format!("{text:?} begins before what stands in front of it ends"),
                &span,
                faults,
            );
        }
        day.push(read);
    }
    day
}

fn wrong(key: &str, reason: &str, span: &Range<usize>, faults: &mut Faults<'_>) {
    faults.add(
        span,
        format!("{key}: {reason}"),
        "such as \"09:00-17:00\" or \"18:00-24:00\"",
    );
}

fn read_hours(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| text.trim().parse::<Time>().ok();
    let from = time(from)?;
    if to.trim() == "24:00" {
        return Some(Hours { from, to: None });
    }
    let to = time(to)?;
    (from < to).then_some(Hours { from, to: Some(to) })
}
