//! Three kinds of lost request, and answers of somebody else, through real HTTP.
//!
//! Whatever happened on the way: in the end there is one place, in one version, with one feed entry and one receipt.

#![allow(clippy::unwrap_used)]

use holdfast_device::{EntryState, PlaceState};
use holdfast_sim::device::TestDevice;
use holdfast_sim::facts::Counts;
use holdfast_sim::proxy::{CAPTIVE_PORTAL, Fault, PROXY_401, PROXY_404, Proxy};
use holdfast_sim::server::TestServer;

const ADA: &str = "ada@example.org";
const PUSH: &str = "POST /v1/sync/push";
const ONE_PLACE: Counts = Counts { places: 1, feed: 1, receipts: 1, history: 0, head: 1, live: 1 };

async fn world() -> (TestServer, Proxy, TestDevice) {
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.addr()).await.unwrap();
    let device = server.device_through(&proxy.url(), ADA).await;
    device.sync().await;
    (server, proxy, device)
}

async fn assert_synced_once(server: &TestServer, device: &TestDevice) {
    let places = server.facts().places(ADA).await;
    assert_eq!(places.len(), 1, "one row");
    assert_eq!((places[0].version, places[0].name.as_deref()), (1, Some("Spring")));
    assert_eq!(server.facts().counts(ADA).await, ONE_PLACE);
    server.facts().assert_consistent().await;
    assert!(device.outbox().await.is_empty(), "nothing waits");
    let shown = device.places().await;
    assert_eq!((shown.len(), shown[0].state), (1, PlaceState::Synced));
    let other = server.device(ADA).await;
    other.sync().await;
    assert_eq!(other.names().await, ["Spring"], "another device sees it, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_arrived_is_sent_again() {
    let (server, proxy, device) = world().await;
    let captured = device.capture("Spring").await;
    proxy.fail_next(PUSH, Fault::NeverArrives);
    let report = device.sync().await;
    assert!(report.tally.failure.is_some(), "the person is told");
    assert_eq!(proxy.spent(), 1);
    assert!(server.facts().places(ADA).await.is_empty());
    assert_eq!(device.state(captured.local_id).await, PlaceState::SavedOnDevice);

    device.sync().await;
    assert_synced_once(&server, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_failed_in_the_database_left_no_trace_and_is_sent_again() {
    let (server, _proxy, device) = world().await;
    // What PostgreSQL says when an administrator ends the connection in the middle of the work.
    server
        .facts()
        .execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE SQLSTATE '57P01' USING MESSAGE = 'terminating connection'; END $$;
             CREATE TRIGGER fail AFTER INSERT ON op_receipts FOR EACH ROW EXECUTE FUNCTION fail();",
        )
        .await;
    let captured = device.capture("Spring").await;
    device.sync().await;
    let nothing = Counts { places: 0, feed: 0, receipts: 0, history: 0, head: 0, live: 0 };
    assert_eq!(server.facts().counts(ADA).await, nothing, "effect, feed and receipt are one transaction");
    assert_eq!(device.outbox().await.len(), 1);
    assert_eq!(device.state(captured.local_id).await, PlaceState::SavedOnDevice);

    server.facts().execute("DROP TRIGGER fail ON op_receipts").await;
    device.sync().await;
    assert_synced_once(&server, &device).await;
}

/// Every push of the next round, until it is forgiven: where the round's pull takes long, a short wait may be over before the round is.
fn fail_all(proxy: &Proxy, fault: &Fault) {
    (0..50).for_each(|_| proxy.fail_next(PUSH, fault.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_succeeded_but_whose_reply_was_lost_is_recognised() {
    let (server, proxy, device) = world().await;
    let captured = device.capture("Spring").await;
    fail_all(&proxy, &Fault::ReplyLost);
    device.sync().await;
    proxy.forgive();
    assert_eq!(server.facts().counts(ADA).await, ONE_PLACE, "the server has done it");
    let state = device.state(captured.local_id).await;
    assert_ne!(state, PlaceState::Synced, "the device does not claim what it does not know");

    let report = device.sync().await;
    assert_eq!((report.tally.sent, report.tally.duplicates), (1, 1), "it was recognised by its operation id");
    assert_synced_once(&server, &device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_broke_off_is_no_reply() {
    for bytes in [1, 20, 200, 500] {
        let (server, proxy, device) = world().await;
        device.capture("Spring").await;
        proxy.fail_next(PUSH, Fault::ReplyTruncated(bytes));
        device.sync().await;
        device.sync().await;
        assert_synced_once(&server, &device).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_answers_changes_nothing() {
    for answer in [CAPTIVE_PORTAL, PROXY_404, PROXY_401, "\u{0}garbage\r\n\r\n"] {
        let (server, proxy, device) = world().await;
        let captured = device.capture("Spring").await;
        fail_all(&proxy, &Fault::AnsweredBySomebodyElse(answer));
        let report = device.sync().await;
        proxy.forgive();
        assert!(report.tally.failure.is_some());
        assert_eq!(report.status.paused, None, "a stranger's 401 signs nobody out");
        assert_eq!(device.state(captured.local_id).await, PlaceState::SavedOnDevice);
        let outbox = device.outbox().await;
        assert!(!matches!(outbox[0].state, EntryState::Rejected { .. }), "a stranger's 404 rejects nothing");

        device.sync().await;
        assert_synced_once(&server, &device).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_typed_while_the_reply_was_lost_is_kept() {
    let (server, proxy, device) = world().await;
    let captured = device.capture("Spring").await;
    fail_all(&proxy, &Fault::ReplyLost);
    device.sync().await;
    proxy.forgive();
    device.rename(captured.local_id, "Cold spring").await;
    fail_all(&proxy, &Fault::ReplyLost);
    device.sync().await;
    proxy.forgive();
    device.sync().await;

    let places = server.facts().places(ADA).await;
    assert_eq!((places.len(), places[0].version, places[0].name.as_deref()), (1, 2, Some("Cold spring")));
    assert_eq!(device.state(captured.local_id).await, PlaceState::Synced);
    assert!(device.outbox().await.is_empty());
    server.facts().assert_consistent().await;
}
