//! Looking up hosts, and letting through only what was checked.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;
use super::rules::Refused;
use crate::domain::network::Network;

/// Answers with the addresses of a host.
pub type Answer = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who is asked for the addresses of a host.
#[derive(Clone)]
pub enum Lookup {
    /// The system.
    System,
    /// A function, for tests.
    Given(Arc<Answer>),
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup(…)")
    }
}

impl Lookup {
    async fn ask(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => {
                let found = tokio::net::lookup_host((host, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
            Self::Given(answer) => Ok(answer(host)),
        }
    }
}

/// A resolver that answers with addresses of the world alone.
#[derive(Debug)]
pub(super) struct Checked {
    lookup: Lookup,
    allowed: Arc<[Network]>,
}

impl Checked {
    pub(super) fn new(lookup: Lookup, allowed: Arc<[Network]>) -> Self {
        Self { lookup, allowed }
    }
}

/// Whether an address may be called: one of the world's, or one that the operator allowed.
pub(super) fn may_call(address: IpAddr, allowed: &[Network]) -> bool {
    is_public(address) || allowed.iter().any(|network| network.contains(address))
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allowed) = (self.lookup.clone(), Arc::clone(&self.allowed));
        Box::pin(async move {
            let found = lookup
                .ask(name.as_str())
                .await
                .map_err(|_| Refused::Lookup)?;
            if found.is_empty() {
                return Err(Refused::Lookup.into());
            }
            // One bad address spoils the name: it would be tried when the others do not answer.
            if !found.iter().all(|address| may_call(*address, &allowed)) {
                return Err(Refused::Address.into());
            }
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
