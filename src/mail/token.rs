//! Our token in a mail: an id of ours with a proof, in letters that an address may have.
//!
//! It stands in plus-addresses, in Message-IDs and in envelope senders, so that an answer or a
//! bounce names what it belongs to and nobody can make one up. It knows nothing of what the id
//! names, nor of whether the mail that carries it may do what it asks.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Crockford's base32 in lower case: no character is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 80 bits: a guess fits once in 10^24, and each guess is a mail.
const PROOF: usize = 10;

/// The id's 16 bytes and the proof.
const BYTES: usize = 16 + PROOF;

/// The length of a token: 208 bits in digits of 5. With `support+` it is far below the 64 octets
/// of a local part (RFC 5321, 4.5.3.1.1).
pub const LENGTH: usize = (BYTES * 8).div_ceil(5);

/// What sets our proofs apart from other uses of the same secret.
const PURPOSE: &[u8] = b"postern mail token 1";

/// Makes tokens and knows its own.
#[derive(Clone)]
pub struct Signer {
    key: Hmac<Sha256>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Signs with a secret, of any length; at least 16 random bytes make it one.
    pub fn new(secret: &[u8]) -> Self {
        let mut key =
            <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes every length");
        key.update(PURPOSE);
        Self { key }
    }

    /// The token of an id: [`LENGTH`] lower-case letters and digits, always the same.
    pub fn sign(&self, id: Uuid) -> String {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(id.as_bytes());
        bytes[16..].copy_from_slice(&self.proof(id));
        encode(&bytes)
    }

    /// The id of a token of ours, in upper or lower case; the comparison takes the same time
    /// whatever differs.
    pub fn verify(&self, token: &str) -> Option<Uuid> {
        let bytes = decode(token)?;
        let (id, proof) = bytes.split_at(16);
        let id = Uuid::from_slice(id).ok()?;
        bool::from(self.proof(id).ct_eq(proof)).then_some(id)
    }

    /// The id of the first token of ours in an address, a Message-ID or a tag, whatever stands
    /// around it.
    pub fn find(&self, text: &str) -> Option<Uuid> {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|piece| piece.len() == LENGTH)
            .find_map(|piece| self.verify(piece))
    }

    fn proof(&self, id: Uuid) -> [u8; PROOF] {
        let mut mac = self.key.clone();
        mac.update(id.as_bytes());
        let whole = mac.finalize().into_bytes();
        let mut proof = [0; PROOF];
        proof.copy_from_slice(&whole[..PROOF]);
        proof
    }
}

fn encode(bytes: &[u8; BYTES]) -> String {
    let mut text = String::with_capacity(LENGTH);
    let (mut bits, mut held) = (0u16, 0);
    for byte in bytes {
        bits = (bits << 8) | u16::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[usize::from((bits >> held) & 31)]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[usize::from((bits << (5 - held)) & 31)]));
    }
    text
}

fn decode(text: &str) -> Option<[u8; BYTES]> {
    if text.len() != LENGTH {
        return None;
    }
    let mut bytes = [0; BYTES];
    let mut place = 0;
    let (mut bits, mut held) = (0u16, 0);
    for letter in text.bytes() {
        let letter = letter.to_ascii_lowercase();
        let digit = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u16::try_from(digit).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes[place] = (bits >> held).to_be_bytes()[1];
            place += 1;
        }
    }
    // Bits beyond the last byte are nought, so that a token has one spelling but for its case.
    (bits & ((1 << held) - 1) == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_token_counts() {
        let signer = Signer::new(b"a secret of this test");
        for id in [Uuid::nil(), Uuid::max(), Uuid::from_u128(1 << 64)] {
            let token = signer.sign(id);
            assert_eq!(token.len(), LENGTH);
            assert_eq!(signer.verify(&token), Some(id));
            assert_eq!(signer.verify(&token.to_ascii_uppercase()), Some(id));
            for place in 0..LENGTH {
                for other in ALPHABET {
                    let mut changed = token.clone().into_bytes();
                    if changed[place] == *other {
                        continue;
                    }
                    changed[place] = *other;
                    let changed = String::from_utf8(changed).unwrap();
                    assert_eq!(signer.verify(&changed), None, "{changed}");
                }
            }
        }
    }

    #[test]
    fn a_token_is_found_where_mail_carries_it() {
        let signer = Signer::new(b"a secret of this test");
        let id = Uuid::from_u128(0x0198_7654_3210_7000_8000_0123_4567_89ab);
        let token = signer.sign(id);
        for text in [
            format!("support+{token}@example.com"),
            format!("<{token}@example.com>"),
            format!("bounces+{token}.2=ann=example.org@example.com"),
            token.to_uppercase(),
        ] {
            assert_eq!(signer.find(&text), Some(id), "{text}");
        }
        assert_eq!(signer.find("support+é@example.com"), None);
        assert_eq!(Signer::new(b"another").find(&token), None);
    }
}
