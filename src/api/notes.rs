//! Notes on conversations and comments on issues.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use super::messages::AgentBody;
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::id::{ContactId, ConversationId, IssueId, NoteId};
use crate::domain::note::Note;
use crate::engine::{About, NoteFault};
use crate::http::auth::{Reader, Writer};
use crate::http::fields::text;
use crate::http::problem::{Code, Problem};
use crate::http::{Fields, Id, IfMatch, Json, Read, Versioned};

/// The longest note, in characters.
const LONGEST: usize = 10_000;

/// What an agent told the others; customers never see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Note)]
pub(crate) struct NoteBody {
    /// Its id.
    #[schema(value_type = String, example = "not_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: NoteId,
    /// The id of the conversation.
    #[schema(value_type = String)]
    conversation: ConversationId,
    /// The id of the issue that it is a comment on.
    #[schema(value_type = Option<String>)]
    issue: Option<IssueId>,
    /// Who wrote it.
    author: AgentBody,
    /// What they wrote.
    #[schema(example = "She is moving; use the new address.")]
    text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Timestamp>,
}

impl From<Note> for NoteBody {
    fn from(note: Note) -> Self {
        Self {
            id: note.id,
            conversation: note.conversation,
            issue: note.issue,
            author: note.author.into(),
            text: note.text,
            created_at: note.created_at,
            edited_at: note.edited_at,
        }
    }
}

fn render(note: &Note) -> String {
    json(&NoteBody::from(note.clone()))
}

/// What to tell the others.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct NoteText {
    /// At most 10,000 characters.
    #[schema(
        min_length = 1,
        max_length = 10_000,
        example = "She is moving; use the new address."
    )]
    text: String,
}

impl Read for NoteText {
    fn read(fields: &mut Fields) -> Option<Self> {
        let text = fields.required("text", text(1..=LONGEST));
        Some(Self { text: text? })
    }
}

/// Puts a note on a conversation, which customers never see.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/notes", operation_id = "addNote", tag = "notes",
    params(
        ("id" = String, Path, description = "The conversation's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")
    ),
    request_body = NoteText,
    responses((status = 201, description = "The note", body = NoteBody))
)]
pub(super) async fn add(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    body: Json<NoteText>,
) -> Result<Response, Problem> {
    let path = format!("/v1/conversations/{id}/notes");
    let once = Once::of(&api, &principal, &headers, (&path, &body.bytes), render)?;
    let about = About::Conversation(id);
    let made = api
        .engine
        .add_note(about, body.value.text, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// Puts a note on a contact, which customers never see: on the conversation with them. Where
/// nothing was said yet, one begins in the archive.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/notes", operation_id = "addContactNote", tag = "notes",
    params(
        ("id" = String, Path, description = "The contact's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")
    ),
    request_body = NoteText,
    responses((status = 201, description = "The note", body = NoteBody))
)]
pub(super) async fn add_to_contact(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ContactId>,
    headers: HeaderMap,
    body: Json<NoteText>,
) -> Result<Response, Problem> {
    let path = format!("/v1/contacts/{id}/notes");
    let once = Once::of(&api, &principal, &headers, (&path, &body.bytes), render)?;
    let about = About::Contact(id);
    let made = api
        .engine
        .add_note(about, body.value.text, &principal, once.remember.clone())
        .await?;
    Ok(created(made, render))
}

/// Comments on an issue, which customers never see.
#[utoipa::path(
    post, path = "/v1/issues/{id}/comments", operation_id = "commentIssue", tag = "notes",
    params(
        ("id" = String, Path, description = "The issue's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key gets the same answer")
    ),
    request_body = NoteText,
    responses((status = 201, description = "The comment", body = NoteBody))
)]
pub(super) async fn comment(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<IssueId>,
    headers: HeaderMap,
    body: Json<NoteText>,
) -> Result<Response, Problem> {
    let path = format!("/v1/issues/{id}/comments");
    let once = Once::of(&api, &principal, &headers, (&path, &body.bytes), render)?;
    let made = api
        .engine
        .add_note(
            About::Issue(id),
            body.value.text,
            &principal,
            once.remember.clone(),
        )
        .await?;
    Ok(created(made, render))
}

/// Finds a note or a comment.
#[utoipa::path(
    get, path = "/v1/notes/{id}", operation_id = "getNote", tag = "notes",
    params(("id" = String, Path, description = "The note's id")),
    responses((status = 200, description = "The note; the version is in `ETag`", body = NoteBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<NoteId>,
) -> Result<Versioned<NoteBody>, Problem> {
    let note = api.engine.note(id, &principal).await?;
    Ok(Versioned(note.version, note.into()))
}

/// Gives a note or a comment other words; its author may.
#[utoipa::path(
    patch, path = "/v1/notes/{id}", operation_id = "changeNote", tag = "notes",
    params(
        ("id" = String, Path, description = "The note's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what was changed since")
    ),
    request_body = NoteText,
    responses((status = 200, description = "The note, changed", body = NoteBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<NoteId>,
    seen: IfMatch,
    body: Json<NoteText>,
) -> Result<Versioned<NoteBody>, Problem> {
    let note = api
        .engine
        .change_note(id, body.value.text, seen.seen(), &principal)
        .await?;
    Ok(Versioned(note.version, note.into()))
}

/// Takes a note or a comment away; its author may.
#[utoipa::path(
    delete, path = "/v1/notes/{id}", operation_id = "deleteNote", tag = "notes",
    params(("id" = String, Path, description = "The note's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<NoteId>,
) -> Result<StatusCode, Problem> {
    api.engine.delete_note(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<NoteFault> for Problem {
    fn from(fault: NoteFault) -> Self {
        match fault {
            NoteFault::Unknown => Self::not_found("resource"),
            NoteFault::OfAnother(_) => Self::new(Code::Forbidden, fault.to_string()),
            NoteFault::Edit(fault) => fault.into(),
        }
    }
}
