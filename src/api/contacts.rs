//! Contacts: list, look up, make, change, merge, part, hold, erase, hand out.

mod actions;
mod import;
mod request;

pub(super) use actions::{
    __path_duplicates, __path_erase, __path_export, __path_hold, __path_merge, __path_release,
    __path_unmerge, duplicates, erase, export, hold, merge, release, unmerge,
};

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Serialize;

use super::Api;
use super::conversations::AddressBody;
use super::lists::Page;
use super::once::{Once, created, json};
use crate::domain::clock::Timestamp;
use crate::domain::contact::{ContactRefusal, Profile};
use crate::domain::id::{ContactId, ConversationId};
use crate::engine::{ContactFault, Wanted};
use crate::http::auth::{Reader, Writer};
use crate::http::problem::{Code, Problem};
use crate::http::query::PageQuery;
use crate::http::{Id, IfMatch, Json, Query, Versioned};
pub(super) use import::{__path_import, import};
pub(crate) use request::{ContactPatchRequest, Holding, Listing, MergeRequest, NewContact};

/// Everything that is known of a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ContactProfile)]
pub(crate) struct ProfileBody {
    /// Their id.
    #[schema(value_type = String, example = "con_01kbhm0v4we7gtqz6dm1x1m8p2")]
    id: ContactId,
    /// Their name, once somebody knows it.
    #[schema(example = "Ann Example")]
    name: Option<String>,
    /// The language they want to be written to in (BCP 47).
    #[schema(example = "en-US")]
    language: Option<String>,
    /// Where they live in time (IANA name).
    #[schema(example = "America/New_York")]
    time_zone: Option<String>,
    /// Whatever else somebody wants to know, by name.
    fields: BTreeMap<String, String>,
    /// Where they can be reached.
    addresses: Vec<AddressBody>,
    /// The id of the conversation with them, once there is one.
    #[schema(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    /// Why nothing of theirs may be erased; null where it may.
    legal_hold: Option<String>,
    /// When we first heard of them.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.contact.id,
            name: profile.contact.name,
            language: profile.language,
            time_zone: profile.time_zone,
            fields: profile.fields,
            addresses: profile
                .addresses
                .into_iter()
                .map(AddressBody::from)
                .collect(),
            conversation: profile.conversation,
            legal_hold: profile.held,
            created_at: profile.contact.created_at,
        }
    }
}

fn render(profile: &Profile) -> String {
    json(&ProfileBody::from(profile.clone()))
}

pub(super) fn shown(profile: Profile) -> Versioned<ProfileBody> {
    Versioned(profile.version, profile.into())
}

/// Lists contacts, the newest first.
#[utoipa::path(
    get, path = "/v1/contacts", operation_id = "listContacts", tag = "contacts",
    params(Listing),
    responses((status = 200, description = "A page of contacts", body = Page<ProfileBody>))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Reader(principal): Reader,
    Query(query): Query<Listing>,
) -> Result<Answer<Page<ProfileBody>>, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let (place, limit) = (page.place()?, page.one_more());
    let read = api.engine.read_as(&principal);
    let words = query
        .q
        .as_deref()
        .map(str::trim)
        .filter(|words| !words.is_empty());
    let address = words.and_then(|words| super::address_of(words, &api.country).ok());
    let mut found = Vec::new();
    if let Some(address) = address {
        let wanted = Wanted::Address(address);
        found = read.contacts(&wanted, place, limit).await?;
    }
    if found.is_empty() {
        let wanted = words.map_or(Wanted::All, |words| Wanted::Words(words.to_owned()));
        found = read.contacts(&wanted, place, limit).await?;
    }
    let cursor = |profile: &Profile| profile.contact.id.to_string();
    Ok(Answer(Page::of(found, page.limit, cursor, Into::into)))
}

