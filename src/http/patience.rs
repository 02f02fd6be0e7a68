//! A connection whose other end must take what is written to it, and gets the time to.
//!
//! hyper limits how long a request may take to arrive, but not how long an answer may lie unread.
//! A reader that takes nothing for a minute is gone or hostile, and its connection is cut.
//!
//! An answer may come before all of the request has, as a 413 does. A socket that is closed with
//! something unread in it resets the connection, and the client loses the answer (RFC 9112, section
//! 9.6): so what it still sends is taken and thrown away for a moment.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// How long the other end may take nothing: four heartbeats of a stream.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long the other end may go on sending after the last answer.
const LINGER: Duration = Duration::from_secs(2);

/// A TCP connection that fails when a write stands still.
#[derive(Debug)]
pub struct Patient {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Ends the wait for the other end, once all was said to it.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    /// Watches over a connection.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            stalled: None,
            lingering: None,
        }
    }

    /// Takes what the other end still sends, until it ends or the time is up.
    fn linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let lingering = (self.lingering).get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut scratch = [0; 8 * 1024];
        // Who sends without a pause leaves the timer no turn.
        while lingering.deadline() > Instant::now() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(()),
                Poll::Pending => return lingering.as_mut().poll(context),
            }
        }
        Poll::Ready(())
    }

    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        self.linger(context).map(Ok)
    }
}
