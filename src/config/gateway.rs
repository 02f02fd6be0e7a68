//! `[[gateway]]`: one table per identity that the daemon sends from and is written to at.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::de::DeValue;

use super::fault::Faults;
use super::section::{Section, wrong_type};
use super::{country, mail, secret, server};
use crate::domain::address::Address;
use crate::domain::gateway::{
    AfterClose, ChannelKind, Courtesy, GatewayKind, GatewayName, GatewaySpec, OnUnknown, Rate,
    RetrySchedule, Setting,
};

pub(super) const KEYS: &[&str] = &[
    "name",
    "kind",
    "profile",
    "address",
    "default",
    "country",
    "rate",
    "on_unknown",
    "after_close",
    "reopen_within",
    "courtesy",
    "smart_encoding",
    "mms",
    "allow_networks",
    "valid_for",
    "retry",
    "settings",
    "display_name",
    "mail",
    "imap",
    "smtp",
];
pub(super) const RATE_KEYS: &[&str] = &["segments_per_second", "messages_per_second", "burst"];
pub(super) const RETRY_KEYS: &[&str] = &["first", "max"];

/// One segment an hour; what is slower does not get anywhere.
const SLOWEST: f64 = 1.0 / 3_600.0;
/// More than any carrier grants one sender.
const FASTEST: f64 = 100_000.0;
const LARGEST_BURST: u32 = 100_000;

/// How long a message is worth sending, when the sender of it did not say.
const VALID_FOR: Duration = Duration::from_hours(4);

/// As long as mail servers usually try (RFC 5321, 4.5.4.1).
const MAIL_VALID_FOR: Duration = Duration::from_hours(5 * 24);

/// What stands for a profile where mail needs none.
const MAIL_PROFILE: &str = "email";

/// A gateway and what the file as a whole has to know about it.
pub(super) struct Configured {
    pub(super) spec: GatewaySpec,
    /// Where `default = true` stands, when it does.
    pub(super) default: Option<Range<usize>>,
}

/// Reads every gateway; one that has faults is left out, and its faults are noted.
pub(super) fn read_all(
    root: &Section<'_>,
    region: &str,
    faults: &mut Faults<'_>,
) -> Vec<Configured> {
    let mut gateways: Vec<Configured> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for section in root.list("gateway", "[[gateway]]", KEYS, faults) {
        if let Some((name, span)) = section.text("name", &mut Faults::new("", "")) {
            if names.contains(&name) {
                let reason = format!("name: there are two gateways called {name:?}");
                faults.add(&span, reason, "give each one a name of its own");
            }
            names.push(name);
        }
        gateways.extend(read(&section, region, faults));
    }
    gateways
}

fn read(section: &Section<'_>, region: &str, faults: &mut Faults<'_>) -> Option<Configured> {
    let kind = read_kind(section, faults);
    section.refuse_unknown(faults);
    let name = read_name(section, faults);
    let is_mail = kind == Some(GatewayKind::Email);
    let profile = if is_mail {
        refuse_texts_only(section, faults);
        Some(MAIL_PROFILE.to_owned())
    } else {
        refuse_mail_only(section, faults);
        section.required("profile", faults).map(|(name, _)| name)
    };
    let mail = (is_mail).then(|| mail::read(section, faults));
    let country = country::read(section, faults).unwrap_or_else(|| region.to_owned());
    let address = read_address(section, kind, &country, faults);
    let rate = read_rate(section, kind, faults);
    let after_close = read_after_close(section, faults);
    let courtesy = [("append", Courtesy::Append), ("open", Courtesy::Open)];
    let courtesy = section.word("courtesy", &courtesy, faults);
    let retry = read_retry(section, kind, faults);
    let settings = read_settings(section, faults);
    let on_unknown = [("hold", OnUnknown::Hold), ("resend", OnUnknown::Resend)];
    let on_unknown = section.word("on_unknown", &on_unknown, faults);
    let smart_encoding = section.flag("smart_encoding", faults);
    let mms = section.flag("mms", faults);
    let allow_networks = server::networks(section, "allow_networks", faults);
    let valid_for = section.duration("valid_for", faults);
    let default = section.flag("default", faults) == Some(true);
    Some(Configured {
        default: default.then(|| section.span_of("default")),
        spec: GatewaySpec {
            name: name?,
            kind: kind?,
            profile: profile?,
            address: address?,
            country,
            rate,
            on_unknown: on_unknown.unwrap_or_default(),
            after_close,
            courtesy: courtesy.unwrap_or_default(),
            smart_encoding: smart_encoding.unwrap_or(false),
            mms: mms.unwrap_or(false),
            allow_networks,
            retry,
            valid_for: valid_for.unwrap_or(if is_mail { MAIL_VALID_FOR } else { VALID_FOR }),
            settings,
            mail,
        },
    })
}

fn refuse_texts_only(section: &Section<'_>, faults: &mut Faults<'_>) {
    for key in [
        "profile",
        "settings",
        "smart_encoding",
        "mms",
        "allow_networks",
    ] {
        if section.has(key) {
            let reason = format!("{key}: a mailbox has no such thing");
            faults.add(&section.span_of(key), reason, format!("remove {key}"));
        }
    }
}

fn refuse_mail_only(section: &Section<'_>, faults: &mut Faults<'_>) {
    for key in ["display_name", "mail", "imap", "smtp"] {
        if section.has(key) {
            let reason = format!("{key}: only a gateway of kind email has it");
            faults.add(
                &section.span_of(key),
                reason,
                format!("remove {key}, or set kind = \"email\""),
            );
        }
    }
}

