//! The JSON API and its OpenAPI document, one file per resource.
//!
//! A handler extracts, asks the engine once and answers. It knows neither SQL nor providers.

mod agents;
mod attachments;
mod audit;
mod contacts;
mod conversations;
mod csv;
mod docs;
mod drafts;
mod events;
mod gateways;
mod issues;
mod keys;
mod lists;
mod media;
mod messages;
mod notes;
mod once;
mod openapi;
mod opt_outs;
mod quarantine;
mod quick_replies;
mod search;
mod second_factor;
mod segments;
mod sessions;
mod setup;
mod stream;
mod tags;
mod teams;
mod timeline;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::routing::{delete, get, post, put};

use crate::domain::address::{Address, AddressFault};
use crate::domain::clock::Timestamp;
use crate::engine::Engine;
use crate::http::idempotency::InFlight;
use crate::http::problem::{Code, Problem};
use crate::lifecycle::Tasks;

use stream::Seats;

pub use docs::openapi_json;

/// What the handlers share.
#[derive(Clone)]
struct Api {
    engine: Engine,
    /// The region of numbers written without a country, when no gateway decides.
    country: Arc<str>,
    in_flight: InFlight,
    seats: Seats,
    /// Streams end when these are asked to stop.
    tasks: Tasks,
    started: Timestamp,
}

impl FromRef<Api> for Engine {
    fn from_ref(api: &Api) -> Self {
        api.engine.clone()
    }
}

/// Reads an address of either channel, in any written form; numbers without a country are read
/// by the region (ISO 3166-1 alpha-2).
fn address_of(text: &str, country: &str) -> Result<Address, AddressFault> {
    if text.contains('@') {
        Address::parse_email(text)
    } else {
        Address::parse_sms(text, country)
    }
}

/// The largest list of contacts that is imported at once, in bytes.
const LARGEST_LIST: usize = 4 * 1024 * 1024;

/// The routes of contacts, and of what is said of and to them.
fn customers() -> Router<Api> {
    Router::new()
        .route("/v1/contacts", get(contacts::list).post(contacts::create))
        .route("/v1/contacts/duplicates", get(contacts::duplicates))
        .route(
            "/v1/contacts/{id}",
            get(contacts::find).patch(contacts::change),
        )
        .route("/v1/contacts/{id}/merge", post(contacts::merge))
        .route("/v1/contacts/{id}/unmerge", post(contacts::unmerge))
        .route("/v1/contacts/{id}/hold", post(contacts::hold))
        .route("/v1/contacts/{id}/release", post(contacts::release))
        .route("/v1/contacts/{id}/erase", post(contacts::erase))
        .route("/v1/contacts/{id}/export", get(contacts::export))
        .route("/v1/contacts/{id}/notes", post(notes::add_to_contact))
        .route(
            "/v1/contacts/import",
            post(contacts::import).layer(DefaultBodyLimit::max(LARGEST_LIST)),
        )
        .route(
            "/v1/quick-replies",
            get(quick_replies::list).post(quick_replies::create),
        )
        .route(
            "/v1/quick-replies/{id}",
            get(quick_replies::find)
                .patch(quick_replies::change)
                .delete(quick_replies::delete),
        )
        .route("/v1/quick-replies/{id}/render", post(quick_replies::render))
        .route("/v1/opt-outs", get(opt_outs::list).post(opt_outs::create))
        .route("/v1/opt-outs/export", get(opt_outs::export))
        .route(
            "/v1/opt-outs/{id}",
            get(opt_outs::find).delete(opt_outs::end),
        )
}

/// The routes of what conversations are marked with and kept under.
fn shelves() -> Router<Api> {
    Router::new()
        .route("/v1/views", get(views::list).post(views::create))
        .route(
            "/v1/views/{id}",
            get(views::find).patch(views::change).delete(views::delete),
        )
        .route(
            "/v1/notes/{id}",
            get(notes::find).patch(notes::change).delete(notes::delete),
        )
        .route("/v1/tags", get(tags::list).post(tags::create))
        .route(
            "/v1/tags/{id}",
            get(tags::find).patch(tags::change).delete(tags::delete),
        )
}

