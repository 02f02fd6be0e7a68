//! Gateways: what they are, what they can do and how they are.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::Page;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::{ChannelKind, GatewayKind, GatewayName, Rate};
use crate::domain::health::HealthState;
use crate::domain::status::Status;
use crate::engine::GatewayDetails;
use crate::http::Query;
use crate::http::auth::Reader;
use crate::http::problem::Problem;

/// A gateway.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Gateway)]
pub(crate) struct GatewayBody {
    /// Its name.
    #[schema(value_type = String, example = "support-long")]
    name: GatewayName,
    /// What sort of sender it is.
    kind: GatewayKind,
    /// What it carries.
    channel: ChannelKind,
    /// Whom the customer sees, and writes to.
    #[schema(example = "+12025550100")]
    address: String,
    /// The profile of its provider.
    #[schema(example = "twilio")]
    profile: String,
    /// What it can do.
    capabilities: CapabilitiesBody,
    /// How fast it may send.
    rate: Rate,
    /// How it is.
    health: HealthBody,
}

/// What a gateway can do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Capabilities)]
pub(crate) struct CapabilitiesBody {
    /// Whether it carries pictures and other files.
    mms: bool,
    /// The statuses it can report, from the weakest to the strongest.
    receipts: Vec<Status>,
    /// How many segments one text may have.
    max_segments: u32,
}

/// How a gateway is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthBody {
    /// Whether it sends.
    state: HealthState,
    /// Since when, as far as this daemon knows.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl GatewayBody {
    fn of(details: GatewayDetails, started: Timestamp) -> Self {
        let spec = &details.line.spec;
        let can = details.line.gateway.capabilities();
        let health = details.health.map_or(
            HealthBody {
                state: HealthState::Up,
                since: started,
                reason: None,
            },
            |health| HealthBody {
                state: health.state,
                since: health.since,
                reason: health.reason,
            },
        );
        Self {
            name: spec.name.clone(),
            kind: spec.kind,
            channel: spec.address.channel(),
            address: spec.address.value().to_owned(),
            profile: spec.profile.clone(),
            capabilities: CapabilitiesBody {
                mms: can.mms,
                receipts: can.receipts.clone(),
                max_segments: can.max_segments,
            },
            rate: spec.rate,
            health,
        }
    }
}

/// Lists every gateway, by name.
#[utoipa::path(
    get, path = "/v1/gateways", operation_id = "listGateways", tag = "gateways",
    params(super::lists::Paged),
    responses((status = 200, description = "Every gateway", body = Page<GatewayBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(super::lists::Paged { limit, cursor }): Query<super::lists::Paged>,
) -> Result<Answer<Page<GatewayBody>>, Problem> {
    let name = |details: &GatewayDetails| details.line.spec.name.to_string();
    let mut found = api.engine.read().gateways().await?;
    if let Some(after) = cursor {
        found.retain(|details| name(details) > after);
    }
    let show = |details| GatewayBody::of(details, api.started);
    Ok(Answer(Page::of(found, limit, name, show)))
}
