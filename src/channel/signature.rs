//! The ways in which providers sign what they post. A closed list: a new one is a variant, its
//! file and its vectors.
//!
//! Everything is checked over the bytes as received and the configured public address, never
//! over a header that names a host, and compared in constant time. Several secrets may be valid
//! at once, so that they can be changed without a gap.

mod ed25519;
mod standard_webhooks;
mod token;
mod twilio;
mod vonage;

use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::Url;

use super::fault::{GatewayFault, Refusal};
use super::message::CallbackRequest;
use super::settings::Settings;

/// How far a signed time may be from now, in seconds, in either direction.
const TOLERANCE: u64 = 300;

/// The way of signing that a profile names, and the settings that its keys are in.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Scheme {
    /// HMAC-SHA1 over the address and the sorted parameters (Twilio, "Validating requests").
    Twilio {
        /// The setting that holds the secrets.
        secrets: String,
    },
    /// HMAC-SHA256 over id, time and body (Standard Webhooks, version 1).
    StandardWebhooks {
        /// The setting that holds the secrets.
        secrets: String,
    },
    /// Ed25519 over time, a bar and the body (RFC 8032; Telnyx, "Webhook signing").
    Ed25519 {
        /// The setting that holds the public keys.
        keys: String,
        /// The header with the signature in base64.
        signature_header: String,
        /// The header with the time in seconds since 1970.
        timestamp_header: String,
    },
    /// A digest over the sorted parameters (Vonage, "Signing messages").
    Vonage {
        /// The setting that holds the secrets.
        secrets: String,
        /// The setting that names the digest.
        method: String,
    },
    /// A secret in the query of the address, for providers that do not sign.
    Token {
        /// The setting that holds the secrets.
        secrets: String,
        /// The name of the parameter.
        parameter: String,
    },
}

impl Scheme {
    /// The settings that it needs.
    pub(super) fn settings(&self) -> Vec<&str> {
        match self {
            Self::Twilio { secrets }
            | Self::StandardWebhooks { secrets }
            | Self::Token { secrets, .. } => vec![secrets],
            Self::Ed25519 { keys, .. } => vec![keys],
            Self::Vonage { secrets, method } => vec![secrets, method],
        }
    }
}

/// A scheme with its keys.
pub(super) enum Verifier {
    Twilio(twilio::Twilio),
    StandardWebhooks(standard_webhooks::StandardWebhooks),
    Ed25519(ed25519::Ed25519),
    Vonage(vonage::Vonage),
    Token(token::Token),
}

impl Verifier {
    /// Reads the keys; a gateway without a usable one is refused.
    pub(super) fn open(
        scheme: &Scheme,
        settings: &Settings,
        public_url: &Url,
    ) -> Result<Self, GatewayFault> {
        for setting in scheme.settings() {
            if settings.secrets(setting).is_empty() && settings.text(setting).is_none() {
                let reason = "holds no usable secret, and without one everybody could post";
                return Err(settings.unusable(setting, reason));
            }
        }
        let verifier = match scheme {
            Scheme::Twilio { secrets } => {
                Self::Twilio(twilio::Twilio::new(settings.secrets(secrets), public_url))
            }
            Scheme::StandardWebhooks { secrets } => Self::StandardWebhooks(
                standard_webhooks::StandardWebhooks::open(settings, secrets)?,
            ),
            Scheme::Ed25519 {
                keys,
                signature_header,
                timestamp_header,
            } => Self::Ed25519(ed25519::Ed25519::open(
                settings,
                keys,
                signature_header,
                timestamp_header,
            )?),
            Scheme::Vonage { secrets, method } => {
                Self::Vonage(vonage::Vonage::open(settings, secrets, method)?)
            }
            Scheme::Token { secrets, parameter } => {
                Self::Token(token::Token::open(settings, secrets, parameter)?)
            }
        };
        Ok(verifier)
    }

    /// Whether the post is the provider's.
    pub(super) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        match self {
            Self::Twilio(scheme) => scheme.verify(request),
            Self::StandardWebhooks(scheme) => scheme.verify(request),
            Self::Ed25519(scheme) => scheme.verify(request),
            Self::Vonage(scheme) => scheme.verify(request),
            Self::Token(scheme) => scheme.verify(request),
        }
    }

    /// The address that was posted to, without what would let others post.
    pub(super) fn without_secret(&self, path_and_query: &str) -> String {
        match self {
            Self::Twilio(_) | Self::StandardWebhooks(_) | Self::Ed25519(_) | Self::Vonage(_) => {
                path_and_query.to_owned()
            }
            Self::Token(scheme) => scheme.without_secret(path_and_query),
        }
    }
}

impl std::fmt::Debug for Verifier {
    /// Prints no key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// The one value of a header; a second one makes the request ambiguous, and it is refused.
fn single_header<'a>(request: &CallbackRequest<'a>, name: &str) -> Result<&'a str, Refusal> {
    let mut values = request.headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::Unsigned);
    };
    let text = value.to_str().map_err(|_| Refusal::Unsigned)?.trim();
    if text.is_empty() {
        return Err(Refusal::Unsigned);
    }
    Ok(text)
}

/// Whether the time, in seconds since 1970, is near enough to when the request came in.
fn check_time(text: &str, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Unsigned);
    }
    let seconds: i64 = text.parse().map_err(|_| Refusal::Unsigned)?;
    let now = request.received_at.0.div_euclid(1_000_000);
    if now.abs_diff(seconds) > TOLERANCE {
        return Err(Refusal::Stale);
    }
    Ok(())
}

/// Whether two byte strings are the same, in a time that does not tell where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}
