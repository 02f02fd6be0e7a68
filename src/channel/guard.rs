//! The client for addresses that somebody else named: pictures in a provider's payload, and
//! whatever else is not the operator's own word (T3, T36).
//!
//! Every address of a host is looked up and checked, and the connection goes to one of those that
//! were checked: there is no second lookup that could be told something else. No proxy of the
//! environment is used, nothing is unpacked, and there are limits to size, time and redirects.

mod address;
mod resolver;
mod rules;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use reqwest::Certificate;
use reqwest::redirect::Policy;
use url::Url;

pub use address::is_public;
pub use resolver::{Answer, Lookup};
pub use rules::{Refused, Rules};

use resolver::Checked;
use rules::Trust;

/// The most that is read of one file, in bytes.
pub const LARGEST: usize = 20_000_000;

/// The longest that one file may take, redirects and lookups included.
pub const LONGEST: Duration = Duration::from_secs(20);

/// How often one is sent elsewhere before it is enough.
const HOPS: usize = 3;

/// From the lookup to the end of the TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);

/// How one shows who one is; never shown to anybody after a redirect.
#[derive(Clone)]
pub enum Credentials {
    /// A user and a password (RFC 7617).
    Basic(String, String),
    /// A token (RFC 6750).
    Bearer(String),
}

impl std::fmt::Debug for Credentials {
    /// Prints nothing: it is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The bytes.
    pub bytes: Bytes,
    /// The media type, as the server said.
    pub content_type: Option<String>,
}

/// Why something could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// The address must not be called, and never will be.
    #[error("the address is refused: {0}")]
    Refused(Refused),
    /// It is too large.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    /// It sends from one address to the next.
    #[error("it redirects more than {HOPS} times")]
    TooManyHops,
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
    /// The server answers with a status that is none of success.
    #[error("its server answers {0}")]
    Status(u16),
    /// The connection failed.
    #[error("its server could not be reached, or broke off")]
    Broken,
}

impl FetchFault {
    /// Whether trying again may help.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Refused(Refused::Lookup) | Self::TooSlow(_) | Self::Status(_) | Self::Broken => {
                false
            }
            Self::Refused(_) | Self::TooLarge(_) | Self::TooManyHops => true,
        }
    }
}

/// The client.
#[derive(Debug)]
pub struct Guard {
    rules: Rules,
    checked: reqwest::Client,
    /// For the operator's own address, which may be anywhere.
    trusting: reqwest::Client,
    largest: usize,
    longest: Duration,
}

impl Guard {
    /// A client under these rules, which asks `lookup` for the addresses of hosts.
    ///
    /// # Errors
    ///
    /// Fails when TLS cannot be set up.
    pub fn new(rules: Rules, lookup: Lookup) -> reqwest::Result<Self> {
        Self::with_authorities(rules, lookup, &[])
    }

    /// The same, which trusts these authorities besides the machine's where it calls the
    /// operator's own address.
    ///
    /// # Errors
    ///
    /// Fails when TLS cannot be set up.
    pub fn with_authorities(
        rules: Rules,
        lookup: Lookup,
        authorities: &[Certificate],
    ) -> reqwest::Result<Self> {
        let client = || {
            reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .no_gzip()
                .connect_timeout(CONNECT)
                .pool_max_idle_per_host(0)
                .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")))
        };
        let checked = Checked::new(lookup, rules.allowed.clone());
        Ok(Self {
            rules,
            checked: client().dns_resolver(Arc::new(checked)).build()?,
            trusting: client()
                .tls_certs_merge(authorities.iter().cloned())
                .build()?,
            largest: LARGEST,
            longest: LONGEST,
        })
    }

    /// The same client with other limits.
    #[must_use]
    pub fn limited(self, largest: usize, longest: Duration) -> Self {
        Self {
            largest,
            longest,
            ..self
        }
    }

    /// Fetches what is at an address.
    pub async fn fetch(
        &self,
        url: &str,
        credentials: Option<&Credentials>,
    ) -> Result<Fetched, FetchFault> {
        tokio::time::timeout(self.longest, self.follow(url, credentials))
            .await
            .unwrap_or(Err(FetchFault::TooSlow(self.longest)))
    }

    async fn follow(
        &self,
        url: &str,
        mut credentials: Option<&Credentials>,
    ) -> Result<Fetched, FetchFault> {
        let mut url = Url::parse(url).map_err(|_| FetchFault::Refused(Refused::NotAnAddress))?;
        for _ in 0..=HOPS {
            let response = self.call(&url, credentials.take()).await?;
            if !is_redirect(response.status()) {
                return self.read(response).await;
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            url = next.ok_or(FetchFault::Broken)?;
        }
        Err(FetchFault::TooManyHops)
    }

    async fn call(
        &self,
        url: &Url,
        credentials: Option<&Credentials>,
    ) -> Result<reqwest::Response, FetchFault> {
        let trust = self.rules.check(url).map_err(FetchFault::Refused)?;
        let client = match trust {
            Trust::Own => &self.trusting,
            Trust::Checked => &self.checked,
        };
        // A secret goes out unencrypted only where the operator wrote the address so.
        let safe = trust == Trust::Own || url.scheme() == "https";
        let request = client.get(url.clone());
        let request = match credentials.filter(|_| safe) {
            Some(Credentials::Basic(user, password)) => request.basic_auth(user, Some(password)),
            Some(Credentials::Bearer(token)) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.map_err(|error| {
            let refused = refusal(&error).cloned();
            refused.map_or(FetchFault::Broken, FetchFault::Refused)
        })
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Fetched, FetchFault> {
        if !response.status().is_success() {
            return Err(FetchFault::Status(response.status().as_u16()));
        }
        let announced = response.content_length().unwrap_or(0);
        if announced > self.largest as u64 {
            return Err(FetchFault::TooLarge(self.largest));
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchFault::Broken)? {
            if bytes.len() + chunk.len() > self.largest {
                return Err(FetchFault::TooLarge(self.largest));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched {
            bytes: bytes.freeze(),
            content_type,
        })
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Our own refusal in a chain of errors.
fn refusal<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Refused> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused);
        }
        next = error.source();
    }
    None
}
