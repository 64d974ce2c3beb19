//! The running server, from start to stop.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::binaries::Binaries;
use crate::child::{Child, Exit};
use crate::error::Error;
use crate::folder::{DataFolder, Log, SocketDir};
use crate::identity::{Identity, Lifetime};
use crate::{Durability, Settings, cluster, postmaster, url};

/// How long PostgreSQL may take until it accepts connections. Recovery after a crash replays at most what was written
/// between two checkpoints, minutes at the very worst.
const START_LIMIT: Duration = Duration::from_mins(10);

/// How long the last processes of a killed PostgreSQL may take to notice that it is gone.
const SURVIVORS_LIMIT: Duration = Duration::from_secs(20);

/// How long they are left to themselves. Whatever still holds on then hangs, and has nothing to save: it is ended.
const SURVIVORS_ALONE: Duration = Duration::from_secs(3);

/// What PostgreSQL says while they still hold its shared memory.
const SURVIVORS: &str = "pre-existing shared memory block";

/// How long each way of stopping may take, gentlest first. A fast shutdown ends the sessions and writes a checkpoint; an
/// immediate one leaves the rest to recovery.
const STOP_STEPS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_mins(1)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(10)),
];

const POLL: Duration = Duration::from_millis(5);

/// A running PostgreSQL that belongs to this process.
///
/// Dropping it shuts PostgreSQL down and waits for it, at most about a minute; [`Postgres::stop`] does the same and says
/// how it went.
pub struct Postgres {
    child: Child,
    binaries: Binaries,
    sockets: SocketDir,
    // Last, so that the folder is unlocked when everything else is over.
    _folder: DataFolder,
}

impl Postgres {
    /// Starts PostgreSQL on a data folder, making a cluster there if there is none, and returns when it accepts
    /// connections. Whatever a crash left behind is cleared or recovered.
    ///
    /// # Errors
    /// Every [`Error`] says what to do. After an error nothing runs, and the folder is unlocked.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let folder = DataFolder::lock(&settings.data_dir)?;
        let made_by = cluster::version(&folder.cluster())?;
        let binaries = Binaries::find(settings.bin_dir.as_deref(), made_by)?;
        let identity = Identity::choose(&folder.cluster(), &binaries.program("postgres"))?;
        Self::start_as(settings, folder, binaries, &identity)
    }

    /// The second half of [`Postgres::start`], when it is known as whom to run.
    pub(crate) fn start_as(
        settings: &Settings,
        folder: DataFolder,
        binaries: Binaries,
        identity: &Identity,
    ) -> Result<Self, Error> {
        identity.admit(folder.root())?;
        identity.can_enter(&folder.cluster())?;
        if cluster::version(&folder.cluster())?.is_none() {
            cluster::create(&folder, &binaries, identity, settings.durability)?;
        }
        let sockets = folder.socket_dir(identity)?;
        postmaster::clear(&folder.cluster(), &sockets.path)?;
        let child = launch(settings, &folder, &binaries, identity, &sockets)?;
        tracing::debug!(pid = child.pid(), version = binaries.major, "PostgreSQL is ready");
        Ok(Self { child, binaries, sockets, _folder: folder })
    }

    /// The URL of one of its databases, for the superuser `postgres`.
    ///
    /// A new cluster has the databases `postgres`, `template0` and `template1`.
    pub fn url(&self, database: &str) -> String {
        url::connection_url(database, &self.sockets.path)
    }

    /// The folder that holds the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.sockets.path
    }

    /// The process number of the postmaster.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// The folder of the programs it was started from. `psql`, `pg_dump` and the like usually stand there, too.
    pub fn bin_dir(&self) -> &Path {
        &self.binaries.dir
    }

    /// The major version.
    pub fn major_version(&self) -> u32 {
        self.binaries.major
    }

    /// How it ended, if it has.
    pub fn try_wait(&self) -> Option<Exit> {
        self.child.try_wait()
    }

    /// Waits until it has ended, for whatever reason.
    pub fn wait_for_exit(&self) -> Exit {
        self.child.wait()
    }

    /// Runs `callback` once when it has ended, for whatever reason (also [`Postgres::stop`]), on a thread of this crate;
    /// at once, on this thread, if it has ended already. The callback should only pass the news on.
    pub fn on_exit(&self, callback: impl FnOnce(Exit) + Send + 'static) {
        self.child.on_exit(Box::new(callback));
    }

    /// Shuts PostgreSQL down and waits for it: open sessions are ended, what was committed is kept.
    ///
    /// # Errors
    /// [`Error::UncleanStop`] where it had ended by itself before, or had to be forced.
    pub fn stop(self) -> Result<(), Error> {
        let exit = self.shut_down();
        if exit.is_clean() { Ok(()) } else { Err(Error::UncleanStop { exit }) }
    }

    fn shut_down(&self) -> Exit {
        let running = self.child.try_wait().is_none();
        let exit = end(&self.child);
        // Where it had ended by itself, it may be about to be started again, and clients should find it where it was.
        if running {
            self.sockets.remove_temporary();
        }
        exit
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end, and this returns at once.
        self.shut_down();
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("pid", &self.pid())
            .field("binaries", &self.binaries)
            .field("socket_dir", &self.sockets.path)
            .finish_non_exhaustive()
    }
}

