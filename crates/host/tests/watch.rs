//! The running loop when things around it fail: the stream, the home folder, the sign-in.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

#[path = "common/device.rs"]
mod device;
#[path = "common/server.rs"]
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use device::{Device, PATIENCE, capture, device, empty_page, server, unavailable};
use holdfast_device::ListQuery;
use holdfast_host::sign_in::{self, Proof};
use holdfast_host::{Engine, Live, ServerUrl, WatchEvent};
use server::{Answer, Server, signed_in};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A running loop and what it tells.
struct Watching {
    events: mpsc::UnboundedReceiver<WatchEvent>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), holdfast_host::Error>>,
}

impl Watching {
    fn start(engine: Engine) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (sender, events) = mpsc::unbounded_channel();
        let tell = move |event| drop(sender.send(event));
        let stopped = async {
            let _ = stopped.await;
        };
        Self { events, stop, task: tokio::spawn(engine.watch(tell, stopped)) }
    }

    /// Waits for an event, and returns what `wanted` makes of it.
    async fn hears<T>(&mut self, wanted: impl Fn(&WatchEvent) -> Option<T>) -> T {
        let heard = async {
            loop {
                let event = self.events.recv().await.expect("the loop goes on");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("the event comes in time")
    }

    async fn is_told(&mut self, event: WatchEvent) {
        self.hears(|heard| (*heard == event).then_some(())).await;
    }

    async fn ends(self) {
        drop(self.stop);
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends when told").unwrap().unwrap();
    }
}

fn open(device: &Device) -> Engine {
    Engine::open(&device.home, &device.account).unwrap()
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let wait = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}"));
}

/// The bearer tokens of all pushes.
fn pushes(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let pushes = requests.iter().filter(|r| r.path == "/v1/sync/push");
    pushes.map(|r| r.header("authorization").unwrap_or_default().to_owned()).collect()
}

fn page(name: &str) -> Answer {
    let place = serde_json::json!({
        "id": "01900000-0000-7000-8000-00000000000a", "clientId": "01900000-0000-7000-8000-00000000000b", "version": 1,
        "name": name, "latitude": 1.0, "longitude": 2.0, "tags": [], "capturedAt": "2026-01-01T00:00:00.000000Z",
        "source": "web", "positionSource": "manual", "role": "owner", "createdAt": "2026-01-01T00:00:00.000000Z",
        "updatedAt": "2026-01-01T00:00:00.000000Z",
    });
    Answer::json(
        200,
        &serde_json::json!({
            "epoch": "e1", "changes": [{ "seq": 1, "upsert": place }], "cursor": "c2", "hasMore": false, "head": 1,
            "limits": { "placesUsed": 1, "mediaBytesUsed": 0 },
        }),
    )
}

