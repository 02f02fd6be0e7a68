//! The provider that the daemon sends through: takes every message at once and gives it an id.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::client::parse_head;
use crate::peer::{Peer, lock};
use crate::requests::fresh_sid;

/// The provider.
pub type Provider = Peer<Vec<String>>;

impl Provider {
    /// Starts it; it answers at once.
    pub fn start() -> anyhow::Result<Self> {
        Self::serving(answer)
    }

    /// How many messages it took.
    pub fn count(&self) -> usize {
        self.taken().len()
    }

    /// The ids of the messages that it took since the last time.
    pub fn take_ids(&self) -> Vec<String> {
        std::mem::take(&mut *self.taken())
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
