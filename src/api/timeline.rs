//! The timeline of a conversation: messages and events in one order.

use std::str::FromStr;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;

use super::Api;
use super::events::EventBody;
use super::lists::Page;
use super::messages::MessageBody;
use super::notes::NoteBody;
use crate::domain::clock::Timestamp;
use crate::domain::id::ConversationId;
use crate::engine::{TimelineEntry, TimelineKind};
use crate::http::auth::Reader;
use crate::http::fields::parsed;
use crate::http::problem::Problem;
use crate::http::query::PageQuery;
use crate::http::{Fields, Id, Query, Read};

/// One entry of a conversation's timeline.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = TimelineEntry)]
pub(crate) enum EntryBody {
    /// Something was said.
    Message {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The message.
        message: Box<MessageBody>,
    },
    /// Something happened.
    Event {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The event.
        event: EventBody,
    },
    /// An agent told the others something.
    Note {
        /// When.
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
        /// The note.
        note: NoteBody,
    },
}

impl From<TimelineEntry> for EntryBody {
    fn from(entry: TimelineEntry) -> Self {
        let at = entry.at();
        match entry {
            TimelineEntry::Message(details) => Self::Message {
                at,
                message: Box::new((*details).into()),
            },
            TimelineEntry::Event(event) => Self::Event {
                at,
                event: EventBody::of(&event),
            },
            TimelineEntry::Note(note) => Self::Note {
                at,
                note: note.into(),
            },
        }
    }
}

/// Which entries to list.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only `message`, only `event` or only `note`.
    #[param(value_type = Option<String>, pattern = "^(message|event|note)$")]
    r#type: TimelineKind,
    /// How many at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 50)]
    limit: u32,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Read for Listing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let kind = fields.optional("type", parsed("message, event or note", kind));
        let PageQuery { limit, cursor } = PageQuery::take(fields);
        Some(Self {
            r#type: kind.unwrap_or(TimelineKind::Everything),
            limit,
            cursor,
        })
    }
}

fn kind(name: &str) -> Option<TimelineKind> {
    match name {
        "message" => Some(TimelineKind::Messages),
        "event" => Some(TimelineKind::Events),
        "note" => Some(TimelineKind::Notes),
        _ => None,
    }
}

/// A place in a timeline: behind this many of the entries of one instant.
///
/// What one transaction writes has one time, so a time alone is no place.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Timestamp,
    passed: u32,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, passed) = text.split_once('-').ok_or(())?;
        let at = at.parse().map_err(drop)?;
        let passed = passed.parse().map_err(drop)?;
        // No instant has more entries than a slice has commands and each of them events.
        if passed > 10_000 || at < 0 {
            return Err(());
        }
        Ok(Self {
            at: Timestamp(at),
            passed,
        })
    }
}

/// Lists what was said and what happened in a conversation, the newest first.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/timeline", operation_id = "getTimeline", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id"), Listing),
    responses((status = 200, description = "A page of the timeline", body = Page<EntryBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ConversationId>,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<EntryBody>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let place: Option<Place> = page.place()?;
    let reader = api.engine.read_as(&principal);
    if reader.conversation(id).await?.is_none() {
        return Err(Problem::not_found("conversation"));
    }
    let before = place.map(|place| Timestamp(place.at.0.saturating_add(1)));
    let passed = place.map_or(0, |place| place.passed);
    let mut found = reader
        .timeline(id, query.r#type, before, page.one_more() + passed)
        .await?;
    let known = found.iter().take(passed as usize);
    let known = known
        .take_while(|entry| place.is_some_and(|place| entry.at() == place.at))
        .count();
    let cursors = cursors(&found);
    found.drain(..known);
    let mut shown = Page::of(found, page.limit, |_| String::new(), EntryBody::from);
    if let Some(next) = &mut shown.next_cursor {
        next.clone_from(&cursors[known + shown.data.len() - 1]);
    }
    Ok(Answer(shown))
}

/// The place behind each entry.
fn cursors(entries: &[TimelineEntry]) -> Vec<String> {
    let mut passed = 0;
    let mut last = None;
    let place = |entry: &TimelineEntry| {
        passed = if last == Some(entry.at()) {
            passed + 1
        } else {
            1
        };
        last = Some(entry.at());
        format!("{}-{passed}", entry.at().0)
    };
    entries.iter().map(place).collect()
}
