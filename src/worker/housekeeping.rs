//! The loop around [`Engine::keep_house`] and [`Engine::sweep_files`].

use std::time::Duration;

use super::rest;
use crate::engine::Engine;
use crate::lifecycle::Tasks;

/// How often there is a look at what time calls for.
const EVERY: Duration = Duration::from_mins(1);

/// Runs until a stop.
pub async fn run(engine: Engine, tasks: Tasks) {
    while rest(&tasks, EVERY).await {
        if let Err(fault) = engine.sweep_files().await {
            tracing::warn!(%fault, "files that nobody needs are removed later");
        }
        loop {
            match engine.keep_house().await {
                Ok(true) if !tasks.is_stopped() => {}
                Ok(_) => break,
                Err(fault) => {
                    tracing::warn!(%fault, "housekeeping failed, and will be tried again");
                    break;
                }
            }
        }
    }
}
