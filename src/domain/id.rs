//! Identifiers: a UUIDv7 each, of its own type, shown with a prefix that names the resource.
//!
//! The text form is the prefix, `_` and 26 characters of Crockford's base32 in lower case, which
//! sorts like the UUID and so by time of creation.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_ and 26 characters")]
pub struct InvalidId(&'static str);

fn encode(prefix: &str, uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    // 26 digits of 5 bits hold 130 bits; the first digit carries the top 3.
    for place in (0..26).rev() {
        let digit = (bits >> (place * 5)) & 31;
        text.push(ALPHABET[digit as usize] as char);
    }
    text
}

fn decode(prefix: &'static str, text: &str) -> Result<Uuid, InvalidId> {
    let fault = InvalidId(prefix);
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(fault.clone())?;
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return Err(fault);
    }
    let mut bits: u128 = 0;
    for byte in digits.bytes() {
        let digit = ALPHABET
            .iter()
            .position(|known| *known == byte)
            .ok_or(fault.clone())?;
        bits = (bits << 5) | digit as u128;
    }
    Ok(Uuid::from_u128(bits))
}

/// A UUIDv7 later in order than every one made before by this program (RFC 9562, 6.2, method 1):
/// within a millisecond a counter of 26 bits goes on from a random start. Its random bits come from
/// the thread's generator, because a system call for each costs more than all the rest.
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
fn fresh() -> Uuid {
    static LAST: Mutex<(u64, u32)> = Mutex::new((0, 0));
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
    let mut random: [u8; 10] = rand::random();
    let start = u32::from_be_bytes([0, random[0], random[1], random[2]]);
    let (millis, counter) = {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        *last = match *last {
            (before, _) if now > before => (now, start),
            (before, COUNTER_END) => (before + 1, start),
            (before, counter) => (before, counter + 1),
        };
        *last
    };
    // The version takes the upper half of the first byte, the variant two bits of the third.
    let (high, low) = ((counter >> 14).to_be_bytes(), counter.to_be_bytes());
    random[..4].copy_from_slice(&[high[2], high[3], low[2] & 0x3f, low[3]]);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// The last value of the counter in an id.
const COUNTER_END: u32 = (1 << 26) - 1;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What stands before the underscore in the text form.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, later in order than every one made before.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default id would be a new one each time")]
            pub fn new() -> Self {
                Self(fresh())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode($prefix, self.0))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                decode($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// Names a message, inbound or outbound.
    MessageId = "msg";
    /// Names a conversation.
    ConversationId = "cnv";
    /// Names an issue.
    IssueId = "iss";
    /// Names a contact.
    ContactId = "con";
    /// Names an agent.
    AgentId = "agt";
    /// Names an API key.
    KeyId = "key";
    /// Names an event of the feed.
    EventId = "evt";
    /// Names an attachment.
    AttachmentId = "att";
    /// Names an entry of the ledger of opt-outs.
    OptOutId = "opt";
    /// Names something that came in and could not be read.
    QuarantineId = "qua";
    /// Names a team.
    TeamId = "tem";
    /// Names a tag.
    TagId = "tag";
    /// Names a note or a comment.
    NoteId = "not";
    /// Names a quick reply.
    QuickReplyId = "qrp";
    /// Names a login session.
    SessionId = "ses";
    /// Names a saved view.
    ViewId = "viw";
    /// Names an entry of the audit.
    AuditId = "aud";
    /// Names a bulk operation.
    BulkId = "blk";
}

/// A new id for a request that is kept raw; it is never shown, so it has no text form.
#[must_use]
pub fn new_raw_id() -> Uuid {
    fresh()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        for id in [
            MessageId::new(),
            MessageId(Uuid::nil()),
            MessageId(Uuid::max()),
        ] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn each_id_is_later_than_those_before() {
        let ids: Vec<Uuid> = (0..100_000).map(|_| fresh()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        assert_eq!(ids[0].get_version_num(), 7);
        assert_eq!(ids[0].get_variant(), uuid::Variant::RFC4122);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let text = IssueId::new().to_string();
        assert!(text.parse::<MessageId>().is_err());
        assert!(
            "msg_zzzzzzzzzzzzzzzzzzzzzzzzzz"
                .parse::<MessageId>()
                .is_err()
        );
    }
}