#[tokio::test]
async fn a_change_arrives_by_the_timer_while_the_live_stream_is_down() {
    let news = Arc::new(AtomicBool::new(false));
    let has_news = Arc::clone(&news);
    let server = server(move |request| match request.path.as_str() {
        // The stream never comes up.
        "/v1/sync/events" => Answer::new(0, vec![], ""),
        path if path.starts_with("/v1/sync/pull") && has_news.load(Ordering::Relaxed) => page("Spring"),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    let engine = open(&device);
    let set = |device: &mut holdfast_device::Device| {
        device.set_pull_interval(1);
        Ok(())
    };
    engine.with(set).await.unwrap();
    let mut watching = Watching::start(engine);
    // What it pulls when it begins brings nothing.
    watching.hears(|event| matches!(event, WatchEvent::Round(round) if round.tally.pulled == 0).then_some(())).await;
    news.store(true, Ordering::Relaxed);
    watching.hears(|event| matches!(event, WatchEvent::Round(round) if round.tally.pulled == 1).then_some(())).await;
    watching.ends().await;
    let page = open(&device).with(|device| device.list(&ListQuery::default())).await.unwrap();
    assert_eq!(page.places.iter().map(|p| p.name.as_ref().unwrap().as_str()).collect::<Vec<_>>(), ["Spring"]);
    assert!(server.requests().iter().any(|r| r.path == "/v1/sync/events"), "it was tried");
}

#[tokio::test]
async fn a_stream_that_comes_back_at_once_does_not_void_a_pause_that_the_server_asked_for() {
    let server = server(|request| match request.path.as_str() {
        "/v1/sync/events" => Answer { open: false, ..Answer::stream(": hello\n\n") },
        "/v1/sync/push" => {
            let mut answer = Answer::problem(429, "rate_limited", "Too many requests.");
            answer.headers.push(("retry-after", "600".to_owned()));
            answer
        }
        _ => empty_page(),
    });
    let device = device(&server).await;
    capture(&device);
    let mut watching = Watching::start(open(&device));
    until("the place is sent", || !pushes(&server).is_empty()).await;
    for _ in 0..3 {
        watching.is_told(WatchEvent::Live(Live::Connected)).await;
    }
    watching.ends().await;
    assert_eq!(pushes(&server).len(), 1, "one request, and then the pause");
    assert_eq!(open(&device).with(|device| device.status()).await.unwrap().pending, 1);
}

#[tokio::test]
async fn a_database_that_is_locked_for_long_stalls_the_loop_and_does_not_end_it() {
    let server = server(|request| match request.path.as_str() {
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    capture(&device);
    let engine = open(&device);
    engine.with(|device| device.set_busy_timeout(Duration::from_millis(10))).await.unwrap();
    let other = rusqlite::Connection::open(device.home.account_database(&device.account)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut watching = Watching::start(engine);
    let why = watching.hears(|event| if let WatchEvent::Stalled(why) = event { Some(why.clone()) } else { None }).await;
    assert!(why.contains("another process keeps the database locked"), "{why}");
    assert!(pushes(&server).is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    watching.is_told(WatchEvent::GoingOn).await;
    until("the place is sent after all", || !pushes(&server).is_empty()).await;
    watching.ends().await;
}

#[tokio::test]
async fn a_home_folder_that_cannot_be_used_for_a_while_stalls_the_loop_once_and_does_not_end_it() {
    let server = server(|request| match request.path.as_str() {
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    });
    let device = device(&server).await;
    capture(&device);
    let mut watching = {
        // Nobody can lock a folder.
        std::fs::create_dir(device.home.path().join("sync.lock")).unwrap();
        Watching::start(open(&device))
    };
    watching.hears(|event| matches!(event, WatchEvent::Stalled(why) if why.contains("sync.lock")).then_some(())).await;
    std::fs::remove_dir(device.home.path().join("sync.lock")).unwrap();
    let told_again = watching
        .hears(|event| match event {
            WatchEvent::Stalled(_) => Some(true),
            WatchEvent::GoingOn => Some(false),
            _ => None,
        })
        .await;
    assert!(!told_again);
    until("the place is sent after all", || !pushes(&server).is_empty()).await;
    watching.ends().await;
}

#[tokio::test]
async fn a_sign_out_by_another_process_silences_the_loop_until_the_next_sign_in() {
    let sign_ins = AtomicU32::new(0);
    let server = Server::start(move |request| match request.path.as_str() {
        "/v1/pairings" => {
            let mut answer = signed_in("ada@example.org");
            answer["token"] = format!("hf_{}", sign_ins.fetch_add(1, Ordering::Relaxed)).into();
            Answer::json(201, &answer)
        }
        "/v1/sync/events" => Answer::stream(": hello\n\n"),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        // The server was away at the sign-out and still knows the old token.
        _ => unavailable(),
    });
    let device = device(&server).await;
    let mut watching = Watching::start(open(&device));
    watching.is_told(WatchEvent::Live(Live::Connected)).await;

    let ended = sign_in::sign_out(&device.home, &device.account).await.unwrap();
    assert!(ended.server_not_told.is_some());
    watching.is_told(WatchEvent::SignedOut).await;
    capture(&device);
    let before = server.requests().len();
    // Longer than the loop waits between two looks at the store.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(server.requests().len(), before, "nothing is asked in the name of somebody who signed out");

    let address = ServerUrl::parse(&server.address).unwrap();
    sign_in::sign_in(&device.home, &address, "test", Proof::Code("X".into())).await.unwrap();
    watching.is_told(WatchEvent::Resumed).await;
    watching.is_told(WatchEvent::Live(Live::Connected)).await;
    until("the place is sent", || !pushes(&server).is_empty()).await;
    watching.ends().await;
    assert_eq!(pushes(&server)[0], "Bearer hf_1", "under the new token");
}
