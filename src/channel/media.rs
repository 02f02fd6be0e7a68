//! The files of inbound messages, fetched from their provider: from its hosts alone, as the one
//! whom the operator's settings name.

use minijinja::context;
use reqwest::Certificate;
use tokio::sync::OnceCell;

use super::guard::{Credentials, FetchFault, Fetched, Guard, Lookup, Rules};
use super::profile::Fetches;
use super::settings::Settings;
use crate::domain::gateway::GatewaySpec;

/// What fetches the files of one gateway.
#[derive(Debug)]
pub(super) struct Media {
    rules: Rules,
    credentials: Option<Credentials>,
    authorities: Vec<Certificate>,
    /// Made at the first file: most gateways never carry one.
    guard: OnceCell<Guard>,
}

impl Media {
    pub(super) fn open(
        fetches: &Fetches,
        settings: &Settings,
        spec: &GatewaySpec,
        authorities: Vec<Certificate>,
    ) -> Self {
        let scope = context! { settings => settings.value() };
        let bearer = fetches.bearer.as_ref().and_then(|leaf| leaf.text(&scope));
        let basic = fetches
            .basic
            .as_ref()
            .and_then(|(user, password)| user.text(&scope).zip(password.text(&scope)));
        let basic = basic.map(|(user, password)| Credentials::Basic(user, password));
        let own = settings.text("base_url").and_then(|url| url.parse().ok());
        Self {
            rules: Rules {
                hosts: Some(fetches.hosts.clone()),
                own,
                allowed: spec.allow_networks.clone().into(),
            },
            credentials: bearer.map(Credentials::Bearer).or(basic),
            authorities,
            guard: OnceCell::new(),
        }
    }

    pub(super) async fn fetch(&self, url: &str) -> Result<Fetched, FetchFault> {
        let make = async || {
            let rules = self.rules.clone();
            Guard::with_authorities(rules, Lookup::System, &self.authorities)
        };
        let guard = self.guard.get_or_try_init(make).await.map_err(|fault| {
            tracing::error!(%fault, "no file can be fetched");
            FetchFault::Broken
        })?;
        guard.fetch(url, self.credentials.as_ref()).await
    }
}
