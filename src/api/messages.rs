//! Messages: send, look up, send again, withdraw.

mod answer;
mod deletion;
mod listing;
pub(super) mod mail;
mod recipients;
mod request;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};

use super::Api;
use super::lists::Page;
use crate::domain::agent::{Permission, Principal};
use crate::domain::id::MessageId;
use crate::domain::idempotency::Key;
use crate::domain::submit::{Accepted, Once, Submission, SubmitRefusal};
use crate::engine::{MessageDetails, OrderFault, Presence, Retried};
use crate::http::auth::{Reader, Writer, require};
use crate::http::idempotency::{IdempotencyKey, fingerprint};
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::{Action, Id, Json, Nothing, Query};

pub(super) use answer::{AgentBody, DryRunBody, MessageBody};
pub(super) use deletion::{__path_delete, __path_restore, delete, restore};
pub(super) use listing::Listing;
pub(super) use mail::{__path_raw, raw};
pub(super) use request::NewMessage;

/// Sends a message, or says what would become of it.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "sendMessage", tag = "messages",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key and body get the same answer")),
    request_body = NewMessage,
    responses(
        (status = 202, description = "The message waits for its turn, on disk", body = MessageBody),
        (status = 200, description = "With `dry_run`: what would become of it", body = DryRunBody),
    )
)]
pub(super) async fn send(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    body: Json<NewMessage>,
) -> Result<Response, Problem> {
    let key = IdempotencyKey::of(&headers)?;
    let print = fingerprint(&Method::POST, "/v1/messages", &body.bytes);
    let once = key.as_ref().map(|key| once(&principal, key, &print));
    let dry_run = body.value.dry_run;
    let submission = body.value.submission(&api, principal.agent, once)?;
    if dry_run {
        let run = api.engine.dry_run(submission).await?;
        return Ok(Answer(DryRunBody::from(run)).into_response());
    }
    let _entered = key
        .map(|key| api.in_flight.enter(principal.via.to_string(), key))
        .transpose()?;
    let (status, json) = accept(&api, submission).await?;
    Ok((status, [(CONTENT_TYPE, "application/json")], json).into_response())
}

fn once(principal: &Principal, key: &IdempotencyKey, print: &[u8]) -> Once {
    Once {
        key: Key {
            scope: principal.via.into(),
            value: key.as_str().to_owned(),
        },
        fingerprint: hex::encode(print),
        render: answer::render,
    }
}

async fn accept(api: &Api, submission: Submission) -> Result<(StatusCode, String), Problem> {
    match api.engine.submit(submission).await? {
        Ok(Accepted::Queued(message)) => Ok((StatusCode::ACCEPTED, answer::render(&message, &[]))),
        Ok(Accepted::Repeated(answered)) => {
            let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::ACCEPTED);
            Ok((status, answered.response))
        }
        Err(refusals) => Err(refused(&refusals)),
    }
}

fn refused(refusals: &[SubmitRefusal]) -> Problem {
    let error = |refusal: &SubmitRefusal| FieldError {
        pointer: answer::pointer(refusal).to_owned(),
        detail: refusal.to_string(),
    };
    match refusals {
        [refusal @ SubmitRefusal::OptedOut(_)] => {
            Problem::new(Code::Suppressed, refusal.to_string()).because(vec![error(refusal)])
        }
        [refusal @ (SubmitRefusal::Archived | SubmitRefusal::IssueClosed(_))] => {
            Problem::new(Code::Conflict, refusal.to_string()).because(vec![error(refusal)])
        }
        [refusal @ SubmitRefusal::KeyReused] => Problem::new(Code::KeyReused, refusal.to_string()),
        refusals => Problem::invalid(refusals.iter().map(error).collect()),
    }
}

/// Finds a message with its timeline.
#[utoipa::path(
    get, path = "/v1/messages/{id}", operation_id = "getMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The message", body = MessageBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<MessageId>,
) -> Result<Answer<MessageBody>, Problem> {
    let reader = api.engine.read_as(&principal);
    match found(&api, id, &principal).await {
        Err(missing) if principal.may(Permission::Audit) => {
            let deleted = reader.deleted_message(id).await?.ok_or(missing)?;
            Ok(Answer(MessageBody::whole(deleted, None)))
        }
        answer => answer,
    }
}

/// The message, if it may be seen.
async fn seen(api: &Api, id: MessageId, by: &Principal) -> Result<MessageDetails, Problem> {
    let details = api.engine.read_as(by).message(id).await?;
    details.ok_or_else(|| Problem::not_found("message"))
}

async fn found(api: &Api, id: MessageId, by: &Principal) -> Result<Answer<MessageBody>, Problem> {
    let details = seen(api, id, by).await?;
    let html = api.engine.mail_html(&details.message).await?;
    Ok(Answer(MessageBody::whole(details, html)))
}

/// Lists messages, the newest first.
#[utoipa::path(
    get, path = "/v1/messages", operation_id = "listMessages", tag = "messages",
    params(Listing),
    responses((status = 200, description = "A page of messages", body = Page<MessageBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<MessageBody>>, Problem> {
    let (filter, page) = query.parts();
    if filter.presence == Presence::Deleted {
        require(&principal, Some(Permission::Audit))?;
    }
    let found = api
        .engine
        .read_as(&principal)
        .messages(&filter, page.place()?, page.one_more())
        .await?;
    let cursor = |details: &MessageDetails| details.message.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Sends a message again that failed, came too late, or of which nobody knows.
#[utoipa::path(
    post, path = "/v1/messages/{id}/retry", operation_id = "retryMessage", tag = "messages",
    params(
        ("id" = String, Path, description = "The message's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")
    ),
    responses((status = 200, description = "The message, waiting for its turn", body = MessageBody))
)]
pub(super) async fn retry(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<MessageId>,
    headers: HeaderMap,
    _: Action<Nothing>,
) -> Result<Response, Problem> {
    let key = IdempotencyKey::of(&headers)?;
    let print = fingerprint(&Method::POST, &format!("/v1/messages/{id}/retry"), b"");
    let once = key.as_ref().map(|key| once(&principal, key, &print));
    let _entered = key
        .map(|key| api.in_flight.enter(principal.via.to_string(), key))
        .transpose()?;
    seen(&api, id, &principal).await?;
    let json = match api.engine.retry_message(id, &principal, once).await? {
        Retried::Queued(details) => answer::render(&details.message, &details.timeline),
        Retried::Repeated(answered) => answered.response,
    };
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// Withdraws a message that still waits for its turn.
#[utoipa::path(
    post, path = "/v1/messages/{id}/cancel", operation_id = "cancelMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The message, withdrawn", body = MessageBody))
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<MessageId>,
    _: Action<Nothing>,
) -> Result<Answer<MessageBody>, Problem> {
    seen(&api, id, &principal).await?;
    api.engine.cancel_message(id, &principal).await?;
    found(&api, id, &principal).await
}

impl From<OrderFault> for Problem {
    fn from(fault: OrderFault) -> Self {
        match fault {
            OrderFault::Unknown => Self::not_found("message"),
            OrderFault::Refused(why, status) => {
                let detail = format!("{why}; this one is {}", status.as_str());
                Self::new(Code::Conflict, detail).with("current_status", status)
            }
            OrderFault::KeyReused => Self::new(Code::KeyReused, fault.to_string()),
            OrderFault::OptedOut(_) => Self::new(Code::Suppressed, fault.to_string()),
            OrderFault::Engine(fault) => fault.into(),
        }
    }
}
