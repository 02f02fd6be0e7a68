//! The loop around [`Engine::keep_promises`].

use std::time::Duration;

use super::rest;
use crate::engine::Engine;
use crate::lifecycle::Tasks;

/// How often there is a look at what time has brought about.
const POLL: Duration = Duration::from_millis(500);

/// How long it waits after something happened, so that what happens together is read together.
const GATHER: Duration = Duration::from_millis(20);

/// Runs until a stop.
pub async fn run(engine: Engine, tasks: Tasks) {
    while let Err(fault) = engine.begin_promises().await {
        tracing::warn!(%fault, "promises are looked after later");
        if !rest(&tasks, POLL).await {
            return;
        }
    }
    let mut changes = engine.feed().changes();
    loop {
        match engine.keep_promises().await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = tasks.stopped() => return,
                    _ = changes.changed() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            Err(fault) => tracing::warn!(%fault, "promises are looked after later"),
        }
        if !rest(&tasks, GATHER).await {
            return;
        }
    }
}
