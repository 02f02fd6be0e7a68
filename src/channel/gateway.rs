//! One configured gateway, ready to speak.

use url::Url;

use super::fault::{GatewayFault, Refusal, Unreadable};
use super::message::{Answer, Callback, CallbackRequest, Capabilities, OutboundText};
use super::profile::Profiles;
use crate::domain::clock::Clock;
use crate::domain::failure::{Failure, FailureClass};
use crate::domain::gateway::GatewaySpec;
use crate::domain::outcome::Outcome;

/// One configured gateway, ready to speak.
#[derive(Debug)]
pub struct Gateway {
    capabilities: Capabilities,
}

impl Gateway {
    /// Opens a gateway.
    ///
    /// # Errors
    ///
    /// Refuses an unknown profile, a missing or unknown setting, and a gateway without a usable
    /// secret: such a gateway would be open to everybody.
    pub fn open(
        spec: &GatewaySpec,
        profiles: &Profiles,
        _public_url: &Url,
        _clock: Clock,
    ) -> Result<Self, GatewayFault> {
        Err(GatewayFault::UnknownProfile {
            gateway: spec.name.to_string(),
            profile: spec.profile.clone(),
            known: profiles.names().collect::<Vec<_>>().join(", "),
        })
    }

    /// Whether the post is the provider's, by its signature over the raw bytes.
    pub fn verify(&self, _request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        Err(Refusal::Unsigned)
    }

    /// What the post tells.
    pub fn read(&self, _request: &CallbackRequest<'_>) -> Result<Vec<Callback>, Unreadable> {
        Ok(Vec::new())
    }

    /// What the provider expects to read once its post is stored or was known already.
    pub fn answer(&self) -> Answer {
        Answer {
            status: 200,
            content_type: None,
            body: String::new(),
        }
    }

    /// What the gateway can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// How many sends may be under way at once.
    pub fn concurrency(&self) -> usize {
        16
    }

    /// Hands a text to the provider and says what came of it, in 15 seconds at most.
    #[expect(clippy::unused_async, reason = "the wire comes next")]
    pub async fn send(&self, _text: &OutboundText) -> Outcome {
        Outcome::NotSent(Failure {
            class: FailureClass::Unknown,
            code: None,
            detail: "not built yet".to_owned(),
        })
    }
}
