//! What was asked and what was promised, kept apart from the program, and the verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use super::load::DRAIN;
use crate::world::daemon::Daemon;
use crate::world::provider::FakeProvider;
use crate::world::within;

/// What was asked of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// To take a customer's text.
    TextIn,
    /// To send a text.
    Send,
    /// To note that a text was delivered; its nonce is the provider's id.
    Report,
}

/// What came of it, as the one who asked knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Asked, and no answer yet, or none that says anything.
    Info,
    /// Promised.
    Ok,
}

struct Inner {
    file: File,
    began: Instant,
    known: BTreeMap<(Asked, String), Known>,
    promised: usize,
    odd: Vec<String>,
}

/// The oracle.
pub struct Oracle(Mutex<Inner>);

impl Oracle {
    /// An oracle that writes its history to a file.
    pub fn new(path: &Path) -> Self {
        Self(Mutex::new(Inner {
            file: File::create(path).unwrap(),
            began: Instant::now(),
            known: BTreeMap::new(),
            promised: 0,
            odd: Vec::new(),
        }))
    }

    /// Something is about to be asked.
    pub fn invoke(&self, asked: Asked, nonce: &str) {
        let mut inner = self.0.lock().unwrap();
        inner.write("invoke", asked, nonce);
        let key = (asked, nonce.to_owned());
        inner.known.entry(key).or_insert(Known::Info);
    }

    /// An answer came: 2xx promises, 503 says nothing, anything else is odd.
    pub fn answered(&self, asked: Asked, nonce: &str, status: Option<u16>, words: &str) -> bool {
        let mut inner = self.0.lock().unwrap();
        match status {
            Some(200..=299) => {
                inner.write("ok", asked, nonce);
                let before = inner.known.insert((asked, nonce.to_owned()), Known::Ok);
                inner.promised += usize::from(before != Some(Known::Ok));
                return true;
            }
            // 409: the first request of the same key is still under way.
            Some(503 | 409) | None => inner.write("info", asked, nonce),
            Some(status) => {
                inner.write("fail", asked, nonce);
                inner
                    .odd
                    .push(format!("{asked:?} {nonce} was answered {status}: {words}"));
            }
        }
        false
    }

    /// Waits until so much more was promised that what comes then proves something.
    pub async fn promises(&self, more: usize) {
        let promised = || self.0.lock().unwrap().promised;
        let enough = promised() + more;
        within(DRAIN, "promises", async || {
            (promised() >= enough).then_some(())
        })
        .await;
    }

    /// The plug was pulled.
    pub fn killed(&self) {
        let mut inner = self.0.lock().unwrap();
        inner.write("killed", Asked::TextIn, "");
    }

    /// Compares what was promised with the database, through the API, and with the provider.
    pub async fn judge(&self, daemon: &Daemon, provider: &FakeProvider) -> Verdict {
        let messages = daemon.api.list("/v1/messages").await;
        let feed = daemon.api.feed().await;
        let conversations = daemon.api.list("/v1/conversations?view=all").await;
        let issues = daemon.api.list("/v1/issues").await;
        let inner = self.0.lock().unwrap();
        let mut verdict = Verdict {
            unexpected: inner.odd.clone(),
            ..Verdict::default()
        };
        verdict.compare_messages(&inner.known, &messages);
        verdict.compare_reports(&inner.known, &messages);
        verdict.compare_ledger(&messages, provider);
        verdict.check_feed(&feed, &messages);
        verdict.check_filing(&messages, &conversations, &issues);
        verdict
    }
}

impl Inner {
    fn write(&mut self, what: &str, asked: Asked, nonce: &str) {
        let at = self.began.elapsed().as_micros();
        let line = json!({"at": at, "what": what, "asked": format!("{asked:?}"), "nonce": nonce});
        writeln!(self.file, "{line}").unwrap();
    }
}