/// Finds a contact.
#[utoipa::path(
    get, path = "/v1/contacts/{id}", operation_id = "getContact", tag = "contacts",
    params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "The contact, with its version in the header ETag", body = ProfileBody))
)]
pub(super) async fn find(
    State(api): State<Api>,
    Reader(principal): Reader,
    Id(id): Id<ContactId>,
) -> Result<Versioned<ProfileBody>, Problem> {
    let found = api.engine.read_as(&principal).contact(id).await?;
    Ok(shown(found.ok_or_else(|| Problem::not_found("contact"))?))
}

/// Makes a contact.
#[utoipa::path(
    post, path = "/v1/contacts", operation_id = "createContact", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless: the same key and body get the same answer")),
    request_body = NewContact,
    responses((status = 201, description = "The contact", body = ProfileBody))
)]
pub(super) async fn create(
    State(api): State<Api>,
    Writer(principal): Writer,
    headers: HeaderMap,
    body: Json<NewContact>,
) -> Result<Response, Problem> {
    let once = Once::of(
        &api,
        &principal,
        &headers,
        ("/v1/contacts", &body.bytes),
        render,
    )?;
    let addresses = request::addresses(&body.value.addresses, &api)?;
    let made = api
        .engine
        .create_contact(
            body.value.patch,
            addresses,
            &principal,
            once.remember.clone(),
        )
        .await;
    match made {
        Ok(made) => Ok(created(made, render)),
        Err(fault) => Err(refused(&api, &principal, fault).await),
    }
}

/// Changes a contact; what is left out stays as it is.
#[utoipa::path(
    patch, path = "/v1/contacts/{id}", operation_id = "changeContact", tag = "contacts",
    params(
        ("id" = String, Path, description = "The contact's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refuses to overwrite what others changed since")
    ),
    request_body = ContactPatchRequest,
    responses((status = 200, description = "The contact, changed", body = ProfileBody))
)]
pub(super) async fn change(
    State(api): State<Api>,
    Writer(principal): Writer,
    Id(id): Id<ContactId>,
    condition: IfMatch,
    body: Json<ContactPatchRequest>,
) -> Result<Versioned<ProfileBody>, Problem> {
    let addresses = match &body.value.addresses {
        Some(texts) => Some(request::addresses(texts, &api)?),
        None => None,
    };
    let change = crate::engine::ContactChange {
        patch: body.value.patch,
        addresses,
        seen: condition.seen(),
    };
    match api.engine.change_contact(id, change, &principal).await {
        Ok(profile) => Ok(shown(profile)),
        Err(fault) => Err(refused(&api, &principal, fault).await),
    }
}

/// The problem that a fault is; whose an address is, only those hear who may see them.
async fn refused(
    api: &Api,
    principal: &crate::domain::agent::Principal,
    fault: ContactFault,
) -> Problem {
    let ContactFault::Refused(ContactRefusal::Taken(_, owner)) = &fault else {
        return fault.into();
    };
    let owner = *owner;
    let seen = api.engine.read_as(principal).contact(owner).await;
    match seen {
        Ok(Some(_)) => Problem::from(fault).with("contact", owner),
        Ok(None) => fault.into(),
        Err(fault) => fault.into(),
    }
}

impl From<ContactFault> for Problem {
    fn from(fault: ContactFault) -> Self {
        match fault {
            ContactFault::Unknown => Self::not_found("contact"),
            ContactFault::UnknownOther => Self::field("/other", fault.to_string()),
            ContactFault::Refused(refusal) => match refusal {
                ContactRefusal::TooManyAddresses | ContactRefusal::LastAddress => {
                    Self::field("/addresses", refusal.to_string())
                }
                ContactRefusal::TooManyFields => Self::field("/fields", refusal.to_string()),
                ContactRefusal::Itself => Self::field("/other", refusal.to_string()),
                ContactRefusal::Taken(..)
                | ContactRefusal::Apart
                | ContactRefusal::NotMerged
                | ContactRefusal::Held(_) => Self::new(Code::Conflict, refusal.to_string()),
            },
            ContactFault::Edit(fault) => fault.into(),
        }
    }
}
