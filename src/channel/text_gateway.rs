//! A gateway for texts: one provider, spoken to as its profile says.

use std::sync::Arc;

use minijinja::{Value, context};
use url::Url;

use super::client::{self, Transport};
use super::fault::{GatewayFault, Refusal, Unreadable};
use super::guard::{FetchFault, Fetched};
use super::media::Media;
use super::message::{Answer, Callback, CallbackRequest, Capabilities, OutboundText};
use super::profile::{Profile, Profiles};
use super::read::Reader;
use super::settings::Settings;
use super::signature::Verifier;
use super::{send, tls, verdict};
use crate::domain::address::Address;
use crate::domain::clock::Clock;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::GatewaySpec;
use crate::domain::id::MessageId;
use crate::domain::outcome::Outcome;
use crate::domain::report::OwnReference;

/// A gateway for texts, ready to speak.
#[derive(Debug)]
pub struct TextGateway {
    profile: Arc<Profile>,
    capabilities: Capabilities,
    verifier: Verifier,
    settings: Value,
    address: Address,
    country: String,
    callback_url: String,
    client: reqwest::Client,
    media: Media,
    clock: Clock,
}

impl TextGateway {
    /// Opens a gateway.
    ///
    /// # Errors
    ///
    /// Refuses an unknown profile, a missing or unknown setting, and a gateway without a usable
    /// secret: such a gateway would be open to everybody.
    pub fn open(
        spec: &GatewaySpec,
        profiles: &Profiles,
        public_url: &Url,
        clock: Clock,
    ) -> Result<Self, GatewayFault> {
        let gateway = spec.name.to_string();
        let profile = profiles
            .find(&spec.profile)
            .ok_or_else(|| GatewayFault::UnknownProfile {
                gateway: gateway.clone(),
                profile: spec.profile.clone(),
                known: profiles.names().collect::<Vec<_>>().join(", "),
            })?;
        let settings = Settings::check(spec, &profile.settings)?;
        let verifier = Verifier::open(&profile.scheme, &settings, public_url)?;
        let transport = if settings.encrypted() {
            Transport::Encrypted
        } else {
            Transport::Plain
        };
        let authorities = spec.ca.as_deref().map(tls::authorities).transpose();
        let authorities = authorities
            .map_err(|fault| settings.unusable("ca", &format!("cannot be used: {fault}")))?
            .unwrap_or_default();
        let client = client::build(transport, &authorities, profile.sends.budget);
        let client = client.map_err(|error| GatewayFault::Client {
            gateway,
            reason: error.to_string(),
        })?;
        if !send::names_a_url(&profile.sends, &settings.value()) {
            let reason = "is missing: without it there is no address to send texts to";
            return Err(settings.unusable("base_url", reason));
        }
        let public_url = public_url.as_str().trim_end_matches('/');
        Ok(Self {
            capabilities: Capabilities {
                mms: profile.capabilities.mms && spec.mms,
                ..profile.capabilities.clone()
            },
            media: Media::open(&profile.fetches, &settings, spec, authorities),
            profile,
            verifier,
            settings: settings.value(),
            address: spec.address.clone(),
            country: spec.country.clone(),
            callback_url: format!("{public_url}/hooks/{}", spec.name),
            client,
            clock,
        })
    }

    /// Whether the post is the provider's, by its signature over the raw bytes.
    pub fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        self.verifier.verify(request)
    }

    /// The address that was posted to, as it may be kept: without what would let others post.
    pub fn without_secret(&self, path_and_query: &str) -> String {
        self.verifier.without_secret(path_and_query)
    }

    /// What the post tells. Call [`TextGateway::verify`] first.
    pub fn read(&self, request: &CallbackRequest<'_>) -> Result<Vec<Callback>, Unreadable> {
        let reader = Reader {
            profile: &self.profile,
            settings: &self.settings,
            address: &self.address,
            country: &self.country,
        };
        reader.read(request).map(|callback| vec![callback])
    }

    /// What the provider expects to read once its post is stored or was known already.
    pub fn answer(&self) -> Answer {
        self.profile.answer.clone()
    }

    /// Fetches a file of an inbound message from where the provider said that it is.
    pub async fn fetch(&self, url: &str) -> Result<Fetched, FetchFault> {
        self.media.fetch(url).await
    }

    /// What the gateway can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// How many sends may be under way at once.
    pub fn concurrency(&self) -> usize {
        self.profile.concurrency
    }

    /// The id by which reports name a message whatever the provider answered to the send: the
    /// provider's, where that does not depend on the answer, or else ours, where it is given back.
    pub fn own_reference(&self, message: MessageId) -> Option<OwnReference> {
        let id = message.to_string();
        let scope = context! { msg => context! { id => &id } };
        let reports = &self.profile.reports;
        let theirs = self.profile.sends.results.references.text(&scope);
        let value = theirs.or_else(|| reports.ours.is_some().then_some(id))?;
        Some(OwnReference {
            value,
            parts_have_ids: reports.parts_have_ids,
        })
    }

    /// Hands a text to the provider and says what came of it, within the profile's time budget.
    pub async fn send(&self, text: &OutboundText) -> Outcome {
        let message = send::message_value(text, &self.address);
        let scope = context! {
            msg => message.clone(),
            settings => self.settings.clone(),
            callback_url => self.callback_url.as_str(),
        };
        let request = match send::write(&self.client, &self.profile.sends, &scope) {
            Ok(request) => request,
            Err(detail) => {
                let class = FailureClass::SenderConfig;
                return Outcome::Misconfigured(Failure {
                    class,
                    code: None,
                    detail,
                });
            }
        };
        let exchange = match client::call(&self.client, request).await {
            Ok(exchange) => exchange,
            Err(outcome) => return outcome,
        };
        let results = &self.profile.sends.results;
        verdict::judge(
            results,
            &exchange,
            &message,
            &self.settings,
            self.clock.now(),
        )
    }
}
