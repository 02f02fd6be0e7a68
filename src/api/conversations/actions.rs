//! What agents do with a conversation: read, complete, archive, snooze, tag, restrict.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use jiff::tz::TimeZone;

use super::ConversationBody;
use super::list::{LONGEST_TAG, found};
use crate::api::Api;
use crate::api::messages::AgentBody;
use crate::domain::agent::{Permission, Principal};
use crate::domain::clock::Timestamp;
use crate::domain::desk::Deed;
use crate::domain::id::{ConversationId, TeamId};
use crate::domain::snooze::Preset;
use crate::engine::DeskFault;
use crate::http::auth::{Deleter, PeopleManager, Reader, Writer, require};
use crate::http::fields::{parsed, text};
use crate::http::problem::{Code, Problem};
use crate::http::{Action, Fields, Id, Json, Nothing, Read};

/// How a time is written.
const A_TIME: &str = "a time, such as 2026-12-01T09:00:00Z";

type Answered = Result<Answer<ConversationBody>, Problem>;

async fn perform(api: &Api, id: ConversationId, deed: Deed, by: &Principal) -> Answered {
    api.engine.desk(id, deed, by).await?;
    found(api, id, by).await
}

/// Marks every message of a conversation as read.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/read", operation_id = "readConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, read", body = ConversationBody))
)]
pub(in crate::api) async fn read(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Read, &principal).await
}

/// Keeps a conversation in sight, as if its newest message had not been read.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/unread", operation_id = "unreadConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, unread", body = ConversationBody))
)]
pub(in crate::api) async fn unread(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Unread, &principal).await
}

/// Closes the open issue of a conversation and takes it out of the inbox.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/complete", operation_id = "completeConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, complete", body = ConversationBody))
)]
pub(in crate::api) async fn complete(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Complete, &principal).await
}

/// Takes a conversation out of the inbox, whether or not the work is done.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/archive", operation_id = "archiveConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, archived", body = ConversationBody))
)]
pub(in crate::api) async fn archive(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Archive, &principal).await
}

/// Puts an archived conversation back where it was.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/unarchive", operation_id = "unarchiveConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, back", body = ConversationBody))
)]
pub(in crate::api) async fn unarchive(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Unarchive, &principal).await
}

/// Wakes a conversation.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/unsnooze", operation_id = "unsnoozeConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, awake", body = ConversationBody))
)]
pub(in crate::api) async fn unsnooze(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    perform(&api, id, Deed::Unsnooze, &principal).await
}

/// Until when a conversation sleeps: a time, or a usual time to sleep.
#[derive(Debug, utoipa::ToSchema)]
#[schema(example = json!({"preset": "tomorrow", "time_zone": "Europe/Berlin"}))]
pub(crate) struct Snoozing {
    /// A time in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Instead of a time: an hour, three hours, or nine o'clock of the next day or next Monday.
    #[schema(value_type = Option<Preset>)]
    preset: Option<Preset>,
    /// For a preset, by whose clock: a name of the IANA time zone database. UTC, where nothing is
    /// said.
    #[schema(value_type = Option<String>, example = "Europe/Berlin")]
    time_zone: Option<TimeZone>,
}

impl Read for Snoozing {
    fn read(fields: &mut Fields) -> Option<Self> {
        let time = parsed(A_TIME, |text| text.parse().ok());
        let until = fields.optional("until", time);
        let presets = "one_hour, three_hours, tomorrow or next_week";
        let preset = fields.optional("preset", parsed(presets, Preset::from_name));
        let zone = parsed("a time zone, such as Europe/Berlin", |name| {
            TimeZone::get(name).ok()
        });
        let time_zone = fields.optional("time_zone", zone);
        if until.is_some() == preset.is_some() && fields.are_right() {
            fields.fault("until", "or preset must be given, and not both");
        }
        Some(Self {
            until,
            preset,
            time_zone,
        })
    }
}

impl Snoozing {
    fn end(self, now: Timestamp) -> Option<Timestamp> {
        let zone = self.time_zone.unwrap_or(TimeZone::UTC);
        match self.preset {
            Some(preset) => preset.until(now, &zone),
            None => self.until,
        }
    }
}

/// Hides a conversation until a time, or until the contact writes.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/snooze", operation_id = "snoozeConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    request_body = Snoozing,
    responses((status = 200, description = "The conversation, asleep", body = ConversationBody))
)]
pub(in crate::api) async fn snooze(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ConversationId>,
    body: Json<Snoozing>,
) -> Answered {
    let now = api.engine.clock().now();
    let until = body.value.end(now);
    let until = until.filter(|until| *until > now).ok_or_else(past)?;
    perform(&api, id, Deed::Snooze(until), &principal).await
}

/// For how long an agent wants no notice of a conversation.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Muting {
    /// A time in the future.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl Read for Muting {
    fn read(fields: &mut Fields) -> Option<Self> {
        let time = parsed(A_TIME, |text| text.parse().ok());
        let until = fields.required("until", time);
        Some(Self { until: until? })
    }
}

