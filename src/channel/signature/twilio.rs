//! Twilio: HMAC-SHA1 in base64 over the full address and the sorted parameters of a form.
//!
//! The scheme has no time in it, so a repeat is caught by the message's reference alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::Url;

use super::{same, single_header};
use crate::channel::fault::Refusal;
use crate::channel::message::CallbackRequest;
use crate::channel::payload;

const HEADER: &str = "x-twilio-signature";

/// The parameter of the query that carries the hash of a body that is not a form.
const BODY_HASH: &[u8] = b"bodySHA256";

/// The scheme with its keys.
pub(crate) struct Twilio {
    secrets: Vec<Vec<u8>>,
    /// The public address without and with a port: the signer sometimes adds the default one and
    /// sometimes leaves the given one out.
    origins: [String; 2],
}

impl Twilio {
    /// Takes the secrets and the address that the provider posts to.
    pub(crate) fn new(secrets: &[String], public_url: &Url) -> Self {
        Self {
            secrets: secrets
                .iter()
                .map(|secret| secret.as_bytes().to_vec())
                .collect(),
            origins: origins(public_url),
        }
    }

    /// Whether one of the secrets made the signature.
    pub(crate) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        let signature = single_header(request, HEADER)?;
        let parameters = signed_parameters(request)?;
        let mut fits = false;
        for secret in &self.secrets {
            for origin in &self.origins {
                let mut mac =
                    Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
                mac.update(origin.as_bytes());
                mac.update(request.path_and_query.as_bytes());
                mac.update(&parameters);
                let due = STANDARD.encode(mac.finalize().into_bytes());
                fits |= same(due.as_bytes(), signature.as_bytes());
            }
        }
        if fits {
            Ok(())
        } else {
            Err(Refusal::BadSignature)
        }
    }
}

/// What is signed beside the address. A body that nothing covers is refused.
fn signed_parameters(request: &CallbackRequest<'_>) -> Result<Vec<u8>, Refusal> {
    let query = payload::pairs(payload::query(request));
    let hashes: Vec<_> = query.iter().filter(|(name, _)| name == BODY_HASH).collect();
    if !hashes.is_empty() {
        let due = hex::encode(Sha256::digest(request.body));
        let fits = hashes.iter().all(|(_, hash)| same(due.as_bytes(), hash));
        return if fits {
            Ok(Vec::new())
        } else {
            Err(Refusal::BadSignature)
        };
    }
    if request.body.is_empty() {
        return Ok(Vec::new());
    }
    // A form of another charset would be read other than it was signed.
    if request.method == http::Method::GET || !payload::is_form(request) || !is_utf8_form(request) {
        return Err(Refusal::Unsigned);
    }
    let mut pairs = payload::pairs(request.body);
    pairs.sort();
    pairs.dedup();
    Ok(pairs
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .flatten()
        .collect())
}

fn is_utf8_form(request: &CallbackRequest<'_>) -> bool {
    let value = request.headers.get(http::header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    value.split(';').skip(1).all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let charset = name.trim().eq_ignore_ascii_case("charset");
        !charset || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

fn origins(public_url: &Url) -> [String; 2] {
    let host = public_url.host_str().unwrap_or_default();
    let user = match (public_url.username(), public_url.password()) {
        ("", None) => String::new(),
        (user, None) => format!("{user}@"),
        (user, Some(password)) => format!("{user}:{password}@"),
    };
    let scheme = public_url.scheme();
    let prefix = public_url.path().trim_end_matches('/');
    let port = public_url.port_or_known_default().unwrap_or(443);
    [
        format!("{scheme}://{user}{host}{prefix}"),
        format!("{scheme}://{user}{host}:{port}{prefix}"),
    ]
}
