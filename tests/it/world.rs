//! The world around the daemon: databases, providers, customers and clients.
//!
//! Shares no code with the program: it signs, counts and speaks HTTP by itself, so that a mistake
//! on one side cannot hide behind the same mistake on the other.

pub mod api;
pub mod app;
pub mod daemon;
pub mod db;
pub mod dovecot;
pub mod hooks;
pub mod http1;
pub mod imap;
pub mod postfix;
pub mod provider;
pub mod setup;
pub mod sign;
pub mod smtp;
pub mod tokens;

use std::path::Path;
use std::time::{Duration, Instant};

/// How long a test waits for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `probe` finds something; fails with `what` when it never does.
pub async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Option<T>) -> T {
    within(PATIENCE, what, probe).await
}

/// Waits no longer than this until `probe` finds something.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether bytes are in any file of a folder, in which files may come and go.
pub fn lies_in(folder: &Path, secret: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return lies_in(&path, secret);
        }
        let content = std::fs::read(path).unwrap_or_default();
        content.windows(secret.len()).any(|bytes| bytes == secret)
    })
}

/// Defines tests that run on both databases, as `sqlite::name` and `postgres::name`.
#[macro_export]
macro_rules! both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($db:ident: Db) $body:block)*) => {
        $($(#[doc = $doc])* async fn $name($db: $crate::world::db::Db) $body)*

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::world::db::Db::sqlite()).await; })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::world::db::Db::postgres().await).await; })*
        }
    };
}
