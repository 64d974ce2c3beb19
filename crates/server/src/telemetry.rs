//! Logs and metrics.
//!
//! Neither ever holds what a person wrote or where they were: logs carry ids, codes and route templates; metrics carry
//! numbers and labels of a fixed set.

use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};

use metrics::{describe_counter, describe_gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::process;
use crate::settings::{LogFormat, Settings};

/// Request times, from half a millisecond to half a minute.
const REQUEST_SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From a tap to the server's word: a second on a good day, weeks for a phone that was off.
const CONFIRMATION_SECONDS: &[f64] =
    &[0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 86_400.0, 604_800.0, 2_592_000.0];

/// Never logged.
const NOTICES: &str = "sqlx::postgres::notice=off";

/// Sends this process's log lines to standard error. Does nothing where logging was set up before.
pub fn init_logs(settings: &Settings) {
    // The filter was parsed when the settings were read.
    let filter = EnvFilter::builder().with_regex(false).parse(&settings.log_filter);
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    // What PostgreSQL remarks about a statement may quote a row. Whatever was asked for, it is not logged.
    let filter = NOTICES.parse().into_iter().fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let outcome = match settings.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
        }
    };
    if outcome.is_err() {
        tracing::debug!("logging was set up before");
    }
    log_panics_without_their_words();
}

/// Makes a panic one log line with its place in the code. The message is left out: it may quote what a person wrote, as
/// that of a slice between two characters does.
pub fn log_panics_without_their_words() {
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(%at, "panicked");
    }));
}

/// How many of something: operations of a push, changes a device was behind.
const COUNTS: &[f64] = &[0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 10_000.0, 100_000.0];

/// The recorder of this process, installed at the first call. Several servers in one process (in tests) share it.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let histograms = [
            ("http_request_duration_seconds", REQUEST_SECONDS),
            ("holdfast_capture_to_confirmation_seconds", CONFIRMATION_SECONDS),
            ("holdfast_batch_operations", COUNTS),
            ("holdfast_feed_lag_changes", COUNTS),
            ("holdfast_device_conflicts_waiting", COUNTS),
        ];
        let builder = histograms.into_iter().try_fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
            builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
        });
        let handle = builder.and_then(PrometheusBuilder::install_recorder);
        handle.inspect_err(|error| tracing::error!(%error, "metrics are not recorded")).ok()
    };
    RECORDER.get_or_init(install).as_ref()
}

/// Starts recording. Returns what renders all metrics as Prometheus text.
pub(crate) fn init_metrics() -> Option<Arc<dyn Fn() -> String + Send + Sync>> {
    let recorder = recorder()?;
    describe();
    Some(Arc::new(move || {
        process::record();
        recorder.render()
    }))
}

fn describe() {
    process::describe();
    describe_counter!("holdfast_sign_ins_total", "Setups, sign-ins and pairings, by way and outcome.");
    describe_counter!("holdfast_devices_revoked_total", "Devices and browsers that were revoked or signed out.");
    describe_counter!("holdfast_embedded_postgres_restarts_total", "Times the embedded PostgreSQL ended unexpectedly.");
    metrics::gauge!("holdfast_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_gauge!("holdfast_build_info", "The version that runs.");
}

/// Folds recorded histogram samples together, so that they don't pile up between two scrapes.
pub(crate) fn upkeep() {
    if let Some(recorder) = recorder() {
        recorder.run_upkeep();
    }
}