/// What the oracle found.
#[derive(Debug, Default)]
pub struct Verdict {
    promised: usize,
    lost: Vec<String>,
    duplicated: Vec<String>,
    unexpected: Vec<String>,
    recovered: usize,
    ambiguous: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "promised {}, lost {}, duplicated {}, unexpected {}, recovered {}, ambiguous {}",
            self.promised,
            self.lost.len(),
            self.duplicated.len(),
            self.unexpected.len(),
            self.recovered,
            self.ambiguous
        )
    }
}

type History = BTreeMap<(Asked, String), Known>;

impl Verdict {
    /// Fails unless nothing was lost, doubled or odd, and no more is in doubt than was in the air.
    pub fn must_hold(&self, daemon: &Daemon, in_the_air: usize) {
        let bad = [&self.lost, &self.duplicated, &self.unexpected];
        let worst = bad.map(|list| list.iter().take(5).cloned().collect::<Vec<_>>());
        assert!(
            bad.iter().all(|list| list.is_empty()),
            "{self}\n{worst:#?}\n{}",
            daemon.last_words()
        );
        assert!(self.ambiguous <= in_the_air, "{self}");
        assert!(
            self.promised > 50,
            "too little was promised to prove anything: {self}"
        );
    }

    /// Every promised text is there once, and nothing that nobody asked for.
    fn compare_messages(&mut self, known: &History, messages: &[Value]) {
        let mut found: BTreeMap<(Asked, String), usize> = BTreeMap::new();
        for message in messages {
            let asked = match message["direction"].as_str() {
                Some("inbound") => Asked::TextIn,
                _ => Asked::Send,
            };
            let nonce = message["text"].as_str().unwrap_or_default().to_owned();
            *found.entry((asked, nonce)).or_default() += 1;
        }
        for (key, count) in &found {
            if *count > 1 {
                self.duplicated
                    .push(format!("{key:?} is there {count} times"));
            }
            match known.get(key) {
                Some(Known::Ok) => (),
                Some(Known::Info) => self.recovered += 1,
                None => self.unexpected.push(format!("nobody asked for {key:?}")),
            }
        }
        for (key, state) in known {
            if key.0 == Asked::Report || *state != Known::Ok {
                continue;
            }
            self.promised += 1;
            if !found.contains_key(key) {
                self.lost.push(format!("{key:?} was promised"));
            }
        }
    }

    /// A promised report shows in the message, also where its send was never answered.
    fn compare_reports(&mut self, known: &History, messages: &[Value]) {
        let by_reference: BTreeMap<&str, &Value> = messages
            .iter()
            .filter_map(|message| Some((message["provider_reference"].as_str()?, message)))
            .collect();
        for ((asked, nonce), state) in known {
            if *asked != Asked::Report || *state != Known::Ok {
                continue;
            }
            self.promised += 1;
            match by_reference.get(nonce.as_str()) {
                Some(message) if message["status"] == "delivered" => (),
                found => self.lost.push(format!("the report {nonce} on {found:?}")),
            }
        }
    }

    /// The provider was handed each text at most once, and exactly those that we say were sent;
    /// it has reported on all of them.
    fn compare_ledger(&mut self, messages: &[Value], provider: &FakeProvider) {
        let mut handed: BTreeMap<String, usize> = BTreeMap::new();
        for entry in provider.ledger() {
            *handed.entry(entry.text).or_default() += 1;
        }
        for (text, count) in &handed {
            if *count > 1 {
                self.duplicated
                    .push(format!("{text} was handed over {count} times"));
            }
        }
        for message in messages
            .iter()
            .filter(|message| message["direction"] == "outbound")
        {
            let text = message["text"].as_str().unwrap_or_default();
            let count = handed.remove(text).unwrap_or_default();
            match (message["status"].as_str().unwrap_or_default(), count) {
                ("delivered", 1) => (),
                ("unconfirmed", 0) => self.ambiguous += 1,
                (status, count) => self.unexpected.push(format!(
                    "{text} is {status} and was handed over {count} times"
                )),
            }
        }
        for text in handed.into_keys() {
            self.unexpected
                .push(format!("{text} was handed over and is not there"));
        }
    }

