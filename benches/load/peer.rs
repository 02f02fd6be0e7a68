//! Whom the daemon sends to: a server on a thread of its own that can keep everyone waiting.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A server that remembers what it took; gone when dropped.
pub struct Peer<T> {
    /// Where it listens.
    pub address: SocketAddr,
    taken: Arc<Mutex<T>>,
    gate: watch::Sender<bool>,
    runtime: Option<Runtime>,
}

impl<T: Default + Send + 'static> Peer<T> {
    /// Starts it; `answer` serves each connection, and waits for the gate before it answers.
    pub fn serving<A, F>(answer: A) -> anyhow::Result<Self>
    where
        A: Fn(TcpStream, Arc<Mutex<T>>, watch::Receiver<bool>) -> F + Send + 'static,
        F: Future<Output: Send> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (gate, held) = watch::channel(true);
        let taken = Arc::default();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let ledger = Arc::clone(&taken);
        runtime.spawn(async move {
            if let Err(fault) = serve(listener, ledger, held, answer).await {
                eprintln!("bench: whom the daemon sends to failed: {fault}");
            }
        });
        Ok(Self {
            address,
            taken,
            gate,
            runtime: Some(runtime),
        })
    }
}

impl<T> Peer<T> {
    /// Keeps everyone waiting from now on. The daemon's patience is 15 seconds with HTTP and a
    /// minute with mail.
    pub fn hold(&self) {
        self.gate.send_replace(false);
    }

    /// Answers those who wait, and everyone from now on.
    pub fn release(&self) {
        self.gate.send_replace(true);
    }

    /// What it took.
    pub fn taken(&self) -> MutexGuard<'_, T> {
        lock(&self.taken)
    }
}

impl<T> Drop for Peer<T> {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What was taken, whoever panicked with it.
pub fn lock<T>(taken: &Mutex<T>) -> MutexGuard<'_, T> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve<T, A, F>(
    listener: std::net::TcpListener,
    taken: Arc<Mutex<T>>,
    gate: watch::Receiver<bool>,
    answer: A,
) -> std::io::Result<()>
where
    A: Fn(TcpStream, Arc<Mutex<T>>, watch::Receiver<bool>) -> F,
    F: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let served = answer(stream, Arc::clone(&taken), gate.clone());
        connections.spawn(async move { drop(served.await) });
        while connections.try_join_next().is_some() {}
    }
}
