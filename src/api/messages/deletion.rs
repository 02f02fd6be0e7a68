//! Deleting a message, and bringing it back.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use super::{AgentBody, MessageBody};
use crate::api::Api;
use crate::domain::agent::Permission;
use crate::domain::clock::Timestamp;
use crate::domain::deletion::Deletion;
use crate::domain::id::MessageId;
use crate::engine::DeletionFault;
use crate::http::auth::{Auditor, Deleter, require};
use crate::http::problem::{Code, Problem};
use crate::http::{Action, Id, Nothing};

/// When something was deleted, and by whom.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Deletion)]
pub(crate) struct DeletionBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// By whom.
    by: Option<AgentBody>,
}

impl From<Deletion> for DeletionBody {
    fn from(deletion: Deletion) -> Self {
        Self {
            at: deletion.at,
            by: deletion.by.map(Into::into),
        }
    }
}

/// Deletes a message: it is hidden, and removed when its time is over.
#[utoipa::path(
    delete, path = "/v1/messages/{id}", operation_id = "deleteMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn delete(
    State(api): State<Api>,
    Deleter(principal): Deleter,
    Id(id): Id<MessageId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_message(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a deleted message back, as long as it is kept.
#[utoipa::path(
    post, path = "/v1/messages/{id}/restore", operation_id = "restoreMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The message, back", body = MessageBody))
)]
pub(crate) async fn restore(
    State(api): State<Api>,
    Auditor(principal): Auditor,
    Id(id): Id<MessageId>,
    _: Action<Nothing>,
) -> Result<Answer<MessageBody>, Problem> {
    require(&principal, Some(Permission::DeleteMessages))?;
    api.engine.restore_message(id, &principal).await?;
    super::found(&api, id, &principal).await
}

impl From<DeletionFault> for Problem {
    fn from(fault: DeletionFault) -> Self {
        match fault {
            DeletionFault::Unknown => Self::not_found("message"),
            DeletionFault::OfAnother => Self::new(Code::Forbidden, fault.to_string()),
            DeletionFault::Waiting(status) => {
                Self::new(Code::Conflict, fault.to_string()).with("current_status", status)
            }
            DeletionFault::Engine(fault) => fault.into(),
        }
    }
}