/// The routes of the API and of its documentation.
///
/// `country` is the region (ISO 3166-1 alpha-2) of numbers written without one; streams end when
/// `tasks` are asked to stop.
pub fn router(engine: Engine, country: &str, tasks: Tasks) -> Router {
    let api = Api {
        started: engine.clock().now(),
        engine,
        country: country.into(),
        in_flight: InFlight::default(),
        seats: Seats::default(),
        tasks,
    };
    Router::new()
        .route("/v1/messages", get(messages::list).post(messages::send))
        .route(
            "/v1/messages/{id}",
            get(messages::find).delete(messages::delete),
        )
        .route("/v1/messages/{id}/restore", post(messages::restore))
        .route("/v1/messages/{id}/raw", get(messages::raw))
        .route("/v1/messages/{id}/retry", post(messages::retry))
        .route("/v1/messages/{id}/cancel", post(messages::cancel))
        .route(
            "/v1/attachments",
            post(attachments::create).layer(DefaultBodyLimit::disable()),
        )
        .route("/v1/attachments/{id}", get(attachments::find))
        .route("/v1/conversations", get(conversations::list))
        .route("/v1/conversations/counts", get(conversations::count))
        .route("/v1/conversations/bulk", post(conversations::bulk))
        .route(
            "/v1/conversations/{id}",
            get(conversations::find).delete(conversations::delete),
        )
        .route("/v1/conversations/{id}/timeline", get(timeline::list))
        .route("/v1/conversations/{id}/read", post(conversations::read))
        .route("/v1/conversations/{id}/unread", post(conversations::unread))
        .route(
            "/v1/conversations/{id}/complete",
            post(conversations::complete),
        )
        .route(
            "/v1/conversations/{id}/archive",
            post(conversations::archive),
        )
        .route(
            "/v1/conversations/{id}/unarchive",
            post(conversations::unarchive),
        )
        .route("/v1/conversations/{id}/snooze", post(conversations::snooze))
        .route("/v1/conversations/{id}/mute", post(conversations::mute))
        .route("/v1/conversations/{id}/unmute", post(conversations::unmute))
        .route(
            "/v1/conversations/{id}/unsnooze",
            post(conversations::unsnooze),
        )
        .route("/v1/conversations/{id}/notes", post(notes::add))
        .route(
            "/v1/conversations/{id}/draft",
            get(drafts::find).put(drafts::put).delete(drafts::delete),
        )
        .route(
            "/v1/conversations/{id}/restrict",
            post(conversations::restrict),
        )
        .route(
            "/v1/conversations/{id}/tags/{tag}",
            put(conversations::tag).delete(conversations::untag),
        )
        .route("/v1/issues", get(issues::list))
        .route("/v1/issues/{id}", get(issues::find).patch(issues::change))
        .route("/v1/issues/{id}/take", post(issues::take))
        .route("/v1/issues/{id}/assign", post(issues::assign))
        .route("/v1/issues/{id}/unassign", post(issues::unassign))
        .route("/v1/issues/{id}/close", post(issues::close))
        .route("/v1/issues/{id}/comments", post(notes::comment))
        .route("/v1/issues/{id}/resolve", post(issues::resolve))
        .route("/v1/issues/{id}/reopen", post(issues::reopen))
        .merge(customers())
        .merge(shelves())
        .route("/v1/gateways", get(gateways::list))
        .route("/v1/search", get(search::search))
        .route("/v1/segments", post(segments::count))
        .route("/v1/events", get(events::list))
        .route("/v1/events/stream", get(stream::follow))
        .route("/v1/quarantine", get(quarantine::list))
        .route("/v1/quarantine/{id}", get(quarantine::get))
        .route("/v1/quarantine/{id}/replay", post(quarantine::replay))
        .route("/media/{token}/{name}", get(media::find))
        .merge(people())
        .merge(docs::router())
        .method_not_allowed_fallback(async || {
            Problem::new(Code::MethodNotAllowed, "this path has other methods")
        })
        .with_state(api)
}

/// Who works here, how they come in, and what they did.
fn people() -> Router<Api> {
    Router::new()
        .route("/v1/agents", get(agents::list).post(agents::create))
        .route("/v1/agents/{id}", get(agents::find).patch(agents::change))
        .route("/v1/agents/{id}/disable", post(agents::disable))
        .route("/v1/agents/{id}/enable", post(agents::enable))
        .route("/v1/agents/{id}/password", post(agents::set_password))
        .route("/v1/teams", get(teams::list).post(teams::create))
        .route(
            "/v1/teams/{id}",
            get(teams::find).patch(teams::change).delete(teams::delete),
        )
        .route("/v1/me", get(sessions::me))
        .route("/v1/me/password", post(sessions::change_password))
        .route(
            "/v1/me/second-factor",
            get(second_factor::find).post(second_factor::begin),
        )
        .route("/v1/me/second-factor/confirm", post(second_factor::confirm))
        .route(
            "/v1/agents/{id}/second-factor",
            delete(second_factor::reset),
        )
        .route("/v1/sessions", get(sessions::list).post(sessions::create))
        .route("/v1/sessions/current", delete(sessions::delete_current))
        .route("/v1/sessions/{id}", delete(sessions::delete))
        .route("/v1/setup", post(setup::create))
        .route("/v1/audit", get(audit::list))
        .route("/v1/keys", get(keys::list).post(keys::create))
        .route("/v1/keys/{id}", get(keys::find).delete(keys::revoke))
        .route("/v1/keys/{id}/rotate", post(keys::rotate))
}
