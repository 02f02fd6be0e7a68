//! Background duties. Each is a loop that calls the engine and decides nothing itself.

pub mod gauges;
pub mod housekeeping;
pub mod indexer;
mod limiter;
pub mod mailbox;
pub mod media;
pub mod promises;
pub mod sender;

use std::time::Duration;

use crate::lifecycle::Tasks;

/// Sleeps, but not past a stop; says whether to go on.
async fn rest(tasks: &Tasks, duration: Duration) -> bool {
    tokio::select! {
        () = tasks.stopped() => false,
        () = tokio::time::sleep(duration) => true,
    }
}
