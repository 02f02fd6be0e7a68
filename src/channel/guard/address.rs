//! Which addresses belong to the world, and which to somebody's own house (T3).

use std::net::IpAddr;
use std::sync::LazyLock;

use crate::domain::network::Network;

/// Not of the world: RFC 6890 and the registries that continue it.
const CLOSED: &[&str] = &[
    "0.0.0.0/8",         // this network
    "10.0.0.0/8",        // private
    "100.64.0.0/10",     // between carriers and their customers
    "127.0.0.0/8",       // loopback
    "169.254.0.0/16",    // link-local; clouds answer there with secrets
    "172.16.0.0/12",     // private
    "192.0.0.0/24",      // protocols
    "192.0.2.0/24",      // documentation
    "192.31.196.0/24",   // AS112
    "192.52.193.0/24",   // tunnels
    "192.88.99.0/24",    // 6to4
    "192.168.0.0/16",    // private
    "192.175.48.0/24",   // AS112
    "198.18.0.0/15",     // benchmarks
    "198.51.100.0/24",   // documentation
    "203.0.113.0/24",    // documentation
    "224.0.0.0/4",       // multicast
    "240.0.0.0/4",       // reserved, and broadcast
    "2001::/23",         // protocols: Teredo, ORCHID and others
    "2001:db8::/32",     // documentation
    "2002::/16",         // 6to4
    "2620:4f:8000::/48", // AS112
    "3fff::/20",         // documentation
];

/// Of IPv6, only this is given out to the world; loopback, link-local, unique local, multicast,
/// NAT64, discard and SRv6 all lie outside of it.
const GLOBAL: &str = "2000::/3";

static CLOSED_NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let parse = |text: &&str| text.parse().expect("each of the list is a network");
    CLOSED.iter().map(parse).collect()
});

static GLOBAL_NETWORK: LazyLock<Network> =
    LazyLock::new(|| GLOBAL.parse().expect("it is a network"));

/// Whether an address is one of the world's.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => is_open(address),
        // An IPv4 address in the clothes of IPv6 has no business in a name.
        IpAddr::V6(inner) => {
            inner.to_ipv4_mapped().is_none() && GLOBAL_NETWORK.contains(address) && is_open(address)
        }
    }
}

fn is_open(address: IpAddr) -> bool {
    !CLOSED_NETWORKS
        .iter()
        .any(|closed| closed.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t03_only_addresses_of_the_world_pass() {
        for closed in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(closed.parse().unwrap()), "{closed}");
        }
        for open in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(open.parse().unwrap()), "{open}");
        }
    }
}
