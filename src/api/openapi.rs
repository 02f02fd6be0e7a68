//! The OpenAPI 3.1 document, made of the attributes above the handlers.

mod headers;

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi};

use super::{
    agents, attachments, audit, contacts, conversations, drafts, events, gateways, issues, keys,
    messages, notes, opt_outs, quarantine, quick_replies, search, second_factor, segments,
    sessions, setup, stream, tags, teams, timeline, views,
};
use crate::http::problem::{Code, MEDIA_TYPE, ProblemBody};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "postern",
        description = "An SMS and e-mail gateway that loses nothing. Every error is `application/problem+json` (RFC 9457); times are RFC 3339 in UTC; unknown fields are refused.",
    ),
    servers((url = "/", description = "This daemon")),
    paths(
        messages::send, messages::list, messages::find, messages::raw, messages::retry, messages::cancel,
        messages::delete, messages::restore,
        attachments::create, attachments::find,
        conversations::list, conversations::count, conversations::bulk, conversations::mute, conversations::unmute, conversations::find, conversations::read, conversations::unread,
        conversations::complete, conversations::archive, conversations::unarchive, conversations::snooze,
        conversations::unsnooze, conversations::restrict, conversations::delete, conversations::tag, conversations::untag,
        timeline::list,
        issues::list, issues::find, issues::take, issues::assign, issues::unassign, issues::close,
        issues::resolve, issues::reopen, issues::change,
        notes::add, notes::add_to_contact, notes::comment, notes::find, notes::change, notes::delete,
        drafts::find, drafts::put, drafts::delete,
        views::list, views::find, views::create, views::change, views::delete,
        tags::list, tags::find, tags::create, tags::change, tags::delete,
        search::search,
        gateways::list, segments::count, events::list, stream::follow,
        quarantine::list, quarantine::get, quarantine::replay,
        contacts::list, contacts::find, contacts::create, contacts::change, contacts::duplicates,
        contacts::merge, contacts::unmerge, contacts::hold, contacts::release, contacts::erase,
        contacts::export,
        contacts::import,
        quick_replies::list, quick_replies::find, quick_replies::create, quick_replies::change,
        quick_replies::delete, quick_replies::render,
        opt_outs::list, opt_outs::find, opt_outs::create, opt_outs::end, opt_outs::export,
        agents::list, agents::find, agents::create, agents::change, agents::disable, agents::enable,
        agents::set_password,
        teams::list, teams::find, teams::create, teams::change, teams::delete,
        keys::list, keys::find, keys::create, keys::rotate, keys::revoke,
        sessions::create, sessions::list, sessions::delete, sessions::delete_current,
        sessions::me, sessions::change_password, second_factor::find, second_factor::begin,
        second_factor::confirm, second_factor::reset, setup::create,
        audit::list,
    ),
    components(schemas(ProblemBody)),
    tags(
        (name = "messages", description = "Texts and mails, in and out, and what became of them"),
        (name = "attachments", description = "The files of messages"),
        (name = "conversations", description = "Everything said with one contact"),
        (name = "issues", description = "Periods of work in a conversation"),
        (name = "notes", description = "What agents tell each other"),
        (name = "views", description = "Lists of conversations that are kept"),
        (name = "tags", description = "Words that conversations are marked with"),
        (name = "gateways", description = "The senders that the operator configured"),
        (name = "search", description = "Messages, notes and conversations by what they say"),
        (name = "segments", description = "What a text costs"),
        (name = "events", description = "Everything that happened, in one order"),
        (name = "quarantine", description = "What came in and could not be read"),
        (name = "agents", description = "Who works here"),
        (name = "contacts", description = "The people who write, and are written to"),
        (name = "opt-outs", description = "Who must not be written to, since when and at whose word"),
        (name = "teams", description = "Who works together"),
        (name = "sessions", description = "Logging in and out"),
        (name = "audit", description = "Who did what"),
        (name = "quick-replies", description = "Texts that are written once and said often"),
        (name = "keys", description = "Keys for programs; for admins"),
    ),
    modifiers(&Common),
)]
struct Document;

/// The document, ready to be served and to be compared with the committed one.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The operations whose body may be left out.
const BARE: &[&str] = &["closeIssue", "rotateKey"];

/// What holds for every operation alike: the key, and how errors look.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        // The page would make a link of it that leads nowhere: no one licence has that name.
        if let Some(license) = &mut document.info.license {
            license.identifier = None;
        }
        let components = document.components.get_or_insert_default();
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("key", scheme);
        headers::define(components);
        for code in Code::ALL {
            let name = format!("problem_{}", code.status().as_u16());
            components
                .responses
                .entry(name)
                .or_insert_with(|| RefOr::T(problem(*code)));
        }
        document.security = Some(vec![utoipa::openapi::SecurityRequirement::new(
            "key",
            Vec::<String>::new(),
        )]);
        let mut requests = Vec::new();
        for (path, item) in &mut document.paths.paths {
            // The current session is none, where a key was shown.
            let has_id = path.contains('{') || path.ends_with("/current");
            for (method, operation) in [
                (HttpMethod::Get, &mut item.get),
                (HttpMethod::Post, &mut item.post),
                (HttpMethod::Put, &mut item.put),
                (HttpMethod::Patch, &mut item.patch),
                (HttpMethod::Delete, &mut item.delete),
            ] {
                if let Some(operation) = operation {
                    headers::of_success(operation);
                    add_problems(operation, &method, has_id);
                    leave_out_body(operation);
                    requests.extend(request_of(operation));
                }
            }
        }
        let components = document.components.get_or_insert_default();
        for name in requests {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) {
                // A field that is not known is refused.
                object.additional_properties =
                    Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// The name of what an operation takes as JSON.
fn request_of(operation: &Operation) -> Option<String> {
    let Some(RefOr::T(body)) = &operation.request_body else {
        return None;
    };
    let Some(RefOr::T(content)) = body.content.get("application/json") else {
        return None;
    };
    let Some(RefOr::Ref(schema)) = &content.schema else {
        return None;
    };
    schema.ref_location.rsplit('/').next().map(str::to_owned)
}

fn leave_out_body(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && BARE.contains(&id)
    {
        body.required = Some(Required::False);
    }
}

fn add_problems(operation: &mut Operation, method: &HttpMethod, has_id: bool) {
    let writes = *method != HttpMethod::Get;
    let statuses = [
        (400, writes),
        (401, true),
        (403, true),
        (404, has_id),
        (408, writes),
        (409, writes),
        (412, takes_version(operation)),
        (413, writes),
        (415, writes),
        (422, true),
        (429, true),
        (500, true),
        (503, true),
    ];
    for (status, _) in statuses.into_iter().filter(|(_, applies)| *applies) {
        let reference = Ref::from_response_name(format!("problem_{status}"));
        operation
            .responses
            .responses
            .insert(status.to_string(), RefOr::Ref(reference));
    }
}

/// Whether an operation changes what the caller saw.
fn takes_version(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|one| matches!(one, RefOr::T(one) if one.name == "If-Match"))
}

fn problem(code: Code) -> Response {
    let mut response = ResponseBuilder::new()
        .description(code.title())
        .content(
            MEDIA_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build();
    headers::of_problem(&mut response, code.status().as_u16());
    response
}
