//! Networks that neither work nor fail cleanly, through real HTTP: stalled, half-closed, cut short, slow.
//!
//! Each exact fault hits one request; afterwards there is one place, in one version, with one feed entry and one receipt.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use holdfast_device::PlaceState;
use holdfast_host::REQUEST_TIMEOUT;
use holdfast_sim::device::TestDevice;
use holdfast_sim::facts::Counts;
use holdfast_sim::proxy::{Fault, Proxy, SLOW, Weather};
use holdfast_sim::server::TestServer;

const ADA: &str = "ada@example.org";
const PUSH: &str = "POST /v1/sync/push";
const PULL: &str = "GET /v1/sync/pull";
const ONE_PLACE: Counts = Counts { places: 1, feed: 1, receipts: 1, history: 0, head: 1, live: 1 };

async fn world() -> (TestServer, Proxy, TestDevice) {
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.addr()).await.unwrap();
    let device = server.device_through(&proxy.url(), ADA).await;
    device.sync().await;
    (server, proxy, device)
}

async fn assert_synced_once(server: &TestServer, device: &TestDevice) {
    assert_eq!(server.facts().counts(ADA).await, ONE_PLACE);
    server.facts().assert_consistent().await;
    assert!(device.outbox().await.is_empty(), "nothing waits");
    let shown = device.places().await;
    assert_eq!((shown.len(), shown[0].state), (1, PlaceState::Synced));
    let other = server.device(ADA).await;
    other.sync().await;
    assert_eq!(other.names().await, ["Spring"], "another device sees it, once");
}

/// Syncs with the fault in the way, then without; each sync ends within the device's patience.
async fn survives(fault: Fault) {
    let (server, proxy, device) = world().await;
    let captured = device.capture("Spring").await;
    let name = fault.name();
    proxy.fail_next(PUSH, fault);
    let begun = Instant::now();
    let report = device.sync().await;
    assert!(begun.elapsed() < REQUEST_TIMEOUT + Duration::from_secs(15), "{name}: {:?}", begun.elapsed());
    assert_eq!(proxy.spent_by_name(), [(name, 1)].into(), "it happened");
    // Where the fault is that there is no answer, the device claims nothing.
    let state = device.state(captured.local_id).await;
    assert_eq!(report.tally.failure.is_none(), state == PlaceState::Synced, "{name}: {report:?}");
    device.sync().await;
    assert_synced_once(&server, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_never_comes_costs_the_device_its_patience_and_nothing_else() {
    survives(Fault::ReplyStalled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_stops_in_the_middle_costs_the_device_its_patience_and_nothing_else() {
    survives(Fault::ReplyStalledAfter(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_half_closed_either_way_loses_and_doubles_nothing() {
    survives(Fault::RequestHalfClosed).await;
    for bytes in [0, 1, 60, 400] {
        survives(Fault::ReplyHalfClosed(bytes)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_broke_off_is_no_request() {
    for bytes in [1, 100, 400, 600] {
        survives(Fault::RequestTruncated(bytes)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_late_is_waited_for() {
    let (server, proxy, device) = world().await;
    device.capture("Spring").await;
    proxy.fail_next(PUSH, Fault::ReplyDelayed(Duration::from_secs(3)));
    assert_eq!(device.sync().await.tally.failure, None);
    assert_eq!(proxy.spent(), 1);
    assert_synced_once(&server, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_broke_off_is_fetched_again() {
    for fault in [Fault::ReplyTruncated(300), Fault::ReplyHalfClosed(300), Fault::ReplyLost] {
        let (server, proxy, device) = world().await;
        let other = server.device(ADA).await;
        for name in ["Spring", "Oak", "Hut"] {
            other.capture(name).await;
        }
        other.sync().await;
        proxy.fail_next(PULL, fault);
        assert!(device.sync().await.tally.failure.is_some(), "the person is told");
        assert_eq!(device.names().await, Vec::<String>::new(), "half a page is no page");
        device.sync().await;
        assert_eq!(device.names().await, ["Hut", "Oak", "Spring"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_captures_get_through_a_network_of_one_kilobyte_a_second_both_ways() {
    let (server, proxy, device) = world().await;
    let other = server.device_through(&proxy.url(), ADA).await;
    for n in 0..100 {
        device.capture(&format!("place {n:03}")).await;
    }
    proxy.set_weather(Some(Weather::always(Fault::Slow(SLOW))));
    for device in [&device, &other] {
        // A person who asks again: what came through stays through, and less is sent at once.
        let mut tries = 0;
        while device.status().await.pending > 0 || device.places().await.len() < 100 {
            tries += 1;
            assert!(tries <= 6, "after {tries} tries {:?}", device.status().await);
            device.sync().await;
        }
    }
    assert!(proxy.spent() > 3, "all of it was slow");
    let places = server.facts().places(ADA).await;
    assert_eq!(places.len(), 100);
    assert!(places.iter().all(|p| p.version == 1));
    assert_eq!(other.names().await, device.names().await);
}
