//! The metrics, described for Prometheus; never a phone number, address or id as a label.

use std::sync::OnceLock;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds; from what a fast provider takes to the time budget of a send.
const SECONDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0,
];

/// What has been counted so far; clones show the same.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// The page that Prometheus reads: text exposition format 0.0.4.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what histograms have collected; to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// Starts counting, once in a process; later calls give the same.
pub fn install_metrics() -> Metrics {
    static INSTALLED: OnceLock<Metrics> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> Metrics {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .expect("there are buckets")
        .build_recorder();
    let handle = recorder.handle();
    // Refused only when somebody else counts already; then this page stays empty.
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another recorder of metrics is installed already");
    }
    describe();
    metrics::gauge!("postern_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Metrics { handle }
}

fn describe() {
    for (name, help) in COUNTERS {
        describe_counter!(*name, Unit::Count, *help);
    }
    for (name, help) in GAUGES {
        describe_gauge!(*name, *help);
    }
    describe_histogram!(
        "postern_send_duration_seconds",
        Unit::Seconds,
        "how long calls to the provider's send API took, by gateway"
    );
}

const COUNTERS: &[(&str, &str)] = &[
    (
        "postern_messages_received_total",
        "messages received and stored, by gateway and channel",
    ),
    (
        "postern_messages_submitted_total",
        "messages accepted for sending, by gateway and channel",
    ),
    (
        "postern_messages_sent_total",
        "messages that the provider took, by gateway and channel",
    ),
    (
        "postern_messages_delivered_total",
        "messages reported as delivered, by gateway and channel",
    ),
    (
        "postern_messages_read_total",
        "messages reported as read, by gateway and channel",
    ),
    (
        "postern_messages_failed_total",
        "messages that failed, by gateway, channel and error class",
    ),
    (
        "postern_callbacks_total",
        "what providers posted, by gateway and result",
    ),
    (
        "postern_connections_refused_total",
        "connections that were closed at once because max_connections were open",
    ),
    (
        "postern_mailbox_gaps_total",
        "mails that only the comparison with the server found, by gateway",
    ),
];

const GAUGES: &[(&str, &str)] = &[
    (
        "postern_unconfirmed",
        "messages of which nobody knows whether the provider took them",
    ),
    (
        "postern_queue_depth",
        "messages waiting to be sent, by gateway",
    ),
    (
        "postern_queue_oldest_seconds",
        "age of the oldest due message, by gateway",
    ),
    (
        "postern_quarantine_size",
        "callbacks that could not be read and wait for an operator",
    ),
    (
        "postern_feed_lag_seconds",
        "how far the readers of the feed are behind its head",
    ),
    (
        "postern_gateway_up",
        "1 when the gateway sends, 0 when it is paused or down",
    ),
    (
        "postern_mailbox_lag",
        "seconds since a mailbox was known to be read to its end, by gateway",
    ),
    (
        "postern_search_lag_events",
        "events behind the head of the feed that the search does not know yet",
    ),
    ("postern_build_info", "always 1; the version is a label"),
];
