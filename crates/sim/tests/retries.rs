//! Retries, doubles and watches: the same intent twice is one effect.

#![allow(clippy::unwrap_used)]

use holdfast_contract::sync::PushReply;
use holdfast_contract::{ClientId, Outcome, PlaceFields};
use holdfast_device::PlaceState;
use holdfast_sim::device::{TestDevice, new_place};
use holdfast_sim::proxy::{Fault, Proxy};
use holdfast_sim::server::TestServer;

const ADA: &str = "ada@example.org";
const PUSH: &str = "POST /v1/sync/push";

fn client_id(n: u128) -> ClientId {
    ClientId(uuid::Builder::from_random_bytes((n | 0x5eed << 64).to_be_bytes()).into_uuid())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_capture_from_two_devices_at_the_same_instant_is_one_row_a_hundred_times() {
    let server = TestServer::start().await;
    let (a, b) = (server.device(ADA).await, server.device(ADA).await);
    a.sync().await;
    b.sync().await;
    for n in 0..100 {
        let place = new_place(&format!("Place {n}"));
        a.capture_as(place.clone(), client_id(n)).await;
        b.capture_as(place, client_id(n)).await;
        tokio::join!(a.sync(), b.sync());
    }
    let places = server.facts().places(ADA).await;
    assert_eq!(places.len(), 100);
    assert!(places.iter().all(|p| p.version == 1), "nobody changed anything");
    let counts = server.facts().counts(ADA).await;
    assert_eq!((counts.feed, counts.live, counts.history), (100, 100, 0));
    server.facts().assert_consistent().await;
    a.sync().await;
    b.sync().await;
    assert_eq!(a.names().await, b.names().await);
    assert!(a.outbox().await.is_empty() && b.outbox().await.is_empty());
}

/// Pushes raw bytes as a device would.
async fn push(device: &TestDevice, body: &[u8]) -> PushReply {
    let client = holdfast_host::sign_in::client(device.home(), device.account()).unwrap();
    let answer = client.push(body.to_vec()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_twice_changes_nothing() {
    let server = TestServer::start().await;
    let device = server.device(ADA).await;
    let operations: Vec<String> = (0..200)
        .map(|n| {
            format!(
                r#"{{"opId":"{op}","payloadVersion":1,"kind":"create","clientId":"{client}","place":{{"name":"P{n}",
                "latitude":47.5,"longitude":{lon}.25,"capturedAt":"2026-01-02T03:04:05Z","source":"cli","positionSource":"fix"}}}}"#,
                lon = n / 2,
                op = client_id(10_000 + n).0,
                client = client_id(n).0
            )
        })
        .collect();
    let body = format!(r#"{{"epoch":"{}","operations":[{}]}}"#, device.account().epoch, operations.join(","));

    let first = push(&device, body.as_bytes()).await;
    assert!(first.outcomes.iter().all(|o| matches!(o.outcome, Outcome::Applied { applied_version: 1, .. })));
    let (places, counts) = (server.facts().places(ADA).await, server.facts().counts(ADA).await);

    let second = push(&device, body.as_bytes()).await;
    assert!(
        second
            .outcomes
            .iter()
            .all(|o| matches!(o.outcome, Outcome::Duplicate { first: true, applied_version: Some(1), .. }))
    );
    let ids = |reply: &PushReply| reply.outcomes.iter().map(|o| o.outcome.place().unwrap().0.id).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(server.facts().places(ADA).await, places);
    assert_eq!(server.facts().counts(ADA).await, counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_update_whose_first_try_succeeded_does_not_conflict_with_itself() {
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.addr()).await.unwrap();
    let device = server.device_through(&proxy.url(), ADA).await;
    let captured = device.capture("Spring").await;
    device.sync().await;
    device.rename(captured.local_id, "Cold spring").await;
    proxy.fail_next(PUSH, Fault::ReplyLost);
    device.sync().await;
    let report = device.sync().await;
    assert_eq!((report.tally.duplicates, report.tally.conflicts), (1, 0));
    assert_eq!(device.state(captured.local_id).await, PlaceState::Synced);
    let places = server.facts().places(ADA).await;
    assert_eq!((places[0].version, places[0].name.as_deref()), (2, Some("Cold spring")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_create_does_not_bring_back_a_deleted_place() {
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.addr()).await.unwrap();
    let phone = server.device_through(&proxy.url(), ADA).await;
    let laptop = server.device(ADA).await;
    phone.sync().await;
    let captured = phone.capture("Spring").await;
    proxy.fail_next(PUSH, Fault::ReplyLost);
    phone.sync().await;

    laptop.sync().await;
    let seen = laptop.by_client_id(captured.client_id).await;
    laptop.core(move |device| device.delete(seen.local_id, None)).await;
    laptop.sync().await;
    assert!(server.facts().places(ADA).await[0].deleted);

    phone.sync().await;
    let places = server.facts().places(ADA).await;
    assert_eq!((places.len(), places[0].deleted), (1, true), "it stays in the trash");
    assert!(phone.places().await.is_empty());
    assert_eq!(phone.trash().await.len(), 1, "and the phone says so");
    assert!(phone.outbox().await.is_empty());
    server.facts().assert_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_purged_does_not_come_back_by_a_late_create() {
    let server = TestServer::start().await;
    let (phone, laptop) = (server.device(ADA).await, server.device(ADA).await);
    phone.sync().await;
    let id = client_id(7);
    // The watch has handed its capture to both; one is slow.
    phone.capture_as(new_place("Spring"), id).await;
    laptop.capture_as(new_place("Spring"), id).await;
    laptop.sync().await;
    let seen = laptop.by_client_id(id).await;
    laptop.core(move |device| device.delete(seen.local_id, None)).await;
    laptop.sync().await;
    server.facts().execute("UPDATE places SET deleted_at = deleted_at - interval '31 days'").await;
    assert_eq!(server.service().purge_trash().await.unwrap(), 1);

    phone.sync().await;
    let places = server.facts().places(ADA).await;
    assert_eq!((places.len(), places[0].purged, places[0].name.clone()), (1, true, None));
    assert!(!phone.places().await.iter().any(|p| p.state == PlaceState::Synced), "it is not shown as synced");
    server.facts().assert_consistent().await;
}

/// The minimum that a watch sends.
fn bare() -> holdfast_contract::NewPlace {
    let mut place = new_place("x");
    place.fields = PlaceFields { name: None, ..place.fields };
    place.source = holdfast_contract::Source::AppleWatch;
    place
}

async fn assert_one_named_place(server: &TestServer, devices: [&TestDevice; 2]) {
    for _ in 0..2 {
        for device in devices {
            device.sync().await;
        }
    }
    let places = server.facts().places(ADA).await;
    assert_eq!((places.len(), places[0].name.as_deref()), (1, Some("Spring")));
    for device in devices {
        assert_eq!(device.names().await, ["Spring"]);
        assert!(device.outbox().await.is_empty());
        assert_eq!(device.places().await[0].state, PlaceState::Synced);
    }
    server.facts().assert_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchs_bare_create_before_the_phones_named_one_is_one_named_place() {
    let server = TestServer::start().await;
    let (watch, phone) = (server.device(ADA).await, server.device(ADA).await);
    watch.capture_as(bare(), client_id(1)).await;
    phone.capture_as(new_place("Spring"), client_id(1)).await;
    watch.sync().await;
    assert_one_named_place(&server, [&phone, &watch]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchs_bare_create_after_the_phones_named_one_is_one_named_place() {
    let server = TestServer::start().await;
    let (watch, phone) = (server.device(ADA).await, server.device(ADA).await);
    watch.capture_as(bare(), client_id(1)).await;
    phone.capture_as(new_place("Spring"), client_id(1)).await;
    phone.sync().await;
    assert_one_named_place(&server, [&watch, &phone]).await;
}
