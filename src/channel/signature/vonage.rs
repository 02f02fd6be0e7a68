//! Vonage's SMS API: a digest over the sorted parameters, sent as the parameter `sig`.
//!
//! `&` and `=` in a value are signed as `_`, so a name that holds either is refused: it could
//! pass for two parameters.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{check_time, same};
use crate::channel::fault::{GatewayFault, Refusal};
use crate::channel::message::CallbackRequest;
use crate::channel::payload::{self, Pair};
use crate::channel::settings::Settings;

/// The digests, by the names that the provider's dashboard gives them.
enum Method {
    Md5Hash,
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// The scheme with its keys.
pub(crate) struct Vonage {
    secrets: Vec<Vec<u8>>,
    method: Method,
}

impl Vonage {
    /// Reads the secrets and the name of the digest.
    pub(crate) fn open(
        settings: &Settings,
        secrets: &str,
        method: &str,
    ) -> Result<Self, GatewayFault> {
        let chosen = match settings.text(method) {
            Some("md5hash") => Method::Md5Hash,
            Some("md5") => Method::Md5,
            Some("sha1") => Method::Sha1,
            Some("sha256") => Method::Sha256,
            Some("sha512") => Method::Sha512,
            Some(_) | None => {
                let reason = "must be one of md5hash, md5, sha1, sha256, sha512";
                return Err(settings.unusable(method, reason));
            }
        };
        let secrets = settings
            .secrets(secrets)
            .iter()
            .map(|text| text.as_bytes().to_vec());
        Ok(Self {
            secrets: secrets.collect(),
            method: chosen,
        })
    }

    /// Whether one of the secrets made the signature.
    pub(crate) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        let mut pairs = parameters(request)?;
        pairs.sort();
        let twice = pairs.windows(2).any(|two| two[0].0 == two[1].0);
        let ambiguous = pairs
            .iter()
            .any(|(name, _)| name.iter().any(|byte| is_separator(*byte)));
        let at = pairs.iter().position(|(name, _)| name == b"sig");
        let (false, false, Some(at)) = (twice, ambiguous, at) else {
            return Err(Refusal::Unsigned);
        };
        let (_, signature) = pairs.remove(at);
        let given = hex::decode(&signature).map_err(|_| Refusal::Unsigned)?;
        let signed = signed_text(&pairs);
        let mut fits = false;
        for secret in &self.secrets {
            fits |= same(&self.digest(secret, &signed), &given);
        }
        if !fits {
            return Err(Refusal::BadSignature);
        }
        let timestamp = pairs.iter().find(|(name, _)| name == b"timestamp");
        let (_, timestamp) = timestamp.ok_or(Refusal::Unsigned)?;
        let timestamp = str::from_utf8(timestamp).map_err(|_| Refusal::Unsigned)?;
        check_time(timestamp, request)
    }

    fn digest(&self, secret: &[u8], signed: &[u8]) -> Vec<u8> {
        match self.method {
            Method::Md5Hash => Md5::new()
                .chain_update(signed)
                .chain_update(secret)
                .finalize()
                .to_vec(),
            Method::Md5 => mac(Hmac::<Md5>::new_from_slice(secret), signed),
            Method::Sha1 => mac(Hmac::<Sha1>::new_from_slice(secret), signed),
            Method::Sha256 => mac(Hmac::<Sha256>::new_from_slice(secret), signed),
            Method::Sha512 => mac(Hmac::<Sha512>::new_from_slice(secret), signed),
        }
    }
}

fn mac<M: Mac, E: std::fmt::Debug>(keyed: Result<M, E>, signed: &[u8]) -> Vec<u8> {
    let mut mac = keyed.expect("HMAC takes keys of any length");
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

fn signed_text(pairs: &[Pair]) -> Vec<u8> {
    let mut signed = Vec::new();
    for (name, value) in pairs {
        signed.push(b'&');
        signed.extend_from_slice(name);
        signed.push(b'=');
        signed.extend(
            value
                .iter()
                .map(|byte| if is_separator(*byte) { b'_' } else { *byte }),
        );
    }
    signed
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'&' | b'=')
}

/// The same parameters that are read afterwards: of the query, the form or the JSON body.
fn parameters(request: &CallbackRequest<'_>) -> Result<Vec<Pair>, Refusal> {
    let in_query = request.method == http::Method::GET || request.method == http::Method::HEAD;
    if in_query {
        return Ok(payload::pairs(payload::query(request)));
    }
    if payload::is_form(request) {
        return Ok(payload::pairs(request.body));
    }
    if !payload::is_json(request) {
        return Err(Refusal::Unsigned);
    }
    let body: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(request.body).map_err(|_| Refusal::Unsigned)?;
    let pairs = body.into_iter().map(|(name, value)| {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(flag) => flag.to_string(),
            serde_json::Value::Null => String::new(),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                return Err(Refusal::Unsigned);
            }
        };
        Ok((name.into_bytes(), text.into_bytes()))
    });
    pairs.collect()
}
