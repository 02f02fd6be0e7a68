//! The address of the caller, for the log: what the connection says, unless it comes from a proxy
//! that the operator trusts.
//!
//! A forwarded header is read as addresses and nothing else; its text is never repeated (T31).

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};

use crate::domain::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection that a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The caller: the last address of the chain that is not a trusted proxy.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_proxy(client) {
        return client;
    }
    let hops = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|hop| hop.trim().parse::<IpAddr>());
    for hop in hops.collect::<Vec<_>>().into_iter().rev() {
        let Ok(address) = hop else { return client };
        client = address.to_canonical();
        if !is_proxy(client) {
            return client;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, forwarded.parse().unwrap());
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn t31_only_a_trusted_proxy_may_name_the_caller() {
        assert_eq!(client("198.51.100.7", "203.0.113.9"), "198.51.100.7");
        assert_eq!(client("10.1.2.3", "203.0.113.9"), "203.0.113.9");
        assert_eq!(
            client("10.1.2.3", "192.0.2.1, 203.0.113.9, 10.9.9.9"),
            "203.0.113.9"
        );
        assert_eq!(client("10.1.2.3", "<script>"), "10.1.2.3");
        assert_eq!(client("10.1.2.3", "203.0.113.9, garbage"), "10.1.2.3");
        assert_eq!(client("::1", "2001:db8::5"), "2001:db8::5");
    }

    #[test]
    fn a_network_with_a_mistake_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/",
            "proxy",
            "::1/129",
            "10.0.0.0/x",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains("203.0.113.9".parse().unwrap()));
    }
}
