//! What is counted. Labels are codes and kinds: never an id, a name or a place.

use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::sync::Telemetry;
use holdfast_contract::{OperationOutcome, Outcome, Problem};
use metrics::{counter, gauge, histogram};

use crate::error::ResyncReason;

/// Every metric of this crate with its description; called once at the start.
pub(crate) fn describe() {
    use metrics::{Unit, describe_counter as c, describe_gauge as g, describe_histogram as h};
    c!("holdfast_operations_total", "Operations decided, by kind and outcome.");
    c!("holdfast_duplicates_total", "Writes that were known already, by what they were known by.");
    c!("holdfast_conflicts_total", "Operations that conflicted, by reason.");
    c!("holdfast_merges_total", "Updates applied beside other people's changes of other fields.");
    c!("holdfast_rejections_total", "Operations refused for good, by code.");
    c!("holdfast_validation_failures_total", "Fields that broke the contract, by code.");
    c!("holdfast_batch_retries_total", "Transactions of a push that were run again, by reason.");
    c!("holdfast_resyncs_total", "Cursors that could not be followed, by reason.");
    c!("holdfast_epoch_rotations_total", "Times the database was found to have gone back in time.");
    c!("holdfast_purged_places_total", "Places scrubbed after their time in the trash.");
    c!("holdfast_device_retries_total", "Sends that devices had to repeat, as they report.");
    c!("holdfast_device_rejected_total", "Operations parked as rejected, as devices report.");
    h!("holdfast_device_conflicts_waiting", "Conflicts that wait for a person, per device report.");
    h!("holdfast_batch_operations", "Operations in a push.");
    h!("holdfast_feed_lag_changes", "Changes that a device was behind when it pulled.");
    h!(
        "holdfast_capture_to_confirmation_seconds",
        Unit::Seconds,
        "From the tap to the server's word, as devices report."
    );
    g!("holdfast_pending_actions", "Operations waiting on devices, as they last reported.");
    g!(
        "holdfast_oldest_pending_seconds",
        Unit::Seconds,
        "Age, at its device's last push, of the oldest operation, or capture without a position, waiting on a device."
    );
    g!("holdfast_live_connections", "Devices connected to the live stream of this process.");
}

/// One decided operation.
pub(crate) fn outcome(kind: &'static str, outcome: &OperationOutcome) {
    counter!("holdfast_operations_total", "kind" => kind, "outcome" => outcome.outcome.name()).increment(1);
    match &outcome.outcome {
        Outcome::Applied { merged: true, .. } => counter!("holdfast_merges_total").increment(1),
        Outcome::Duplicate { first, .. } => {
            let by = match (first, kind) {
                (true, _) => "op_id",
                (false, "create") => "client_id",
                (false, _) => "state",
            };
            counter!("holdfast_duplicates_total", "by" => by).increment(1);
        }
        Outcome::Conflict { reason, .. } => {
            let reason = match reason {
                ConflictReason::FieldsChanged => "fields_changed",
                ConflictReason::ChangedSince => "changed_since",
                ConflictReason::InTrash => "in_trash",
            };
            counter!("holdfast_conflicts_total", "reason" => reason).increment(1);
        }
        Outcome::Rejected { problem } => rejected(problem),
        _ => {}
    }
}

fn rejected(problem: &Problem) {
    counter!("holdfast_rejections_total", "code" => problem.code.as_str()).increment(1);
    for error in &problem.errors {
        // The code as it stands on the wire.
        let code = serde_json::to_value(error.code).ok().and_then(|v| v.as_str().map(str::to_owned));
        counter!("holdfast_validation_failures_total", "code" => code.unwrap_or_default()).increment(1);
    }
}

/// A push of so many operations.
#[allow(clippy::cast_precision_loss)] // at most 500
pub(crate) fn batch(operations: usize) {
    histogram!("holdfast_batch_operations").record(operations as f64);
}

/// A transaction of a push is run again.
pub(crate) fn batch_retry(reason: &'static str) {
    counter!("holdfast_batch_retries_total", "reason" => reason).increment(1);
}

/// What a device reported.
pub(crate) fn telemetry(report: &Telemetry) {
    counter!("holdfast_device_retries_total").increment(report.retries.into());
    counter!("holdfast_device_rejected_total").increment(report.rejected.into());
    histogram!("holdfast_device_conflicts_waiting").record(f64::from(report.conflicts));
    let captures = report.confirmations.iter().take(holdfast_contract::limits::TELEMETRY_CONFIRMATIONS_MAX);
    for confirmation in captures.filter(|c| c.seconds.is_finite() && c.seconds >= 0.0) {
        histogram!("holdfast_capture_to_confirmation_seconds").record(confirmation.seconds);
    }
}

/// A device was so many changes behind when it pulled.
#[allow(clippy::cast_precision_loss)] // a histogram does not care
pub(crate) fn feed_lag(changes: i64) {
    histogram!("holdfast_feed_lag_changes").record(changes.max(0) as f64);
}

/// A cursor could not be followed.
pub(crate) fn resync(reason: ResyncReason) {
    counter!("holdfast_resyncs_total", "reason" => reason.as_str()).increment(1);
}

/// The epoch was rotated.
pub(crate) fn epoch_rotated() {
    counter!("holdfast_epoch_rotations_total").increment(1);
}

/// So many places were scrubbed.
pub(crate) fn purged(places: u64) {
    counter!("holdfast_purged_places_total").increment(places);
}

/// What waits on devices everywhere.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn pending(outbox: holdfast_store::telemetry::Outbox) {
    gauge!("holdfast_pending_actions").set(outbox.pending as f64);
    gauge!("holdfast_oldest_pending_seconds").set(outbox.oldest_pending_seconds.unwrap_or(0) as f64);
}

/// So many devices are connected.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn live_connections(count: usize) {
    gauge!("holdfast_live_connections").set(count as f64);
}
