//! What the caller wrote to a contact and did not send yet.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use super::Api;
use crate::domain::clock::Timestamp;
use crate::domain::draft::Draft;
use crate::domain::gateway::GatewayName;
use crate::domain::id::ConversationId;
use crate::engine::DraftFault;
use crate::http::auth::Writer;
use crate::http::fields::{parsed, text};
use crate::http::problem::Problem;
use crate::http::{Fields, Id, IfMatch, Json, Read, Versioned};

/// The longest text and subject, in characters; sending may allow less.
const LONGEST: usize = 100_000;
const LONGEST_SUBJECT: usize = 998;

/// What the caller wrote and did not send yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Draft)]
pub(crate) struct DraftBody {
    /// The id of the conversation.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// The name of the gateway that was chosen.
    #[schema(value_type = Option<String>)]
    gateway: Option<GatewayName>,
    /// The subject, of a mail.
    subject: Option<String>,
    /// The words.
    text: String,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Draft> for DraftBody {
    fn from(draft: Draft) -> Self {
        Self {
            conversation: draft.conversation,
            gateway: draft.gateway,
            subject: draft.subject,
            text: draft.text,
            updated_at: draft.updated_at,
        }
    }
}

/// What to keep.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct NewDraft {
    /// The words.
    #[schema(max_length = 100_000)]
    text: String,
    /// The subject, of a mail.
    #[schema(value_type = Option<String>, max_length = 998)]
    subject: Option<String>,
    /// The name of the gateway that was chosen.
    #[schema(value_type = Option<String>)]
    gateway: Option<GatewayName>,
}

impl Read for NewDraft {
    fn read(fields: &mut Fields) -> Option<Self> {
        let words = fields.required("text", text(0..=LONGEST));
        let subject = fields.optional("subject", text(0..=LONGEST_SUBJECT));
        let gateway = fields.optional("gateway", parsed("a gateway's name", GatewayName::parse));
        Some(Self {
            text: words?,
            subject,
            gateway,
        })
    }
}

/// Finds the caller's draft in a conversation.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/draft", operation_id = "getDraft", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The draft", body = DraftBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
) -> Result<Versioned<DraftBody>, Problem> {
    let draft = api.engine.draft(id, &principal).await?;
    let draft = draft.ok_or_else(|| Problem::not_found("draft"))?;
    Ok(Versioned(draft.version, draft.into()))
}

/// Keeps the caller's draft in a conversation, instead of the one before.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/draft", operation_id = "putDraft", tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what another screen wrote since")
    ),
    request_body = NewDraft,
    responses((status = 200, description = "The draft", body = DraftBody))
)]
pub(super) async fn put(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    seen: IfMatch,
    body: Json<NewDraft>,
) -> Result<Versioned<DraftBody>, Problem> {
    let kept = Draft {
        conversation: id,
        gateway: body.value.gateway,
        subject: body.value.subject,
        text: body.value.text,
        updated_at: api.engine.clock().now(),
        version: 0,
    };
    let draft = api.engine.put_draft(kept, seen.seen(), &principal).await?;
    Ok(Versioned(draft.version, draft.into()))
}

/// Forgets the caller's draft in a conversation.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/draft", operation_id = "deleteDraft", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_draft(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DraftFault> for Problem {
    fn from(fault: DraftFault) -> Self {
        match fault {
            DraftFault::Unknown => Self::not_found("conversation"),
            DraftFault::Edit(fault) => fault.into(),
        }
    }
}
