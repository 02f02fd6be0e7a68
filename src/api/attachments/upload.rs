//! Reading an upload: files out of a multipart body, straight into the blob store.

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method};
use http_body_util::Limited;
use sha2::{Digest, Sha256};

use crate::api::Api;
use crate::domain::attachment::{Attachment, LARGEST_FILE, LARGEST_TOTAL, MOST_FILES};
use crate::domain::id::AgentId;
use crate::http::body::{STALL, refuse_encoded};
use crate::http::problem::{Code, Problem};

/// What parts cost besides their files: boundaries, headers and small fields.
const FRAME: u64 = 256 * 1024;

/// The largest body that is read.
const LARGEST_BODY: u64 = LARGEST_TOTAL + FRAME;

/// The files of a request, their bytes durable and named by no row yet, in the order they came.
///
/// # Errors
///
/// A problem when the body is not an upload, or is too large; nothing of it is kept then.
pub(super) async fn read(
    api: &Api,
    request: Request,
    by: AgentId,
) -> Result<Vec<Attachment>, Problem> {
    refuse_encoded(request.headers())?;
    if announced(request.headers()).is_some_and(|length| length > LARGEST_BODY) {
        return Err(too_large());
    }
    let bounded = |body| {
        Body::new(Limited::new(
            body,
            usize::try_from(LARGEST_BODY).unwrap_or(usize::MAX),
        ))
    };
    let request = request.map(bounded);
    let mut parts = Multipart::from_request(request, api).await.map_err(|_| {
        let detail = "send multipart/form-data, one part with a filename for each file";
        Problem::new(Code::UnsupportedMediaType, detail)
    })?;
    let mut files = Vec::new();
    let outcome = read_parts(api, &mut parts, by, &mut files).await;
    if let Err(problem) = outcome {
        api.engine.forget_files(&files).await;
        return Err(problem);
    }
    Ok(files)
}

async fn read_parts(
    api: &Api,
    parts: &mut Multipart,
    by: AgentId,
    files: &mut Vec<Attachment>,
) -> Result<(), Problem> {
    let mut place = 0;
    while let Some(part) = patiently(parts.next_field()).await? {
        if part.file_name().is_none() {
            let detail = "is not a file: a part needs a filename in its Content-Disposition";
            return Err(Problem::field(format!("/{place}"), detail));
        }
        if files.len() == MOST_FILES {
            let detail = format!("more than {MOST_FILES} files in one request");
            return Err(Problem::new(Code::TooLarge, detail));
        }
        files.push(read_file(api, part, by).await?);
        place += 1;
    }
    if files.is_empty() {
        return Err(Problem::field("", "there is no file in the body"));
    }
    Ok(())
}

async fn read_file(api: &Api, mut part: Field<'_>, by: AgentId) -> Result<Attachment, Problem> {
    let name = part.file_name().unwrap_or_default().to_owned();
    let told = part.content_type().unwrap_or_default().to_owned();
    let mut upload = api.engine.begin_upload(&name, &told, by).await?;
    loop {
        let size = match patiently(part.chunk()).await {
            Ok(Some(piece)) => upload.add(piece).await,
            Ok(None) => return Ok(upload.finish().await?),
            Err(problem) => {
                upload.abandon().await;
                return Err(problem);
            }
        };
        match size {
            Ok(size) if size > LARGEST_FILE => {
                upload.abandon().await;
                return Err(too_large());
            }
            Ok(_) => {}
            Err(fault) => {
                upload.abandon().await;
                return Err(fault.into());
            }
        }
    }
}

/// Waits for the next piece, but not for ever.
async fn patiently<T>(
    next: impl Future<Output = Result<Option<T>, MultipartError>>,
) -> Result<Option<T>, Problem> {
    let Ok(next) = tokio::time::timeout(STALL, next).await else {
        let detail = "the body stopped arriving and was given up";
        return Err(Problem::new(Code::TooSlow, detail));
    };
    next.map_err(|fault| match fault.status() {
        http::StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(
            Code::BadRequest,
            "the body is not well-formed multipart/form-data",
        ),
    })
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large() -> Problem {
    let detail = format!("the files have more than {LARGEST_TOTAL} bytes together");
    Problem::new(Code::TooLarge, detail)
}

/// What an upload stands for: its files, however the body was cut into parts.
pub(super) fn fingerprint(files: &[Attachment]) -> String {
    let mut hash = Sha256::new();
    hash.update(Method::POST.as_str());
    for file in files {
        for text in [
            &file.name,
            &file.content_type,
            file.sha256.as_ref().unwrap_or(&file.name),
        ] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
    hex::encode(hash.finalize())
}
