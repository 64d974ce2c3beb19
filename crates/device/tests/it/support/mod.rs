//! What the tests stand on: a virtual clock, and a server in memory that follows the contract.

pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use holdfast_contract::{
    AccountId, Category, Name, NewPlace, Note, PlaceFields, Position, PositionSource, Source, Tags, Timestamp,
};
use holdfast_device::{
    Binding, Captured, Device, Edit, Effects, Environment, Handled, LocalId, Moment, PlaceState, PlaceView, Reply,
    Request,
};
use server::Server;

/// A clock that stands still until it is moved, and random bytes that a seed repeats.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<(Moment, u64)>>);

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let wall = Timestamp::parse("2026-05-01T12:00:00Z").unwrap();
        Self(Arc::new(Mutex::new((Moment { wall, boot: 1, since_boot_micros: 1_000 }, seed | 1))))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let mut world = self.0.lock().unwrap();
        world.0.wall = world.0.wall.plus_seconds(seconds);
        world.0.since_boot_micros += seconds * 1_000_000;
    }

    /// Sets the wall clock alone.
    pub(crate) fn set_clock(&self, seconds: i64) {
        let mut world = self.0.lock().unwrap();
        world.0.wall = world.0.wall.plus_seconds(seconds);
    }

    pub(crate) fn boxed(&self) -> Box<dyn Environment> {
        Box::new(self.clone())
    }
}

impl Environment for World {
    fn now(&self) -> Moment {
        self.0.lock().unwrap().0
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut world = self.0.lock().unwrap();
        for byte in bytes {
            // xorshift64* (Vigna 2016)
            world.1 ^= world.1 >> 12;
            world.1 ^= world.1 << 25;
            world.1 ^= world.1 >> 27;
            *byte = (world.1.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8;
        }
    }
}

pub(crate) fn account() -> Binding {
    Binding {
        server: "https://places.example.org".to_owned(),
        account: AccountId("0190f000-0000-7000-8000-000000000001".parse().unwrap()),
    }
}

/// A folder, a world and a server; devices are opened in it.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) world: World,
    pub(crate) server: Server,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::seeded(7)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        let base = Path::new("/dev/shm");
        let folder = if base.is_dir() { tempfile::tempdir_in(base) } else { tempfile::tempdir() }.unwrap();
        Self { folder, world: World::new(seed), server: Server::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// On the disk, where a durable commit costs what it costs.
    pub(crate) fn on_disk() -> Self {
        Self { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(), ..Self::new() }
    }

    /// A device bound to the account, opened (again).
    pub(crate) fn device(&self, name: &str) -> Device {
        let mut device = Device::open(&self.path(name), self.world.boxed()).unwrap();
        device.bind(&account()).unwrap();
        device
    }

    /// A store without an account, opened (again).
    pub(crate) fn anonymous(&self, name: &str) -> Device {
        Device::open(&self.path(name), self.world.boxed()).unwrap()
    }

    /// Sends what the device wants until it wants nothing more; what it then waits for.
    pub(crate) fn sync(&mut self, device: &mut Device) -> Effects {
        device.pull_now();
        for _ in 0..10_000 {
            let effects = device.poll().unwrap();
            if effects.requests.is_empty() {
                return effects;
            }
            for request in &effects.requests {
                self.carry(device, request);
            }
        }
        panic!("the device never comes to rest");
    }

    /// Carries one request to the server and its reply back.
    pub(crate) fn carry(&mut self, device: &mut Device, request: &Request) -> Handled {
        let answer = self.server.answer(request, self.world.now().wall);
        device.handle(Reply { lease: request.lease(), answer }).unwrap()
    }
}

pub(crate) fn text_name(name: &str) -> Name {
    Name::parse(name).unwrap().unwrap()
}

pub(crate) fn position(latitude: f64, accuracy: Option<f64>) -> Position {
    Position::parse("", latitude, 8.5, accuracy, None).unwrap()
}

pub(crate) fn place(name: &str) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(name).unwrap(),
            note: None,
            category: None,
            tags: Tags::default(),
            position: position(47.25, Some(30.0)),
            position_source: PositionSource::Fix,
        },
        captured_at: Timestamp::parse("2026-05-01T11:59:00Z").unwrap(),
        source: Source::Cli,
    }
}

pub(crate) fn rename(name: &str) -> Edit {
    Edit { name: Some(Name::parse(name).unwrap()), ..Edit::default() }
}

pub(crate) fn note(note: &str) -> Edit {
    Edit { note: Some(Note::parse(note).unwrap()), ..Edit::default() }
}

pub(crate) fn categorise(category: &str) -> Edit {
    Edit { category: Some(Category::parse(category).unwrap()), ..Edit::default() }
}

pub(crate) fn capture(device: &mut Device, name: &str) -> Captured {
    device.capture(place(name)).unwrap()
}

pub(crate) fn view(device: &Device, id: LocalId) -> PlaceView {
    device.get(id).unwrap().expect("the place is there")
}

pub(crate) fn state(device: &Device, id: LocalId) -> PlaceState {
    view(device, id).state
}

pub(crate) fn name_of(device: &Device, id: LocalId) -> String {
    view(device, id).name.map(|name| name.to_string()).unwrap_or_default()
}

/// The push among the requests.
pub(crate) fn push_of(effects: &Effects) -> Request {
    effects.requests.iter().find(|r| matches!(r, Request::Push { .. })).cloned().expect("a push")
}

/// The operations in a push, as JSON.
pub(crate) fn operations(request: &Request) -> Vec<serde_json::Value> {
    let Request::Push { body, .. } = request else { panic!("not a push") };
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["operations"].as_array().unwrap().clone()
}

/// So many random cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(usual: u32) -> proptest::test_runner::Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    proptest::test_runner::Config { cases, ..proptest::test_runner::Config::default() }
}
