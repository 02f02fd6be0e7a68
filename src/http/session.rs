//! The cookie of somebody who logged in, and what a browser must show that another site's page
//! cannot (T15, T16).
//!
//! The cookie is `__Host-postern`, with `Secure`. Where `server.public_url` is plain HTTP on a
//! loopback address, no browser would keep that, so there it is `postern`, without `Secure`.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRef, FromRequestParts};
use http::header::{COOKIE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::{Host, Url};

use crate::engine::{Engine, SESSION_LASTS};
use crate::http::problem::{Code, Problem};

/// A header that no form and no other site's script can send without being asked first.
const OURS: HeaderName = HeaderName::from_static("x-postern");

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The caller's address, as the door knows it.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

/// A request without a session that may begin one: not sent by another site's page.
#[derive(Debug, Clone, Copy)]
pub struct SameSite;

impl<S: Send + Sync> FromRequestParts<S> for SameSite
where
    Engine: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let engine = Engine::from_ref(state);
        refuse_other_sites(&parts.method, &parts.headers, engine.public_url())?;
        Ok(Self)
    }
}

/// Refuses what another site's page may have sent with the browser's cookie.
///
/// # Errors
///
/// A 403 that says what is missing or does not fit.
pub fn refuse_other_sites(
    method: &Method,
    headers: &HeaderMap,
    public_url: &Url,
) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let refused = |detail: &str| Err(Problem::new(Code::Forbidden, detail));
    let site = headers.get(FETCH_SITE);
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return refused("the request was sent by a page of another site");
    }
    if let Some(origin) = headers.get(ORIGIN) {
        let ours = public_url.origin().ascii_serialization();
        if origin.as_bytes() != ours.as_bytes() {
            return refused("the header Origin is not the origin of server.public_url");
        }
    }
    if !headers.contains_key(OURS) {
        return refused("send the header X-Postern: 1 with everything that changes something");
    }
    Ok(())
}

fn is_plain_loopback(public_url: &Url) -> bool {
    let loopback = match public_url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    public_url.scheme() == "http" && loopback
}

fn cookie_name(public_url: &Url) -> &'static str {
    if is_plain_loopback(public_url) {
        "postern"
    } else {
        "__Host-postern"
    }
}

/// The token in the cookie. Two cookies of the name are none: one of them was slipped in.
pub fn token<'h>(headers: &'h HeaderMap, public_url: &Url) -> Option<&'h str> {
    let name = cookie_name(public_url);
    let cookies = headers.get_all(COOKIE).iter();
    let mut ours = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, token)| token);
    let token = ours.next()?;
    (ours.next().is_none() && !token.is_empty()).then_some(token)
}

/// The header that gives a browser its cookie.
pub fn set_cookie(token: &str, public_url: &Url) -> HeaderValue {
    cookie(token, SESSION_LASTS.as_secs(), public_url)
}

/// The header that takes it away.
pub fn clear_cookie(public_url: &Url) -> HeaderValue {
    cookie("", 0, public_url)
}

fn cookie(token: &str, seconds: u64, public_url: &Url) -> HeaderValue {
    let name = cookie_name(public_url);
    let secure = if is_plain_loopback(public_url) {
        ""
    } else {
        "; Secure"
    };
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}{secure}; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(text).expect("names, hexadecimal and digits are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn t15_the_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
        let public: Url = "https://sms.example.com/".parse().unwrap();
        let local: Url = "http://127.0.0.1:8080".parse().unwrap();
        let set = |url| set_cookie("ab", url).to_str().unwrap().to_owned();
        assert_eq!(
            set(&public),
            "__Host-postern=ab; Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            set(&local),
            "postern=ab; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"
        );
        let shown = |text| headers(&[("cookie", text)]);
        assert_eq!(token(&shown("a=b; __Host-postern=ab"), &public), Some("ab"));
        assert_eq!(token(&shown("postern=ab"), &public), None);
        assert_eq!(
            token(&shown("__Host-postern=a; __Host-postern=b"), &public),
            None
        );
    }

    #[test]
    fn t16_another_sites_page_changes_nothing() {
        fn allows(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
            let url = "https://sms.example.com/".parse().unwrap();
            refuse_other_sites(method, &headers(pairs), &url).is_ok()
        }
        let ours = ("x-postern", "1");
        assert!(allows(&Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(allows(&Method::POST, &[ours]));
        let same = ("sec-fetch-site", "same-origin");
        assert!(allows(
            &Method::DELETE,
            &[ours, same, ("origin", "https://sms.example.com")]
        ));
        assert!(!allows(&Method::POST, &[same]));
        for other in ["cross-site", "same-site"] {
            assert!(
                !allows(&Method::POST, &[ours, ("sec-fetch-site", other)]),
                "{other}"
            );
        }
        for other in ["null", "https://example.com", "http://sms.example.com", ""] {
            assert!(
                !allows(&Method::PATCH, &[ours, ("origin", other)]),
                "{other}"
            );
        }
    }
}
