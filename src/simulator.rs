//! A carrier to test against: it takes texts over HTTP, reports on them, and has customers who
//! text in. `postern demo` and `postern simulate` run it.
//!
//! It plays a machine of somebody else's, so it imports nothing of the program around it: it has
//! its own signing code, its own clock and its own idea of segments. What both sides agree on is
//! the wire alone (`gateways/sandbox.toml`).
//!
//! # The wire
//!
//! - `POST /messages`, `Authorization: Bearer <api key>`, with
//!   `{"id", "from", "to", "text", "callback_url"}` → 202 `{"id": "sim_…", "segments": n}`.
//!   Refusals are `{"code", "detail"}` with 4xx, 429 (and `Retry-After`) or 5xx.
//! - A report is posted to `callback_url`: `{"type": "message.status", "id", "status", "at"}` with
//!   `code` and `detail` when it failed, and `part: {"number", "total"}` when it tells of one part.
//! - A text from a customer is posted to the hook:
//!   `{"type": "message.inbound", "id", "from", "to", "text", "segments", "at"}`.
//! - Every post is signed as Standard Webhooks ask (`webhook-id`, `webhook-timestamp`,
//!   `webhook-signature` version 1), and is repeated under the same id until it is answered 2xx or
//!   was refused six times.
//!
//! # The last two digits of the recipient decide
//!
//! All of `+1 … 555 01xx` are numbers that belong to nobody, so each row can be tried.
//!
//! | last two digits | what becomes of the text |
//! |---|---|
//! | 00–49, others | sent, delivered |
//! | 50 | sent, delivered, read |
//! | 51 | sent; delivered late (after forty times the usual time) |
//! | 52 | sent and delivered, each reported three times |
//! | 53 | delivered is reported before sent |
//! | 54 | taken, and never reported on |
//! | 55 | sent; each part reported delivered by itself |
//! | 56 | sent; each part reported by itself, the last one failed |
//! | 57 | delivered is reported before the send is answered |
//! | 58 | failed, and then delivered after all |
//! | 59 | delivered, and the customer answers with a question |
//! | 60 | delivered, and the customer answers `STOP` |
//! | 61 | delivered, and the customer answers `START` |
//! | 62 | delivered, and the customer answers twice at once |
//! | 70–77 | sent, then failed: `sim_invalid_number`, `sim_opted_out`, `sim_filtered`, `sim_throttled`, `sim_account`, `sim_carrier_error`, `sim_expired`, `sim_content` |
//! | 80–85 | refused at once: `sim_invalid_number`, `sim_opted_out`, `sim_filtered`, `sim_carrier_error` (503), `sim_expired`, `sim_content` |
//! | 86 | refused at once: `sim_account` (403) |
//! | 90 | throttled once (429, `Retry-After: 1`), then as 00 |
//! | 91 | always throttled (429, `Retry-After: 2`) |
//! | 92 | always an error 500 without a word |
//! | 93 | taken, but the answer never comes; reported as 00 |
//! | 94 | answered 200 with a page of HTML |
//! | 95 | an error 503 once, then as 00 |

mod customers;
mod hook;
mod post;
mod script;
mod server;
mod signature;
mod traffic;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use customers::{CUSTOMERS, Customer};
pub use hook::{Hook, Posted};
pub use post::PostOffice;
pub use traffic::{Traffic, run};

/// How a simulated carrier is set up.
#[derive(Clone)]
pub struct SimulatorConfig {
    /// Where it takes texts; port 0 for any free one.
    pub listen: SocketAddr,
    /// The bearer key it expects.
    pub api_key: String,
    /// The secret of its signatures: base64, with or without `whsec_` before it.
    pub secret: String,
    /// The time from one step in the life of a text to the next.
    pub pace: Duration,
    /// How many texts may be under way at once; more are throttled.
    pub capacity: usize,
}

impl SimulatorConfig {
    /// A carrier on a free port of this machine, at the pace of a good day.
    #[must_use]
    pub fn new(api_key: &str, secret: &str) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: api_key.to_owned(),
            secret: secret.to_owned(),
            pace: Duration::from_millis(400),
            capacity: 10_000,
        }
    }
}

/// Why a simulated carrier could not start or post.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorFault {
    /// The secret is not base64.
    #[error("the secret is not base64, with or without whsec_ before it")]
    Secret,
    /// The address is taken or not of this machine.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The HTTP client could not be built.
    #[error("cannot make an HTTP client: {0}")]
    Client(reqwest::Error),
    /// A line could not be printed.
    #[error("cannot print: {0}")]
    Print(#[from] std::io::Error),
}

/// A carrier at work.
pub struct Simulator {
    address: SocketAddr,
    hook: Hook,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Simulator {
    /// Starts a carrier; it works until it is stopped, or until `stop` is cancelled.
    ///
    /// # Errors
    ///
    /// When the secret is not base64 or the address cannot be listened on.
    pub async fn start(
        config: SimulatorConfig,
        stop: &CancellationToken,
    ) -> Result<Self, SimulatorFault> {
        let stop = stop.child_token();
        let tasks = TaskTracker::new();
        let hook = Hook::new(&config.secret)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| SimulatorFault::Listen(config.listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| SimulatorFault::Listen(config.listen, error))?;
        let router = server::router(&config, hook.clone(), stop.clone(), tasks.clone());
        let until = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                ended = axum::serve(listener, router) => drop(ended),
                () = until.cancelled() => (),
            }
        });
        Ok(Self {
            address,
            hook,
            stop,
            tasks,
        })
    }

    /// Where it takes texts.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Texts in as a customer would: one signed post, repeated until it is taken.
    pub async fn text_in(&self, from: &str, to: &str, text: &str, hook_url: &str) -> Posted {
        self.hook.post(hook_url, &inbound(from, to, text)).await
    }

    /// Lets some customers text in, each at their time, and comes back at once.
    pub fn let_customers_text(&self, customers: &'static [Customer], to: &str, hook_url: &str) {
        for customer in customers {
            let (hook, to, url) = (self.hook.clone(), to.to_owned(), hook_url.to_owned());
            let stop = self.stop.clone();
            self.tasks.spawn(async move {
                stop.run_until_cancelled(customers::play(customer, &hook, &to, &url))
                    .await
            });
        }
    }

    /// Stops it: no new text is taken, and reports that are still to come never will.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A customer's text as it is posted, under an id of its own.
fn inbound(from: &str, to: &str, text: &str) -> serde_json::Value {
    json!({
        "type": "message.inbound",
        "id": signature::fresh_id("in"),
        "from": from,
        "to": to,
        "text": text,
        "segments": script::segments(text),
        "at": signature::now_text(),
    })
}
