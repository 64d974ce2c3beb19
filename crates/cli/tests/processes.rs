//! Several processes that send and fetch for one home folder at once.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;
#[path = "../../host/tests/common/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Home, waypoints};
use serde_json::{Value, json};
use server::{Answer, Server, signed_in};

/// How long the server takes for a batch: long enough that processes that did not wait for each other would meet.
const SLOW: Duration = Duration::from_millis(150);

#[derive(Default)]
struct Seen {
    /// How often each operation came.
    operations: BTreeMap<String, u32>,
    /// Batches that are being answered, and how many of them there were at once.
    under_way: u32,
    at_once: u32,
    places: i64,
}

/// A server that takes every new place, slowly.
fn server(seen: &Arc<Mutex<Seen>>) -> Server {
    let seen = Arc::clone(seen);
    Server::start(move |request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        "/v1/sync/push" => {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let outcomes = {
                let mut seen = seen.lock().unwrap();
                seen.under_way += 1;
                seen.at_once = seen.at_once.max(seen.under_way);
                body["operations"].as_array().unwrap().iter().map(|op| seen.apply(op)).collect::<Vec<_>>()
            };
            std::thread::sleep(SLOW);
            seen.lock().unwrap().under_way -= 1;
            Answer::json(200, &json!({ "outcomes": outcomes }))
        }
        path if path.starts_with("/v1/sync/pull") => {
            let places = seen.lock().unwrap().places;
            Answer::json(
                200,
                &json!({
                    "epoch": "e1", "changes": [], "cursor": "c1", "hasMore": false, "head": places,
                    "limits": { "placesUsed": places, "mediaBytesUsed": 0 },
                }),
            )
        }
        _ => Answer::problem(503, "unavailable", "Not now."),
    })
}

impl Seen {
    fn apply(&mut self, op: &Value) -> Value {
        *self.operations.entry(op["opId"].as_str().unwrap().to_owned()).or_default() += 1;
        self.places += 1;
        let mut place = op["place"].clone();
        let time = json!("2026-01-01T00:00:00.000000Z");
        for (key, value) in [
            ("id", json!(format!("01900000-0000-7000-8000-{:012}", self.places))),
            ("clientId", op["clientId"].clone()),
            ("version", json!(1)),
            ("role", json!("owner")),
            ("createdAt", time.clone()),
            ("updatedAt", time),
        ] {
            place[key] = value;
        }
        json!({ "opId": op["opId"], "outcome": "applied", "place": place, "seq": self.places, "appliedVersion": 1 })
    }
}

fn interrupt(child: &Child) {
    let done = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

#[test]
fn two_syncs_and_two_loops_on_one_home_folder_send_everything_once() {
    const IMPORTED: usize = 1200;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let server = server(&seen);
    let home = Home::new();
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    let file = home.write("many.gpx", waypoints(IMPORTED));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);

    let loops: Vec<Child> = (0..2).map(|_| home.command(&["watch", "--json"]).spawn().unwrap()).collect();
    let syncs: Vec<Child> = (0..2).map(|_| home.command(&["sync", "--json"]).spawn().unwrap()).collect();
    // And a person who goes on saving meanwhile.
    let saved: Vec<String> = (0..8).map(|i| format!("p{i}")).collect();
    for name in &saved {
        home.ok(&["save", "1", "2", "--name", name, "-q"]);
    }
    for sync in syncs {
        let output = sync.wait_with_output().unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}");
        let document: Value = serde_json::from_str(&words).unwrap();
        assert_eq!((&document["conflicts"], &document["duplicates"]), (&0.into(), &0.into()));
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    while home.json(0, &["status"])["status"]["pending"] != 0 {
        assert!(Instant::now() < deadline, "the loops send the rest");
    }
    for watching in loops {
        interrupt(&watching);
        let output = watching.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }

    let seen = seen.lock().unwrap();
    assert_eq!(seen.operations.len(), IMPORTED + saved.len());
    assert!(seen.operations.values().all(|times| *times == 1), "something was sent twice");
    assert_eq!(seen.at_once, 1, "two processes sent at the same time");
    let places = home.places();
    assert!(places.iter().all(|p| p["state"] == "synced" && p["version"] == 1));
    let mut names: Vec<String> = (0..IMPORTED).map(|i| format!("w{i:05}")).chain(saved).collect();
    names.sort();
    assert_eq!(home.names(), names);
}

#[test]
fn a_sync_that_is_killed_beside_a_loop_leaves_nothing_unsent_and_nothing_doubled() {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let server = server(&seen);
    let home = Home::new();
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);
    let file = home.write("many.gpx", waypoints(700));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    let mut sync = home.command(&["sync"]).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while seen.lock().unwrap().operations.is_empty() {
        assert!(Instant::now() < deadline, "the first batch arrives");
        std::thread::yield_now();
    }
    // The server has the batch; the reply will find nobody.
    let watching = home.command(&["watch", "--json"]).spawn().unwrap();
    sync.kill().unwrap();
    sync.wait().unwrap();
    while home.json(0, &["status"])["status"]["pending"] != 0 {
        assert!(
            Instant::now() < deadline + Duration::from_mins(1),
            "the loop need not wait for a dead process's lease"
        );
    }
    interrupt(&watching);
    assert_eq!(watching.wait_with_output().unwrap().status.code(), Some(0));
    let seen = seen.lock().unwrap();
    // The same bytes may come again, under the same operation's id: that is how a server knows them.
    assert_eq!(seen.operations.len(), 700);
    let places = home.places();
    assert_eq!(places.len(), 700);
    assert!(places.iter().all(|p| p["state"] == "synced"));
}

/// The next line of `watch --json` with this event.
fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, event: &str) -> Value {
    let events = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut seen = Vec::new();
    for value in events {
        if value["event"] == event {
            return value;
        }
        seen.push(value);
    }
    panic!("the loop ended without {event}: {seen:?}");
}

#[test]
fn a_loop_says_that_the_access_has_ended_whether_it_ends_meanwhile_or_had_ended_before() {
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let revoked = Arc::clone(&ended);
    let server = Server::start(move |request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        _ if revoked.load(std::sync::atomic::Ordering::SeqCst) => {
            Answer::problem(401, "unauthenticated", "Sign in again.")
        }
        path if path.starts_with("/v1/sync/pull") => Answer::json(
            200,
            &json!({
                "epoch": "e1", "changes": [], "cursor": "c1", "hasMore": false, "head": 0,
                "limits": { "placesUsed": 0, "mediaBytesUsed": 0 },
            }),
        ),
        // A stream that ends at once and is opened again, as behind an impatient proxy.
        _ => Answer { open: false, ..Answer::stream(": hello\n\n") },
    });
    let home = Home::new();
    home.ok(&["pair", &server.address, "--code", "ABCD-EFGH"]);

    for before in [false, true] {
        let mut watching = home.spawn_piped(&["watch", "--json"]);
        let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
        if !before {
            wait_for(&mut lines, "round");
            ended.store(true, std::sync::atomic::Ordering::SeqCst);
        }
        assert_eq!(wait_for(&mut lines, "paused")["reason"], "signIn", "ended before: {before}");
        interrupt(&watching);
        assert_eq!(watching.wait().unwrap().code(), Some(0));
    }
}
