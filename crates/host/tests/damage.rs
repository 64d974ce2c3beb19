//! A database that turns out damaged while the engine works with it.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

#[path = "common/device.rs"]
mod device;
#[path = "common/server.rs"]
mod server;

use std::path::Path;
use std::sync::{Arc, Mutex};

use device::{Device, device, empty_page, server, unavailable};
use holdfast_contract::place::PositionSource;
use holdfast_contract::{Name, NewPlace, PlaceFields, Position, Source, Tags};
use holdfast_device::RecoveryReport;
use holdfast_host::{Engine, Home, now};
use serde_json::{Value, json};
use server::{Answer, Request, Server};

const PAGE: usize = 4096;
const PLACES: u64 = 400;

/// A server that takes every new place and knows what it has taken.
fn taking(known: &Arc<Mutex<Vec<String>>>) -> Server {
    let known = Arc::clone(known);
    server(move |request| match request.path.as_str() {
        "/v1/sync/push" => push(request, &mut known.lock().unwrap()),
        path if path.starts_with("/v1/sync/pull") => empty_page(),
        _ => unavailable(),
    })
}

fn push(request: &Request, known: &mut Vec<String>) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let outcomes = body["operations"].as_array().unwrap().iter().map(|op| {
        let id = op["opId"].as_str().unwrap().to_owned();
        let before = known.iter().position(|k| *k == id);
        let seq = before.unwrap_or_else(|| {
            known.push(id);
            known.len() - 1
        }) + 1;
        let mut place = op["place"].clone();
        let more = json!({
            "id": format!("01900000-0000-7000-8000-{seq:012}"), "clientId": op["clientId"], "version": 1,
            "role": "owner", "createdAt": "2026-01-01T00:00:00.000000Z", "updatedAt": "2026-01-01T00:00:00.000000Z",
        });
        place.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match before {
            None => {
                json!({ "opId": op["opId"], "outcome": "applied", "place": place, "seq": seq, "appliedVersion": 1 })
            }
            Some(_) => json!({ "opId": op["opId"], "outcome": "duplicate", "first": true, "place": place, "seq": seq,
                               "appliedVersion": 1 }),
        }
    });
    Answer::json(200, &json!({ "outcomes": outcomes.collect::<Vec<_>>() }))
}

fn capture_many(device: &Device) {
    let mut store = device.home.open_store(Some(&device.account)).unwrap();
    for i in 0..PLACES {
        let fields = PlaceFields {
            name: Name::parse(&format!("place {i:04}")).unwrap(),
            note: None,
            category: None,
            tags: Tags::default(),
            position: Position::parse("", 1.0, 2.0, None, None).unwrap(),
            position_source: PositionSource::Manual,
        };
        let place = NewPlace { fields, captured_at: now(), source: Source::Cli };
        store.device().unwrap().capture(place).unwrap();
    }
}

/// Overwrites the page of the table of places that holds this name. Opening the database does not meet it.
fn damage(database: &Path, name: &str) {
    let mut bytes = std::fs::read(database).unwrap();
    let holds = |page: &[u8], text: &str| page.windows(text.len()).any(|w| w == text.as_bytes());
    let is_places = |page: &[u8]| page[0] == 13 && holds(page, name) && !holds(page, "opId");
    let page = bytes.chunks(PAGE).position(is_places).expect("a page holds the name");
    bytes[page * PAGE..(page + 1) * PAGE].fill(0xff);
    std::fs::write(database, bytes).unwrap();
}

/// The home folder, and what it tells of rescues.
fn telling(home: &Home) -> (Home, Arc<Mutex<Vec<RecoveryReport>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    (home.clone().telling_rescues(move |report| teller.lock().unwrap().push(report.clone())), told)
}

#[tokio::test]
async fn a_reply_that_meets_damage_has_the_database_rescued_and_the_sync_goes_on() {
    let known = Arc::new(Mutex::new(Vec::new()));
    let server = taking(&known);
    let device = device(&server).await;
    capture_many(&device);
    damage(&device.home.account_database(&device.account), "place 0200");
    let (home, told) = telling(&device.home);
    let engine = Engine::open(&home, &device.account).unwrap();
    let report = engine.sync_once(|_| {}).await.unwrap();

    assert_eq!((report.status.pending, report.status.places.synced), (0, PLACES), "{report:?}");
    assert_eq!((report.tally.failure, report.put_off), (None, None));
    assert_eq!(known.lock().unwrap().len() as u64, PLACES, "nothing is there twice");
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "told once");
    assert!(Path::new(&told[0].set_aside).exists(), "the damaged file is kept");
}

#[tokio::test]
async fn a_database_that_another_process_has_rescued_is_opened_again() {
    let known = Arc::new(Mutex::new(Vec::new()));
    let server = taking(&known);
    let device = device(&server).await;
    capture_many(&device);
    damage(&device.home.account_database(&device.account), "place 0200");
    // Open before the rescue, on the file that is then set aside.
    let (home, told) = telling(&device.home);
    let engine = Engine::open(&home, &device.account).unwrap();
    device.home.open_store(Some(&device.account)).unwrap().rescue().unwrap();

    let report = engine.sync_once(|_| {}).await.unwrap();
    assert_eq!((report.status.pending, report.status.places.synced), (0, PLACES), "{report:?}");
    assert_eq!(told.lock().unwrap().len(), 0, "the other process told");
    let status = device.home.open_store(Some(&device.account)).unwrap().run(|device| device.status()).unwrap();
    assert_eq!(status.pending, 0, "it is the rescued database that was sent from");
}
