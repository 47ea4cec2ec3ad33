//! Logs and metrics: what they look like, and every family of metrics from the start.

use crate::config::{Log, LogFormat};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// What is observed must now and then be folded into the buckets, even if nobody reads them.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

const HTTP_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 3.0, 5.0, 7.0, 10.0];
const DATABASE_SECONDS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const OP_SECONDS: &[f64] = &[0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.1, 0.2, 0.5, 1.0, 2.5];
/// Up to the largest batch.
const BATCH_OPS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 2_048.0, 4_096.0];

const OP_KINDS: [&str; 9] = [
    "task.create",
    "task.update",
    "task.move",
    "task.delete",
    "task.restore",
    "column.create",
    "column.update",
    "column.move",
    "column.delete",
];

/// Begins to log to standard error. Standard output is for what a command answers.
///
/// # Errors
/// Where this process logs already, or the filter can't be read.
pub fn log(log: &Log) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&log.filter)?);
    let lines = lines.with_writer(std::io::stderr);
    match log.format {
        LogFormat::Pretty => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    }
}

/// Begins to count, on the first call, and gives what renders `/metrics`.
///
/// # Errors
/// Where something else in this process counts already.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*handle {
        return Ok(handle.clone());
    }
    let builder = [
        ("http_request_duration_seconds", HTTP_SECONDS),
        ("database_query_duration_seconds", DATABASE_SECONDS),
        ("board_commit_duration_seconds", DATABASE_SECONDS),
        ("board_op_duration_seconds", OP_SECONDS),
        ("board_commit_batch_size", BATCH_OPS),
    ]
    .into_iter()
    .try_fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
    })?;
    let installed = builder.install_recorder()?;
    register();
    let kept = installed.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(UPKEEP_EVERY);
            kept.run_upkeep();
        }
    });
    Ok(handle.insert(installed).clone())
}

/// Describes every family and lets it be seen at zero, so that dashboards and alerts find it before the first event.
fn register() {
    describe_counter!("http_requests_total", "requests answered, by method, route and status");
    counter!("http_requests_total", "method" => "GET", "route" => "/metrics", "status" => "200").increment(0);
    describe_histogram!("http_request_duration_seconds", Unit::Seconds, "from a request's head to its answer's");
    drop(histogram!("http_request_duration_seconds", "method" => "GET", "route" => "/metrics"));
    describe_gauge!("websocket_active_connections", "open WebSockets");
    describe_counter!("websocket_slow_consumers_total", "sockets closed because their peer read too slowly");

    describe_gauge!("board_actors_active", "boards in memory");
    describe_counter!("board_ops_total", "ops judged, by kind and outcome");
    for kind in OP_KINDS {
        counter!("board_ops_total", "kind" => kind, "outcome" => "applied").increment(0);
    }
    describe_histogram!("board_op_duration_seconds", Unit::Seconds, "from an op's receipt to its answer");
    describe_histogram!("board_commit_batch_size", "ops of one commit");
    describe_histogram!("board_commit_duration_seconds", Unit::Seconds, "one commit of the committer");
    describe_counter!("board_fanout_deliveries_total", "events and presence put into outboxes");
    describe_counter!("board_handoffs_total", "boards that went to another node, by reason");
    for reason in ["drain", "rebalance", "cut_off", "idle", "failover"] {
        counter!("board_handoffs_total", "reason" => reason).increment(0);
    }
    describe_counter!("board_commits_fenced_total", "commits refused because another owner had taken the board");
    describe_counter!("node_forwarded_ops_total", "ops passed on to the node that owns their board");
    describe_counter!("board_gaps_repaired_total", "events that the bus had lost and that were read from the log");

    describe_histogram!("database_query_duration_seconds", Unit::Seconds, "one call to the store");
    describe_gauge!("database_connections_active", "database connections in use");
    describe_counter!("redis_commands_total", "commands sent to Redis");

    for name in ["websocket_active_connections", "board_actors_active", "database_connections_active"] {
        gauge!(name).set(0.0);
    }
    for name in [
        "websocket_slow_consumers_total",
        "board_fanout_deliveries_total",
        "board_commits_fenced_total",
        "node_forwarded_ops_total",
        "board_gaps_repaired_total",
        "redis_commands_total",
    ] {
        counter!(name).increment(0);
    }
    for name in [
        "board_op_duration_seconds",
        "board_commit_batch_size",
        "board_commit_duration_seconds",
        "database_query_duration_seconds",
    ] {
        drop(histogram!(name));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_family_is_there_from_the_start() {
        let text = super::metrics().unwrap().render();
        for (name, kind) in [
            ("http_requests_total", "counter"),
            ("http_request_duration_seconds", "histogram"),
            ("websocket_active_connections", "gauge"),
            ("websocket_slow_consumers_total", "counter"),
            ("board_actors_active", "gauge"),
            ("board_ops_total", "counter"),
            ("board_op_duration_seconds", "histogram"),
            ("board_commit_batch_size", "histogram"),
            ("board_commit_duration_seconds", "histogram"),
            ("board_fanout_deliveries_total", "counter"),
            ("board_handoffs_total", "counter"),
            ("board_commits_fenced_total", "counter"),
            ("node_forwarded_ops_total", "counter"),
            ("board_gaps_repaired_total", "counter"),
            ("database_query_duration_seconds", "histogram"),
            ("database_connections_active", "gauge"),
            ("redis_commands_total", "counter"),
        ] {
            assert!(text.contains(&format!("# TYPE {name} {kind}")), "{name} is not there:\n{text}");
            assert!(text.contains(&format!("# HELP {name} ")), "{name} is not described");
        }
    }
}
