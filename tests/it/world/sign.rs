//! Signing as each provider does, written from its page alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Digest as _;
use sha1::Sha1;
use sha2::Sha256;

/// `X-Twilio-Signature` of a form post: the URL, then each name and value in order of name.
pub fn twilio(token: &str, url: &str, params: &[(&str, &str)]) -> String {
    let mut sorted = params.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut text = url.to_owned();
    for (name, value) in sorted {
        text.push_str(name);
        text.push_str(value);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// `webhook-signature` of Standard Webhooks, version 1.
pub fn standard(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// `sig` of Vonage's `md5hash`: `&name=value` in order of name, then the secret.
pub fn vonage_md5(secret: &str, params: &[(&str, &str)]) -> String {
    let mut sorted = params.to_vec();
    sorted.sort_unstable();
    let mut text = String::new();
    for (name, value) in sorted {
        text.extend(["&", name, "=", &value.replace(['&', '='], "_")]);
    }
    text.push_str(secret);
    hex::encode(md5::Md5::digest(text.as_bytes()))
}
