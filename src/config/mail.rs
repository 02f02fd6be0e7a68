//! A gateway of kind `email`: `[gateway.mail]`, `[gateway.imap]` and `[gateway.smtp]`.

use std::sync::Arc;
use std::time::Duration;

use super::fault::Faults;
use super::section::{Misfit, Section};
use crate::domain::address::Address;
use crate::domain::mailbox::{
    AfterRead, Dkim, FirstRun, Imap, Login, MailServer, MailSpec, OAuth2, Secret, Smtp, Tls,
};

pub(super) const KEYS: &[&str] = &[
    "aliases",
    "plus_addresses",
    "authserv_id",
    "max_mail",
    "automatic_opens_issue",
    "acknowledge",
    "reopen_on_failure",
    "ask_read_receipt",
];
pub(super) const IMAP_KEYS: &[&str] = &[
    "host",
    "port",
    "tls",
    "ca",
    "username",
    "password",
    "oauth2",
    "mailbox",
    "first_run",
    "after_read",
    "poll",
    "reconcile",
    "login_retry",
];
pub(super) const SMTP_KEYS: &[&str] = &[
    "host",
    "port",
    "tls",
    "ca",
    "username",
    "password",
    "oauth2",
    "connections",
    "dkim",
    "envelope_from",
    "verp",
];
pub(super) const OAUTH2_KEYS: &[&str] = &[
    "token_url",
    "client_id",
    "client_secret",
    "refresh_token",
    "scope",
];
pub(super) const DKIM_KEYS: &[&str] = &["domain", "selector", "key"];

const LARGEST_MAIL: u64 = 25_000_000;
const POLL: Duration = Duration::from_mins(1);
const RECONCILE: Duration = Duration::from_hours(1);
const LOGIN_RETRY: Duration = Duration::from_mins(1);
const CONNECTIONS: u32 = 4;

/// Reads what makes a gateway a mail gateway, from the gateway's own table.
pub(super) fn read(gateway: &Section<'_>, faults: &mut Faults<'_>) -> Arc<MailSpec> {
    let section = gateway.section("mail", "[gateway.mail]", KEYS, faults);
    let imap = (gateway.has("imap")).then(|| {
        let section = gateway.section("imap", "[gateway.imap]", IMAP_KEYS, faults);
        read_imap(&section, faults)
    });
    let smtp = (gateway.has("smtp")).then(|| {
        let section = gateway.section("smtp", "[gateway.smtp]", SMTP_KEYS, faults);
        read_smtp(&section, faults)
    });
    if imap.is_none() && smtp.is_none() {
        faults.add(
            &gateway.span(),
            "a gateway of kind email has neither a mailbox to read nor a server to send by",
            "add [gateway.imap], [gateway.smtp] or both",
        );
    }
    let spec = MailSpec {
        display_name: gateway.text("display_name", faults).map(|(name, _)| name),
        aliases: read_aliases(&section, faults),
        plus_addresses: section.flag("plus_addresses", faults).unwrap_or(false),
        authserv_id: section.text("authserv_id", faults).map(|(id, _)| id),
        max_mail: (section.parsed("max_mail", faults, parse_size)).unwrap_or(LARGEST_MAIL),
        automatic_opens_issue: (section.flag("automatic_opens_issue", faults)).unwrap_or(false),
        acknowledge: section.text("acknowledge", faults).map(|(text, _)| text),
        reopen_on_failure: section.flag("reopen_on_failure", faults).unwrap_or(false),
        ask_read_receipt: section.flag("ask_read_receipt", faults).unwrap_or(false),
        imap: imap.flatten(),
        smtp: smtp.flatten(),
    };
    Arc::new(spec)
}

fn read_aliases(section: &Section<'_>, faults: &mut Faults<'_>) -> Vec<Address> {
    let mut aliases = Vec::new();
    for (text, span) in (section.texts("aliases", faults)).unwrap_or_default() {
        match Address::parse_email(&text) {
            Ok(address) => aliases.push(address),
            Err(fault) => faults.add(
                &span,
                format!("aliases: {text:?}: {fault}"),
                "such as \"help@example.com\"",
            ),
        }
    }
    aliases
}

