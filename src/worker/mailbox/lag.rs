//! How far behind a mailbox's reader is: the time since it was known to be read to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::gateway::GatewayName;
use crate::engine::Engine;
use crate::lifecycle::Tasks;
use crate::worker::rest;

/// How often the figure is set.
const EVERY: Duration = Duration::from_secs(1);

/// Another daemon reads the mailbox, and tells.
const NOT_OURS: i64 = i64::MIN;

/// The metric `postern_mailbox_lag` of one gateway, in seconds; it grows by itself.
pub(super) struct Lag {
    read_to_the_end: Arc<AtomicI64>,
}

impl Lag {
    pub(super) fn start(engine: &Engine, gateway: &GatewayName, tasks: &Tasks) -> Self {
        let read_to_the_end = Arc::new(AtomicI64::new(engine.clock().now().0));
        let (clock, seen, group) = (
            engine.clock().clone(),
            read_to_the_end.clone(),
            tasks.clone(),
        );
        let gauge = metrics::gauge!("postern_mailbox_lag", "gateway" => gateway.to_string());
        tasks.spawn("mailbox lag", async move {
            loop {
                let seen = seen.load(Ordering::Relaxed);
                let lag = if seen == NOT_OURS {
                    Duration::ZERO
                } else {
                    clock.now().since(Timestamp(seen))
                };
                gauge.set(lag.as_secs_f64());
                if !rest(&group, EVERY).await {
                    return;
                }
            }
        });
        Self { read_to_the_end }
    }

    /// Everything was read that was there at that time.
    pub(super) fn read_to_the_end(&self, at: Timestamp) {
        self.read_to_the_end.store(at.0, Ordering::Relaxed);
    }

    /// Another daemon reads the mailbox.
    pub(super) fn nobody_asks(&self) {
        self.read_to_the_end.store(NOT_OURS, Ordering::Relaxed);
    }
}
