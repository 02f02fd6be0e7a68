//! Codes that change with the time (RFC 6238, with RFC 4226's defaults: SHA-1, six digits, 30 s),
//! and the codes for whoever lost what makes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::clock::Timestamp;

/// How many random bytes a secret has: as many as the hash (RFC 4226, section 4).
pub const SECRET_BYTES: usize = 20;

/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;

/// How many random bytes a recovery code has: too many to guess its hash.
pub const RECOVERY_BYTES: usize = 10;

/// How long a code is good, in microseconds.
const STEP: i64 = 30_000_000;

/// How many codes before and after the present one are taken (RFC 6238, section 5.2).
const DRIFT: i64 = 1;

/// What an agent shows beside the password. Holds secrets, so it cannot be printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecondFactor {
    /// What the codes are made of; nothing before the first one was confirmed.
    pub secret: Option<Vec<u8>>,
    /// What they are to be made of, once a code has shown that it arrived.
    pub pending: Option<Vec<u8>>,
    /// The last step whose code was taken: no code counts twice.
    pub step: i64,
    /// The hashes of the recovery codes that are left.
    pub recovery: Vec<String>,
}

/// What was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A code of the present time.
    Code,
    /// A recovery code, which is gone now.
    Recovery,
}

impl SecondFactor {
    /// Whether a code is asked for.
    pub fn is_on(&self) -> bool {
        self.secret.is_some()
    }

    /// Takes a code, of the time or of recovery; each once.
    pub fn take(&mut self, given: &str, now: Timestamp) -> Option<Taken> {
        let secret = self.secret.as_deref()?;
        let given = bare(given);
        if let Some(step) = step_of(secret, &given, now, self.step) {
            self.step = step;
            return Some(Taken::Code);
        }
        let hash = hash(&given);
        let place = self.recovery.iter().position(|known| same(known, &hash))?;
        self.recovery.remove(place);
        Some(Taken::Recovery)
    }

    /// Puts the pending secret into force when the code is one of it, with new recovery codes.
    pub fn confirm(&mut self, given: &str, now: Timestamp, recovery: &[String]) -> bool {
        let pending = self.pending.as_deref().unwrap_or_default();
        let step = step_of(pending, &bare(given), now, i64::MIN);
        let Some(step) = step.filter(|_| self.pending.is_some()) else {
            return false;
        };
        self.secret = self.pending.take();
        self.step = step;
        self.recovery = recovery.iter().map(|code| hash(&bare(code))).collect();
        true
    }
}

/// The step after `after` whose code this is.
fn step_of(secret: &[u8], given: &str, now: Timestamp, after: i64) -> Option<i64> {
    let present = now.0.div_euclid(STEP);
    let near = (present - DRIFT..=present + DRIFT).filter(|step| *step > after);
    near.into_iter()
        .find(|step| same(&code(secret, *step), given))
}

/// The code of a step (RFC 4226, section 5.3).
fn code(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key may have any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let four = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
    format!(
        "{:06}",
        (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
    )
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A code without what people put in for reading.
fn bare(given: &str) -> String {
    let signs = given.chars().filter(char::is_ascii_alphanumeric);
    signs.map(|sign| sign.to_ascii_lowercase()).collect()
}

fn hash(code: &str) -> String {
    hex::encode(Sha256::digest(code))
}

/// A recovery code as it is shown, in groups of four.
pub fn recovery_code(random: [u8; RECOVERY_BYTES]) -> String {
    let letters = base32(&random).to_ascii_lowercase();
    let groups: Vec<&str> = (0..letters.len())
        .step_by(4)
        .map(|at| &letters[at..(at + 4).min(letters.len())])
        .collect();
    groups.join("-")
}

/// What an authenticator reads, as a picture or as text: for whom, of whom, and the secret.
pub fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let escaped = |text: &str| -> String {
        let escaped = form_urlencoded::byte_serialize(text.as_bytes());
        escaped.collect::<String>().replace('+', "%20")
    };
    let (issuer, account) = (escaped(issuer), escaped(account));
    let secret = base32(secret);
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
}

/// Base32 without padding (RFC 4648, section 6).
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut five = [0_u8; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(five);
        for nth in 0..(chunk.len() * 8).div_ceil(5) {
            let place = (bits >> (35 - 5 * nth)) & 31;
            text.push(char::from(ALPHABET[usize::try_from(place).unwrap_or(0)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn t17_codes_are_those_of_rfc_6238() {
        // Appendix B has eight digits; six are the last of them.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, seconds / 30), expected, "at {seconds}");
        }
    }

    #[test]
    fn t17_a_code_counts_once_and_only_about_its_time() {
        let mut factor = SecondFactor {
            pending: Some(SECRET.to_vec()),
            ..SecondFactor::default()
        };
        let recovery = [
            recovery_code([7; RECOVERY_BYTES]),
            recovery_code([8; RECOVERY_BYTES]),
        ];
        assert_eq!(factor.take("287082", at(59)), None);
        assert!(!factor.confirm("287083", at(59), &recovery));
        assert!(factor.confirm("287 082", at(59), &recovery) && factor.is_on());
        assert!(!factor.confirm("287082", at(59), &recovery));
        assert_eq!(factor.take("287082", at(59)), None, "it was taken");
        assert_eq!(factor.take("005924", at(1_234_567_890 + 60)), None);
        let early = at(1_234_567_890 - 30);
        assert_eq!(factor.take("005924", early), Some(Taken::Code));
        assert_eq!(factor.take("005924", at(1_234_567_890)), None);
        let shouted = recovery[1].to_uppercase();
        assert_eq!(factor.take(&shouted, early), Some(Taken::Recovery));
        assert_eq!(factor.take(&shouted, early), None);
        assert_eq!(factor.recovery.len(), 1);
        assert_eq!(factor.take("", early), None);
    }

    #[test]
    fn an_authenticator_can_read_the_uri() {
        assert_eq!(
            uri("sms.example.com", "ada@example.com", SECRET),
            "otpauth://totp/sms.example.com:ada%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=sms.example.com"
        );
        // RFC 4648, section 10.
        for (plain, expected) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foob", "MZXW6YQ")] {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
        assert_eq!(recovery_code([0; RECOVERY_BYTES]), "aaaa-aaaa-aaaa-aaaa");
    }
}
