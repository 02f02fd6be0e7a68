//! Quarantine: what came in, proved who sent it, and could not be read.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::QuarantineId;
use crate::domain::quarantine::Quarantined;
use crate::engine::ReplayFault;
use crate::http::auth::{GatewayManager, Reader};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Action, Id, Nothing, Query};

/// A callback that could not be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Quarantined)]
pub(crate) struct QuarantinedBody {
    /// Its id.
    #[schema(value_type = String, example = "qua_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: QuarantineId,
    /// The name of the gateway it was posted to.
    #[schema(value_type = String)]
    gateway: GatewayName,
    /// Why it could not be read.
    reason: String,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// When it was read after all.
    #[schema(value_type = Option<String>, format = DateTime)]
    replayed_at: Option<Timestamp>,
}

impl From<Quarantined> for QuarantinedBody {
    fn from(one: Quarantined) -> Self {
        Self {
            id: one.id,
            gateway: one.gateway,
            reason: one.reason,
            received_at: one.received_at,
            replayed_at: one.replayed_at,
        }
    }
}

/// Lists what waits in quarantine, the newest first.
#[utoipa::path(
    get, path = "/v1/quarantine", operation_id = "listQuarantine", tag = "quarantine",
    params(Paged),
    responses((status = 200, description = "A page of the quarantine", body = Page<QuarantinedBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    _: Reader,
    Query(query): Query<Paged>,
) -> Result<Answer<Page<QuarantinedBody>>, Problem> {
    let page = PageQuery::from(query);
    let found = api
        .engine
        .read()
        .quarantine(page.place()?, page.one_more())
        .await?;
    let cursor = |one: &Quarantined| one.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Reads a callback again, as if it came now; what it says is stored once, however often.
#[utoipa::path(
    post, path = "/v1/quarantine/{id}/replay", operation_id = "replayQuarantined", tag = "quarantine",
    params(("id" = String, Path, description = "The id in the quarantine")),
    responses((status = 200, description = "It was read", body = QuarantinedBody))
)]
pub(super) async fn replay(
    State(api): State<Api>,
    _: GatewayManager,
    Id(id): Id<QuarantineId>,
    _: Action<Nothing>,
) -> Result<Answer<QuarantinedBody>, Problem> {
    let one = api.engine.replay(id).await?;
    Ok(Answer(one.into()))
}

impl From<ReplayFault> for Problem {
    fn from(fault: ReplayFault) -> Self {
        match fault {
            ReplayFault::Unknown => Self::not_found("callback in quarantine"),
            ReplayFault::NoGateway(_) | ReplayFault::Unreadable(_) => {
                Self::new(Code::Conflict, fault.to_string())
            }
            ReplayFault::Engine(fault) => fault.into(),
        }
    }
}
