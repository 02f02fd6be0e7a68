//! What is done with contacts beside changing what they are called.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use super::{Holding, MergeRequest, ProfileBody, shown};
use crate::api::Api;
use crate::api::events::EventBody;
use crate::api::issues::IssueBody;
use crate::api::messages::MessageBody;
use crate::api::notes::NoteBody;
use crate::api::opt_outs::OptOutBody;
use crate::domain::id::ContactId;
use crate::engine::{Duplicate, Export};
use crate::http::auth::{Exporter, PeopleManager, Reader, Writer};
use crate::http::problem::Problem;
use crate::http::{Action, Id, Json, Nothing, Versioned};

/// Makes two contacts one, with all that was said with both in one conversation.
///
/// Where both have an open issue, the survivor's stays open and gets the other's messages.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/merge", operation_id = "mergeContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    request_body = MergeRequest,
    responses((status = 200, description = "The survivor", body = ProfileBody))
)]
pub(in crate::api) async fn merge(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ContactId>,
    body: Json<MergeRequest>,
) -> Result<Versioned<ProfileBody>, Problem> {
    let MergeRequest { other, keep } = body.value;
    let (keep, gone) = match keep {
        None => (id, other),
        Some(keep) if keep == id => (id, other),
        Some(keep) if keep == other => (other, id),
        Some(_) => {
            let detail = "must be one of the two contacts";
            return Err(Problem::field("/keep", detail));
        }
    };
    Ok(shown(
        api.engine.merge_contacts(keep, gone, &principal).await?,
    ))
}

/// Parts from a contact what was merged into it last; what came since stays with it.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/unmerge", operation_id = "unmergeContact", tag = "contacts",
    params(("id" = String, Path, description = "The survivor's id")),
    responses((status = 200, description = "The contact that is there again", body = ProfileBody))
)]
pub(in crate::api) async fn unmerge(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ContactId>,
    _: Action<Nothing>,
) -> Result<Versioned<ProfileBody>, Problem> {
    Ok(shown(api.engine.unmerge_contact(id, &principal).await?))
}

/// Puts a contact under legal hold: nothing of theirs is erased.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/hold", operation_id = "holdContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    request_body = Holding,
    responses((status = 200, description = "The contact", body = ProfileBody))
)]
pub(in crate::api) async fn hold(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<ContactId>,
    body: Json<Holding>,
) -> Result<Versioned<ProfileBody>, Problem> {
    let reason = Some(body.value.reason);
    Ok(shown(
        api.engine.hold_contact(id, reason, &principal).await?,
    ))
}

/// Ends a legal hold.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/release", operation_id = "releaseContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "The contact", body = ProfileBody))
)]
pub(in crate::api) async fn release(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<ContactId>,
    _: Action<Nothing>,
) -> Result<Versioned<ProfileBody>, Problem> {
    Ok(shown(api.engine.hold_contact(id, None, &principal).await?))
}

/// Erases a contact for ever, with everything that was said with them and all files.
///
/// What remains: the event that it was done, and hashes by which erased mails are known again and
/// opt-outs hold.
#[utoipa::path(
    post, path = "/v1/contacts/{id}/erase", operation_id = "eraseContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    responses((status = 204, description = "Nothing is left"))
)]
pub(in crate::api) async fn erase(
    State(api): State<Api>,
    PeopleManager(principal): PeopleManager,
    Id(id): Id<ContactId>,
    _: Action<Nothing>,
) -> Result<StatusCode, Problem> {
    api.engine.erase_contact(id, &principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that is known of a contact.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Dossier {
    /// Who they are.
    contact: ProfileBody,
    /// Everything that was said, the newest first.
    messages: Vec<MessageBody>,
    /// Every period of work, the newest first.
    issues: Vec<IssueBody>,
    /// What agents noted, the newest first.
    notes: Vec<NoteBody>,
    /// Everything else that happened, the newest first.
    events: Vec<EventBody>,
    /// The ledger of their opt-outs.
    opt_outs: Vec<OptOutBody>,
}

/// Hands out all that is known of a contact, files but their names left out.
#[utoipa::path(
    get, path = "/v1/contacts/{id}/export", operation_id = "exportContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "All of it", body = Dossier))
)]
pub(in crate::api) async fn export(
    State(api): State<Api>,
    Exporter(principal): Exporter,
    Id(id): Id<ContactId>,
) -> Result<Answer<Dossier>, Problem> {
    let found = api.engine.read_as(&principal).dossier(id).await?;
    let found = found.ok_or_else(|| Problem::not_found("contact"))?;
    api.engine
        .note_export(Export::Contact(id), &principal)
        .await?;
    Ok(Answer(Dossier {
        contact: found.contact.into(),
        messages: found.messages.into_iter().map(MessageBody::from).collect(),
        issues: found.issues.into_iter().map(IssueBody::from).collect(),
        notes: found.notes.into_iter().map(NoteBody::from).collect(),
        events: found.events.iter().map(EventBody::of).collect(),
        opt_outs: found.opt_outs.into_iter().map(OptOutBody::from).collect(),
    }))
}

/// Two contacts who may be one person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Duplicate)]
pub(crate) struct DuplicateBody {
    /// What speaks for it: `name`, or `mailbox` where two mailboxes differ in a plus tag or in dots.
    #[schema(example = "name")]
    because: &'static str,
    /// Who they are, the oldest first.
    contacts: Vec<ProfileBody>,
}

/// Contacts who may be the same person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Duplicates {
    /// Those that were found, at most 100.
    data: Vec<DuplicateBody>,
}

/// Suggests contacts who may be the same person: the same name, or mailboxes that are one.
#[utoipa::path(
    get, path = "/v1/contacts/duplicates", operation_id = "listDuplicateContacts", tag = "contacts",
    responses((status = 200, description = "What was found", body = Duplicates))
)]
pub(in crate::api) async fn duplicates(
    State(api): State<Api>,
    Reader(principal): Reader,
) -> Result<Answer<Duplicates>, Problem> {
    let found = api.engine.read_as(&principal).duplicates().await?;
    let body = |one: Duplicate| DuplicateBody {
        because: one.because,
        contacts: one.contacts.into_iter().map(ProfileBody::from).collect(),
    };
    Ok(Answer(Duplicates {
        data: found.into_iter().map(body).collect(),
    }))
}
