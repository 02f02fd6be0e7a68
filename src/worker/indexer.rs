//! The loop around [`Engine::index`].

use std::time::{Duration, Instant};

use super::rest;
use crate::engine::Engine;
use crate::lifecycle::Tasks;

/// How often there is a look for what other daemons wrote.
const POLL: Duration = Duration::from_secs(1);

/// How long it waits after something happened, so that what happens together is indexed together.
const GATHER: Duration = Duration::from_millis(25);

/// From so many events in a second on the daemon is busy, and the index takes the writer for a
/// twentieth of the time; else for half of it.
const BUSY: f64 = 200.0;
const SHARE_WHEN_BUSY: u32 = 19;

/// How long it rests after a failure.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Runs until a stop.
pub async fn run(engine: Engine, tasks: Tasks) {
    let mut changes = engine.feed().changes();
    let (mut head, mut since) = (engine.feed().head(), Instant::now());
    loop {
        let started = Instant::now();
        let pause = match engine.index().await {
            Ok(indexed) if indexed.more => {
                let now = engine.feed().head();
                let busy = rate(now - head, since.elapsed()) > BUSY;
                (head, since) = (now, Instant::now());
                Some(started.elapsed() * if busy { SHARE_WHEN_BUSY } else { 1 })
            }
            Ok(_) => None,
            Err(fault) => {
                tracing::warn!(%fault, "the search index is brought up to date later");
                Some(AFTER_FAULT)
            }
        };
        let goes_on = match pause {
            Some(pause) => rest(&tasks, pause).await,
            None => {
                tokio::select! {
                    () = tasks.stopped() => {}
                    _ = changes.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
                rest(&tasks, GATHER).await
            }
        };
        if !goes_on {
            return;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
fn rate(events: i64, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64().max(0.001)
}
