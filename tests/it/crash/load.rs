//! The load on a daemon that may die at any moment: texts in, sends, and reports.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::oracle::{Asked, Oracle};
use crate::world::api::{Answer, Api};
use crate::world::daemon::Daemon;
use crate::world::hooks::{Hooks, fresh_sid};
use crate::world::provider::FakeProvider;

/// Customers; few, so that their first texts meet.
const CUSTOMERS: u64 = 12;

/// Texts in at once.
const WRITERS: usize = 6;

/// Sends at once.
const SENDERS: usize = 4;

/// The longest that anything may take under the load or after it, also on a machine that does much else.
pub const DRAIN: Duration = Duration::from_mins(3);

/// The pause after an answer that says nothing, as somebody's program would make.
const BREATH: Duration = Duration::from_millis(20);

struct Shared {
    /// Where any of the daemons is reached.
    doors: Vec<(Hooks, Api)>,
    oracle: Arc<Oracle>,
    provider: Arc<FakeProvider>,
    over: AtomicBool,
    next: AtomicU64,
}

/// Load under way.
pub struct Load {
    shared: Arc<Shared>,
    asking: JoinSet<()>,
    reporting: JoinSet<()>,
}

impl Load {
    /// Starts the load on daemons that share a database.
    pub fn start(daemons: &[&Daemon], provider: &Arc<FakeProvider>, oracle: &Arc<Oracle>) -> Self {
        let door = |daemon: &&Daemon| (daemon.hooks.clone(), daemon.api.clone());
        let shared = Arc::new(Shared {
            doors: daemons.iter().map(door).collect(),
            oracle: Arc::clone(oracle),
            provider: Arc::clone(provider),
            over: AtomicBool::new(false),
            next: AtomicU64::new(0),
        });
        let mut load = Self {
            shared: Arc::clone(&shared),
            asking: JoinSet::new(),
            reporting: JoinSet::new(),
        };
        for _ in 0..WRITERS {
            load.asking.spawn(text_in(Arc::clone(&shared)));
        }
        for _ in 0..SENDERS {
            load.asking.spawn(send(Arc::clone(&shared)));
        }
        load.reporting.spawn(report(shared));
        load
    }

    /// Ends the load and waits until nothing is under way any more.
    pub async fn finish(self, daemon: &Daemon) {
        self.shared.over.store(true, Ordering::SeqCst);
        for ended in self.asking.join_all().await {
            let () = ended;
        }
        let deadline = Instant::now() + DRAIN;
        while let Some(unended) = unended(daemon).await {
            assert!(
                Instant::now() < deadline,
                "a send did not end: {unended}\n{}",
                daemon.last_words()
            );
            tokio::time::sleep(BREATH).await;
        }
        // The reporter ends when it has reported all that the provider took.
        self.reporting.join_all().await;
    }
}

/// What the daemon says of sends that have not ended; nothing when all have.
async fn unended(daemon: &Daemon) -> Option<String> {
    for status in ["queued", "sending"] {
        let path = format!("/v1/messages?status={status}&limit=1");
        let page = daemon.api.get(&path).await;
        if page.status != 200 || page.json()["data"] != json!([]) {
            return Some(page.text);
        }
    }
    None
}

impl Shared {
    /// A daemon by chance, as behind a proxy.
    fn door(&self) -> &(Hooks, Api) {
        &self.doors[rand::random_range(0..self.doors.len())]
    }

    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    fn customer(number: u64) -> String {
        format!("+12025550{:03}", 100 + number % CUSTOMERS)
    }

    fn note(&self, asked: Asked, nonce: &str, answer: Option<&Answer>) -> bool {
        let words = answer.map_or("", |answer| answer.text.as_str());
        let status = answer.map(|answer| answer.status);
        self.oracle.answered(asked, nonce, status, words)
    }
}

/// Texts in, one after the other. What was not promised is repeated half of the time, as some
/// providers do, and what was promised now and then, as others do.
async fn text_in(shared: Arc<Shared>) {
    while shared.goes_on() {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let (nonce, reference) = (format!("in-{number}"), fresh_sid());
        let from = Shared::customer(number);
        loop {
            shared.oracle.invoke(Asked::TextIn, &nonce);
            let (hooks, _) = shared.door();
            let answer = hooks.try_text_in("long", &from, &nonce, &reference).await;
            let promised = shared.note(Asked::TextIn, &nonce, answer.as_ref());
            let again = rand::random_ratio(1, if promised { 10 } else { 2 });
            if !promised {
                tokio::time::sleep(BREATH).await;
            }
            if !again {
                break;
            }
        }
    }
}

/// Sends, each under an idempotency key, repeated half of the time when it was not promised.
async fn send(shared: Arc<Shared>) {
    while shared.goes_on() {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let nonce = format!("out-{number}");
        let body = json!({"gateway": "long", "to": Shared::customer(number), "text": nonce});
        loop {
            shared.oracle.invoke(Asked::Send, &nonce);
            let (_, api) = shared.door();
            let request = api.request(Method::POST, "/v1/messages").json(&body);
            let answer = Answer::of(request.header("idempotency-key", &nonce)).await;
            if shared.note(Asked::Send, &nonce, answer.as_ref()) || rand::random() {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Reports everything that the provider took as delivered, to where the send said, until each
/// report is taken.
async fn report(shared: Arc<Shared>) {
    let mut reported = HashSet::new();
    loop {
        let over = !shared.goes_on();
        let ledger = shared.provider.ledger();
        let fresh = ledger.iter().filter_map(|handed| {
            let place = handed.reported_to()?.to_owned();
            Some((handed.reference.clone()?, place))
        });
        let fresh: Vec<(String, String)> = fresh.filter(|(id, _)| !reported.contains(id)).collect();
        if over && fresh.is_empty() {
            let path = "/v1/messages?status=queued&limit=1";
            let page = Answer::of(shared.door().1.request(Method::GET, path)).await;
            if page.is_some_and(|page| page.json()["data"] == json!([])) {
                break;
            }
        }
        for (reference, place) in fresh {
            shared.oracle.invoke(Asked::Report, &reference);
            let params = [
                ("MessageSid", reference.as_str()),
                ("MessageStatus", "delivered"),
            ];
            let answer = shared.door().0.try_twilio(&place, &params).await;
            if shared.note(Asked::Report, &reference, answer.as_ref()) {
                reported.insert(reference);
            } else {
                tokio::time::sleep(BREATH).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
