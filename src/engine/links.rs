//! Links by which a provider fetches a file that it shall send (T6).
//!
//! A link names one attachment and the hour it ends, and is signed; it can be neither guessed nor
//! changed, and nothing is kept of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::Engine;
use crate::domain::attachment::Enclosed;
use crate::domain::clock::Timestamp;
use crate::domain::id::AttachmentId;

/// How long a link is good: providers fetch within minutes, and try again for a day.
const GOOD_FOR: Duration = Duration::from_hours(48);

// Bytes of an id, of a time, and of what is kept of the signature: 128 bits.
const ID: usize = 16;
const TIME: usize = 8;
const SIGN: usize = 16;

impl Engine {
    /// A link to a file, good for two days.
    pub fn media_link(&self, file: &Enclosed) -> String {
        let until = self.context.clock.now().plus(GOOD_FOR);
        let mut token = Vec::with_capacity(ID + TIME + SIGN);
        token.extend_from_slice(file.id.0.as_bytes());
        token.extend_from_slice(&until.0.to_be_bytes());
        let sign = self.signer(&token).finalize().into_bytes();
        token.extend_from_slice(&sign[..SIGN]);
        let mut url = self.context.public_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            let token = URL_SAFE_NO_PAD.encode(token);
            path.pop_if_empty().extend(["media", &token, &file.name]);
        }
        url.to_string()
    }

    /// The attachment that a link is good for; nothing when it is not ours, or not good any more.
    pub fn read_media_link(&self, token: &str) -> Option<AttachmentId> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        if token.len() != ID + TIME + SIGN {
            return None;
        }
        let (said, sign) = token.split_at(ID + TIME);
        self.signer(said).verify_truncated_left(sign).ok()?;
        let until = Timestamp(i64::from_be_bytes(said[ID..].try_into().ok()?));
        let id = Uuid::from_slice(&said[..ID]).ok()?;
        (self.context.clock.now() <= until).then_some(AttachmentId(id))
    }

    fn signer(&self, said: &[u8]) -> Hmac<Sha256> {
        let key = self.derive("media links");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
        mac.update(said);
        mac
    }
}
