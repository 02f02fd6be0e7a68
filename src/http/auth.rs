//! Who asks: the key in the header `Authorization`, and what its role allows.

use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::domain::agent::{Principal, Role};
use crate::engine::Engine;
use crate::http::problem::{Code, Problem};

/// Names under which clients put keys into URLs.
const KEY_PARAMETERS: [&str; 6] = [
    "key",
    "api_key",
    "apikey",
    "token",
    "access_token",
    "authorization",
];

/// Whoever has a key, to read.
#[derive(Debug, Clone)]
pub struct Reader(pub Principal);

/// An agent or an admin, to change something.
#[derive(Debug, Clone)]
pub struct Writer(pub Principal);

/// An admin.
#[derive(Debug, Clone)]
pub struct Administrator(pub Principal);

macro_rules! extract {
    ($name:ident, $role:expr) => {
        impl<S: Send + Sync> FromRequestParts<S> for $name
        where
            Engine: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let principal = authenticate(parts, &Engine::from_ref(state)).await?;
                require(&principal, $role)?;
                Ok(Self(principal))
            }
        }
    };
}

extract!(Reader, Role::Observer);
extract!(Writer, Role::Agent);
extract!(Administrator, Role::Admin);

async fn authenticate(parts: &Parts, engine: &Engine) -> Result<Principal, Problem> {
    let key = bearer(&parts.headers, &parts.uri)?;
    engine.authenticate(key).await?.ok_or_else(unknown_key)
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
    Problem::new(Code::Unauthorized, "the key is not known")
}
/// Refuses a principal whose role is below the one that is needed.
///
/// # Errors
///
/// A 403 that names both roles.
pub fn require(principal: &Principal, needed: Role) -> Result<(), Problem> {
    if principal.role >= needed {
        return Ok(());
    }
    let (has, needed) = (principal.role.as_str(), needed.as_str());
    Err(Problem::new(
        Code::Forbidden,
        format!("this key has the role {has}, and the role {needed} is needed"),
    ))
}
