//! The server's signals: each of them moves when what it counts has happened.

use holdfast_http::testing::Lines;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Person, create, get};
use crate::http::Inside;

/// The value of a metric with these labels; 0 where it is not there yet.
fn value(text: &str, metric: &str) -> f64 {
    let value = text.lines().filter_map(|line| line.strip_prefix(metric)).find_map(|rest| rest.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

async fn metrics(url: &str) -> String {
    get(url, "/metrics").await.1.as_str().unwrap().to_owned()
}

async fn push(person: &Person, operations: &[Value]) -> Vec<String> {
    let (status, reply) = person.push(operations).await;
    assert_eq!(status, 200, "{reply}");
    reply["outcomes"].as_array().unwrap().iter().map(|o| o["outcome"].as_str().unwrap().to_owned()).collect()
}

fn update(create: &Value, field: &str, was: &str, to: &str, base: i64) -> Value {
    let was = if was.is_empty() { Value::Null } else { was.into() };
    json!({"opId": Uuid::now_v7(), "kind": "update", "clientId": create["clientId"], "baseVersion": base,
           "changes": {field: {"was": was, "to": to}}})
}

#[tokio::test]
async fn every_signal_moves_when_what_it_counts_has_happened() {
    let server = Inside::start(&[]).await;
    let person = server.person().await;
    let before = metrics(server.url()).await;

    let spring = create("Spring");
    assert_eq!(push(&person, std::slice::from_ref(&spring)).await, ["applied"]);
    assert_eq!(push(&person, std::slice::from_ref(&spring)).await, ["duplicate"]);
    let mut by_watch = spring.clone();
    by_watch["opId"] = Uuid::now_v7().to_string().into();
    assert_eq!(push(&person, &[by_watch]).await, ["duplicate"]);
    assert_eq!(push(&person, &[update(&spring, "name", "Spring", "Cold spring", 1)]).await, ["applied"]);
    assert_eq!(push(&person, &[update(&spring, "note", "", "Drink", 1)]).await, ["applied"]);
    assert_eq!(push(&person, &[update(&spring, "name", "Spring", "Warm spring", 1)]).await, ["conflict"]);
    let mut nowhere = create("Nowhere");
    nowhere["place"]["latitude"] = 91.into();
    assert_eq!(push(&person, &[nowhere]).await, ["rejected"]);
    let telemetry = json!({
        "pending": 7, "oldestPendingSeconds": 90, "retries": 3, "rejected": 2, "conflicts": 1, "mediaPending": 0,
        "mediaFailed": 0, "confirmations": [{"opId": Uuid::now_v7(), "seconds": 42.0}],
    });
    let report = json!({"epoch": person.epoch, "operations": [], "telemetry": telemetry});
    assert_eq!(person.post("/v1/sync/push", &report).await.0, 200);
    let page = person.get("/v1/sync/pull?limit=1").await.1;
    assert_eq!(person.get(&format!("/v1/sync/pull?cursor={}", page["cursor"].as_str().unwrap())).await.0, 200);

    let after = metrics(server.url()).await;
    for (metric, least) in [
        (r#"holdfast_operations_total{kind="create",outcome="applied"}"#, 1.0),
        (r#"holdfast_operations_total{kind="update",outcome="applied"}"#, 2.0),
        (r#"holdfast_duplicates_total{by="op_id"}"#, 1.0),
        (r#"holdfast_duplicates_total{by="client_id"}"#, 1.0),
        (r#"holdfast_conflicts_total{reason="fields_changed"}"#, 1.0),
        ("holdfast_merges_total", 1.0),
        (r#"holdfast_rejections_total{code="invalid"}"#, 1.0),
        (r#"holdfast_validation_failures_total{code="out_of_range"}"#, 1.0),
        ("holdfast_device_retries_total", 3.0),
        ("holdfast_device_rejected_total", 2.0),
        ("holdfast_device_conflicts_waiting_count", 1.0),
        ("holdfast_capture_to_confirmation_seconds_sum", 42.0),
        ("holdfast_capture_to_confirmation_seconds_count", 1.0),
        ("holdfast_batch_operations_count", 8.0),
        ("holdfast_feed_lag_changes_count", 1.0),
    ] {
        let moved = value(&after, metric) - value(&before, metric);
        assert!(moved >= least, "{metric} moved by {moved}:\n{after}");
    }
    server.running.shutdown().await;
}

#[test]
fn a_panic_is_logged_with_its_place_in_the_code_and_without_its_words() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.writer()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let kept = std::panic::take_hook();
        holdfast_server::telemetry::log_panics_without_their_words();
        // Such a message quotes what was to be cut.
        let cut = std::panic::catch_unwind(|| "zqxcanary \u{e9}"[..11].len());
        std::panic::set_hook(kept);
        assert!(cut.is_err());
    });
    let log = lines.text();
    assert!(log.contains("panicked") && log.contains("signals.rs") && !log.contains("zqxcanary"), "{log}");
}
