//! Figures that are counted now and then rather than at each change.

use std::time::Duration;

use super::rest;
use crate::domain::health::HealthState;
use crate::engine::{Engine, EngineFault};
use crate::lifecycle::Tasks;
use crate::telemetry::install_metrics;

/// How often they are counted.
const EVERY: Duration = Duration::from_secs(5);

/// Runs until a stop.
pub async fn run(engine: Engine, tasks: Tasks) {
    loop {
        if let Err(fault) = count(&engine).await {
            tracing::warn!(%fault, "the queues could not be counted");
        }
        // Histograms keep every sample until they are folded.
        install_metrics().upkeep();
        if !rest(&tasks, EVERY).await {
            return;
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and no queue is that long"
)]
async fn count(engine: &Engine) -> Result<(), EngineFault> {
    let now = engine.clock().now();
    let queues = engine.read().queues().await?;
    for details in engine.read().gateways().await? {
        let name = details.line.spec.name.as_str().to_owned();
        let queue = queues
            .iter()
            .find(|queue| queue.gateway == details.line.spec.name);
        let depth = queue.map_or(0, |queue| queue.depth);
        let oldest = queue.map_or(0.0, |queue| now.since(queue.oldest_due).as_secs_f64());
        let up = details
            .health
            .is_none_or(|health| health.state == HealthState::Up);
        metrics::gauge!("postern_queue_depth", "gateway" => name.clone()).set(depth as f64);
        metrics::gauge!("postern_queue_oldest_seconds", "gateway" => name.clone()).set(oldest);
        metrics::gauge!("postern_gateway_up", "gateway" => name).set(f64::from(u8::from(up)));
    }
    metrics::gauge!("postern_search_lag_events").set(engine.index_lag().await? as f64);
    metrics::gauge!("postern_unconfirmed").set(engine.read().unconfirmed().await? as f64);
    metrics::gauge!("postern_quarantine_size").set(engine.read().quarantine_size().await? as f64);
    Ok(())
}
