//! A mail server that takes every mail at once and forgets it, and a bare client of it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::peer::{Peer, lock};

const OFFERS: &str =
    "250-sink.example.org\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250 8BITMIME\r\n";

/// The server.
pub type Sink = Peer<Taken>;

/// What it took.
#[derive(Default)]
pub struct Taken {
    mails: usize,
    recipients: HashSet<String>,
    last: Vec<u8>,
}

impl Sink {
    /// Starts it; it answers at once, and waits before the envelope of a mail.
    pub fn start() -> anyhow::Result<Self> {
        Self::serving(answer)
    }

    /// How many mails it took since the counts were taken.
    pub fn count(&self) -> usize {
        self.taken().mails
    }

    /// How many mails it took since the last time, and for how many people.
    pub fn take_counts(&self) -> (usize, usize) {
        let mut taken = self.taken();
        let people = std::mem::take(&mut taken.recipients).len();
        (std::mem::take(&mut taken.mails), people)
    }

    /// The last mail as it came over the wire, with the lone dot.
    pub fn last(&self) -> Vec<u8> {
        self.taken().last.clone()
    }
}

/// Answers one connection until it ends; answers to commands that came together go together.
async fn answer(
    stream: TcpStream,
    taken: Arc<Mutex<Taken>>,
    mut gate: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut stream = BufReader::with_capacity(16 * 1024, stream);
    let mut answers = b"220 sink.example.org\r\n".to_vec();
    let (mut line, mut recipient) = (Vec::new(), String::new());
    loop {
        if stream.buffer().is_empty() {
            stream.get_mut().write_all(&answers).await?;
            answers.clear();
        }
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let command = String::from_utf8_lossy(&line);
        let reply = match command.get(..4) {
            Some("EHLO") => OFFERS,
            Some("MAIL") => {
                gate.wait_for(|open| *open).await?;
                "250 ok\r\n"
            }
            Some("RCPT") => {
                recipient = command.trim_end().to_owned();
                "250 ok\r\n"
            }
            Some("DATA") => {
                answers.extend_from_slice(b"354 go on\r\n");
                stream.get_mut().write_all(&answers).await?;
                answers.clear();
                let content = content(&mut stream).await?;
                let mut taken = lock(&taken);
                taken.mails += 1;
                taken.recipients.insert(std::mem::take(&mut recipient));
                taken.last = content;
                answers.extend_from_slice(format!("250 taken as {}\r\n", taken.mails).as_bytes());
                continue;
            }
            Some("QUIT") => {
                stream.get_mut().write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok\r\n",
        };
        answers.extend_from_slice(reply.as_bytes());
    }
}

/// Reads to the line with the lone dot.
async fn content(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(4 * 1024);
    loop {
        let start = content.len();
        let read = stream.read_until(b'\n', &mut content).await?;
        ensure!(read > 0, "the client went in the middle of a mail");
        if &content[start..] == b".\r\n" {
            return Ok(content);
        }
    }
}

/// The least that hands mails over.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects and greets.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream: BufReader::new(stream),
        };
        client.expect("220").await?;
        client.write(b"EHLO bare.example.com\r\n").await?;
        client.expect("250").await?;
        Ok(client)
    }

    /// Hands over a mail: its envelope at once, then all of it with the lone dot.
    pub async fn hand_over(&mut self, number: usize, mail: &[u8]) -> anyhow::Result<()> {
        let envelope = format!(
            "MAIL FROM:<support@example.com> SIZE={}\r\nRCPT TO:<bare{number}@example.org>\r\nDATA\r\n",
            mail.len()
        );
        self.write(envelope.as_bytes()).await?;
        for code in ["250", "250", "354"] {
            self.expect(code).await?;
        }
        self.write(mail).await?;
        self.expect("250").await
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes).await
    }

    /// Reads an answer to its last line.
    async fn expect(&mut self, code: &str) -> anyhow::Result<()> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let rest = line.strip_prefix(code);
            let rest = rest.with_context(|| format!("{code} was expected, not {line:?}"))?;
            if !rest.starts_with('-') {
                return Ok(());
            }
        }
    }
}
