//! Posting to the hook of whoever uses the carrier: signed, and again until it is taken.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::SimulatorFault;
use super::signature;

/// How often a post is tried before the carrier gives up.
const TRIES: u32 = 6;

/// What came of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The id of what was posted, the same for every try.
    pub id: String,
    /// The last answer's status; nothing when there was no answer at all.
    pub status: Option<u16>,
    /// How often it was tried.
    pub tries: u32,
}

impl Posted {
    /// Whether the last answer was 2xx.
    #[must_use]
    pub fn taken(&self) -> bool {
        self.status.is_some_and(|status| status / 100 == 2)
    }
}

/// Posts what the carrier has to say.
#[derive(Clone)]
pub struct Hook {
    client: reqwest::Client,
    key: Arc<[u8]>,
}

impl Hook {
    /// A hook that signs with this secret.
    pub(super) fn new(secret: &str) -> Result<Self, SimulatorFault> {
        let key = signature::read_secret(secret).ok_or(SimulatorFault::Secret)?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .map_err(SimulatorFault::Client)?;
        Ok(Self {
            client,
            key: key.into(),
        })
    }

    /// Posts one thing, again after a growing wait while it is not answered 2xx.
    pub async fn post(&self, url: &str, payload: &Value) -> Posted {
        let webhook_id = signature::fresh_id("whk");
        let mut posted = Posted {
            id: payload["id"].as_str().unwrap_or_default().to_owned(),
            status: None,
            tries: 0,
        };
        let body = payload.to_string();
        while posted.tries < TRIES {
            if posted.tries > 0 {
                tokio::time::sleep(Duration::from_millis(250 << posted.tries)).await;
            }
            posted.tries += 1;
            posted.status = self.post_once(url, &webhook_id, &body).await;
            if posted.taken() {
                break;
            }
        }
        posted
    }

    async fn post_once(&self, url: &str, id: &str, body: &str) -> Option<u16> {
        let timestamp = signature::now_seconds();
        let answer = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header(
                "webhook-signature",
                signature::sign(&self.key, id, timestamp, body.as_bytes()),
            )
            .body(body.to_owned())
            .send()
            .await
            .ok()?;
        Some(answer.status().as_u16())
    }
}
