//! Addresses that somebody else named lead nowhere that they should not.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postern::channel::guard::{Credentials, FetchFault, Guard, Lookup, Refused, Rules};
use serde_json::json;

use crate::world::provider::{FakeProvider, Reply};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const WORLD: IpAddr = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));

fn rules() -> Rules {
    Rules {
        hosts: None,
        own: None,
        allowed: Arc::from([]),
    }
}

/// A client that believes these addresses of every host.
fn guard(rules: Rules, addresses: Vec<IpAddr>) -> Guard {
    let lookup = Lookup::Given(Arc::new(move |_| addresses.clone()));
    Guard::new(rules, lookup)
        .unwrap()
        .limited(10_000, Duration::from_secs(2))
}

fn own(provider: &FakeProvider) -> Rules {
    Rules {
        own: Some(provider.url().parse().unwrap()),
        ..rules()
    }
}

fn answer(status: u16, name: &str, value: &str) -> Reply {
    Reply::Answer(
        status,
        vec![(name.to_owned(), value.to_owned())],
        "GIF89a".to_owned(),
    )
}

#[tokio::test]
async fn t03_forty_addresses_reach_nothing() {
    // Nobody else may listen on the usual ports here, so whatever got through would be refused
    // by the kernel, not by us: the reason is what proves it.
    let listener = FakeProvider::start().await;
    let port = listener.address.port();
    let hosts = [
        "127.0.0.1",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.0.1",
        "127.255.255.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[100::1]",
        "[2001:db8::1]",
        "[5f00::1]",
        "169.254.169.254",
        "100.64.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "127.0.0.1.example.com",
        "metadata.internal",
        "\u{24d2}\u{2460}.test",
        "１２７.0.0.1",
    ];
    let guard = guard(rules(), vec![LOOPBACK]);
    let mut seen = 0;
    for host in hosts {
        for url in [
            format!("http://{host}/"),
            format!("https://{host}/x"),
            format!("http://{host}:{port}/"),
        ] {
            let fault = guard.fetch(&url, None).await.unwrap_err();
            assert!(matches!(fault, FetchFault::Refused(_)), "{url}: {fault}");
            seen += 1;
        }
    }
    for url in [
        "http://[fe80::1%25lo]/",
        "http://[fe80::1%lo]/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "data:text/plain,x",
        "ftp://127.0.0.1/",
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1@example.com/",
        "http://example.com:22/",
        "http://",
        "//127.0.0.1/",
        "http:/\\127.0.0.1/",
        "javascript:alert(1)",
        "",
    ] {
        let fault = guard.fetch(url, None).await.unwrap_err();
        assert!(matches!(fault, FetchFault::Refused(_)), "{url}: {fault}");
        seen += 1;
    }
    assert!(seen > 40);
    assert!(listener.ledger().is_empty(), "somebody was called");
}

#[tokio::test]
async fn t03_a_name_is_looked_up_once_and_one_bad_address_spoils_it() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    // First of the world, then of this house, as a resolver says that was set up to fool us.
    let rebinding = Lookup::Given(Arc::new(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        vec![if first {
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))
        } else {
            LOOPBACK
        }]
    }));
    let allowed = Rules {
        allowed: Arc::from(["192.0.2.0/24".parse().unwrap()]),
        ..rules()
    };
    let client = Guard::new(allowed, rebinding)
        .unwrap()
        .limited(10_000, Duration::from_millis(300));
    let fault = client
        .fetch("http://rebinding.test/", None)
        .await
        .unwrap_err();
    assert!(
        matches!(fault, FetchFault::TooSlow(_) | FetchFault::Broken),
        "{fault}"
    );
    assert_eq!(
        calls.load(Ordering::SeqCst),
        1,
        "the connection went where the check was"
    );
    let fault = client
        .fetch("http://rebinding.test/", None)
        .await
        .unwrap_err();
    assert_eq!(fault, FetchFault::Refused(Refused::Address));
    for mixed in [vec![WORLD, LOOPBACK], vec![LOOPBACK, WORLD]] {
        let fault = guard(rules(), mixed)
            .fetch("http://mixed.test/", None)
            .await
            .unwrap_err();
        assert_eq!(fault, FetchFault::Refused(Refused::Address));
    }
    let fault = guard(rules(), Vec::new())
        .fetch("http://nobody.test/", None)
        .await
        .unwrap_err();
    assert!(!fault.is_final(), "a name server may be back tomorrow");
}

