//! A simulated device: the real core over a real SQLite file, with everything outside it virtual.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use holdfast_contract::ClientId;
use holdfast_device::{Binding, Device, ListQuery, LocalId, PlaceView, Reply, Request};

use super::clock::{DeviceClock, DeviceEnvironment, TrueClock};
use super::server::Session;

/// Not at any commit.
const NEVER: i64 = i64::MIN;
/// It has died.
const DEAD: i64 = -1;

/// The name of the server in every binding.
const SERVER: &str = "http://sim.invalid";

/// A store of one account on one device.
pub(super) struct SimDevice {
    /// Which account, as an index.
    pub(super) account: usize,
    pub(super) session: Option<Session>,
    pub(super) clock: Arc<DeviceClock>,
    /// One or two processes on the same store.
    pub(super) handles: Vec<Device>,
    /// Requests that are still under way somewhere.
    pub(super) wandering: Vec<(Request, Session)>,
    /// Replies that have not reached the device yet.
    pub(super) late: Vec<Reply>,
    /// What somebody has on a screen, and may decide by later.
    pub(super) screens: BTreeMap<LocalId, PlaceView>,
    /// What was captured without an account and not taken over yet, with the words typed.
    pub(super) anonymous: Vec<(ClientId, String)>,
    /// Commits until it dies; never while it is negative.
    commits_left: Arc<AtomicI64>,
    folder: PathBuf,
    opened: u64,
    seed: u64,
}

impl SimDevice {
    pub(super) fn new(
        number: usize,
        account: usize,
        session: Session,
        folder: &Path,
        world: TrueClock,
        seed: u64,
    ) -> Self {
        let folder = folder.join(format!("device{number}"));
        std::fs::create_dir(&folder).expect("a folder for a device");
        let mut device = Self {
            account,
            clock: DeviceClock::new(world),
            handles: Vec::new(),
            wandering: Vec::new(),
            late: Vec::new(),
            screens: BTreeMap::new(),
            anonymous: Vec::new(),
            commits_left: Arc::new(AtomicI64::new(NEVER)),
            folder,
            opened: 0,
            seed,
            session: None,
        };
        let mut handle = device.open(&device.store());
        handle.bind(&Binding { server: SERVER.to_owned(), account: session.actor.user }).expect("a new store is bound");
        device.handles.push(handle);
        device.session = Some(session);
        device
    }

    /// The account's store.
    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("account.db")
    }

    /// The store of what is captured without an account.
    pub(super) fn open_anonymous(&mut self) -> Device {
        let path = self.folder.join("anonymous.db");
        self.open(&path)
    }

    fn open(&mut self, path: &Path) -> Device {
        self.opened += 1;
        // No two openings of any two devices draw the same.
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.opened);
        let environment = DeviceEnvironment::new(Arc::clone(&self.clock), seed);
        let mut device = holdfast_device::file::open(path, environment).expect("the store opens").device;
        let left = Arc::clone(&self.commits_left);
        let dies = move || match left.load(Ordering::SeqCst) {
            NEVER => false,
            DEAD => true,
            _ => left.fetch_sub(1, Ordering::SeqCst) == 0,
        };
        device.on_commit(dies).expect("commits are watched");
        device
    }

    /// Lets the process die at a commit: 0 is the next.
    pub(super) fn die_at_commit(&self, commit: u32) {
        self.commits_left.store(i64::from(commit), Ordering::SeqCst);
    }

    /// Whether it has died; a process that begins anew does not.
    pub(super) fn has_died(&self) -> bool {
        self.commits_left.load(Ordering::SeqCst) == DEAD
    }

    /// A process works on the store.
    pub(super) fn device(&mut self) -> &mut Device {
        self.handles.last_mut().expect("a device has a process")
    }

    /// Another process begins to work on the same store, or the second one ends.
    pub(super) fn second_process(&mut self) {
        if self.handles.len() > 1 {
            self.handles.remove(0);
        } else {
            let second = self.open(&self.store());
            self.handles.push(second);
        }
    }

    /// Every process dies and one begins anew. Who is alone on the store says so.
    pub(super) fn restart(&mut self, alone: bool) {
        self.handles.clear();
        self.commits_left.store(NEVER, Ordering::SeqCst);
        let mut handle = self.open(&self.store());
        if alone {
            handle.engine_started().expect("leases of the dead are void");
        }
        self.handles.push(handle);
    }

    /// Every place on the screen, in the trash or not.
    pub(super) fn views(&mut self, trash: bool) -> Vec<PlaceView> {
        let mut views = Vec::new();
        let mut query = ListQuery { limit: 1000, trash, ..ListQuery::default() };
        loop {
            let page = self.device().list(&query).expect("a list can always be read");
            views.extend(page.places);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return views,
            }
        }
    }

    /// Everything a person could find on this device, as text: lists, outbox, journals.
    pub(super) fn everything(&mut self) -> String {
        let mut text = String::new();
        for trash in [false, true] {
            for view in self.views(trash) {
                text.push_str(&serde_json::to_string(&view).expect("a view is JSON"));
                if let Some(kept) = self.device().kept(view.local_id).expect("the store can be read") {
                    text.push_str(&serde_json::to_string(&kept).expect("a place is JSON"));
                }
            }
        }
        text.push_str(&self.device().export_outbox(None).expect("the outbox can be read").to_string());
        // A journal outlives its place, whose number nobody has any more.
        let sql = rusqlite::Connection::open(self.store()).expect("the store can be read");
        let mut journal = sql.prepare("SELECT coalesce(detail, '') FROM journal").expect("there is a journal");
        let details = journal.query_map([], |row| row.get::<_, String>(0)).expect("it can be read");
        for detail in details {
            text.push_str(&detail.expect("it is text"));
        }
        text
    }
}
