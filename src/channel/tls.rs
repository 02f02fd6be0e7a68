//! TLS towards mail servers and providers: the machine's certificates, and those that the operator adds.

use std::sync::Arc;

use reqwest::Certificate;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// Why no TLS configuration could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// What the operator added is not a list of certificates.
    #[error("ca: {0}; it has to hold certificates in PEM")]
    Authorities(String),
    /// TLS as such cannot be set up on this machine.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// What a client trusts: the machine's certificates and those in `authorities` (PEM).
///
/// # Errors
///
/// When `authorities` holds no certificate or a broken one, or the machine has none at all.
pub fn client_config(authorities: Option<&str>) -> Result<Arc<ClientConfig>, TlsFault> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let extra = authorities.map_or_else(|| Ok(Vec::new()), certificates)?;
    let setup = |fault: rustls::Error| TlsFault::Setup(fault.to_string());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(setup)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The authorities in a text (PEM), for calls over HTTPS.
///
/// # Errors
///
/// When it holds no certificate, or a broken one.
pub(super) fn authorities(pem: &str) -> Result<Vec<Certificate>, TlsFault> {
    let broken = |fault: reqwest::Error| TlsFault::Authorities(fault.to_string());
    let read = |der: CertificateDer<'_>| Certificate::from_der(&der).map_err(broken);
    certificates(pem)?.into_iter().map(read).collect()
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let found = found.map_err(|fault| TlsFault::Authorities(fault.to_string()))?;
    if found.is_empty() {
        return Err(TlsFault::Authorities("there is no certificate".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\n????\n"] {
            let fault = client_config(Some(pem)).expect_err(pem);
            assert!(matches!(fault, TlsFault::Authorities(_)), "{fault}");
        }
    }
}
