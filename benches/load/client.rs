//! A client of HTTP/1.1 that costs little beside what it measures: it writes prepared bytes and
//! reads no more of an answer than its status and its length.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::requests::Requests;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: std::ops::Range<usize>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
            body: 0..0,
        })
    }

    /// Sends a request and reads the whole answer; gives back its status.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        tokio::time::timeout(PATIENCE, self.exchange(request))
            .await
            .context("no answer came")?
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, head, length) = loop {
            self.read_more().await?;
            if let Some(found) = parse_head(&self.buffer)? {
                break found;
            }
        };
        self.body = head..head + length;
        while self.buffer.len() < self.body.end {
            self.read_more().await?;
        }
        Ok(status)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.body.clone()]
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }
}

/// Status, length of the head and of the body, once the head is complete.
pub fn parse_head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    // A request has its method and target where an answer has its version and status.
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse())?;
    Ok(Some((status.unwrap_or(0), end + 4, length)))
}

/// What a load came to.
#[derive(Default)]
pub struct Load {
    /// Requests that were answered with a 2xx.
    pub accepted: usize,
    /// Requests that were answered with something else.
    pub refused: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// How long each answer took, in microseconds, in no order.
    pub latencies: Vec<u32>,
}

impl Load {
    /// Accepted requests per second.
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.elapsed.as_secs_f64()
    }

    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.latencies.extend(other.latencies);
    }
}

/// Sends requests over several connections until the time is up or none is left.
pub async fn load(
    address: SocketAddr,
    connections: usize,
    requests: Requests,
    time: Duration,
) -> anyhow::Result<Load> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let mut workers = JoinSet::new();
    for connection in open {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        workers.spawn(work(connection, requests, next, started + time));
    }
    let mut sum = Load::default();
    while let Some(load) = workers.join_next().await {
        sum.add(load??);
    }
    sum.elapsed = started.elapsed();
    Ok(sum)
}

async fn work(
    mut connection: Connection,
    requests: Arc<Requests>,
    next: Arc<AtomicUsize>,
    until: Instant,
) -> anyhow::Result<Load> {
    let mut load = Load::default();
    let mut begun = Instant::now();
    while begun < until {
        let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
            break;
        };
        let status = connection.ask(request).await?;
        let answered = Instant::now();
        load.latencies
            .push((answered - begun).as_micros().try_into()?);
        if (200..300).contains(&status) {
            load.accepted += 1;
        } else {
            load.refused += 1;
            if load.refused == 1 {
                let body = String::from_utf8_lossy(connection.body());
                eprintln!("bench: an answer was {status}: {body}");
            }
        }
        begun = answered;
    }
    Ok(load)
}
