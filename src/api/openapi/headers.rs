//! The headers of answers: which there are, what they say, and on which answers they stand.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, ObjectBuilder, Ref, RefOr, Response, Type};

/// Every header by name, what it says, and how it looks.
const HEADERS: &[(&str, &str, &str)] = &[
    (
        "X-Request-Id",
        "What to tell the operator; the one that the request came with, or a new one",
        "0198c5a4e8f17d3c9b2a6f1e5d4c3b2a",
    ),
    (
        "RateLimit",
        "How many requests are left to the key, the session or the address",
        "\"key\";r=19999;t=1",
    ),
    (
        "RateLimit-Policy",
        "How many there may be, and in how many seconds",
        "\"key\";q=20000;w=2",
    ),
    ("ETag", "The version, for If-Match", "\"1\""),
    (
        "Retry-After",
        "After how many seconds to come back; on a 409 only while the same request is under way",
        "1",
    ),
    (
        "WWW-Authenticate",
        "How to show who asks",
        "Bearer realm=\"postern\"",
    ),
    (
        "Set-Cookie",
        "The session's cookie, or its end",
        "__Host-postern=0198c5a4e8f17d3c; Path=/; HttpOnly; Secure; SameSite=Lax",
    ),
];

/// What stands on every answer.
const ALWAYS: &[&str] = &["X-Request-Id", "RateLimit", "RateLimit-Policy"];

/// The operations that answer with a version besides those that take one, which do.
const VERSIONED: &[&str] = &[
    "addContactNote",
    "addNote",
    "commentIssue",
    "createAgent",
    "createContact",
    "createQuickReply",
    "createTag",
    "createTeam",
    "createView",
    "disableAgent",
    "enableAgent",
    "getAgent",
    "getContact",
    "getDraft",
    "getIssue",
    "getNote",
    "getQuickReply",
    "getTag",
    "getTeam",
    "getView",
    "holdContact",
    "mergeContact",
    "releaseContact",
    "setPassword",
    "setUp",
    "unmergeContact",
];

/// The operations that set a cookie.
const COOKIE: &[&str] = &["logIn", "logOut"];

/// Puts the headers where operations can point at them.
pub(super) fn define(components: &mut Components) {
    for (name, about, example) in HEADERS {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .description(Some(*about))
            .example(Some((*example).into()))
            .build();
        components
            .headers
            .insert((*name).to_owned(), RefOr::T(header));
    }
}

/// Says which headers stand on a problem with that status.
pub(super) fn of_problem(response: &mut Response, status: u16) {
    let own: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        409 | 429 | 503 => &["Retry-After"],
        _ => &[],
    };
    stand_on(response, ALWAYS.iter().chain(own));
}

/// Says which headers stand on the answers of an operation that went well.
pub(super) fn of_success(operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let versioned = super::takes_version(operation) || VERSIONED.contains(&id.as_str());
    let own = [
        ("ETag", versioned),
        ("Set-Cookie", COOKIE.contains(&id.as_str())),
    ];
    let own = own.iter().filter(|(_, stands)| *stands);
    let names: Vec<&str> = (ALWAYS.iter().copied())
        .chain(own.map(|(name, _)| *name))
        .collect();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            stand_on(response, &names);
        }
    }
}

fn stand_on<'n>(response: &mut Response, names: impl IntoIterator<Item = &'n &'n str>) {
    for name in names {
        let place = format!("#/components/headers/{name}");
        response
            .headers
            .insert((*name).to_owned(), RefOr::Ref(Ref::new(place)));
    }
}
