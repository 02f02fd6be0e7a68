//! The provider that the daemon sends through: takes every message at once and gives it an id.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::parse_head;
use crate::requests::fresh_sid;

/// A provider on a thread of its own; gone when dropped.
pub struct Provider {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<String>>>,
    answers: watch::Sender<bool>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Provider {
    /// Starts it; it answers at once.
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (answers, gate) = watch::channel(true);
        let (taken, stop) = (Arc::default(), CancellationToken::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (ledger, stopped) = (Arc::clone(&taken), stop.clone());
        let thread = std::thread::spawn(move || {
            let serving =
                runtime.block_on(stopped.run_until_cancelled(serve(listener, ledger, gate)));
            if let Some(Err(fault)) = serving {
                eprintln!("bench: the provider failed: {fault}");
            }
        });
        Ok(Self {
            address,
            taken,
            answers,
            stop,
            thread: Some(thread),
        })
    }

    /// Keeps everyone waiting from now on. The daemon's patience is 15 seconds.
    pub fn hold(&self) {
        self.answers.send_replace(false);
    }

    /// Answers those who wait, and everyone from now on.
    pub fn release(&self) {
        self.answers.send_replace(true);
    }

    /// How many messages it took.
    pub fn count(&self) -> usize {
        lock(&self.taken).len()
    }

    /// The ids of the messages that it took since the last time.
    pub fn take_ids(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.taken))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn lock(taken: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    listener: std::net::TcpListener,
    taken: Arc<Mutex<Vec<String>>>,
    gate: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(answer(stream, Arc::clone(&taken), gate.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// Answers one connection until it ends or says something that is not HTTP.
async fn answer(
    mut stream: TcpStream,
    taken: Arc<Mutex<Vec<String>>>,
    mut gate: watch::Receiver<bool>,
) -> Option<()> {
    let mut buffer = Vec::with_capacity(4 * 1024);
    loop {
        let end = loop {
            if let Some((_, head, body)) = parse_head(&buffer).ok()?
                && buffer.len() >= head + body
            {
                break head + body;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        buffer.drain(..end);
        gate.wait_for(|open| *open).await.ok()?;
        let sid = fresh_sid();
        let body = format!(
            "{{\"sid\":\"{sid}\",\"status\":\"queued\",\"num_segments\":\"1\",\
             \"error_code\":null,\"error_message\":null}}"
        );
        let head = format!(
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        lock(&taken).push(sid);
        stream.write_all((head + &body).as_bytes()).await.ok()?;
    }
}
