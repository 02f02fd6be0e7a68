//! Which addresses may be called at all, as far as that can be told before a lookup.

use std::sync::Arc;

use url::{Host, Url};

use super::resolver::may_call;
use crate::domain::network::Network;

/// Why an address must not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no address.
    #[error("it is not a URL")]
    NotAnAddress,
    /// It is neither http nor https.
    #[error("only http and https are called")]
    Scheme,
    /// It carries a user or a password.
    #[error("it carries a user name or a password")]
    UserInfo,
    /// It names another port than the usual ones.
    #[error("only ports 80 and 443 are called")]
    Port,
    /// It names a host that is not the provider's.
    #[error("its host is not one of the provider's")]
    Host,
    /// It leads to an address that is not one of the world's.
    #[error("it leads into a private network")]
    Address,
    /// Its host has no address, or none could be learned.
    #[error("its host has no address")]
    Lookup,
}

/// How far an address is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It is the operator's own word, which may point anywhere.
    Own,
    /// Every address of it is checked.
    Checked,
}

/// What may be called.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The hosts, such as `api.example.com`, or `*.example.com` for everything below; any host
    /// when nothing is set.
    pub hosts: Option<Vec<String>>,
    /// The operator's own address of the provider: its scheme, host and port are called as they
    /// are, wherever they lead.
    pub own: Option<Url>,
    /// Networks that are called although they are not the world's.
    pub allowed: Arc<[Network]>,
}

impl Rules {
    /// Whether an address may be called, and how far it is believed.
    pub(super) fn check(&self, url: &Url) -> Result<Trust, Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let host = url.host().ok_or(Refused::NotAnAddress)?;
        if self
            .own
            .as_ref()
            .is_some_and(|own| own.origin() == url.origin())
        {
            return Ok(Trust::Own);
        }
        if !matches!(url.port_or_known_default(), Some(80 | 443)) {
            return Err(Refused::Port);
        }
        // The client asks no resolver for what is an address already.
        let address = match &host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
        };
        if address.is_some_and(|address| !may_call(address, &self.allowed)) {
            return Err(Refused::Address);
        }
        if !self.knows(&host.to_string()) {
            return Err(Refused::Host);
        }
        Ok(Trust::Checked)
    }

    fn knows(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let fits = |known: &String| match known.strip_prefix("*.") {
            Some(parent) => host
                .strip_suffix(parent)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => host == known,
        };
        self.hosts
            .as_ref()
            .is_none_or(|hosts| hosts.iter().any(fits))
    }
}
