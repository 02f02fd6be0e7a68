//! A provider that answers as its script says, and keeps a ledger of all that it was handed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::eventually;
use super::http1::{self, Request};
use super::setup::PUBLIC_URL;

/// What a provider does with one request, after it has read all of it.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It takes the message under an id of its own.
    Taken,
    /// It takes the message under this id, and answers after this time.
    TakenAs(String, Duration),
    /// It takes the message, but answers only after this time.
    TakenAfter(Duration),
    /// It answers with a status, headers and a body.
    Answer(u16, Vec<(String, String)>, String),
    /// It says nothing and keeps the connection.
    Hang,
    /// It resets the connection instead of answering.
    Reset,
    /// It closes the connection instead of answering.
    Close,
    /// The same, after this time.
    CloseAfter(Duration),
    /// It resets the connection in the middle of the answer's headers.
    ResetInHeaders,
    /// It answers one byte at a time, and never ends.
    Drip,
    /// It answers with a body that never ends.
    Endless,
}

impl Reply {
    /// An answer without headers of note.
    pub fn status(status: u16, body: &Value) -> Self {
        Self::with_header(status, "x-nothing", "", body)
    }

    /// An answer with one header of note.
    pub fn with_header(status: u16, name: &str, value: &str, body: &Value) -> Self {
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let headers = vec![json, (name.to_owned(), value.to_owned())];
        Self::Answer(status, headers, body.to_string())
    }
}

/// What a provider was handed.
#[derive(Debug, Clone)]
pub struct Handed {
    /// When all of it had arrived.
    pub at: Instant,
    /// The recipient.
    pub to: String,
    /// The sender.
    pub from: String,
    /// The words.
    pub text: String,
    /// Where to report to.
    pub callback: Option<String>,
    /// The id it got, when it was taken.
    pub reference: Option<String>,
    /// All of it.
    pub request: Request,
}

impl Handed {
    /// Where it is to be reported on: the path below `/hooks/`, and the query.
    pub fn reported_to(&self) -> Option<&str> {
        let path = self.callback.as_ref()?.strip_prefix(PUBLIC_URL)?;
        path.strip_prefix("/hooks/")
    }
}

type Script = Box<dyn FnMut(&Handed) -> Reply + Send>;

struct Desk {
    ledger: Mutex<Vec<Handed>>,
    script: Mutex<Script>,
    next: AtomicU64,
}

/// A provider at work; it goes when it is dropped.
pub struct FakeProvider {
    pub address: SocketAddr,
    desk: Arc<Desk>,
    tasks: JoinSet<()>,
}

impl FakeProvider {
    /// A provider that takes everything.
    pub async fn start() -> Self {
        Self::on("127.0.0.1:0".parse().unwrap()).await
    }

    /// A provider at an address that a gateway knows already.
    pub async fn on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let desk = Arc::new(Desk {
            ledger: Mutex::default(),
            script: Mutex::new(Box::new(|_| Reply::Taken)),
            next: AtomicU64::new(1),
        });
        let mut provider = Self {
            address: listener.local_addr().unwrap(),
            desk: Arc::clone(&desk),
            tasks: JoinSet::new(),
        };
        provider.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                        connections.spawn(serve(stream, Arc::clone(&desk)));
                    },
                    Some(_) = connections.join_next() => (),
                }
            }
        });
        provider
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Decides each answer from now on.
    pub fn answers(&self, script: impl FnMut(&Handed) -> Reply + Send + 'static) {
        *self.desk.script.lock().unwrap() = Box::new(script);
    }

    /// Gives these answers one after the other, and then takes everything.
    pub fn answers_in_turn(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
        self.answers(move |_| replies.next().unwrap_or(Reply::Taken));
    }

    /// All that it was handed so far.
    pub fn ledger(&self) -> Vec<Handed> {
        self.desk.ledger.lock().unwrap().clone()
    }

    /// How often it was handed this text.
    pub fn times_handed(&self, text: &str) -> usize {
        let ledger = self.desk.ledger.lock().unwrap();
        ledger.iter().filter(|handed| handed.text == text).count()
    }

    /// Waits until it was handed so many messages.
    pub async fn handed(&self, count: usize) -> Vec<Handed> {
        eventually(&format!("{count} messages at the provider"), async || {
            Some(self.ledger()).filter(|ledger| ledger.len() >= count)
        })
        .await
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some(request) = http1::read_request(&mut stream).await {
        let (reply, reference, shape) = desk.enter(request);
        let wire = stream.get_mut();
        let written = match reply {
            Reply::Taken => wire.write_all(&taken(shape, &reference)).await,
            Reply::TakenAs(known, wait) => {
                tokio::time::sleep(wait).await;
                wire.write_all(&taken(shape, &known)).await
            }
            Reply::TakenAfter(wait) => {
                tokio::time::sleep(wait).await;
                wire.write_all(&taken(shape, &reference)).await
            }
            Reply::Answer(status, headers, body) => {
                let answer = http1::answer(status, &headers, body.as_bytes());
                wire.write_all(&answer).await
            }
            Reply::Hang => std::future::pending().await,
            Reply::Close => return,
            Reply::CloseAfter(time) => return tokio::time::sleep(time).await,
            Reply::Reset => return reset(stream.into_inner()),
            Reply::ResetInHeaders => {
                let part = b"HTTP/1.1 201 Created\r\ncontent-le";
                wire.write_all(part).await.unwrap();
                return reset(stream.into_inner());
            }
            Reply::Drip => drip(wire).await,
            Reply::Endless => endless(wire).await,
        };
        if written.is_err() {
            return;
        }
    }
}

