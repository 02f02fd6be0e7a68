//! Standard Webhooks: HMAC-SHA256 in base64 over id, time and body, version 1 of the signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{check_time, same, single_header};
use crate::channel::fault::{GatewayFault, Refusal};
use crate::channel::message::CallbackRequest;
use crate::channel::settings::Settings;

/// The fewest bytes of a key that cannot be guessed: 128 bits.
const SHORTEST_KEY: usize = 16;

/// The scheme with its keys.
pub(crate) struct StandardWebhooks {
    keys: Vec<Vec<u8>>,
}

impl StandardWebhooks {
    /// Reads the secrets: base64, with or without `whsec_` before it.
    pub(crate) fn open(settings: &Settings, name: &str) -> Result<Self, GatewayFault> {
        let keys = settings.secrets(name).iter().map(|secret| {
            let text = secret.strip_prefix("whsec_").unwrap_or(secret);
            let key = STANDARD.decode(text).ok();
            key.filter(|key| key.len() >= SHORTEST_KEY).ok_or_else(|| {
                let reason = "must be whsec_ and at least 16 bytes in base64 \
                              (openssl rand -base64 32 makes one)";
                settings.unusable(name, reason)
            })
        });
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    /// Whether one of the keys made one of the signatures.
    pub(crate) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        let id = single_header(request, "webhook-id")?;
        let timestamp = single_header(request, "webhook-timestamp")?;
        let signatures = single_header(request, "webhook-signature")?;
        check_time(timestamp, request)?;
        let mut fits = false;
        for key in &self.keys {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
            for piece in [
                id.as_bytes(),
                b".",
                timestamp.as_bytes(),
                b".",
                request.body,
            ] {
                mac.update(piece);
            }
            let due = STANDARD.encode(mac.finalize().into_bytes());
            for signature in signatures
                .split(' ')
                .filter_map(|one| one.strip_prefix("v1,"))
            {
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
