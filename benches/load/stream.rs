//! A subscriber of the feed, which notes when each received message was told of.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::requests::{Requests, get};

/// Webhooks per second while the stream is watched.
const RATE: u32 = 200;

/// From a webhook's answer to its event at a subscriber, in microseconds, one for each message.
pub async fn measure(address: SocketAddr, key: &str, count: usize) -> anyhow::Result<Vec<u32>> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(&get(key, "/v1/events/stream")).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    ensure!(line.contains(" 200 "), "the stream was refused: {line}");
    let seen = Arc::<Mutex<Vec<Instant>>>::default();
    let mut reader = JoinSet::new();
    reader.spawn(read(stream, Arc::clone(&seen), count));
    let answered = post(address, count).await?;
    let read = tokio::time::timeout(Duration::from_secs(10), reader.join_next()).await;
    read.context("events are missing at the subscriber")?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(seen.len() == count, "{} events of {count}", seen.len());
    // One connection posts, so that the n-th answer belongs to the n-th event.
    let pairs = answered.iter().zip(seen.iter());
    Ok(pairs
        .map(|(answered, seen)| seen.saturating_duration_since(*answered).as_micros() as u32)
        .collect())
}

/// Posts at a steady rate over one connection; gives back when each was answered.
async fn post(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Instant>> {
    let requests = Requests::texts(count);
    let mut connection = Connection::open(address).await?;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / RATE);
    let mut answered = Vec::with_capacity(count);
    while let Some(request) = requests.get(answered.len()) {
        pace.tick().await;
        let status = connection.ask(request).await?;
        ensure!(status == 200, "a webhook was answered with {status}");
        answered.push(Instant::now());
    }
    Ok(answered)
}

/// Reads until all events came. Lines of the transfer coding look like no field of an event.
async fn read(
    mut stream: BufReader<TcpStream>,
    seen: Arc<Mutex<Vec<Instant>>>,
    count: usize,
) -> anyhow::Result<()> {
    let mut line = String::new();
    let mut found = 0;
    while found < count {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "the stream ended");
        let kind = line.strip_prefix("event:").map(str::trim);
        if kind == Some("message.received") {
            found += 1;
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(Instant::now());
        }
    }
    Ok(())
}
