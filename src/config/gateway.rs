//! `[[gateway]]`: one table per identity that the daemon sends from and is written to at.

use std::ops::Range;
use std::time::Duration;

use super::fault::Faults;
use super::places::Places;
use super::section::{Misfit, Section};
use super::{country, mail, pace, retention, server, settings};
use crate::domain::address::Address;
use crate::domain::assign::AutoAssign;
use crate::domain::gateway::{
    AfterClose, ChannelKind, Courtesy, GatewayKind, GatewayName, GatewaySpec, KeywordRules,
    OnUnknown,
};
use crate::domain::opt_out::Reach;
use crate::domain::retention::Periods;

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
    "auto_assign",
    "stop_reply",
    "help_reply",
    "smart_encoding",
    "mms",
    "allow_networks",
    "ca",
    "valid_for",
    "retry",
    "settings",
    "retention",
    "display_name",
    "mail",
    "imap",
    "smtp",
];
/// Two segments of a plain text.
const LONGEST_REPLY: usize = 320;

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
    /// `[gateway.retention]`.
    pub(super) retention: Periods,
}

/// Reads every gateway; one that has faults is left out, and its faults are noted.
pub(super) fn read_all(
    root: &Section<'_>,
    region: &str,
    reach: Reach,
    places: &mut Places,
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
        let gateway = read(&section, region, reach, faults);
        if let Some(gateway) = &gateway {
            places.note(&gateway.spec.name, &section, faults);
        }
        gateways.extend(gateway);
    }
    gateways
}

fn read(
    section: &Section<'_>,
    region: &str,
    reach: Reach,
    faults: &mut Faults<'_>,
) -> Option<Configured> {
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
    let rate = pace::read_rate(section, kind, faults);
    let after_close = read_after_close(section, faults);
    let courtesy = [("append", Courtesy::Append), ("open", Courtesy::Open)];
    let courtesy = section.word("courtesy", &courtesy, faults);
    let auto_assign = read_auto_assign(section, faults);
    let keywords = KeywordRules {
        reach,
        stop_reply: read_reply(section, "stop_reply", faults),
        help_reply: read_reply(section, "help_reply", faults),
    };
    let retry = pace::read_retry(section, kind, faults);
    let settings = settings::read_settings(section, faults);
    let on_unknown = [("hold", OnUnknown::Hold), ("resend", OnUnknown::Resend)];
    let on_unknown = section.word("on_unknown", &on_unknown, faults);
    let smart_encoding = section.flag("smart_encoding", faults);
    let mms = section.flag("mms", faults);
    let allow_networks = server::networks(section, "allow_networks", faults);
    let ca = section.secret("ca", faults).map(|(pem, _)| pem);
    let valid_for = section.duration("valid_for", faults);
    let default = section.flag("default", faults) == Some(true);
    let periods = section.section("retention", "[gateway.retention]", retention::KEYS, faults);
    let retention = retention::read(&periods, faults);
    Some(Configured {
        retention,
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
            auto_assign: auto_assign.into(),
            keywords,
            smart_encoding: smart_encoding.unwrap_or(false),
            mms: mms.unwrap_or(false),
            allow_networks,
            ca,
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
        "stop_reply",
        "help_reply",
        "ca",
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

fn read_auto_assign(section: &Section<'_>, faults: &mut Faults<'_>) -> Vec<AutoAssign> {
    let rules = section.texts("auto_assign", faults).unwrap_or_default();
    let mut read = Vec::new();
    for (rule, span) in rules {
        match (rule.as_str(), rule.strip_prefix("team:")) {
            ("last_assignee", _) => read.push(AutoAssign::LastAssignee),
            (_, Some(team)) if !team.trim().is_empty() => {
                read.push(AutoAssign::Team(team.trim().to_owned()));
            }
            _ => faults.add(
                &span,
                format!("auto_assign: {rule:?} is not a rule"),
                "write \"last_assignee\", or \"team:\" and the name of a team",
            ),
        }
    }
    read
}

/// A text that answers a keyword; it fits into a few segments.
fn read_reply(section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Option<String> {
    section.parsed(key, faults, |text| {
        let fits = (1..=LONGEST_REPLY).contains(&text.trim().chars().count());
        let misfit = || Misfit::new("empty or too long", "write 1 to 320 characters");
        fits.then(|| text.trim().to_owned()).ok_or_else(misfit)
    })
}
