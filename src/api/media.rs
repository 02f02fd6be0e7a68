//! Files for providers, by links that carry their own permission.

use axum::extract::{Path, State};
use axum::response::Response;

use super::Api;
use super::attachments::serve::serve;
use crate::http::problem::Problem;

/// Gives a file to whoever has a link to it; it is no part of the documented API.
pub(super) async fn find(
    State(api): State<Api>,
    Path((token, _)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let nothing = || Problem::not_found("file");
    let id = api.engine.read_media_link(&token).ok_or_else(nothing)?;
    let found = api.engine.read().attachment(id).await?;
    serve(&api, &found.ok_or_else(nothing)?).await
}