/// Spares the caller the notices of a conversation until a time; what is unread still shows.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/mute", operation_id = "muteConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    request_body = Muting,
    responses((status = 200, description = "The conversation, muted", body = ConversationBody))
)]
pub(in crate::api) async fn mute(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ConversationId>,
    body: Json<Muting>,
) -> Answered {
    let until = Some(body.value.until).filter(|until| *until > api.engine.clock().now());
    let until = until.ok_or_else(past)?;
    api.engine.mute(id, Some(until), &principal).await?;
    found(&api, id, &principal).await
}

/// Gives the caller the notices of a conversation again.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/unmute", operation_id = "unmuteConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 200, description = "The conversation, not muted", body = ConversationBody))
)]
pub(in crate::api) async fn unmute(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ConversationId>,
    _: Action<Nothing>,
) -> Answered {
    api.engine.mute(id, None, &principal).await?;
    found(&api, id, &principal).await
}

fn past() -> Problem {
    Problem::field("/until", "must be in the future")
}

/// Who sees a conversation.
#[derive(Debug, utoipa::ToSchema)]
pub(crate) struct Restriction {
    /// The id of the only team that sees it; null, when everybody does.
    #[schema(value_type = Option<String>, pattern = "^tem_[0-9a-hjkmnp-tv-z]{26}$")]
    team: Option<TeamId>,
}

impl Read for Restriction {
    fn read(fields: &mut Fields) -> Option<Self> {
        let team = fields.optional("team", parsed("a team's id, or null", |id| id.parse().ok()));
        Some(Self { team })
    }
}

/// Says which team alone sees a conversation, for those who manage people.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/restrict", operation_id = "restrictConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    request_body = Restriction,
    responses((status = 200, description = "The conversation, restricted", body = ConversationBody))
)]
pub(in crate::api) async fn restrict(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<ConversationId>,
    body: Json<Restriction>,
) -> Answered {
    perform(&api, id, Deed::Restrict(body.value.team), &principal).await
}

/// Deletes a conversation with all that was said in it, for those who may delete what others wrote.
///
/// It is hidden, and removed when its time is over. When somebody writes again, it is there again,
/// and begins with that.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}", operation_id = "deleteConversation", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id")),
    responses((status = 204, description = "It is gone"))
)]
pub(in crate::api) async fn delete(
    State(api): State<Api>,
    Deleter(principal): Deleter,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, Problem> {
    require(&principal, Some(Permission::CloseOthers))?;
    api.engine.desk(id, Deed::Delete, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a tag on a conversation.
#[utoipa::path(
    put, path = "/v1/conversations/{id}/tags/{tag}", operation_id = "tagConversation", tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation's id"),
        ("tag" = String, Path, description = "The tag's name")
    ),
    responses((status = 200, description = "The conversation, with the tag", body = ConversationBody))
)]
pub(in crate::api) async fn tag(
    State(api): State<Api>,
    Writer(principal): Writer,
    Path((id, name)): Path<(String, String)>,
    _: Action<Nothing>,
) -> Answered {
    let (id, tag) = tagged(&api, &principal, &id, &name).await?;
    perform(&api, id, Deed::Tag(tag), &principal).await
}

/// Takes a tag off a conversation.
#[utoipa::path(
    delete, path = "/v1/conversations/{id}/tags/{tag}", operation_id = "untagConversation", tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation's id"),
        ("tag" = String, Path, description = "The tag's name")
    ),
    responses((status = 200, description = "The conversation, without the tag", body = ConversationBody))
)]
pub(in crate::api) async fn untag(
    State(api): State<Api>,
    Writer(principal): Writer,
    Path((id, name)): Path<(String, String)>,
) -> Answered {
    let (id, tag) = tagged(&api, &principal, &id, &name).await?;
    perform(&api, id, Deed::Untag(tag), &principal).await
}

/// The conversation and the tag that a path names.
async fn tagged(
    api: &Api,
    principal: &Principal,
    id: &str,
    name: &str,
) -> Result<(ConversationId, crate::domain::id::TagId), Problem> {
    let id = id.parse().map_err(|_| Problem::not_found("conversation"))?;
    text(1..=LONGEST_TAG)(name.into()).map_err(|_| Problem::not_found("tag"))?;
    let found = api.engine.read_as(principal).tag(name).await?;
    let tag = found.ok_or_else(|| Problem::not_found("tag"))?;
    Ok((id, tag.id))
}

impl From<DeskFault> for Problem {
    fn from(fault: DeskFault) -> Self {
        match fault {
            DeskFault::Unknown => Self::not_found("conversation"),
            DeskFault::UnknownTag => Self::not_found("tag"),
            DeskFault::UnknownTeam => Self::field("/team", "names no team"),
            DeskFault::Refused(refusal, issue) => {
                let owner = issue.assignee.map(AgentBody::from);
                Self::new(Code::Conflict, refusal.to_string())
                    .with("state", issue.state)
                    .with("assignee", owner)
            }
            DeskFault::Waiting => Self::new(Code::Conflict, fault.to_string()),
            DeskFault::Edit(fault) => fault.into(),
        }
    }
}
