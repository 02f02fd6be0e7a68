//! Signing as Standard Webhooks ask, the carrier's clock and its ids.
//!
//! Must not know how the other side verifies: the two share no code.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Reads a secret written as base64, with or without `whsec_` before it.
pub(super) fn read_secret(text: &str) -> Option<Vec<u8>> {
    let base64 = text.strip_prefix("whsec_").unwrap_or(text);
    STANDARD.decode(base64).ok().filter(|key| !key.is_empty())
}

/// The value of `webhook-signature`: version 1, HMAC-SHA256 over id, time and body.
pub(super) fn sign(key: &[u8], id: &str, timestamp: u64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A new id, with a word before it that says of what.
pub(super) fn fresh_id(of: &str) -> String {
    format!("{of}_{:032x}", rand::random::<u128>())
}

/// Seconds since 1970 by the carrier's clock.
pub(super) fn now_seconds() -> u64 {
    since_epoch().as_secs()
}

/// The carrier's time as RFC 3339 in UTC, in milliseconds.
pub(super) fn now_text() -> String {
    let millis = i64::try_from(since_epoch().as_millis()).unwrap_or(0);
    let shown = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    format!("{shown:.3}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the carrier plays another machine, whose clock nobody injects"
)]
fn since_epoch() -> std::time::Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the Standard Webhooks libraries.
    #[test]
    fn the_known_example_is_signed_alike() {
        let key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
