//! What goes over the wire to a mail server: the connection, its answers, and content made safe.

use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::fault::{Cause, Fault, Stage};
use super::reply::Reply;
use crate::domain::mailbox::{MailServer, Tls};

/// The longest line of an answer, in bytes; twice what RFC 5321, 4.5.3.1.5 allows.
const LONGEST_LINE: u64 = 1024;

/// The most lines of an answer.
const MOST_LINES: usize = 200;

pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

pub(super) async fn connect(
    server: &MailServer,
    tls: &TlsConnector,
) -> Result<Box<dyn Wire>, Fault> {
    let opened = TcpStream::connect((server.host.as_str(), server.port)).await;
    let stream = opened.map_err(|fault| {
        let words = format!("no connection to {}: {fault}", server.host);
        lost(Stage::Opening, &words)
    })?;
    stream
        .set_nodelay(true)
        .map_err(|fault| lost(Stage::Opening, &fault.to_string()))?;
    match server.tls {
        Tls::Implicit => handshake(server, tls, Box::new(stream)).await,
        Tls::Starttls | Tls::None => Ok(Box::new(stream)),
    }
}

pub(super) async fn handshake(
    server: &MailServer,
    tls: &TlsConnector,
    stream: Box<dyn Wire>,
) -> Result<Box<dyn Wire>, Fault> {
    let name = ServerName::try_from(server.host.clone()).map_err(|_| {
        unfit(
            Stage::Opening,
            "host: no name that a certificate can be issued for",
        )
    })?;
    match tls.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(fault)
            if fault
                .get_ref()
                .is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some()) =>
        {
            let words = format!("the connection to {} is not safe: {fault}", server.host);
            Err(unfit(Stage::Opening, &words))
        }
        Err(fault) => Err(lost(Stage::Opening, &fault.to_string())),
    }
}

pub(super) async fn read_reply(
    wire: &mut BufReader<Box<dyn Wire>>,
    stage: Stage,
) -> Result<Reply, Fault> {
    let mut reply = Reply {
        code: 0,
        lines: Vec::new(),
    };
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut *wire).take(LONGEST_LINE);
        let read = bounded.read_until(b'\n', &mut line).await;
        let read = read.map_err(|fault| lost(stage, &fault.to_string()))?;
        if read == 0 {
            return Err(lost(stage, "the server closed the connection"));
        }
        let text = String::from_utf8_lossy(&line);
        let last = reply.add(text.trim_end_matches(['\r', '\n']));
        let whole = line.ends_with(b"\n") && reply.lines.len() <= MOST_LINES;
        match last.filter(|_| whole) {
            Some(true) => return Ok(reply),
            Some(false) => {}
            None => {
                return Err(lost(
                    stage,
                    "the server did not answer as a mail server does",
                ));
            }
        }
    }
}

pub(super) async fn within<T>(
    limit: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(limit, step)
        .await
        .unwrap_or_else(|_| Err(lost(stage, "the server did not answer in time")))
}

pub(super) fn lost(stage: Stage, words: &str) -> Fault {
    let cause = Cause::Lost(words.to_owned());
    Fault { stage, cause }
}

pub(super) fn unfit(stage: Stage, words: &str) -> Fault {
    let cause = Cause::Unfit(words.to_owned());
    Fault { stage, cause }
}

/// The content as it goes over the wire: every line ends in CRLF, whatever ended it before, so
/// that no server sees an end where another sees none; and no line is a lone dot.
pub(super) fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 50 + 2);
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (line, next) = match end {
            Some(at) if rest[at..].starts_with(b"\r\n") => (&rest[..at], &rest[at + 2..]),
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
        wire.extend_from_slice(b"\r\n");
        rest = next;
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn t08_no_line_end_and_no_dot_ends_a_mail_early() {
        for (content, expected) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a\r\n", "a\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n"),
            ("a\n.\r\nb", "a\r\n..\r\nb\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n"),
            ("a\r\n.\rb\n", "a\r\n..\r\nb\r\n"),
            (".", "..\r\n"),
            ("..", "...\r\n"),
            ("\r\n\r\n", "\r\n\r\n"),
            ("a\n\r.\r\n", "a\r\n\r\n..\r\n"),
        ] {
            let wire = stuffed(content.as_bytes());
            assert_eq!(
                String::from_utf8(wire).expect("text"),
                expected,
                "{content:?}"
            );
        }
    }
}
