//! Signs mail (RFC 6376, RFC 8463), so that a receiving server can tell that it is ours.

use std::fmt;

use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256, SigningKey};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{DkimSigner, Done};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::domain::mailbox::Dkim;

/// What is signed, where the mail has it. From is named twice, so that nobody adds a second one.
const HEADERS: [&str; 14] = [
    "From",
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

enum Key {
    Rsa(DkimSigner<RsaKey<Sha256>, Done>),
    Ed25519(DkimSigner<Ed25519Key, Done>),
}

/// Signs for one domain.
pub struct Signer {
    key: Key,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads the key: RSA (PKCS #1 or #8) or Ed25519 (PKCS #8), PEM.
    ///
    /// # Errors
    ///
    /// Says in words why the key cannot be used.
    pub fn open(dkim: &Dkim) -> Result<Self, String> {
        let unreadable = "key: no private key in PEM; an RSA key of 1024 bits or more, or Ed25519";
        let der = PrivateKeyDer::from_pem_slice(dkim.key.0.as_bytes())
            .map_err(|_| unreadable.to_owned())?;
        if let Ok(key) = RsaKey::<Sha256>::from_key_der(der.clone_key()) {
            return Ok(Self {
                key: Key::Rsa(signer(key, dkim)),
            });
        }
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(der.secret_der())
            .map_err(|_| unreadable.to_owned())?;
        Ok(Self {
            key: Key::Ed25519(signer(key, dkim)),
        })
    }

    /// The header that signs a mail, with its line end; it goes in front of the mail.
    ///
    /// # Errors
    ///
    /// Says in words why there is none.
    pub fn sign(&self, mail: &[u8]) -> Result<String, String> {
        let signature = match &self.key {
            Key::Rsa(signer) => signer.sign(mail),
            Key::Ed25519(signer) => signer.sign(mail),
        };
        signature
            .map(|signature| signature.to_header())
            .map_err(|fault| format!("the mail could not be signed: {fault}"))
    }
}

fn signer<K: SigningKey>(key: K, dkim: &Dkim) -> DkimSigner<K, Done> {
    DkimSigner::from_key(key)
        .domain(&dkim.domain)
        .selector(&dkim.selector)
        .headers(HEADERS)
}