fn read_imap(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<Imap> {
    let server = read_server(section, 993, 143, faults);
    Some(Imap {
        mailbox: (section.text("mailbox", faults))
            .map_or_else(|| "INBOX".to_owned(), |(name, _)| name),
        first_run: read_first_run(section, faults),
        after_read: read_after_read(section, faults),
        poll: section.duration("poll", faults).unwrap_or(POLL),
        reconcile: section.duration("reconcile", faults).unwrap_or(RECONCILE),
        login_retry: (section.duration("login_retry", faults)).unwrap_or(LOGIN_RETRY),
        server: server?,
    })
}

fn read_first_run(section: &Section<'_>, faults: &mut Faults<'_>) -> FirstRun {
    if let Some((key, text, span)) = section.choice("first_run", &["since"], faults) {
        debug_assert_eq!(key, "since");
        let midnight = format!("{text}T00:00:00Z");
        let since = [text.as_str(), midnight.as_str()]
            .into_iter()
            .find_map(|text| text.parse().ok());
        if since.is_none() {
            let reason = format!("first_run: {text:?} is not a day or a time");
            faults.add(&span, reason, "such as { since = \"2026-01-31\" }");
        }
        return since.map_or_else(FirstRun::default, FirstRun::Since);
    }
    let words = [("new", FirstRun::New), ("all", FirstRun::All)];
    (section.word("first_run", &words, faults)).unwrap_or_default()
}

fn read_after_read(section: &Section<'_>, faults: &mut Faults<'_>) -> AfterRead {
    match section.choice("after_read", &["flag", "move"], faults) {
        Some(("flag", flag, _)) => AfterRead::Flag(flag),
        Some((_, mailbox, _)) => AfterRead::Move(mailbox),
        None => {
            section.word("after_read", &[("leave", ())], faults);
            AfterRead::Leave
        }
    }
}

fn read_smtp(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<Smtp> {
    let server = read_server(section, 465, 587, faults);
    let dkim = (section.has("dkim")).then(|| {
        let section = section.section("dkim", "[gateway.smtp.dkim]", DKIM_KEYS, faults);
        read_dkim(&section, faults)
    });
    let envelope_from = section.parsed("envelope_from", faults, |text| {
        Address::parse_email(text)
            .map_err(|fault| Misfit::new(fault.to_string(), "such as \"bounces@example.com\""))
    });
    Some(Smtp {
        connections: (section.count("connections", 64, faults)).unwrap_or(CONNECTIONS),
        dkim: dkim.flatten(),
        envelope_from,
        verp: section.flag("verp", faults).unwrap_or(false),
        server: server?,
    })
}

fn read_dkim(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<Dkim> {
    let domain = section.required("domain", faults);
    let selector = section.required("selector", faults);
    let key = section.required_secret("key", faults);
    Some(Dkim {
        domain: domain?.0,
        selector: selector?.0,
        key: Secret(key?.0),
    })
}

fn read_server(
    section: &Section<'_>,
    implicit: u16,
    otherwise: u16,
    faults: &mut Faults<'_>,
) -> Option<MailServer> {
    let host = section.required("host", faults);
    let words = [
        ("implicit", Tls::Implicit),
        ("starttls", Tls::Starttls),
        ("none", Tls::None),
    ];
    let tls = section.word("tls", &words, faults).unwrap_or_default();
    let usual = if tls == Tls::Implicit {
        implicit
    } else {
        otherwise
    };
    let port = section.count("port", u32::from(u16::MAX), faults);
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(usual);
    let username = section.text("username", faults).map(|(name, _)| name);
    let login = read_login(section, username.is_some(), faults);
    let (host, span) = host?;
    if tls == Tls::None && login != Login::None && !is_loopback(&host) {
        faults.add(
            &span,
            "tls = \"none\" would send the login in the clear to another machine",
            "use tls = \"implicit\" or \"starttls\"",
        );
    }
    Some(MailServer {
        host,
        port,
        tls,
        ca: section.secret("ca", faults).map(|(pem, _)| pem),
        username: username.unwrap_or_default(),
        login,
    })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn read_login(section: &Section<'_>, named: bool, faults: &mut Faults<'_>) -> Login {
    let oauth2 = (section.has("oauth2")).then(|| {
        let section = section.section("oauth2", "[gateway.….oauth2]", OAUTH2_KEYS, faults);
        read_oauth2(&section, faults)
    });
    let password = section.secret("password", faults);
    let login = match (oauth2.flatten(), password) {
        (Some(oauth2), None) => Login::OAuth2(oauth2),
        (Some(oauth2), Some((_, span))) => {
            faults.add(
                &span,
                "both password and oauth2 are set",
                "remove one of them",
            );
            Login::OAuth2(oauth2)
        }
        (None, Some((password, _))) => Login::Password(Secret(password)),
        (None, None) => Login::None,
    };
    if login != Login::None && !named {
        faults.add(
            &section.span(),
            "a login without a username",
            "add username = \"…\"",
        );
    }
    login
}

fn read_oauth2(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<OAuth2> {
    if !section.has("token_url") {
        // Notes that it is missing.
        section.required("token_url", faults);
    }
    let token_url = section.parsed("token_url", faults, |text| {
        url::Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                Misfit::new(
                    "not an http or https URL",
                    "as the mail provider's manual says",
                )
            })
    });
    let client_id = section.required_secret("client_id", faults);
    let client_secret = section.secret("client_secret", faults);
    let refresh_token = section.secret("refresh_token", faults);
    Some(OAuth2 {
        token_url: token_url?,
        client_id: client_id?.0,
        client_secret: client_secret.map(|(text, _)| Secret(text)),
        refresh_token: refresh_token.map(|(text, _)| Secret(text)),
        scope: section.text("scope", faults).map(|(text, _)| text),
    })
}

/// Bytes, such as `25MB` or `512KB`.
fn parse_size(text: &str) -> Result<u64, Misfit> {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    UNITS
        .iter()
        .find_map(|(unit, bytes)| {
            let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(*bytes)
        })
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| Misfit::new(format!("{text:?} is not a size"), "such as \"25MB\""))
}
