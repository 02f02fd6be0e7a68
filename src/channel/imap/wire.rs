//! A connection to a server: commands out, answers in, one at a time.

use std::fmt::Write as _;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::answer::{Response, Status, Told, understand};
use super::assembler::{Assembler, Limits};
use super::fault::WireFault;
use super::name::Piece;

/// A connection, protected or not.
type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Mails come in large pieces.
const READ_BUFFER: usize = 64 * 1024;
/// Commands are small.
const WRITE_BUFFER: usize = 8 * 1024;

/// More noise between two answers that mean something than any server has reason to make.
const MOST_NOISE: usize = 200_000;

/// A connection with its half-read answer; reading may be interrupted at any time.
#[derive(Debug)]
pub(super) struct Wire {
    stream: BufStream<Stream>,
    assembler: Assembler,
    tag: u32,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self::over(Either::Left(stream))
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream: BufStream::with_capacity(READ_BUFFER, WRITE_BUFFER, stream),
            assembler: Assembler::default(),
            tag: 0,
        }
    }

    /// Protects the connection. Whatever came before is forgotten: nobody vouches for it.
    pub(super) async fn secure(
        self,
        config: Arc<rustls::ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, WireFault> {
        let Either::Left(stream) = self.stream.into_inner() else {
            return Err(WireFault::Garbled("it is protected already"));
        };
        let stream = Box::pin(TlsConnector::from(config).connect(name, stream)).await?;
        Ok(Self {
            tag: self.tag,
            ..Self::over(Either::Right(Box::new(stream)))
        })
    }

    /// The next answer.
    pub(super) async fn read(&mut self, limits: Limits) -> Result<Response, WireFault> {
        loop {
            let bytes = self.stream.fill_buf().await?;
            if bytes.is_empty() {
                return Err(WireFault::Closed);
            }
            let (taken, answer) = self.assembler.feed(bytes, limits)?;
            self.stream.consume(taken);
            let Some(answer) = answer else { continue };
            let response = understand(answer)?;
            if let Response::Told(told) = &response
                && told.status == Status::Bye
            {
                return Err(WireFault::Bye(told.words.clone()));
            }
            return Ok(response);
        }
    }

    /// Sends a command and gives back its tag.
    pub(super) async fn send(&mut self, pieces: &[Piece]) -> Result<String, WireFault> {
        self.tag += 1;
        let tag = format!("p{}", self.tag);
        let mut line = tag.clone();
        for piece in pieces {
            line.push(' ');
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Literal(bytes) => {
                    write!(line, "{{{}}}", bytes.len()).expect("a text takes everything");
                    self.line(&line).await?;
                    self.go_ahead(&tag).await?;
                    self.stream.write_all(bytes).await?;
                    line.clear();
                }
            }
        }
        self.line(&line).await?;
        Ok(tag)
    }

    /// Sends a line of our own.
    pub(super) async fn line(&mut self, line: &str) -> Result<(), WireFault> {
        debug_assert!(!line.contains(['\r', '\n']), "a line has no end in it");
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        Ok(self.stream.flush().await?)
    }

    /// Waits until the server wants the rest.
    async fn go_ahead(&mut self, tag: &str) -> Result<(), WireFault> {
        for _ in 0..MOST_NOISE {
            match self.read(Limits::USUAL).await? {
                Response::Continue(_) => return Ok(()),
                Response::Done(done, _) if done == tag => break,
                _ => {}
            }
        }
        Err(WireFault::Garbled("it does not take a literal"))
    }

    /// Reads to the end of a command, and hands over all that comes before it.
    pub(super) async fn finish(
        &mut self,
        tag: &str,
        limits: Limits,
        mut each: impl FnMut(Response),
    ) -> Result<Told, WireFault> {
        let mut noise = 0;
        loop {
            match self.read(limits).await? {
                Response::Done(done, told) if done == tag => return Ok(told),
                Response::Noise => {
                    noise += 1;
                    if noise > MOST_NOISE {
                        return Err(WireFault::Garbled("it never comes to the point"));
                    }
                }
                other => each(other),
            }
        }
    }
}
