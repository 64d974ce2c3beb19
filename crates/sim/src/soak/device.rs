//! One device and its person: commands at random, killed at random, on a disk and with a clock that fail at random.

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::ledger::{Acknowledged, Ledger};
use crate::disk::SmallDisk;
use crate::process::Cli;

/// A year, in seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// What is wrong with a device, beside being killed.
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// Its clock is a year off, in either direction, and changes.
    Clock,
    /// Its disk gets full, and read-only.
    Disk(SmallDisk),
    /// Pages of its database get overwritten.
    Damage,
}

/// The device.
pub(super) struct Device {
    pub(super) number: usize,
    pub(super) home: PathBuf,
    pub(super) cli: Cli,
    pub(super) trouble: Trouble,
    rng: StdRng,
    ledger: Arc<Ledger>,
    watch: Option<Child>,
    clock: i64,
    names: u64,
    /// Commands until the trouble of the moment is over.
    trouble_left: u32,
    read_only: bool,
}

/// What a command came to.
struct Ran {
    /// `None`: it was killed.
    code: Option<i32>,
    json: Value,
}

impl Device {
    pub(super) fn new(number: usize, home: &Path, trouble: Trouble, seed: u64, ledger: Arc<Ledger>) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        let cli = Cli::new(home);
        let home = home.to_owned();
        Self {
            number,
            home,
            cli,
            trouble,
            rng,
            ledger,
            watch: None,
            clock: 0,
            names: 0,
            trouble_left: 0,
            read_only: false,
        }
    }

    /// Whether its clock was always right.
    pub(super) fn has_right_clock(&self) -> bool {
        !matches!(self.trouble, Trouble::Clock)
    }

    /// Lives until `stop`, and leaves nothing running and no trouble behind.
    pub(super) fn live(mut self, stop: &AtomicBool) -> Self {
        while !stop.load(Ordering::SeqCst) {
            match self.rng.random_range(0..100) {
                0..44 => self.save(),
                44..54 => self.change("edit"),
                54..59 => self.change("delete"),
                59..63 => self.change("restore"),
                63..76 => drop(self.run(&["sync"], 2500)),
                76..84 => self.toggle_watch(),
                84..90 => self.look(),
                90..94 => self.resolve(),
                _ => self.get_into_trouble(),
            }
            self.trouble_left = self.trouble_left.saturating_sub(1);
            if self.trouble_left == 0 {
                self.get_out_of_trouble();
            }
            self.pause(300);
        }
        self.end_watch("watch");
        self.get_out_of_trouble();
        self
    }

    fn pause(&mut self, at_most_ms: u64) {
        // A random moment is the point here, not a condition.
        std::thread::sleep(Duration::from_millis(self.rng.random_range(0..at_most_ms)));
    }

    /// Runs a command with `--json`; one in seven is killed within so many milliseconds.
    fn run(&mut self, args: &[&str], kill_within_ms: u64) -> Ran {
        let mut command = self.cli.command(&["--json"]);
        command.args(args).env(holdfast_host::WRONG_CLOCK, self.clock.to_string());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut killed = false;
        if self.rng.random_range(0..7) == 0 {
            self.pause(kill_within_ms);
            killed = child.try_wait().unwrap().is_none();
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        self.note(args[0], &output, killed)
    }

    fn note(&self, command: &str, output: &Output, killed: bool) -> Ran {
        let code = output.status.code();
        let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if killed && code.is_none() {
            self.ledger.kill(match command {
                "save" => "save",
                "sync" => "sync",
                _ => "another command",
            });
            return Ran { code: None, json };
        }
        *self.ledger.entries().commands.entry((command.to_owned(), code.unwrap_or(-1))).or_default() += 1;
        if !matches!(code, Some(0 | 1 | 3 | 5 | 6 | 7)) {
            self.ledger.broken(format!("`{command}` on device {} ended with {:?}: {json}", self.number, output.status));
        }
        Ran { code, json }
    }

    fn save(&mut self) {
        self.names += 1;
        let name = format!("d{} n{}", self.number, self.names);
        let latitude = format!("{:.5}", self.rng.random_range(46.0..48.0));
        let ran = self.run(&["save", &latitude, "9.5", "--name", &name, "--accuracy", "12"], 40);
        let client_id = ran.json["place"]["clientId"].as_str().map(str::to_owned);
        let mut entries = self.ledger.entries();
        match (ran.code, client_id) {
            (Some(0), Some(client_id)) => {
                if self.read_only {
                    entries.broken.push(format!("{name} was acknowledged in a read-only folder"));
                }
                let at = SystemTime::now();
                entries.acknowledged.push(Acknowledged { client_id, name, device: self.number, at });
            }
            (Some(0), None) => entries.broken.push(format!("{name} was acknowledged without its id: {}", ran.json)),
            (Some(_), _) => {
                let why = ran.json["error"]["code"].as_str().unwrap_or("no reason").to_owned();
                if why == "no reason" {
                    entries.broken.push(format!("{name} was refused without a reason: {}", ran.json));
                }
                entries.refused.insert(name, why);
            }
            (None, _) => drop(entries.unknown.insert(name)),
        }
    }

    /// A capture of anybody's that was acknowledged; mostly a recent one.
    fn some_capture(&mut self) -> Option<String> {
        let entries = self.ledger.entries();
        let count = entries.acknowledged.len();
        let back = self.rng.random_range(0..40);
        let index = count.checked_sub(1)?.saturating_sub(back);
        Some(entries.acknowledged[index].client_id.clone())
    }

    fn change(&mut self, command: &'static str) {
        let Some(client_id) = self.some_capture() else { return };
        self.names += 1;
        let note = format!("d{} e{}", self.number, self.names);
        if command == "delete" {
            self.ledger.entries().deleted.insert(client_id.clone());
        }
        let mut args = vec![command, client_id.as_str()];
        if command == "edit" {
            args.extend(["--note", note.as_str()]);
        } else if command == "delete" {
            args.push("--yes");
        }
        self.run(&args, 40);
    }

    fn toggle_watch(&mut self) {
        if self.watch.is_some() {
            self.end_watch("watch");
            return;
        }
        let mut command = self.cli.command(&["watch"]);
        command.env(holdfast_host::WRONG_CLOCK, self.clock.to_string());
        self.watch = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    fn end_watch(&mut self, what: &'static str) {
        if let Some(mut watch) = self.watch.take() {
            if watch.try_wait().unwrap().is_none() {
                self.ledger.kill(what);
            }
            let _ = watch.kill();
            watch.wait().unwrap();
        }
    }

    /// Everything that was acknowledged here, and that nobody has deleted, is in the list; or the person is told that the
    /// list can't be had. It is never just empty.
    fn look(&mut self) {
        let mine: Vec<String> = {
            let entries = self.ledger.entries();
            let mine = entries.acknowledged.iter().filter(|a| a.device == self.number);
            mine.filter(|a| !entries.deleted.contains(&a.client_id)).map(|a| a.client_id.clone()).collect()
        };
        let ran = self.run(&["list", "--all"], 40);
        if ran.code != Some(0) {
            return;
        }
        let shown = client_ids(&ran.json["places"]);
        // Asked again: another device may have deleted it meanwhile.
        let missing: Vec<String> = {
            let deleted = &self.ledger.entries().deleted;
            mine.into_iter().filter(|id| !shown.contains(id) && !deleted.contains(id)).collect()
        };
        // What a damaged database could not give is told, and kept as it is.
        let missing: Vec<String> = missing.into_iter().filter(|id| !self.is_set_aside(id)).collect();
        if !missing.is_empty() {
            let of = shown.len();
            self.ledger.broken(format!("device {} shows {of} places without its own {missing:?}", self.number));
        }
    }

    /// Decides a conflict, if there is one, on what was shown.
    fn resolve(&mut self) {
        let listed = self.run(&["resolve"], 40);
        let Some(number) = listed.json["places"][0]["number"].as_i64().map(|n| n.to_string()) else { return };
        let shown = self.run(&["resolve", &number], 40);
        let Some(seen) = shown.json["seen"].as_str() else { return };
        let side = if self.rng.random_bool(0.5) { "--mine" } else { "--theirs" };
        self.run(&["resolve", &number, "--seen", seen, side], 40);
    }

    fn get_into_trouble(&mut self) {
        if self.trouble_left > 0 {
            return;
        }
        let direction = self.rng.random_range(0..3) - 1;
        let kind = self.rng.random_range(0..3);
        match &self.trouble {
            Trouble::None => return,
            Trouble::Clock => {
                self.clock = direction * YEAR;
                self.ledger.fault(match direction {
                    -1 => "clock a year behind",
                    0 => return,
                    _ => "clock a year ahead",
                });
            }
            Trouble::Disk(disk) if kind > 0 => {
                disk.fill(self.rng.random_range(0..100_000)).unwrap();
                self.ledger.fault("disk of a device full");
            }
            Trouble::Disk(_) => {
                self.end_watch("watch");
                let Trouble::Disk(disk) = &self.trouble else { return };
                match disk.set_read_only(true) {
                    Ok(()) => {
                        self.read_only = true;
                        self.ledger.fault("read-only folder");
                    }
                    Err(why) => self.ledger.broken(format!("the folder could not be made read-only: {why}")),
                }
            }
            Trouble::Damage => {
                self.end_watch("watch");
                if self.damage() {
                    self.ledger.fault("damaged database");
                }
            }
        }
        self.trouble_left = self.rng.random_range(3..12);
    }

    fn get_out_of_trouble(&mut self) {
        self.clock = 0;
        if let Trouble::Disk(disk) = &self.trouble {
            if self.read_only {
                disk.set_read_only(false).unwrap();
                self.read_only = false;
            }
            disk.make_room().unwrap();
        }
    }

    /// Overwrites a page of the database: a leaf of a table or an index, never the first. Its log is written back before,
    /// so that the page counts.
    fn damage(&mut self) -> bool {
        let Some(database) = self.database() else { return false };
        // The last process that closes it in order leaves no log.
        self.cli.run(&["status"]);
        let mut bytes = std::fs::read(&database).unwrap();
        if database.with_extension("db-wal").exists() || bytes.len() < 2 * PAGE {
            return false;
        }
        let is_leaf = |page: &[u8]| page[0] == 13 || page[0] == 10;
        let leaves: Vec<usize> = (1..bytes.len() / PAGE).filter(|page| is_leaf(&bytes[page * PAGE..])).collect();
        let Some(page) = leaves.get(self.rng.random_range(0..leaves.len().max(1))) else { return false };
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xff);
        std::fs::write(&database, bytes).unwrap();
        true
    }

    /// The database of its account.
    pub(super) fn database(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.home.join("accounts")).ok()?;
        files.filter_map(|e| Some(e.ok()?.path())).find(|p| p.extension().is_some_and(|e| e == "db"))
    }

    /// Databases that were set aside.
    pub(super) fn set_aside(&self) -> Vec<PathBuf> {
        let Ok(files) = std::fs::read_dir(self.home.join("accounts")) else { return Vec::new() };
        let names = files.filter_map(|e| Some(e.ok()?.path()));
        let is_database = |name: &str| name.contains(".damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm");
        names.filter(|path| path.to_str().is_some_and(is_database)).collect()
    }

    /// Whether a capture is in a database that was set aside, or in its log.
    pub(super) fn is_set_aside(&self, client_id: &str) -> bool {
        let Ok(id) = uuid::Uuid::parse_str(client_id) else { return false };
        let holds = |path: &Path| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(16).any(|window| window == id.as_bytes()))
        };
        self.set_aside().iter().any(|path| {
            let log = PathBuf::from(format!("{}-wal", path.display()));
            holds(path) || holds(&log)
        })
    }
}

/// SQLite's page.
const PAGE: usize = 4096;

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            let _ = watch.kill();
            let _ = watch.wait();
        }
    }
}

pub(super) fn client_ids(places: &Value) -> std::collections::BTreeSet<String> {
    let places = places.as_array().map(Vec::as_slice).unwrap_or_default();
    places.iter().filter_map(|p| p["clientId"].as_str().map(str::to_owned)).collect()
}
