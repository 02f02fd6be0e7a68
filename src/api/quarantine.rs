//! Quarantine: what came in, proved who sent it, and could not be read.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::lists::{Page, Paged};
use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::domain::id::QuarantineId;
use crate::domain::message::RawRequest;
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

/// One of them, with what was posted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QuarantinedCallback {
    #[serde(flatten)]
    details: QuarantinedBody,
    /// What was posted; null for a mail.
    #[schema(required)]
    request: Option<PostedRequest>,
}

/// A request as a provider posted it, without the secrets in its address and its headers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PostedRequest {
    /// How it was posted.
    #[schema(example = "POST")]
    method: String,
    /// Path and query.
    #[schema(example = "/hooks/support-long")]
    target: String,
    /// The headers, in their order.
    headers: Vec<PostedHeader>,
    /// The body, with U+FFFD for what is not UTF-8.
    body: String,
}

/// A header of such a request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PostedHeader {
    /// Its name, in lower case.
    name: String,
    /// Its value.
    value: String,
}

impl From<RawRequest> for PostedRequest {
    fn from(request: RawRequest) -> Self {
        let headers = request.headers.into_iter();
        Self {
            method: request.method,
            target: request.target,
            headers: headers
                .map(|(name, value)| PostedHeader { name, value })
                .collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        }
    }
}

/// Shows one of them with what was posted, so that somebody can see why it could not be read.
#[utoipa::path(
    get, path = "/v1/quarantine/{id}", operation_id = "getQuarantined", tag = "quarantine",
    params(("id" = String, Path, description = "The id in the quarantine")),
    responses((status = 200, description = "It, with what was posted", body = QuarantinedCallback))
)]
pub(super) async fn get(
    State(api): State<Api>,
    _: GatewayManager,
    Id(id): Id<QuarantineId>,
) -> Result<Answer<QuarantinedCallback>, Problem> {
    let found = api.engine.read().quarantined(id).await?;
    let (one, request) = found.ok_or_else(|| Problem::not_found("callback in quarantine"))?;
    Ok(Answer(QuarantinedCallback {
        details: one.into(),
        request: request.map(Into::into),
    }))
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
