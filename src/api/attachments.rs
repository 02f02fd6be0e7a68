//! Attachments: upload files to send, read those of messages.

pub(super) mod serve;
mod upload;

use axum::Json as Answer;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::Api;
use crate::domain::attachment::{Attachment, Enclosed, FileState};
use crate::domain::id::AttachmentId;
use crate::domain::idempotency::{Answered, Key};
use crate::engine::UploadFault;
use crate::http::Id;
use crate::http::auth::{Reader, Writer};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{Code, Problem};

/// A file of a message, or one that was uploaded to be used in one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct FileBody {
    /// Its id.
    #[schema(value_type = String, example = "att_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: AttachmentId,
    /// Its name, safe to be shown and to be saved under.
    #[schema(example = "invoice.pdf")]
    name: String,
    /// Its media type, by its bytes where they tell, else as its sender said.
    #[schema(example = "application/pdf")]
    content_type: String,
    /// Its size in bytes; zero while it is not here.
    size: u64,
    /// Whether its bytes are here.
    state: FileState,
    /// Why it could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// True when it belongs into the text rather than beside it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inline: bool,
    /// The id by which an HTML body names it (RFC 2392).
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
}

impl From<Enclosed> for FileBody {
    fn from(file: Enclosed) -> Self {
        Self {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            state: file.state,
            reason: file.reason,
            inline: file.inline,
            content_id: file.content_id,
        }
    }
}

/// What an upload is answered with: the file, or all of them when there were several.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum Uploaded {
    /// The one file.
    One(FileBody),
    /// Several files, in the order they came.
    Several {
        /// The files.
        data: Vec<FileBody>,
    },
}

impl From<&[Attachment]> for Uploaded {
    fn from(files: &[Attachment]) -> Self {
        let body = |file: &Attachment| FileBody::from(file.enclosed());
        match files {
            [one] => Self::One(body(one)),
            several => Self::Several {
                data: several.iter().map(body).collect(),
            },
        }
    }
}

/// Files to upload.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the body")]
pub(crate) struct Files {
    /// One part for each file, of any name, with a filename.
    #[schema(value_type = Vec<String>, format = Binary, max_items = 20)]
    file: Vec<Vec<u8>>,
}

/// Uploads files, to be named by messages; one that no message uses for 24 hours is removed.
#[utoipa::path(
    post, path = "/v1/attachments", operation_id = "uploadAttachments", tag = "attachments",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key and files get the same answer")),
    request_body(content = Files, content_type = "multipart/form-data"),
    responses((status = 201, description = "The file, or `data` with all of them when there were several", body = Uploaded))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let key = IdempotencyKey::of(&headers)?;
    let _entered = key
        .clone()
        .map(|key| api.in_flight.enter(principal.via.to_string(), key))
        .transpose()?;
    let files = upload::read(&api, request, principal.agent.id).await?;
    let json = serde_json::to_string(&Uploaded::from(files.as_slice()))
        .expect("plain values always serialise");
    let once = key.map(|key| {
        let answered = Answered {
            fingerprint: upload::fingerprint(&files),
            status: StatusCode::CREATED.as_u16(),
            response: json.clone(),
        };
        let key = Key {
            scope: principal.via.into(),
            value: key.as_str().to_owned(),
        };
        (key, answered)
    });
    let repeated = api.engine.add_attachments(files, once).await?;
    let json = repeated.map_or(json, |answered| answered.response);
    let kind = [(CONTENT_TYPE, "application/json")];
    Ok((StatusCode::CREATED, kind, json).into_response())
}

/// Gives the bytes of a file; what is known of it, to a client that accepts JSON.
#[utoipa::path(
    get, path = "/v1/attachments/{id}", operation_id = "getAttachment", tag = "attachments",
    params(("id" = String, Path, description = "The attachment's id")),
    responses((status = 200, description = "The file, to be saved; 409 while it is still with its provider", content(
        (Vec<u8> = "*/*"), (FileBody = "application/json")
    )))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = api.engine.read_as(&principal).attachment(id).await?;
    // What was not sent yet is nobody's but its uploader's.
    let seen =
        |one: &Attachment| one.message.is_some() || one.uploaded_by == Some(principal.agent.id);
    let attachment = found
        .filter(seen)
        .ok_or_else(|| Problem::not_found("attachment"))?;
    if wants_json(&headers) {
        return Ok(Answer(FileBody::from(attachment.enclosed())).into_response());
    }
    serve::serve(&api, &attachment).await
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|kinds| kinds.trim_start().starts_with("application/json"))
}

impl From<UploadFault> for Problem {
    fn from(fault: UploadFault) -> Self {
        match fault {
            UploadFault::KeyReused => Self::new(Code::KeyReused, fault.to_string()),
            UploadFault::OverQuota(over) => Self::new(Code::OverQuota, over.to_string()),
            UploadFault::Engine(fault) => fault.into(),
        }
    }
}