/// Ends a child, more and more firmly.
fn end(child: &Child) -> Exit {
    for (signal, limit) in STOP_STEPS {
        child.signal(signal);
        if let Some(exit) = child.wait_for(limit) {
            return exit;
        }
        tracing::warn!(pid = child.pid(), %signal, "PostgreSQL did not stop in time");
    }
    child.wait()
}

/// Starts the postmaster and waits until it is ready.
fn launch(
    settings: &Settings,
    folder: &DataFolder,
    binaries: &Binaries,
    identity: &Identity,
    sockets: &SocketDir,
) -> Result<Child, Error> {
    let begun = Instant::now();
    let patience = begun + SURVIVORS_LIMIT;
    loop {
        let log = folder.open_log()?;
        let mut command = command(settings, folder, binaries, identity, sockets, Lifetime::WithThisThread);
        let clone = || log.file.try_clone().map_err(Error::io("open", &log.path));
        command.stdout(clone()?).stderr(clone()?);
        let child = Child::spawn(command).map_err(Error::io("run", binaries.program("postgres")))?;
        let failure = match wait_until_ready(&child, &folder.cluster(), sockets) {
            Ok(()) => return Ok(child),
            Err(failure) => failure,
        };
        let tail = log.tail();
        if failure == NotReady::Exited && tail.contains(SURVIVORS) && Instant::now() < patience {
            if begun.elapsed() > SURVIVORS_ALONE {
                postmaster::end_survivors(&folder.cluster());
            }
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        return Err(not_ready(failure, &child, log, tail));
    }
}

fn not_ready(failure: NotReady, child: &Child, log: Log, tail: String) -> Error {
    let exit = end(child);
    match failure {
        NotReady::Exited => Error::DidNotStart { exit, log: log.path, tail },
        NotReady::TimedOut => Error::NotReady { seconds: START_LIMIT.as_secs(), log: log.path, tail },
    }
}

/// The command line of the postmaster.
pub(crate) fn command(
    settings: &Settings,
    folder: &DataFolder,
    binaries: &Binaries,
    identity: &Identity,
    sockets: &SocketDir,
    lifetime: Lifetime,
) -> Command {
    let cluster: PathBuf = folder.cluster();
    let mut command = identity.command(&binaries.program("postgres"), lifetime);
    command.arg("-D").arg(&cluster).arg("-k").arg(&sockets.path).current_dir(&cluster);
    let mut set = |name: &str, value: &str| {
        command.arg("-c").arg(format!("{name}={value}"));
    };
    set("port", &url::PORT.to_string());
    set("listen_addresses", "");
    set("unix_socket_permissions", "0700");
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    // What people keep in the database must not show up in the log: no statements, no parameters, no rows. Messages of
    // level ERROR may quote a value in their very first line; the caller gets them anyway.
    set("log_error_verbosity", "terse");
    set("log_min_error_statement", "panic");
    set("log_min_messages", "log");
    set("log_parameter_max_length", "0");
    set("log_parameter_max_length_on_error", "0");
    // It goes to standard error, and so into `postgres.log`.
    set("log_destination", "stderr");
    set("logging_collector", "off");
    if settings.durability == Durability::None {
        set("fsync", "off");
        set("synchronous_commit", "off");
        set("full_page_writes", "off");
    }
    for (name, value) in &settings.options {
        set(name, value);
    }
    command
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotReady {
    Exited,
    TimedOut,
}

/// Waits until the cluster's pid file names this very child as ready, and the socket answers.
fn wait_until_ready(child: &Child, cluster: &Path, sockets: &SocketDir) -> Result<(), NotReady> {
    let socket = sockets.path.join(format!(".s.PGSQL.{}", url::PORT));
    let until = Instant::now() + START_LIMIT;
    while Instant::now() < until {
        let named = postmaster::read(cluster).is_some_and(|file| file.ready && file.pid == child.pid());
        if named && connects(&socket).is_ok() {
            return Ok(());
        }
        // Waiting for the exit instead of sleeping: a start that fails is known at once.
        if child.wait_for(POLL).is_some() {
            return Err(NotReady::Exited);
        }
    }
    Err(NotReady::TimedOut)
}

fn connects(socket: &Path) -> io::Result<()> {
    UnixStream::connect(socket).map(drop)
}
