//! A client of the API, as an agent's program is one.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::eventually;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Answer {
    /// Reads the body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Fails unless the answer has this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// Sends a request and reads the answer; nothing when the connection failed.
    pub async fn of(request: reqwest::RequestBuilder) -> Option<Self> {
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text =
            |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            };
        let headers = answer.headers().iter().map(text).collect();
        let text = answer.text().await.ok()?;
        Some(Self {
            status,
            headers,
            text,
        })
    }
}

/// A client with a key.
#[derive(Clone)]
pub struct Api {
    pub base: String,
    pub key: String,
    pub http: reqwest::Client,
}

impl Api {
    /// A client of the daemon at this base URL.
    pub fn new(base: &str, key: &str) -> Self {
        Self {
            base: base.to_owned(),
            key: key.to_owned(),
            http: client(),
        }
    }

    /// A request to a path, with the key.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.key)
    }

    /// What is at a path.
    pub async fn get(&self, path: &str) -> Answer {
        let answer = Answer::of(self.request(Method::GET, path)).await;
        answer.expect("the daemon answers")
    }

    /// Posts JSON to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let answer = Answer::of(self.request(Method::POST, path).json(body)).await;
        answer.expect("the daemon answers")
    }

    /// Posts JSON to a path under an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        let answer = Answer::of(request.header("idempotency-key", key)).await;
        answer.expect("the daemon answers")
    }

    /// Sends a text and gives back the message.
    pub async fn send(&self, gateway: &str, to: &str, text: &str) -> Value {
        let body = json!({"gateway": gateway, "to": to, "text": text});
        self.post("/v1/messages", &body).await.expect(202)
    }

    /// A message as it is now.
    pub async fn message(&self, id: &Value) -> Value {
        let path = format!("/v1/messages/{}", id.as_str().unwrap());
        self.get(&path).await.expect(200)
    }

    /// Waits until a message has this status.
    pub async fn message_becomes(&self, id: &Value, status: &str) -> Value {
        eventually(&format!("{id} to become {status}"), async || {
            Some(self.message(id).await).filter(|message| message["status"] == status)
        })
        .await
    }

    /// Everything of a list, page by page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{join}limit=100{cursor}")).await;
            let page = page.expect(200);
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else {
                return all;
            };
            cursor = format!("&cursor={next}");
        }
    }

    /// The whole feed.
    pub async fn feed(&self) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map_or(0, |event| event["seq"].as_i64().unwrap());
            let page = self
                .get(&format!("/v1/events?after={after}&limit=100"))
                .await;
            let page = page.expect(200);
            let events = page["data"].as_array().unwrap();
            if events.is_empty() {
                return all;
            }
            all.extend(events.iter().cloned());
        }
    }

    /// Follows the stream from after an event, or from now on.
    pub async fn stream(&self, after: Option<i64>) -> EventStream {
        let mut request = self.request(Method::GET, "/v1/events/stream");
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        EventStream {
            bytes: Box::pin(answer.bytes_stream()),
            rest: Vec::new(),
        }
    }
}

/// A client that reuses connections and never follows a redirect.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(super::PATIENCE)
        .build()
        .unwrap()
}

type Bytes = futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>;

/// The live feed, one block at a time.
pub struct EventStream {
    bytes: Bytes,
    rest: Vec<u8>,
}

impl EventStream {
    /// The next event as (id, type, data); comments are passed over, nothing when it ended.
    pub async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            let block = self.next_block().await?;
            let field = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name).map(|v| v.trim().to_owned()))
            };
            if let Some(kind) = field("event:") {
                let data = serde_json::from_str(&field("data:").unwrap_or_default());
                return Some((
                    field("id:").unwrap_or_default(),
                    kind,
                    data.unwrap_or_default(),
                ));
            }
        }
    }

    async fn next_block(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block = self.rest.drain(..at + 2).collect();
                return Some(String::from_utf8(block).unwrap());
            }
            let more = self.bytes.next().await?.ok()?;
            self.rest.extend_from_slice(&more);
        }
    }
}
