//! Gateways to test with, and requests to feed them.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use postern::channel::{CallbackRequest, OutboundText, Profiles, TextGateway};
use postern::domain::address::Address;
use postern::domain::clock::{Clock, Timestamp};
use postern::domain::gateway::{
    AfterClose, Courtesy, GatewayKind, GatewayName, GatewaySpec, KeywordRules, OnUnknown, Rate,
    RetrySchedule, Setting,
};
use postern::domain::id::MessageId;
use postern::sms::Encoding;
use serde_json::Value;

/// The address of every gateway here.
pub(crate) const OURS: &str = "+12025550100";

/// The secret of the gateways that take Standard Webhooks.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";

/// Where every gateway here is reached.
pub(crate) const PUBLIC_URL: &str = "https://gw.example.com";

/// When everything here happens.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T09:30:00Z".parse().unwrap()
}

/// The settings that each profile needs.
pub(crate) fn settings(profile: &str, base_url: &str) -> BTreeMap<String, Setting> {
    let pairs: &[(&str, &str)] = match profile {
        "twilio" => &[
            ("account_sid", "AC00000000000000000000000000000000"),
            ("auth_token", "0123456789abcdef0123456789abcdef"),
        ],
        "sandbox" | "generic" => &[("secret", WEBHOOK_SECRET), ("api_key", "key-1")],
        "telnyx" => &[
            ("public_key", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
            ("api_key", "KEY0123"),
        ],
        "vonage-sms" => &[
            ("api_key", "abcd1234"),
            ("api_secret", "secret-1"),
            ("signature_secret", "0123456789abcdefghijklmnop"),
            ("signature_method", "sha256"),
        ],
        "kannel" => &[
            ("token", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
            ("username", "user"),
            ("password", "pass"),
        ],
        other => panic!("no settings for {other}"),
    };
    let own = [("base_url", base_url)];
    let all = pairs.iter().chain(&own);
    all.map(|(name, value)| ((*name).to_owned(), Setting::Text((*value).to_owned())))
        .collect()
}

/// A gateway of a profile, as an operator would configure it.
pub(crate) fn spec(profile: &str, settings: BTreeMap<String, Setting>) -> GatewaySpec {
    GatewaySpec {
        name: GatewayName::parse("support").unwrap(),
        kind: GatewayKind::LongCode,
        profile: profile.to_owned(),
        address: Address::Sms(OURS.to_owned()),
        country: "US".to_owned(),
        rate: Rate {
            segments_per_second: 1.0,
            burst: 1,
        },
        on_unknown: OnUnknown::Hold,
        after_close: AfterClose::New,
        courtesy: Courtesy::Append,
        auto_assign: std::sync::Arc::new([]),
        keywords: KeywordRules::default(),
        smart_encoding: false,
        allow_networks: Vec::new(),
        ca: None,
        mms: false,
        retry: RetrySchedule::default(),
        mail: None,
        valid_for: Duration::from_hours(4),
        settings,
    }
}

/// The gateway of a profile that calls `base_url`.
pub(crate) fn gateway(profile: &str, base_url: &str) -> TextGateway {
    let spec = spec(profile, settings(profile, base_url));
    open(&spec)
}

/// The gateway of a profile, opened once.
pub(crate) fn kept(profile: &str) -> &'static TextGateway {
    static KEPT: LazyLock<BTreeMap<String, TextGateway>> = LazyLock::new(|| {
        let profiles = Profiles::load(None).unwrap();
        let names = profiles.names();
        names
            .map(|name| (name.to_owned(), gateway(name, "http://127.0.0.1:9")))
            .collect()
    });
    &KEPT[profile]
}

/// Opens a gateway.
pub(crate) fn open(spec: &GatewaySpec) -> TextGateway {
    let profiles = Profiles::load(None).unwrap();
    let url = PUBLIC_URL.parse().unwrap();
    TextGateway::open(spec, &profiles, &url, Clock::fixed(now())).unwrap()
}

/// A request that owns what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) received_at: Timestamp,
}

impl Posted {
    /// A POST to the gateway's address.
    pub(crate) fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::POST,
            path_and_query: "/hooks/support".to_owned(),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            received_at: now(),
        }
    }

    /// The same with another header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Calls `tell` with the request; nothing when no server would let its headers through.
    pub(crate) fn ask<T>(&self, tell: impl FnOnce(&CallbackRequest<'_>) -> T) -> Option<T> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(tell(&CallbackRequest {
            method: &self.method,
            path_and_query: &self.path_and_query,
            headers: &headers,
            body: &self.body,
            received_at: self.received_at,
        }))
    }

    /// Whether the gateway takes it for its provider's.
    pub(crate) fn verifies(&self, gateway: &TextGateway) -> bool {
        self.ask(|request| gateway.verify(request).is_ok())
            .unwrap_or(false)
    }
}

/// A text to send.
pub(crate) fn outbound(to: &str, text: &str) -> OutboundText {
    OutboundText {
        media: Vec::new(),
        id: "msg_01jd6xw9g0e8r9v3k2m4n5p6q7"
            .parse::<MessageId>()
            .unwrap(),
        to: Address::Sms(to.to_owned()),
        text: text.to_owned(),
        encoding: Encoding::Gsm7,
        segments: 1,
        valid_for: Duration::from_hours(4),
    }
}

/// A fixture of `tests/gateways/`.
pub(crate) fn fixture(path: &str) -> Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let file = format!("{root}/tests/gateways/{path}");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
