//! `postmaster.pid`: who runs the cluster, and whether it is ready.
//!
//! PostgreSQL writes the file when it starts and removes it when it stops. After a crash it stays, and the number in it
//! may by then belong to nobody, to a zombie, or to some other program; PostgreSQL itself only asks whether the number is
//! taken, and refuses to start when it is. So it is looked at here first.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::Error;

/// How long an orphan may take for each, gentlest first. Fast shutdown writes a checkpoint; immediate does not, and costs no
/// more than a recovery. One that is told to stop in the middle of a recovery may wait for its checkpointer for ever, and
/// somebody waits for the server to start: so not long.
const STEPS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(10)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(10)),
];

const POLL: Duration = Duration::from_millis(10);

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    /// Connections are accepted.
    pub(crate) ready: bool,
}

/// Reads the file; `None` where there is none, or none that makes sense (yet).
pub(crate) fn read(cluster: &Path) -> Option<PidFile> {
    parse(&std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
}

fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    // Lines two to seven: folder, start time, port, socket folder, listen address, shared memory.
    let ready = lines.nth(6).is_some_and(|status| status.trim() == "ready");
    Some(PidFile { pid, ready })
}

/// Makes sure that nobody runs the cluster: stops an orphan that an earlier process left behind, or else removes what
/// would wrongly look like one. The caller holds the data folder's lock, so there is no other owner to ask.
///
/// `cluster` is absolute and without links.
///
/// # Errors
/// [`Error::Orphan`] where it cannot be stopped.
pub(crate) fn clear(cluster: &Path, socket_dir: &Path) -> Result<(), Error> {
    let Some(PidFile { pid, .. }) = read(cluster) else {
        return Ok(());
    };
    match holder(pid, cluster) {
        // PostgreSQL sees by itself that nobody is there, and then also looks whether any of its processes is left.
        Holder::Nobody => Ok(()),
        Holder::Stranger => {
            tracing::info!(pid, "the process number in postmaster.pid is not PostgreSQL's; removing the stale file");
            remove(&cluster.join("postmaster.pid"))?;
            remove_sockets(socket_dir)
        }
        Holder::Postmaster => {
            tracing::warn!(pid, "an earlier PostgreSQL still runs on the data folder; stopping it");
            stop_orphan(pid, cluster)
        }
    }
}

fn stop_orphan(pid: u32, cluster: &Path) -> Result<(), Error> {
    for (signal, limit) in STEPS {
        let until = Instant::now() + limit;
        // It is asked again before each signal, because the number may have gone to somebody else.
        if holder(pid, cluster) != Holder::Postmaster {
            return Ok(());
        }
        match kill(target(pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(_) => return Err(Error::Orphan { pid }),
        }
        while Instant::now() < until {
            if holder(pid, cluster) != Holder::Postmaster {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
    }
    Err(Error::Orphan { pid })
}

/// Ends what is left of a PostgreSQL whose first process is gone: processes that work in the cluster's folder. The caller holds
/// the data folder's lock, and runs none itself.
#[cfg(target_os = "linux")]
pub(crate) fn end_survivors(cluster: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let place = |path: &Path| std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    let Some(ours) = place(cluster) else { return };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let is_postgres = || {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim() == "postgres")
        };
        // The very folder, and not one of the same name; a process that can't be looked at is somebody else's.
        let works_here = || place(Path::new(&format!("/proc/{pid}/cwd"))) == Some(ours);
        if pid > 1 && pid != std::process::id() && works_here() && is_postgres() {
            tracing::warn!(pid, "a process of an earlier PostgreSQL still holds on to the data folder; ending it");
            // It can only fail where it has ended by itself.
            let _ = kill(target(pid), Signal::SIGKILL);
        }
    }
}

/// Elsewhere nobody can tell whose process it is.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_survivors(_cluster: &Path) {}

/// Removes the socket and its lock file.
fn remove_sockets(socket_dir: &Path) -> Result<(), Error> {
    let socket = format!(".s.PGSQL.{}", crate::url::PORT);
    remove(&socket_dir.join(format!("{socket}.lock")))?;
    remove(&socket_dir.join(socket))
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

fn target(pid: u32) -> Pid {
    Pid::from_raw(pid.cast_signed())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// There is no such process.
    Nobody,
    /// It is a zombie, or another program.
    Stranger,
    /// It is the postmaster of this cluster.
    Postmaster,
}

fn holder(pid: u32, cluster: &Path) -> Holder {
    // 0 and 1 are never a postmaster of ours, and `kill` takes 0 and negative numbers for groups.
    if pid <= 1 || i32::try_from(pid).is_err() || kill(target(pid), None) == Err(Errno::ESRCH) {
        return Holder::Nobody;
    }
    if runs_cluster(pid, cluster) { Holder::Postmaster } else { Holder::Stranger }
}

/// Whether a living process is the postmaster of this cluster: it works in the cluster's folder.
#[cfg(target_os = "linux")]
fn runs_cluster(pid: u32, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    let Ok(stat) = std::fs::read_to_string(process.join("stat")) else {
        return false;
    };
    // `pid (name) state …`, where the name may hold anything, parentheses too.
    let Some((head, tail)) = stat.rsplit_once(')') else {
        return false;
    };
    if matches!(tail.trim_start().chars().next(), Some('Z' | 'X')) {
        return false;
    }
    match std::fs::read_link(process.join("cwd")) {
        Ok(cwd) => cwd == cluster,
        // Somebody else's process, or one that is just going.
        Err(_) => head.split_once('(').is_some_and(|(_, name)| name == "postgres"),
    }
}

#[cfg(not(target_os = "linux"))]
fn runs_cluster(pid: u32, _cluster: &Path) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=,comm=", "-p", &pid.to_string()]).output();
    output.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout);
        let mut fields = text.trim().splitn(2, char::is_whitespace);
        let zombie = fields.next().is_none_or(|stat| stat.starts_with('Z'));
        !zombie && fields.next().is_some_and(|name| name.trim().ends_with("postgres"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_file_is_read_while_it_is_being_written() {
        let full = "4711\n/data/pg\n1700000000\n5432\n/data/run\n\n  123 456\nready   \n";
        assert_eq!(parse(full), Some(PidFile { pid: 4711, ready: true }));
        let starting = full.replace("ready   ", "starting");
        assert_eq!(parse(&starting), Some(PidFile { pid: 4711, ready: false }));
        assert_eq!(parse("4711\n/data/pg\n"), Some(PidFile { pid: 4711, ready: false }));
        assert_eq!(parse(""), None);
        assert_eq!(parse("-4711\n/data/pg\n"), None);
    }

    #[test]
    fn a_number_that_went_to_another_program_is_stale() {
        let root = tempfile::tempdir().unwrap();
        let (cluster, sockets) = (root.path().join("pg"), root.path().join("run"));
        std::fs::create_dir(&cluster).unwrap();
        std::fs::create_dir(&sockets).unwrap();
        for name in [".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
            std::fs::write(sockets.join(name), "").unwrap();
        }
        std::fs::write(cluster.join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        clear(&cluster, &sockets).unwrap();
        assert!(!cluster.join("postmaster.pid").exists());
        assert_eq!(sockets.read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_zombie_is_nobody_to_wait_for() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        let here = std::env::current_dir().unwrap();
        while holder(child.id(), &here) == Holder::Postmaster {
            assert!(Instant::now() < until, "the child did not end");
            std::thread::yield_now();
        }
        assert_eq!(holder(child.id(), &here), Holder::Stranger);
        let pid = child.id();
        child.wait().unwrap();
        assert_eq!(holder(pid, &here), Holder::Nobody);
    }
}