/// Closes with a reset: what is unsent is thrown away.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

async fn drip(wire: &mut TcpStream) -> std::io::Result<()> {
    wire.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 1000000\r\n\r\n{")
        .await?;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        wire.write_all(b" ").await?;
    }
}

async fn endless(wire: &mut TcpStream) -> std::io::Result<()> {
    wire.write_all(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n{\"sid\":\"")
        .await?;
    loop {
        wire.write_all(&[b'x'; 4096]).await?;
    }
}

/// Which provider it looks like, by what it was sent.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Twilio,
    Json,
}

impl Desk {
    fn enter(&self, request: Request) -> (Reply, String, Shape) {
        let (mut handed, shape) = read(request);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let fresh = match shape {
            Shape::Twilio => format!("SM{:08x}{number:024x}", rand::random::<u32>()),
            Shape::Json => format!("gen_{:08x}{number:08x}", rand::random::<u32>()),
        };
        let reply = (self.script.lock().unwrap())(&handed);
        handed.reference = match &reply {
            Reply::Taken | Reply::TakenAfter(_) => Some(fresh.clone()),
            Reply::TakenAs(known, _) => Some(known.clone()),
            Reply::Answer(..)
            | Reply::Hang
            | Reply::Reset
            | Reply::Close
            | Reply::CloseAfter(_)
            | Reply::ResetInHeaders
            | Reply::Drip
            | Reply::Endless => None,
        };
        self.ledger.lock().unwrap().push(handed);
        (reply, fresh, shape)
    }
}

fn read(request: Request) -> (Handed, Shape) {
    let is_json = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    let body: Value = if is_json {
        serde_json::from_slice(&request.body).unwrap_or_default()
    } else {
        let pairs = form_urlencoded::parse(&request.body).into_owned();
        pairs.map(|(name, value)| (name, json!(value))).collect()
    };
    let word = |names: [&str; 3]| {
        let mut found = names.iter().filter_map(|name| body[*name].as_str());
        found.next().map(str::to_owned)
    };
    let handed = Handed {
        at: Instant::now(),
        to: word(["To", "to", "recipient"]).unwrap_or_default(),
        from: word(["From", "from", "sender"]).unwrap_or_default(),
        text: word(["Body", "text", "body"]).unwrap_or_default(),
        callback: word(["StatusCallback", "callback_url", "webhook_url"]),
        reference: None,
        request,
    };
    let shape = if is_json { Shape::Json } else { Shape::Twilio };
    (handed, shape)
}

fn taken(shape: Shape, reference: &str) -> Vec<u8> {
    let json_type = ("content-type".to_owned(), "application/json".to_owned());
    let (status, body) = match shape {
        Shape::Twilio => (
            201,
            json!({"sid": reference, "status": "queued", "num_segments": "1", "error_code": null,
                   "error_message": null, "price": null}),
        ),
        Shape::Json => (202, json!({"id": reference, "segments": 1})),
    };
    http1::answer(status, &[json_type], body.to_string().as_bytes())
}
