//! `[server]`: where the daemon listens, what providers call it, and its limits.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::fault::Faults;
use super::section::{Misfit, Section};
use crate::domain::network::Network;

pub(super) const KEYS: &[&str] = &[
    "listen",
    "admin_listen",
    "public_url",
    "max_connections",
    "header_timeout",
    "request_timeout",
    "drain_timeout",
    "trusted_proxies",
];

/// `[server]`.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where the API, the providers' callbacks and the console are served.
    pub listen: SocketAddr,
    /// Where metrics and health are served; keep it on a loopback or private address.
    pub admin_listen: SocketAddr,
    /// What providers see; signatures are checked against it, never against `Host`.
    pub public_url: Url,
    /// Connections that may be open at once, 1 to 1,000,000.
    pub max_connections: u32,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// How long a request may take as a whole; event streams excepted.
    pub request_timeout: Duration,
    /// How long a stop waits for what is under way.
    pub drain_timeout: Duration,
    /// The proxies whose forwarded headers are believed; nobody's when empty.
    pub trusted_proxies: Vec<Network>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 9090)),
            public_url: Url::parse("http://127.0.0.1:8080").expect("it is a URL"),
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Server {
    pub(super) fn read(section: &Section<'_>, faults: &mut Faults<'_>) -> Self {
        let default = Self::default();
        let server = Self {
            listen: (section.parsed("listen", faults, parse_listen)).unwrap_or(default.listen),
            admin_listen: (section.parsed("admin_listen", faults, parse_listen))
                .unwrap_or(default.admin_listen),
            public_url: (section.parsed("public_url", faults, parse_public_url))
                .unwrap_or(default.public_url),
            max_connections: (section.count("max_connections", 1_000_000, faults))
                .unwrap_or(default.max_connections),
            header_timeout: (section.duration("header_timeout", faults))
                .unwrap_or(default.header_timeout),
            request_timeout: (section.duration("request_timeout", faults))
                .unwrap_or(default.request_timeout),
            drain_timeout: (section.duration("drain_timeout", faults))
                .unwrap_or(default.drain_timeout),
            trusted_proxies: networks(section, "trusted_proxies", faults),
        };
        if server.listen == server.admin_listen && server.listen.port() != 0 {
            faults.add(
                &section.span_of("admin_listen"),
                "admin_listen is the same address as listen",
                "give it a port of its own, such as 127.0.0.1:9090",
            );
        }
        server
    }
}

fn parse_listen(text: &str) -> Result<SocketAddr, Misfit> {
    text.parse().map_err(|_| {
        Misfit::new(
            format!("{text:?} is not an address and a port"),
            "such as 127.0.0.1:8080 or [::1]:8080",
        )
    })
}

fn parse_public_url(text: &str) -> Result<Url, Misfit> {
    let misfit = |reason: String| Misfit::new(reason, "such as https://sms.example.com");
    let url = Url::parse(text).map_err(|error| misfit(format!("not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(misfit(format!("{:?} is not http or https", url.scheme())));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(misfit("it has a query or a fragment".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(misfit("it has a user name or a password".to_owned()));
    }
    Ok(url)
}

/// Reads a list of networks.
pub(super) fn networks(section: &Section<'_>, key: &str, faults: &mut Faults<'_>) -> Vec<Network> {
    let mut networks = Vec::new();
    for (text, span) in (section.texts(key, faults)).unwrap_or_default() {
        match text.parse() {
            Ok(network) => networks.push(network),
            Err(_) => faults.add(
                &span,
                format!("{key}: {text:?} is not an address or a network"),
                "such as \"10.0.0.7\" or \"10.0.0.0/8\"",
            ),
        }
    }
    networks
}
