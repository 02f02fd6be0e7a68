//! Segments: what a text would cost, before anybody sends it.

use axum::Json as Answer;

use crate::engine::{Segmentation, segment};
use crate::http::auth::Reader;
use crate::http::fields::any_text;
use crate::http::problem::Problem;
use crate::http::{Fields, Json, Read};

/// A text to count.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"text": "Your parcel is on its way."}))]
pub(crate) struct Text {
    /// Any text, control characters too.
    text: String,
}

impl Read for Text {
    fn read(fields: &mut Fields) -> Option<Self> {
        let text = fields.required("text", any_text);
        Some(Self { text: text? })
    }
}

/// Counts the segments of a text (3GPP TS 23.040), without replacing anything in it.
#[utoipa::path(
    post, path = "/v1/segments", operation_id = "countSegments", tag = "segments",
    request_body = Text,
    responses((status = 200, description = "What it takes on the air", body = Segmentation))
)]
pub(super) async fn count(_: Reader, body: Json<Text>) -> Result<Answer<Segmentation>, Problem> {
    Ok(Answer(segment(&body.value.text)))
}
