//! What comes back to a device, from a server or from whatever stands in its place.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use holdfast_contract::sync::{PullReply, PushReply};
use holdfast_contract::{
    AccountId, Name, NewPlace, PlaceFields, Position, PositionSource, Problem, Source, Tags, Timestamp,
};
use holdfast_device::{Answer, Binding, Device, Edit, Environment, Handled, Lane, Lease, Moment, Reply, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A page of the feed, as a device takes it: no page breaks the store.
pub(crate) fn pull_reply(bytes: &[u8]) {
    // What can't be read is no reply, and costs a store for nothing.
    if fixed_point::<PullReply>(bytes).is_some() {
        Bench::new().answer(Lane::Pull, 200, bytes);
    }
}

/// What became of a batch, as a device takes it: an operation leaves the outbox only with an outcome of its own.
pub(crate) fn push_reply(bytes: &[u8]) {
    if fixed_point::<PushReply>(bytes).is_none() {
        return;
    }
    let mut bench = Bench::new();
    let before = bench.waiting();
    let handled = bench.answer(Lane::Push, 200, bytes);
    let settled = handled.applied + handled.duplicates + handled.conflicts + handled.gone + handled.rejected;
    if settled == 0 {
        assert_eq!(bench.waiting(), before, "nothing was said about any operation");
    }
}

/// A problem document: whatever it says, of whatever status, no operation leaves the outbox.
pub(crate) fn problem(bytes: &[u8]) {
    let Some(problem) = fixed_point::<Problem>(bytes) else { return };
    let mut bench = Bench::new();
    let before = bench.waiting();
    let status = problem.status.clamp(400, 599);
    bench.answer(Lane::Push, status, bytes);
    bench.answer(Lane::Pull, status, bytes);
    assert_eq!(bench.waiting(), before, "a refusal of {status} cost an operation");
}

/// Reads a `T`; what is written of it reads as the same and is written as the same.
fn fixed_point<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&value).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(again, value);
    assert_eq!(serde_json::to_vec(&again).expect("what was read can be written"), written);
    Some(value)
}

/// A clock that stands still, and bytes that are the same in every run, so that a finding can be repeated.
struct Still(Mutex<u8>);

impl Environment for Still {
    fn now(&self) -> Moment {
        Moment { wall: Timestamp::from_micros(1_780_000_000_000_000), boot: 1, since_boot_micros: 1_000 }
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
    }
}

/// A signed-in device with two captures, one of them edited after it was leased.
struct Bench {
    device: Device,
    path: PathBuf,
    leases: Vec<Lease>,
}

impl Bench {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let template = template();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = template.path().join(format!("{number}.db"));
        std::fs::copy(template.path().join("template.db"), &path).expect("a copy of the store");
        let mut device = open(&path, 101);
        // Nobody holds the lease any more that the template was left with.
        device.engine_started().expect("the store is sound");
        let requests = device.poll().expect("the store is sound").requests;
        let leases = requests.iter().map(Request::lease).collect();
        Self { device, path, leases }
    }

    fn answer(&mut self, lane: Lane, status: u16, body: &[u8]) -> Handled {
        let lease = *self.leases.iter().find(|lease| lease.lane == lane).expect("the lane has a request under way");
        let answer = Answer::Http { status, protocol_header: true, retry_after: None, body: body.to_vec() };
        let handled = self.device.handle(Reply { lease, answer }).expect("no reply breaks the store");
        assert!(handled.taken);
        // What a screen asks for next.
        self.device.status().expect("the store is sound");
        self.device.poll().expect("the store is sound");
        handled
    }

    fn waiting(&self) -> usize {
        self.device.outbox(None, 100).expect("the store is sound").len()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            // It may not be there; and a file that stays costs nothing but room until the folder goes.
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }
}

fn open(path: &Path, first: u8) -> Device {
    Device::open(path, Box::new(Still(Mutex::new(first)))).expect("a store can be opened")
}

/// The folder with the store that each run copies. In memory where there is such a folder.
fn template() -> &'static tempfile::TempDir {
    static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a folder for stores");
        let mut device = open(&folder.path().join("template.db"), 0);
        let account = AccountId("0190f000-0000-7000-8000-000000000001".parse().expect("a UUID"));
        let binding = Binding { server: "https://places.example.org".to_owned(), account };
        device.bind(&binding).expect("a new store can be bound");
        // An epoch is known, so that there is something to push.
        let lease = device.poll().expect("the store is sound").requests[0].lease();
        let page = br#"{"epoch":"e1","changes":[],"cursor":"c1","hasMore":false,"head":0,"limits":{"placesUsed":0,"mediaBytesUsed":0}}"#;
        let answer = Answer::Http { status: 200, protocol_header: true, retry_after: None, body: page.to_vec() };
        device.handle(Reply { lease, answer }).expect("an empty page");
        let edited = device.capture(capture("Spring")).expect("a capture");
        device.capture(capture("Hut")).expect("a capture");
        device.poll().expect("the store is sound");
        let name = Name::parse("Cold spring").expect("a name");
        device.edit(edited.local_id, Edit { name: Some(name), ..Edit::default() }, None).expect("an edit");
        drop(device);
        folder
    })
}

fn capture(name: &str) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(name).expect("a name"),
            note: None,
            category: None,
            tags: Tags::default(),
            position: Position::parse("", 47.5, 8.7, Some(12.0), None).expect("a position"),
            position_source: PositionSource::Fix,
        },
        captured_at: Timestamp::EPOCH,
        source: Source::Cli,
    }
}
