//! The metrics page names what was counted, described.

use postern::telemetry::install_metrics;

#[test]
fn the_page_shows_what_was_counted_with_its_help() {
    let page = install_metrics();
    metrics::counter!("postern_messages_sent_total", "gateway" => "a", "channel" => "sms")
        .increment(2);
    metrics::histogram!("postern_send_duration_seconds", "gateway" => "a").record(0.3);
    page.upkeep();
    let shown = install_metrics().render();
    for expected in [
        "# HELP postern_messages_sent_total ",
        "# TYPE postern_messages_sent_total counter",
        "postern_messages_sent_total{gateway=\"a\",channel=\"sms\"} 2",
        "postern_send_duration_seconds_bucket{gateway=\"a\",le=\"0.5\"} 1",
        "postern_build_info{version=",
    ] {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
}
