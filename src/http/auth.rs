//! Who asks: the key in the header `Authorization` or the cookie of a session, and what it allows.
//! One extractor for each permission.

use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::domain::agent::{Origin, Permission, Permissions, Principal};
use crate::engine::{Engine, origin};
use crate::http::problem::{Code, Problem};
use crate::http::rate;
use crate::http::session::{self, Client};

/// Names under which clients put keys into URLs.
const KEY_PARAMETERS: [&str; 6] = [
    "key",
    "api_key",
    "apikey",
    "token",
    "access_token",
    "authorization",
];

macro_rules! doors {
    ($($(#[$doc:meta])* $name:ident: $permission:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Principal);

        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            Engine: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let principal = authenticate(parts, &Engine::from_ref(state)).await?;
                require(&principal, $permission)?;
                Ok(Self(principal))
            }
        }
    )*};
}

doors! {
    /// Whoever is known, whatever they may do.
    Anybody: None;
    /// Whoever may read.
    Reader: Some(Permission::ViewMessages);
    /// Whoever may write to customers and work on conversations.
    Writer: Some(Permission::SendMessages);
    /// Whoever may delete messages of their own.
    Deleter: Some(Permission::DeleteMessages);
    /// Whoever may take issues and give them to others.
    Assigner: Some(Permission::Assign);
    /// Whoever may act on gateways.
    GatewayManager: Some(Permission::ManageGateways);
    /// Whoever may add and change agents, teams and keys.
    PeopleManager: Some(Permission::ManagePeople);
    /// Whoever may end opt-outs.
    OptOutEnder: Some(Permission::EndOptOuts);
    /// Whoever may take data out in bulk.
    Exporter: Some(Permission::Export);
    /// Whoever may read who did what.
    Auditor: Some(Permission::Audit);
}

/// Lets in who shows a key, or else the cookie of a session; with a cookie only what no page of
/// another site can have sent.
async fn authenticate(parts: &Parts, engine: &Engine) -> Result<Principal, Problem> {
    let url = engine.public_url();
    let cookie = session::token(&parts.headers, url);
    let found = match cookie.filter(|_| !parts.headers.contains_key(AUTHORIZATION)) {
        Some(token) => {
            session::refuse_other_sites(&parts.method, &parts.headers, url)?;
            engine.authenticate_session(token).await?
        }
        None => {
            let key = bearer(&parts.headers, &parts.uri)?;
            engine.authenticate(key).await?
        }
    };
    let address = parts.extensions.get::<Client>().and_then(|client| client.0);
    let principal = found.map(|found| Principal { address, ..found });
    let Some(principal) = principal else {
        rate::count_stranger()?;
        return Err(unknown_key());
    };
    rate::count(principal.via)?;
    origin::note(Origin {
        via: Some(principal.via),
        address,
    });
    Ok(principal)
}

/// The key that a request shows.
///
/// # Errors
///
/// A 401 when there is none in the header, and when there is one in the URL: what is in a URL ends
/// up in logs on the way, so such a key is as good as published (T18).
pub fn bearer<'h>(headers: &'h HeaderMap, uri: &Uri) -> Result<&'h str, Problem> {
    let query = uri.query().unwrap_or_default();
    let exposed = form_urlencoded::parse(query.as_bytes())
        .any(|(name, _)| KEY_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()));
    if exposed {
        tracing::warn!("a key was sent in a URL and refused; revoke it");
        return Err(Problem::new(
            Code::Unauthorized,
            "a key in the URL is never accepted; send it in the header Authorization, and revoke this one",
        ));
    }
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (scheme, key) = header.split_once(' ').unwrap_or((header, ""));
    let key = key.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() {
        return Ok(key);
    }
    Err(Problem::new(
        Code::Unauthorized,
        "send a key in the header Authorization: Bearer KEY",
    ))
}

/// The answer to a key that is not known or was revoked; which of them it is stays untold.
pub fn unknown_key() -> Problem {
    Problem::new(
        Code::Unauthorized,
        "the key or the session is not known, or no longer",
    )
}

/// Refuses a principal who lacks a permission.
///
/// # Errors
///
/// A 403 that names the permission.
pub fn require(principal: &Principal, needed: Option<Permission>) -> Result<(), Problem> {
    let Some(needed) = needed.filter(|needed| !principal.may(*needed)) else {
        return Ok(());
    };
    let (role, name) = (principal.role.as_str(), needed.as_str());
    let detail = if Permissions::of(principal.role).contain(needed) {
        format!(
            "the permission {name} is needed; the role {role} has it, but it was denied, or is not in the scopes of the key"
        )
    } else {
        format!("the permission {name} is needed, and the role {role} does not have it")
    };
    Err(Problem::new(Code::Forbidden, detail).with("permission", needed))
}
