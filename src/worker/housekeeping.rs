//! The loops around [`Engine::wake_conversations`] and [`Engine::retain`], and around [`Engine::keep_house`],
//! [`Engine::sweep_files`] and [`Engine::note_use`].

use std::time::Duration;

use super::rest;
use crate::engine::{Earnest, Engine};
use crate::lifecycle::Tasks;

/// How often there is a look at what time calls for.
const EVERY: Duration = Duration::from_mins(1);

/// How often there is a look at who should wake: nobody minds a second.
const WAKE_EVERY: Duration = Duration::from_secs(1);

/// How often there is a look at what is over its time: each walks all that is not kept for ever.
const RETAIN_EVERY: Duration = Duration::from_hours(6);

/// Whoever configured too short a period has this long to think better of it.
const RETAIN_FIRST: Duration = Duration::from_mins(10);

/// Removes what is over its time until a stop.
pub async fn retain(engine: Engine, tasks: Tasks) {
    let mut pause = RETAIN_FIRST;
    while rest(&tasks, pause).await {
        pause = RETAIN_EVERY;
        match engine.retain(Earnest::Real, &|| !tasks.is_stopped()).await {
            Ok(removed) => {
                let removed: u64 = removed.values().sum();
                tracing::info!(removed, "what was over its time is removed");
            }
            Err(fault) => tracing::warn!(%fault, "what is over its time is removed later"),
        }
    }
}

/// Wakes conversations until a stop.
pub async fn wake(engine: Engine, tasks: Tasks) {
    while rest(&tasks, WAKE_EVERY).await {
        loop {
            match engine.wake_conversations().await {
                Ok(true) if !tasks.is_stopped() => {}
                Ok(_) => break,
                Err(fault) => {
                    tracing::warn!(%fault, "conversations that should wake sleep on for now");
                    break;
                }
            }
        }
    }
}

/// Runs until a stop.
pub async fn run(engine: Engine, tasks: Tasks) {
    while rest(&tasks, EVERY).await {
        if let Err(fault) = engine.note_use().await {
            tracing::warn!(%fault, "when keys and sessions were last used is not noted");
        }
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
