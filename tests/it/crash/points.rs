//! The program dies at every commit and around every call in turn; each time its clients do what
//! clients do, which is to try again, and afterwards everything has happened once (I1-I4, I13).

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::api::Answer;
use crate::world::daemon::Daemon;
use crate::world::db::Db;
use crate::world::hooks::twilio_text;
use crate::world::provider::FakeProvider;
use crate::world::setup::Setup;
use crate::world::within;

/// More commits than the work takes, so that every one of them is met.
const COMMITS: u32 = 10;

/// A daemon on PostgreSQL waits for the lease of the one that died.
const LIMIT: Duration = Duration::from_mins(1);

const CUSTOMER: &str = "+12025550107";
const SID: &str = "SM00000000000000000000000000000001";

/// A customer texts in, an agent's program answers, and both try until they are answered.
struct Clients {
    taken: bool,
    accepted: Option<Value>,
}

impl Clients {
    /// Tries what was not answered yet, until everything is or the daemon is dead.
    async fn work(&mut self, daemon: &mut Daemon) {
        while !daemon.has_died() && (!self.taken || self.accepted.is_none()) {
            if !self.taken {
                let params = twilio_text(CUSTOMER, "hello", SID);
                let answer = daemon.hooks.try_twilio("long", &params).await;
                self.taken = answer.is_some_and(|answer| answer.status == 200);
            }
            if self.accepted.is_none() {
                let body = json!({"gateway": "long", "to": CUSTOMER, "text": "hello to you"});
                let request = daemon.api.request(Method::POST, "/v1/messages");
                let request = request.json(&body).header("idempotency-key", "once");
                let answer = Answer::of(request).await;
                let answer = answer.filter(|answer| answer.status == 202);
                self.accepted = answer.map(|answer| answer.json());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Has the daemon die at a place, start again and go on; whether the place was reached.
async fn crash_at(db: Db, place: String) -> bool {
    let provider = FakeProvider::start().await;
    let mut daemon = Daemon::prepare(&db, Setup::usual(&db, &provider.url()));
    daemon.spawn_to_crash_at(&place);
    let mut clients = Clients {
        taken: false,
        accepted: None,
    };
    clients.work(&mut daemon).await;
    // What was accepted goes on by itself: it is sent, or the daemon dies on the way.
    let died = within(LIMIT, "a crash or the end of the work", async || {
        if daemon.has_died() {
            return Some(true);
        }
        let id = clients.accepted.as_ref()?["id"].as_str()?;
        let request = daemon
            .api
            .request(Method::GET, &format!("/v1/messages/{id}"));
        let message = Answer::of(request).await?.json();
        (message["status"] == "sent").then_some(false)
    })
    .await;
    if !died {
        daemon.kill().await;
    }
    daemon.start_again().await;
    assert_promises(&daemon, &clients).await;
    clients.work(&mut daemon).await;
    assert_once(&daemon, &provider, clients.accepted.as_ref().unwrap()).await;
    assert_eq!(daemon.stop().await, Some(0), "{place}: {}", daemon.log());
    died
}

/// What was answered before the crash is there after it (I1, I3).
async fn assert_promises(daemon: &Daemon, clients: &Clients) {
    let inbound = daemon.api.list("/v1/messages?direction=inbound").await;
    assert!(
        !clients.taken || inbound.len() == 1,
        "an acknowledged text is gone"
    );
    if let Some(accepted) = &clients.accepted {
        daemon.api.message(&accepted["id"]).await;
    }
}

/// Everything happened once, or is known to be unknown.
async fn assert_once(daemon: &Daemon, provider: &FakeProvider, accepted: &Value) {
    let settled = within(LIMIT, "the send to be settled", async || {
        let message = daemon.api.message(&accepted["id"]).await;
        ["sent", "unconfirmed"]
            .iter()
            .any(|status| message["status"] == *status)
            .then_some(message)
    })
    .await;
    let handed = provider.times_handed("hello to you");
    match settled["status"].as_str().unwrap() {
        "sent" => assert_eq!(handed, 1),
        _ => assert!(handed <= 1, "sent blindly again"),
    }
    for (path, count) in [
        ("/v1/messages?direction=inbound", 1),
        ("/v1/messages?direction=outbound", 1),
        ("/v1/conversations?view=all", 1),
        ("/v1/issues", 1),
    ] {
        assert_eq!(daemon.api.list(path).await.len(), count, "{path}");
    }
    let feed = daemon.api.feed().await;
    let numbers: Vec<i64> = feed
        .iter()
        .map(|event| event["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (1..=i64::try_from(feed.len()).unwrap()).collect::<Vec<_>>(),
        "the feed has a gap"
    );
    for kind in [
        "message.received",
        "message.queued",
        "issue.created",
        "contact.created",
    ] {
        let count = feed.iter().filter(|event| event["type"] == kind).count();
        assert_eq!(count, 1, "{kind}");
    }
}

/// Every place, several at a time; how many of them were reached.
async fn sweep(fresh: impl AsyncFn() -> Db) -> usize {
    let commits =
        (1..=COMMITS).flat_map(|n| [format!("before commit:{n}"), format!("after commit:{n}")]);
    let calls = ["before call", "after call"].map(str::to_owned);
    let reached = stream::iter(commits.chain(calls))
        .map(async |place| crash_at(fresh().await, place).await)
        .buffer_unordered(6)
        .filter(|died| std::future::ready(*died))
        .count();
    reached.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_sqlite_survives_a_crash_at_every_point() {
    let reached = sweep(async || Db::sqlite()).await;
    assert!(reached >= 10, "{reached} crashes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_postgres_survives_a_crash_at_every_point() {
    let reached = sweep(async || Db::postgres().await).await;
    assert!(reached >= 10, "{reached} crashes");
}
