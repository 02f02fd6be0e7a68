//! Enough of SMTP (RFC 5321) to take mail from one client that behaves.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Desk;
use super::letters::Sent;

/// The longest mail that is taken, in bytes.
const LARGEST: usize = 50_000_000;

/// The longest line of a command or a mail, in bytes.
const LONGEST_LINE: u64 = 64_000;

/// Takes mail until it is dropped.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    while let Ok((stream, _)) = listener.accept().await {
        let talk = {
            let desk = Arc::clone(&desk);
            // A client that breaks off has handed over nothing.
            async move { drop(converse(stream, &desk).await) }
        };
        desk.tasks.spawn(desk.until_stopped(talk));
    }
}

async fn converse(stream: TcpStream, desk: &Desk) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut recipients = Vec::new();
    say(&mut stream, "220 post.simulator ESMTP").await?;
    while let Some(line) = read_line(&mut stream).await? {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-post.simulator\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000",
            "HELO" | "NOOP" => "250 2.0.0 fine",
            "MAIL" | "RSET" => {
                recipients.clear();
                "250 2.1.0 fine"
            }
            "RCPT" => match between(&line) {
                Some(recipient) => {
                    recipients.push(recipient.to_lowercase());
                    "250 2.1.5 fine"
                }
                None => "501 5.1.3 no recipient",
            },
            "DATA" if recipients.is_empty() => "503 5.5.1 no recipient yet",
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                let Some(data) = read_data(&mut stream).await? else {
                    return Ok(());
                };
                for recipient in recipients.drain(..) {
                    desk.take(&Sent::new(&desk.mailbox, &recipient, &data));
                }
                "250 2.0.0 taken"
            }
            "QUIT" => return say(&mut stream, "221 2.0.0 goodbye").await,
            _ => "502 5.5.1 not here",
        };
        say(&mut stream, answer).await?;
    }
    Ok(())
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> std::io::Result<()> {
    let line = [answer, "\r\n"].concat();
    stream.get_mut().write_all(line.as_bytes()).await
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = stream.take(LONGEST_LINE);
    let read = limited.read_until(b'\n', &mut line).await?;
    Ok((read > 0).then_some(line))
}

/// The mail up to the lone dot, without the dots that were added to its lines (RFC 5321, 4.5.2).
async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut data = Vec::new();
    while let Some(line) = read_line(stream).await? {
        if line == b".\r\n" {
            return Ok(Some(String::from_utf8_lossy(&data).into_owned()));
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        if data.len() + line.len() > LARGEST {
            return Ok(None);
        }
        data.extend_from_slice(line);
    }
    Ok(None)
}

fn between(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    (!address.is_empty()).then_some(address)
}