fn read_kind(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<GatewayKind> {
    const KINDS: [(&str, GatewayKind); 5] = [
        ("long_code", GatewayKind::LongCode),
        ("short_code", GatewayKind::ShortCode),
        ("toll_free", GatewayKind::TollFree),
        ("alphanumeric", GatewayKind::Alphanumeric),
        ("email", GatewayKind::Email),
    ];
    if !section.has("kind") {
        // Notes that it is missing.
        section.required("kind", faults);
    }
    section.word("kind", &KINDS, faults)
}

fn read_name(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<GatewayName> {
    let (text, span) = section.required("name", faults)?;
    let name = GatewayName::parse(&text);
    if name.is_none() {
        let reason = format!("name: {text:?} does not fit into a URL");
        faults.add(&span, reason, "use 1 to 64 of a-z, 0-9 and -");
    }
    name
}

fn read_address(
    section: &Section<'_>,
    kind: Option<GatewayKind>,
    country: &str,
    faults: &mut Faults<'_>,
) -> Option<Address> {
    let (text, span) = section.required("address", faults)?;
    let kind = kind?;
    let parsed = match kind {
        GatewayKind::Email => Address::parse_email(&text),
        GatewayKind::LongCode
        | GatewayKind::ShortCode
        | GatewayKind::TollFree
        | GatewayKind::Alphanumeric => Address::parse_sms(&text, country),
    };
    let address = parsed
        .map_err(|fault| fault.to_string())
        .and_then(|address| {
            fits(kind, &address)
                .then_some(address)
                .ok_or_else(String::new)
        });
    match address {
        Ok(address) => Some(address),
        Err(why) => {
            let mut reason = format!("address: {text:?} is not {}", described(kind));
            if !why.is_empty() {
                reason = format!("{reason}: {why}");
            }
            faults.add(&span, reason, format!("such as {:?}", example(kind)));
            None
        }
    }
}

fn fits(kind: GatewayKind, address: &Address) -> bool {
    let text = address.value();
    match kind {
        GatewayKind::LongCode | GatewayKind::TollFree => text.starts_with('+'),
        GatewayKind::ShortCode => {
            (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        }
        GatewayKind::Alphanumeric => text.bytes().any(|b| b.is_ascii_alphabetic()),
        GatewayKind::Email => address.channel() == ChannelKind::Email,
    }
}

fn described(kind: GatewayKind) -> &'static str {
    match kind {
        GatewayKind::LongCode => "a phone number",
        GatewayKind::TollFree => "a toll-free number",
        GatewayKind::ShortCode => "a short code of 3 to 8 digits",
        GatewayKind::Alphanumeric => "a name of up to 11 characters with a letter in it",
        GatewayKind::Email => "a mailbox",
    }
}

fn example(kind: GatewayKind) -> &'static str {
    match kind {
        GatewayKind::LongCode => "+12025550100",
        GatewayKind::TollFree => "+18005550100",
        GatewayKind::ShortCode => "24680",
        GatewayKind::Alphanumeric => "Example",
        GatewayKind::Email => "support@example.com",
    }
}

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

fn read_rate(section: &Section<'_>, kind: Option<GatewayKind>, faults: &mut Faults<'_>) -> Rate {
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

fn read_after_close(section: &Section<'_>, faults: &mut Faults<'_>) -> AfterClose {
    let within = section.duration("reopen_within", faults);
    let words = [
        ("new", AfterClose::New),
        ("reopen", AfterClose::Reopen { within }),
    ];
    let after_close = section.word("after_close", &words, faults);
    let after_close = after_close.unwrap_or_default();
    if after_close == AfterClose::New && section.has("reopen_within") {
        faults.add(
            &section.span_of("reopen_within"),
            "reopen_within means nothing where closed issues are not reopened",
            "add after_close = \"reopen\", or remove it",
        );
    }
    after_close
}

fn read_retry(
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

fn read_settings(section: &Section<'_>, faults: &mut Faults<'_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    let Some(value) = section.get("settings") else {
        return settings;
    };
    let DeValue::Table(table) = value.get_ref() else {
        wrong_type(faults, value, "settings", "a table");
        return settings;
    };
    for (key, value) in table {
        if let Some(setting) = read_setting(key.get_ref(), value, faults) {
            settings.insert(key.get_ref().clone().into_owned(), setting);
        }
    }
    settings
}

fn read_setting(
    key: &str,
    value: &toml::Spanned<DeValue<'_>>,
    faults: &mut Faults<'_>,
) -> Option<Setting> {
    match value.get_ref() {
        DeValue::String(text) => Some(Setting::Text(text.clone().into_owned())),
        DeValue::Boolean(flag) => Some(Setting::Bool(*flag)),
        DeValue::Table(_) => secret::resolve(value, faults).map(Setting::Text),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            if read.is_err() {
                faults.add(
                    &value.span(),
                    format!("{key:?} is a number beyond 64 bits"),
                    "write it in quotes",
                );
            }
            read.ok().map(Setting::Integer)
        }
        DeValue::Array(items) => {
            let mut list = Vec::new();
            for item in items {
                match item.get_ref() {
                    DeValue::String(text) => list.push(text.clone().into_owned()),
                    DeValue::Table(_) => list.extend(secret::resolve(item, faults)),
                    _ => wrong_type(faults, item, key, "a list of texts"),
                }
            }
            Some(Setting::List(list))
        }
        DeValue::Float(_) | DeValue::Datetime(_) => {
            wrong_type(
                faults,
                value,
                key,
                "a text, a whole number, true, false or a list of texts",
            );
            None
        }
    }
}
