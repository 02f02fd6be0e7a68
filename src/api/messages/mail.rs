//! What a message has because it is a mail, and the mail as it came.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    X_CONTENT_TYPE_OPTIONS,
};
use serde::Serialize;

use crate::api::Api;
use crate::domain::id::MessageId;
use crate::domain::mail::{Automatic, MailDetails, Mailbox, Matcher, Verified};
use crate::http::Id;
use crate::http::auth::Reader;
use crate::http::problem::Problem;

/// What a message has because it is a mail.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailBody {
    /// Its Message-ID, without angle brackets.
    message_id: Option<String>,
    /// The name that its writer goes by.
    from_name: Option<String>,
    /// Everybody in To.
    to: Vec<Mailbox>,
    /// Where its writer wants answers, when not to `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Mailbox>,
    /// Whether it is from whom it says, as far as the receiving mail server could tell. One that
    /// is not stands in a conversation of its own.
    verified: Verified,
    /// Why nobody wrote it by hand; null when somebody did.
    automatic: Option<Automatic>,
    /// What decided to which conversation it belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    matcher: Option<Matcher>,
    /// What is missing of it and why; null when nothing is.
    incomplete: Option<String>,
}

impl From<&MailDetails> for MailBody {
    fn from(mail: &MailDetails) -> Self {
        Self {
            message_id: mail.message_id.clone(),
            from_name: mail.from.as_ref().and_then(|from| from.name.clone()),
            to: mail.to.clone(),
            reply_to: mail.reply_to.clone(),
            verified: mail.verified,
            automatic: mail.automatic,
            matcher: mail.matcher,
            incomplete: mail.incomplete.clone(),
        }
    }
}

/// Gets an inbound mail as it came, byte for byte.
#[utoipa::path(
    get, path = "/v1/messages/{id}/raw", operation_id = "getRawMessage", tag = "messages",
    params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The mail (RFC 5322)", body = Vec<u8>, content_type = "message/rfc822"))
)]
pub(crate) async fn raw(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<MessageId>,
) -> Result<Response, Problem> {
    super::seen(&api, id, &principal).await?;
    let bytes = api.engine.raw_mail(id).await?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("inbound mail"))?;
    let name = format!("attachment; filename=\"{id}.eml\"");
    let disposition = HeaderValue::try_from(name).expect("an id is letters and digits");
    Ok((HARMLESS, [(CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// What keeps a browser from doing anything with what strangers sent (T6).
const HARMLESS: [(HeaderName, &str); 5] = [
    (CONTENT_TYPE, "message/rfc822"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (CACHE_CONTROL, "private"),
];