    /// The feed has no gap, and tells of every text in exactly once.
    fn check_feed(&mut self, feed: &[Value], messages: &[Value]) {
        for (place, event) in feed.iter().enumerate() {
            let expected = feed[0]["seq"].as_u64().unwrap() + place as u64;
            if event["seq"].as_u64() != Some(expected) {
                self.unexpected
                    .push(format!("the feed has {} for {expected}", event["seq"]));
                break;
            }
        }
        let told = |kind: &str| feed.iter().filter(|event| event["type"] == kind).count();
        for (kind, direction) in [
            ("message.received", "inbound"),
            ("message.queued", "outbound"),
        ] {
            let there = messages
                .iter()
                .filter(|message| message["direction"] == direction);
            if told(kind) != there.clone().count() {
                let (told, there) = (told(kind), there.count());
                self.unexpected
                    .push(format!("{told} events {kind} for {there} messages"));
            }
        }
    }

    /// One conversation for each customer, one open issue for each conversation.
    fn check_filing(&mut self, messages: &[Value], conversations: &[Value], issues: &[Value]) {
        let mut of: BTreeMap<&str, &Value> = BTreeMap::new();
        for message in messages {
            let customer = match message["direction"].as_str() {
                Some("inbound") => &message["from"],
                _ => &message["to"],
            };
            let first = of.entry(customer.as_str().unwrap_or_default());
            if *first.or_insert(&message["conversation"]) != &message["conversation"] {
                self.duplicated
                    .push(format!("the conversation with {customer}"));
            }
        }
        if conversations.len() != of.len() {
            let (there, customers) = (conversations.len(), of.len());
            self.unexpected
                .push(format!("{there} conversations for {customers} customers"));
        }
        let mut open: Vec<&str> = issues
            .iter()
            .filter(|issue| issue["state"] != "closed")
            .filter_map(|issue| issue["conversation"].as_str())
            .collect();
        open.sort_unstable();
        if let Some([issue, _]) = open.windows(2).find(|two| two[0] == two[1]) {
            self.duplicated.push(format!("the open issue of {issue}"));
        }
    }
}

/// The oracle sees what it is there to see.
mod tests {
    use super::{Asked, Known, Verdict};
    use serde_json::{Value, json};

    fn inbound(text: &str) -> Value {
        json!({"direction": "inbound", "text": text})
    }

    fn verdict(known: &[(&str, Known)], texts: &[&str]) -> Verdict {
        let known = known
            .iter()
            .map(|(nonce, known)| ((Asked::TextIn, (*nonce).to_owned()), *known));
        let messages: Vec<Value> = texts.iter().map(|text| inbound(text)).collect();
        let mut verdict = Verdict::default();
        verdict.compare_messages(&known.collect(), &messages);
        verdict
    }

    #[test]
    fn a_promised_text_that_is_not_there_is_lost() {
        assert_eq!(verdict(&[("a", Known::Ok)], &[]).lost.len(), 1);
        assert!(verdict(&[("a", Known::Info)], &[]).lost.is_empty());
    }

    #[test]
    fn a_text_that_is_there_twice_is_duplicated() {
        assert_eq!(
            verdict(&[("a", Known::Ok)], &["a", "a"]).duplicated.len(),
            1
        );
    }

    #[test]
    fn a_text_that_was_not_promised_is_recovered_or_unexpected() {
        let verdict = verdict(&[("a", Known::Info)], &["a", "b"]);
        assert_eq!((verdict.recovered, verdict.unexpected.len()), (1, 1));
    }

    #[test]
    fn a_gap_in_the_feed_is_unexpected() {
        let mut verdict = Verdict::default();
        verdict.check_feed(&[json!({"seq": 1}), json!({"seq": 3})], &[]);
        assert_eq!(verdict.unexpected.len(), 1);
    }
}
