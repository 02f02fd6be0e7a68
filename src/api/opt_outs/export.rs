//! The ledger of opt-outs as CSV.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use super::Listing;
use crate::api::{Api, csv};
use crate::domain::id::OptOutId;
use crate::domain::opt_out::{OptOut, Word};
use crate::engine::{EngineFault, Export};
use crate::http::Query;
use crate::http::auth::Exporter;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;

/// How many entries of an export are read at a time.
const STEP: u32 = 500;

/// The whole ledger as CSV, the newest first.
#[utoipa::path(
    get, path = "/v1/opt-outs/export", operation_id = "exportOptOuts", tag = "opt-outs",
    params(Listing),
    responses((status = 200, description = "The ledger", body = String, content_type = "text/csv"))
)]
pub(in crate::api) async fn export(
    State(api): State<Api>,
    Exporter(principal): Exporter,
    Query(query): Query<Listing>,
) -> Result<Response, Problem> {
    let filter = query.filter(&api);
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let place: Option<OptOutId> = page.place()?;
    api.engine.note_export(Export::OptOuts, &principal).await?;
    let pages = stream::try_unfold(Some(place), move |next| {
        let (engine, filter, principal) = (api.engine.clone(), filter.clone(), principal.clone());
        async move {
            let Some(before) = next else { return Ok(None) };
            let found = engine
                .read()
                .opt_outs(&filter, &principal, before, STEP)
                .await?;
            let more = found.len() == STEP as usize;
            let last = found.last().map(|entry| entry.id);
            let mut text = String::new();
            if before.is_none() {
                csv::line(&mut text, HEADER);
            }
            for entry in found {
                csv::line(&mut text, &columns(&entry).each_ref().map(String::as_str));
            }
            Ok::<_, EngineFault>(Some((text, last.filter(|_| more).map(Some))))
        }
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"opt-outs.csv\""),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

const HEADER: &[&str] = &[
    "id",
    "sender",
    "recipient",
    "active",
    "began_at",
    "began_origin",
    "began_by",
    "began_words",
    "message",
    "ended_at",
    "ended_origin",
    "ended_by",
    "ended_words",
];

fn columns(entry: &OptOut) -> [String; 13] {
    let by = |word: &Word| {
        word.actor
            .as_ref()
            .map(|actor| actor.name.clone())
            .unwrap_or_default()
    };
    let (began, ended) = (&entry.began, entry.ended.as_ref());
    let of_end = |read: &dyn Fn(&Word) -> String| ended.map(read).unwrap_or_default();
    [
        entry.id.to_string(),
        entry.pair.0.clone(),
        entry.pair.1.clone(),
        ended.is_none().to_string(),
        began.at.to_string(),
        began.origin.as_str().to_owned(),
        by(began),
        began.words.clone().unwrap_or_default(),
        entry.message.map(|id| id.to_string()).unwrap_or_default(),
        of_end(&|word| word.at.to_string()),
        of_end(&|word| word.origin.as_str().to_owned()),
        of_end(&by),
        of_end(&|word| word.words.clone().unwrap_or_default()),
    ]
}
