//! Tokens for mail servers (RFC 6749): by client credentials or a refresh token, held until
//! shortly before they end.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;

use super::client::{self, Transport};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::mailbox::{OAuth2, Secret};

/// How long the token endpoint may take, all in all.
const BUDGET: Duration = Duration::from_secs(20);

/// The longest answer that is read; real ones are a few thousand bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// How long a token is held when its endpoint does not say how long it is good for.
const UNTOLD: u64 = 300;

/// How long before its end a token is no longer used, in seconds.
const EARLY: u64 = 60;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuth2Fault {
    /// No HTTP client could be made.
    #[error("no HTTP client for the token endpoint: {0}")]
    Client(String),
    /// The token endpoint could not be reached or broke off.
    #[error("the token endpoint could not be reached: {0}; check token_url")]
    Unreachable(String),
    /// The token endpoint refused (RFC 6749, 5.2).
    #[error(
        "the token endpoint refused: {0}; check client_id, client_secret, refresh_token and scope"
    )]
    Refused(String),
    /// The token endpoint answered something else.
    #[error("the token endpoint answered {0} without a token; check token_url")]
    Unusable(u16),
}

/// The tokens of one account.
pub struct Tokens {
    oauth2: OAuth2,
    client: reqwest::Client,
    clock: Clock,
    held: Mutex<Held>,
}

/// What is known between two calls.
#[derive(Default)]
struct Held {
    token: Option<(Secret, Timestamp)>,
    /// The refresh token that came last, where the endpoint changes it with each use.
    refresh_token: Option<Secret>,
}

/// Whether a token was just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It was held: that it is refused may only mean that it ended early.
    Held,
    /// It was made by this very call.
    New,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<Seconds>,
    refresh_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Some endpoints write the number as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Seconds {
    fn get(&self) -> Option<u64> {
        let seconds = match self {
            Self::Number(number) => *number,
            Self::Text(text) => text.parse().ok()?,
        };
        Duration::try_from_secs_f64(seconds)
            .ok()
            .map(|duration| duration.as_secs())
    }
}

impl Tokens {
    /// Ready to ask the endpoint; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub fn open(oauth2: &OAuth2, clock: Clock) -> Result<Self, OAuth2Fault> {
        let transport = match oauth2.token_url.scheme() {
            "https" => Transport::Encrypted,
            _ => Transport::Plain,
        };
        let client = client::build(transport, &[], BUDGET)
            .map_err(|fault| OAuth2Fault::Client(fault.to_string()))?;
        Ok(Self {
            oauth2: oauth2.clone(),
            client,
            clock,
            held: Mutex::default(),
        })
    }

    /// A token that is good for a while.
    ///
    /// # Errors
    ///
    /// When the endpoint gives none.
    pub async fn token(&self) -> Result<(Secret, Freshness), OAuth2Fault> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some((token, until)) = &held.token
            && now < *until
        {
            return Ok((token.clone(), Freshness::Held));
        }
        let answer = self.ask(held.refresh_token.as_ref()).await?;
        let lasts = answer.expires_in.and_then(|seconds| seconds.get());
        let lasts = lasts.unwrap_or(UNTOLD);
        let used = lasts.saturating_sub(EARLY).max(lasts / 2);
        if let Some(changed) = answer.refresh_token {
            held.refresh_token = Some(Secret(changed));
        }
        let token = Secret(answer.access_token.unwrap_or_default());
        held.token = Some((token.clone(), now.plus(Duration::from_secs(used))));
        Ok((token, Freshness::New))
    }

    /// Forgets a token that a server refused; the next call makes a new one.
    pub async fn forget(&self, token: &Secret) {
        let mut held = self.held.lock().await;
        held.token.take_if(|(known, _)| known == token);
    }

    /// An answer with a token in it.
    async fn ask(&self, changed: Option<&Secret>) -> Result<Answer, OAuth2Fault> {
        let refresh_token = changed.or(self.oauth2.refresh_token.as_ref());
        let mut form = vec![("client_id", self.oauth2.client_id.as_str())];
        match refresh_token {
            Some(Secret(token)) => {
                form.push(("grant_type", "refresh_token"));
                form.push(("refresh_token", token));
            }
            None => form.push(("grant_type", "client_credentials")),
        }
        if let Some(Secret(secret)) = &self.oauth2.client_secret {
            form.push(("client_secret", secret));
        }
        if let Some(scope) = &self.oauth2.scope {
            form.push(("scope", scope));
        }
        let request = self.client.post(self.oauth2.token_url.clone()).form(&form);
        let unreachable = |fault: reqwest::Error| OAuth2Fault::Unreachable(plainly(&fault));
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(OAuth2Fault::Unusable(status));
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| OAuth2Fault::Unusable(status))?;
        if let Some(error) = answer.error {
            let words = [Some(error), answer.error_description];
            let words: Vec<_> = words.into_iter().flatten().map(|one| shown(&one)).collect();
            return Err(OAuth2Fault::Refused(words.join(": ")));
        }
        if answer
            .access_token
            .as_deref()
            .unwrap_or_default()
            .is_empty()
            || status >= 300
        {
            return Err(OAuth2Fault::Unusable(status));
        }
        Ok(answer)
    }
}

/// The innermost cause, without the URL, which may carry more than a log should.
pub(super) fn plainly(fault: &reqwest::Error) -> String {
    if fault.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = fault;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    shown(&cause.to_string())
}

/// Foreign words as they may stand in a log: one line, not endless.
pub(super) fn shown(words: &str) -> String {
    const LONGEST: usize = 200;
    let clean = words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST);
    clean.collect::<String>().trim().to_owned()
}
