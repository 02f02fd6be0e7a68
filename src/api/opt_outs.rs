//! The ledger of opt-outs: list, look up, enter, end, export.

mod answer;
mod export;
mod request;

use axum::Json as Answer;
use axum::extract::State;
use http::{HeaderMap, StatusCode};

use super::Api;
use super::lists::Page;
use crate::domain::id::OptOutId;
use crate::domain::opt_out::OptOut;
use crate::engine::OptOutFault;
use crate::http::auth::{OptOutEnder, Reader, Writer};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Id, Json, Query};
pub(super) use answer::OptOutBody;
pub(super) use export::{__path_export, export};
use request::{Ending, Listing, NewOptOut};

/// Lists the ledger of opt-outs, the newest first.
#[utoipa::path(
    get, path = "/v1/opt-outs", operation_id = "listOptOuts", tag = "opt-outs",
    params(Listing),
    responses((status = 200, description = "A page of the ledger", body = Page<OptOutBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<OptOutBody>>, Problem> {
    let filter = query.filter(&api);
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let found = api
        .engine
        .read()
        .opt_outs(&filter, &principal, page.place()?, page.one_more())
        .await?;
    let cursor = |entry: &OptOut| entry.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds an entry of the ledger.
#[utoipa::path(
    get, path = "/v1/opt-outs/{id}", operation_id = "getOptOut", tag = "opt-outs",
    params(("id" = String, Path, description = "The entry's id")),
    responses((status = 200, description = "The entry", body = OptOutBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<OptOutId>,
) -> Result<Answer<OptOutBody>, Problem> {
    let entry = api.engine.read().opt_out(id, &principal).await?;
    let entry = entry.ok_or_else(|| Problem::not_found("opt-out"))?;
    Ok(Answer(entry.into()))
}

/// Enters an opt-out. Repeating it changes nothing and gives the entry that holds.
#[utoipa::path(
    post, path = "/v1/opt-outs", operation_id = "createOptOut", tag = "opt-outs",
    params(("Idempotency-Key" = Option<String>, Header, description = "Taken and not needed: a repetition is harmless without it")),
    request_body = NewOptOut,
    responses((status = 201, description = "The entry", body = OptOutBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    body: Json<NewOptOut>,
) -> Result<(StatusCode, Answer<OptOutBody>), Problem> {
    IdempotencyKey::of(&headers)?;
    let whom = body.value.whom(&api)?;
    let entry = api
        .engine
        .opt_out(whom, body.value.reason, &principal)
        .await?;
    Ok((StatusCode::CREATED, Answer(entry.into())))
}

/// Ends an opt-out, because its recipient wants to be written to again; the entry is kept.
#[utoipa::path(
    delete, path = "/v1/opt-outs/{id}", operation_id = "endOptOut", tag = "opt-outs",
    params(("id" = String, Path, description = "The entry's id"), Ending),
    responses((status = 204, description = "It ended"))
)]
pub(super) async fn end(
    State(api): State<Api>,
    OptOutEnder(principal): OptOutEnder,
    Id(id): Id<OptOutId>,
    Query(ending): Query<Ending>,
) -> Result<StatusCode, Problem> {
    api.engine
        .end_opt_out(id, ending.reason, &principal)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<OptOutFault> for Problem {
    fn from(fault: OptOutFault) -> Self {
        match fault {
            OptOutFault::Unknown => Self::not_found("opt-out"),
            OptOutFault::Ended(_) => Self::new(Code::Conflict, fault.to_string()),
            OptOutFault::UnknownGateway(_) => Self::field("/gateway", fault.to_string()),
            OptOutFault::UnknownMessage => Self::field("/message", fault.to_string()),
            OptOutFault::Engine(fault) => fault.into(),
        }
    }
}
