//! What happens to the server while devices work: kills, restarts, a bad network, a full disk under the database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::ledger::Ledger;
use crate::disk::SmallDisk;
use crate::process::ServerProcess;
use crate::proxy::{Proxy, Weather};

/// Room that the database has on its small disk beside what it has already.
const ROOM: u64 = 64 * 1024 * 1024;

/// The server and everything that happens to it.
pub(super) struct Chaos {
    pub(super) server: Option<ServerProcess>,
    pub(super) data: PathBuf,
    small: PathBuf,
    log: PathBuf,
    listen: String,
    proxies: Vec<Proxy>,
    rng: StdRng,
    ledger: Arc<Ledger>,
    can_mount: bool,
}

impl Chaos {
    pub(super) fn new(
        server: ServerProcess,
        folder: &Path,
        proxies: Vec<Proxy>,
        seed: u64,
        ledger: Arc<Ledger>,
        can_mount: bool,
    ) -> Self {
        Self {
            listen: server.listen().to_owned(),
            server: Some(server),
            data: folder.join("server"),
            small: folder.join("small-disk"),
            log: folder.join("server.log"),
            proxies,
            rng: StdRng::seed_from_u64(seed),
            ledger,
            can_mount,
        }
    }

    /// Until `stop`, or for so long.
    pub(super) fn rage(&mut self, duration: Duration, stop: &AtomicBool) {
        let until = Instant::now() + duration;
        // Not in a short run: it takes longer than that.
        let every = Duration::from_secs(150);
        let mut full_disk_at = Instant::now() + every / 3;
        while Instant::now() < until && !stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(self.rng.random_range(200..2500)));
            self.keep_running();
            if self.can_mount && Instant::now() > full_disk_at && until - Instant::now() > every / 3 {
                self.full_disk(stop);
                full_disk_at = Instant::now() + every;
            }
            match self.rng.random_range(0..100) {
                0..14 => self.kill_server(false),
                14..22 => self.kill_server(true),
                22..32 => self.kill_postgres(),
                32..52 => self.kill_part_of_postgres(),
                52..56 => self.restart_in_order(),
                56..80 => self.change_weather(),
                80..86 => self.go_offline(),
                _ => {}
            }
        }
    }

    /// Faults off, and a fresh start of the server.
    pub(super) fn end(&mut self) {
        for proxy in &self.proxies {
            proxy.set_offline(false);
            proxy.set_weather(None);
        }
        self.keep_running();
    }

    /// Ends what a killed server has left behind and nobody has started again.
    pub(super) fn leave_nothing(&self) {
        let cluster = self.data.join("postgres/pg");
        let pid = std::fs::read_to_string(cluster.join("postmaster.pid")).ok();
        let pid = pid.and_then(|text| text.lines().next()?.trim().parse::<i32>().ok()).filter(|pid| *pid > 1);
        if let Some(pid) = pid
            && std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster)
        {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// What the network did, by name, and how many pushes were made.
    pub(super) fn network(&self) -> (std::collections::BTreeMap<&'static str, u64>, u64) {
        let mut faults = std::collections::BTreeMap::new();
        let mut pushes = 0;
        for proxy in &self.proxies {
            pushes += proxy.pushes();
            for (name, count) in proxy.spent_by_name() {
                *faults.entry(name).or_default() += count;
            }
        }
        (faults, pushes)
    }

    /// What a supervisor does: a server that has ended is started again.
    fn keep_running(&mut self) {
        if self.server.as_mut().is_some_and(|server| server.ended().is_some()) {
            self.ledger.fault("server had ended by itself");
            self.server = None;
        }
        if self.server.is_none() {
            let data = self.data.clone();
            self.start(&data);
        }
    }

    fn start(&mut self, data: &Path) {
        match ServerProcess::try_start(data, Some(&self.listen), Some(&self.log)) {
            Ok(server) => self.server = Some(server),
            Err(why) => self.ledger.broken(format!("{why}; its log is {}", self.log.display())),
        }
    }

    fn kill_server(&mut self, with_postgres: bool) {
        if let Some(server) = self.server.take() {
            server.kill(with_postgres);
            self.ledger.kill(if with_postgres { "server and its PostgreSQL" } else { "server" });
            std::thread::sleep(Duration::from_millis(self.rng.random_range(0..1500)));
        }
    }

    fn kill_postgres(&mut self) {
        let Some(pid) = self.server.as_ref().and_then(ServerProcess::postgres_pid) else { return };
        if kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok() {
            self.ledger.kill("PostgreSQL");
        }
    }

    /// One of its processes: a session, the checkpointer, the writer of the log…
    fn kill_part_of_postgres(&mut self) {
        let Some(postmaster) = self.server.as_ref().and_then(ServerProcess::postgres_pid) else { return };
        let children = children_of(postmaster);
        if children.is_empty() {
            return;
        }
        let child = children[self.rng.random_range(0..children.len())];
        if kill(Pid::from_raw(child), Signal::SIGKILL).is_ok() {
            self.ledger.kill("a process of PostgreSQL");
        }
    }

    fn restart_in_order(&mut self) {
        if let Some(server) = self.server.take() {
            let _ = server.stop();
            self.ledger.fault("server restarted in order");
        }
    }

    fn change_weather(&mut self) {
        for proxy in &self.proxies {
            let chance = [0.0, 0.1, 0.3, 0.6][self.rng.random_range(0..4)];
            proxy.set_weather((chance > 0.0).then(|| Weather::new(self.rng.random(), chance)));
        }
    }

    fn go_offline(&mut self) {
        let index = self.rng.random_range(0..self.proxies.len());
        self.proxies[index].set_offline(true);
        self.ledger.fault("no network");
        std::thread::sleep(Duration::from_millis(self.rng.random_range(300..3000)));
        self.proxies[index].set_offline(false);
    }

    /// Moves the database to a small disk, fills that, and makes room: the server goes on by itself. Then moves it back.
    fn full_disk(&mut self, stop: &AtomicBool) {
        if let Some(server) = self.server.take() {
            let _ = server.stop();
        }
        let used = size_of(&self.data);
        let disk = match SmallDisk::mount(&self.small, used + ROOM) {
            Ok(disk) => disk,
            Err(why) => return self.ledger.broken(format!("no small disk for the database: {why}")),
        };
        copy(&self.data, &self.small.join("data"));
        let data = self.small.join("data");
        self.start(&data);
        disk.fill(self.rng.random_range(0..200_000)).unwrap();
        self.ledger.fault("disk of the database full");
        let until = Instant::now() + Duration::from_secs(self.rng.random_range(8..20));
        while Instant::now() < until && !stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(200));
        }
        disk.make_room().unwrap();
        // Nobody starts it again: with room it has to find its way back by itself.
        let patience = Instant::now() + Duration::from_mins(1);
        while !is_ready(&self.listen) {
            if self.server.as_mut().is_none_or(|server| server.ended().is_some()) || Instant::now() > patience {
                self.ledger.broken("the server did not go on after its full disk had room again".to_owned());
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(Duration::from_millis(self.rng.random_range(0..3000)));
        if let Some(server) = self.server.take() {
            let _ = server.stop();
        }
        std::fs::remove_dir_all(&self.data).unwrap();
        copy(&data, &self.data);
        drop(disk);
        let data = self.data.clone();
        self.start(&data);
    }
}

/// What `/health/ready` says.
fn is_ready(listen: &str) -> bool {
    use std::io::{Read, Write};
    let asked = std::net::TcpStream::connect(listen).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    });
    asked.is_ok_and(|answer| &answer == b"HTTP/1.1 200")
}

fn children_of(parent: i32) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name in brackets: state, parent.
        let after = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().nth(1).map(str::to_owned));
        after.flatten().and_then(|ppid| ppid.parse::<i32>().ok()) == Some(parent)
    };
    pids.filter(is_child).collect()
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()), "{} can't be copied", from.display());
}

fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let entries = entries.filter_map(Result::ok);
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()) + 4096,
        Ok(meta) => meta.len().next_multiple_of(4096),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
