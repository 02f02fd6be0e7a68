//! Ed25519 (RFC 8032) over the time, a bar and the body, as Telnyx signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

use super::{check_time, single_header};
use crate::channel::fault::{GatewayFault, Refusal};
use crate::channel::message::CallbackRequest;
use crate::channel::settings::Settings;

/// The scheme with its keys.
pub(crate) struct Ed25519 {
    keys: Vec<VerifyingKey>,
    signature_header: String,
    timestamp_header: String,
}

impl Ed25519 {
    /// Reads the public keys: 32 bytes in base64.
    pub(crate) fn open(
        settings: &Settings,
        name: &str,
        signature_header: &str,
        timestamp_header: &str,
    ) -> Result<Self, GatewayFault> {
        let keys = settings.secrets(name).iter().map(|text| {
            let bytes = STANDARD.decode(text).ok();
            let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
            let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            // Under a weak key anybody can sign.
            key.filter(|key| !key.is_weak())
                .ok_or_else(|| settings.unusable(name, "must be a public key: 32 bytes in base64"))
        });
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
            signature_header: signature_header.to_owned(),
            timestamp_header: timestamp_header.to_owned(),
        })
    }

    /// Whether the signature fits one of the keys.
    pub(crate) fn verify(&self, request: &CallbackRequest<'_>) -> Result<(), Refusal> {
        let signature = single_header(request, &self.signature_header)?;
        let timestamp = single_header(request, &self.timestamp_header)?;
        check_time(timestamp, request)?;
        let bytes = STANDARD.decode(signature).map_err(|_| Refusal::Unsigned)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| Refusal::Unsigned)?;
        let signed = [timestamp.as_bytes(), b"|", request.body].concat();
        let fits = self
            .keys
            .iter()
            .any(|key| key.verify_strict(&signed, &signature).is_ok());
        if fits {
            Ok(())
        } else {
            Err(Refusal::BadSignature)
        }
    }
}