#[tokio::test]
async fn t03_redirects_are_checked_and_secrets_stay_home() {
    let (provider, elsewhere) = (FakeProvider::start().await, FakeProvider::start().await);
    let guard = guard(own(&provider), vec![LOOPBACK]);
    let secret = Credentials::Basic("account".to_owned(), "token".to_owned());
    let url = format!("{}/media/1", provider.url());
    for target in [
        elsewhere.url(),
        "http://localhost/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        provider.answers_in_turn([answer(302, "location", &target)]);
        let fault = guard.fetch(&url, Some(&secret)).await.unwrap_err();
        assert!(matches!(fault, FetchFault::Refused(_)), "{target}: {fault}");
    }
    assert!(elsewhere.ledger().is_empty());
    provider.answers_in_turn([
        answer(307, "location", "/media/2"),
        answer(200, "content-type", "image/gif"),
    ]);
    let fetched = guard.fetch(&url, Some(&secret)).await.unwrap();
    assert_eq!(fetched.bytes, "GIF89a");
    assert_eq!(fetched.content_type.as_deref(), Some("image/gif"));
    let ledger = provider.ledger();
    let [.., first, second] = ledger.as_slice() else {
        panic!("two calls")
    };
    assert_eq!(
        first.request.header("authorization"),
        Some("Basic YWNjb3VudDp0b2tlbg==")
    );
    assert_eq!(second.request.header("authorization"), None);
    provider.answers(|_| answer(302, "location", "/again"));
    assert_eq!(
        guard.fetch(&url, None).await.unwrap_err(),
        FetchFault::TooManyHops
    );
}

#[tokio::test]
async fn t36_what_is_too_large_or_too_slow_is_given_up() {
    let provider = FakeProvider::start().await;
    let guard = guard(own(&provider), vec![LOOPBACK]);
    let large = "x".repeat(10_001);
    provider.answers_in_turn([
        Reply::Answer(200, Vec::new(), large),
        Reply::Endless,
        Reply::Hang,
        Reply::Drip,
        Reply::status(404, &json!({})),
        Reply::Close,
    ]);
    let url = provider.url();
    assert_eq!(
        guard.fetch(&url, None).await.unwrap_err(),
        FetchFault::TooLarge(10_000)
    );
    assert_eq!(
        guard.fetch(&url, None).await.unwrap_err(),
        FetchFault::TooLarge(10_000)
    );
    for _ in 0..2 {
        let fault = guard.fetch(&url, None).await.unwrap_err();
        assert!(
            matches!(fault, FetchFault::TooSlow(_) | FetchFault::TooLarge(_)),
            "{fault}"
        );
    }
    assert_eq!(
        guard.fetch(&url, None).await.unwrap_err(),
        FetchFault::Status(404)
    );
    assert_eq!(
        guard.fetch(&url, None).await.unwrap_err(),
        FetchFault::Broken
    );
}

#[tokio::test]
async fn t03_only_the_hosts_of_the_provider_are_called() {
    let hosts = Rules {
        hosts: Some(vec![
            "api.example.com".to_owned(),
            "*.media.test".to_owned(),
        ]),
        ..rules()
    };
    let guard = guard(hosts, vec![LOOPBACK]);
    for (url, refused) in [
        ("https://api.example.com/x", Refused::Address),
        ("https://API.example.com./x", Refused::Address),
        ("https://eu.media.test/x", Refused::Address),
        ("https://media.test/x", Refused::Host),
        ("https://evilmedia.test/x", Refused::Host),
        ("https://api.example.com.evil.test/x", Refused::Host),
        ("https://8.8.8.8/x", Refused::Host),
    ] {
        assert_eq!(
            guard.fetch(url, None).await.unwrap_err(),
            FetchFault::Refused(refused),
            "{url}"
        );
    }
}
