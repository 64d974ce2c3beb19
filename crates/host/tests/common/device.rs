//! A device that is signed in to a server that answers what a test tells it to.
#![allow(dead_code, reason = "not every test file needs every helper")]
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

use std::time::Duration;

use holdfast_contract::place::PositionSource;
use holdfast_contract::{Name, NewPlace, PlaceFields, Position, Source, Tags};
use holdfast_host::sign_in::{self, Proof};
use holdfast_host::{AccountEntry, Home, ServerUrl, now};

use crate::server::{Answer, Request, Server, signed_in};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Device {
    _folder: tempfile::TempDir,
    pub(crate) home: Home,
    pub(crate) account: AccountEntry,
}

/// A device that is signed in to `server`.
pub(crate) async fn device(server: &Server) -> Device {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path()).unwrap();
    let address = ServerUrl::parse(&server.address).unwrap();
    let account = sign_in::sign_in(&home, &address, "test", Proof::Code("X".into())).await.unwrap();
    Device { _folder: folder, home, account }
}

pub(crate) fn capture(device: &Device) {
    let fields = PlaceFields {
        name: Name::parse("Oak").unwrap(),
        note: None,
        category: None,
        tags: Tags::default(),
        position: Position::parse("", 1.0, 2.0, None, None).unwrap(),
        position_source: PositionSource::Manual,
    };
    let mut store = device.home.open_store(Some(&device.account)).unwrap();
    store.device().unwrap().capture(NewPlace { fields, captured_at: now(), source: Source::Cli }).unwrap();
}

/// Signs anybody in; what sync answers is the test's.
pub(crate) fn server(sync: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/v1/pairings" => Answer::json(201, &signed_in("ada@example.org")),
        _ => sync(request),
    })
}

pub(crate) fn empty_page() -> Answer {
    Answer::json(
        200,
        &serde_json::json!({
            "epoch": "e1", "changes": [], "cursor": "c1", "hasMore": false, "head": 0,
            "limits": { "placesUsed": 0, "mediaBytesUsed": 0 },
        }),
    )
}

pub(crate) fn unavailable() -> Answer {
    Answer::problem(503, "unavailable", "Not now.")
}
