//! The loop around the core, against real sockets. What a round trip does to places is shown with a real server elsewhere.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

#[path = "common/device.rs"]
mod device;
#[path = "common/server.rs"]
mod server;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::{PATIENCE, capture, device, empty_page, server, unavailable};
use holdfast_host::{Engine, Failure, Live, WatchEvent};
use server::Answer;
use tokio::sync::mpsc;

#[tokio::test]
async fn a_server_that_cannot_now_leaves_everything_queued() {
    let server = server(|_| unavailable());
    let device = device(&server).await;
    capture(&device);
    let engine = Engine::open(&device.home, &device.account).unwrap();
    let report = engine.sync_once(|_| {}).await.unwrap();
    assert_eq!((report.tally.sent, report.tally.failure), (0, Some(Failure::Refused(503))));
    assert_eq!(report.status.pending, 1);
}

#[tokio::test]
async fn a_portal_in_the_way_counts_as_no_server() {
    let server = server(|_| Answer::new(200, vec![], "<html>"));
    let device = device(&server).await;
    capture(&device);
    let report = Engine::open(&device.home, &device.account).unwrap().sync_once(|_| {}).await.unwrap();
    assert!(matches!(report.tally.failure, Some(Failure::NotHoldfast(_))));
    assert_eq!(report.status.pending, 1);
}

#[tokio::test]
async fn a_new_sync_does_not_wait_for_the_pause_after_a_failed_one() {
    let server = server(|_| unavailable());
    let device = device(&server).await;
    for _ in 0..2 {
        let before = server.requests().len();
        Engine::open(&device.home, &device.account).unwrap().sync_once(|_| {}).await.unwrap();
        assert!(server.requests().len() > before);
    }
}

#[tokio::test]
async fn a_short_pause_that_the_server_asked_for_is_waited_out_by_the_next_sync() {
    let server = server(|request| match request.path.as_str() {
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => {
            let mut answer = unavailable();
            answer.headers.push(("retry-after", "1".to_owned()));
            answer
        }
    });
    let pushes = || server.requests().iter().filter(|r| r.path == "/v1/sync/push").count();
    let device = device(&server).await;
    capture(&device);
    for tries in 1..=2 {
        let report = Engine::open(&device.home, &device.account).unwrap().sync_once(|_| {}).await.unwrap();
        // A failure is told at once, and the pause after it only waited out by whoever asks again.
        assert_eq!((report.tally.failure, pushes()), (Some(Failure::Refused(503)), tries));
    }
}

#[tokio::test]
async fn the_loop_hears_heads_and_sends_what_another_process_saved() {
    let server = server(|request| match request.path.as_str() {
        "/v1/sync/events" => Answer::stream(": hello\n\nevent: head\ndata: {\"seq\": 7}\n\n"),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    let engine = Engine::open(&device.home, &device.account).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (sender, mut events) = mpsc::unbounded_channel();
    let watching = tokio::spawn(engine.watch(
        move |event| {
            let _ = sender.send(event);
        },
        async {
            let _ = stopped.await;
        },
    ));
    let mut wait_for = async |wanted: fn(&WatchEvent) -> bool| {
        tokio::time::timeout(PATIENCE, async {
            while let Some(event) = events.recv().await {
                if wanted(&event) {
                    return;
                }
            }
            panic!("the loop ended");
        })
        .await
        .expect("the event comes in time");
    };
    wait_for(|e| *e == WatchEvent::Live(Live::Connected)).await;

    capture(&device);
    tokio::time::timeout(PATIENCE, async {
        while !server.requests().iter().any(|r| r.path == "/v1/sync/push") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("what another process saved is sent by itself");
    stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, watching).await.expect("the loop ends when told").unwrap().unwrap();
}

#[tokio::test]
async fn a_lost_stream_is_told_and_tried_again() {
    let server = server(|request| match request.path.as_str() {
        "/v1/sync/events" => Answer::new(0, vec![], ""),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    let lost = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&lost);
    let engine = Engine::open(&device.home, &device.account).unwrap();
    let twice = {
        let lost = Arc::clone(&lost);
        async move {
            while *lost.lock().unwrap() < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let watching = engine.watch(
        move |event| {
            if matches!(event, WatchEvent::Live(Live::Lost(_))) {
                *counted.lock().unwrap() += 1;
            }
        },
        twice,
    );
    tokio::time::timeout(PATIENCE, watching).await.expect("tried again").unwrap();
}

#[tokio::test]
async fn a_loop_that_is_stopped_in_the_middle_of_a_request_leaves_no_lease_behind() {
    // The push never gets an answer; the loop gives it up, and the next sync need not wait for its lease.
    let server = server(|request| match request.path.as_str() {
        "/v1/sync/push" => Answer { open: true, ..Answer::new(200, vec![], "") },
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    capture(&device);
    let engine = Engine::open(&device.home, &device.account).unwrap();
    let pushed = {
        let requests = || server.requests().iter().filter(|r| r.path == "/v1/sync/push").count();
        async move {
            while requests() == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, engine.watch(|_| {}, pushed)).await.unwrap().unwrap();
    let before = server.requests().iter().filter(|r| r.path == "/v1/sync/push").count();
    let again = Engine::open(&device.home, &device.account).unwrap();
    let syncing = tokio::spawn(async move { again.sync_once(|_| {}).await });
    tokio::time::timeout(PATIENCE, async {
        while server.requests().iter().filter(|r| r.path == "/v1/sync/push").count() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("sent again at once");
    let bodies: Vec<String> =
        server.requests().into_iter().filter(|r| r.path == "/v1/sync/push").map(|r| r.body).collect();
    let operations = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["operations"].clone();
    assert_eq!(operations(&bodies[0]), operations(&bodies[1]), "the same bytes");
    syncing.abort();
}
