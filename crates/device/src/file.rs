//! The database as a file: what only hosts with a file system need. A damaged file is set aside, never deleted, and what
//! can be read of it is recovered.
//!
//! The recovered database is made beside the damaged one and named `….recovered` only when it is complete; then the
//! damaged one and its log are renamed and the recovered one takes its name. Killed at any point, the next opening goes on.
//!
//! Any number of processes may meet the damage at once. `….recovery-lock` is held together by all who open and alone by
//! the one who recovers, so that nobody opens a file whose log is being renamed. Whoever has waited for it looks again: the
//! file is recovered once. The damaged database stays locked against writing until the renames are over, and a handle that
//! was open on it finds afterwards that its path names another file ([`Error::Damaged`]): no commit goes into the file that
//! was set aside.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::database;
use crate::device::Device;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::graft;
use crate::recover;
use crate::upgrade;
use crate::views::RecoveryReport;

/// An opened store.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub device: Device,
    /// What was rescued, if the file had to be set aside just now, by this very call.
    pub recovered: Option<RecoveryReport>,
}

/// Opens the store at `path`, making it if there is none; its folder must exist. Only if SQLite says that the file is
/// corrupt or no database is it set aside; a locked or full disk, a missing permission or a newer schema is an error and
/// leaves everything as it is. Waits while another process recovers the same file.
pub fn open(path: &Path, env: Box<dyn Environment>) -> Result<Opened> {
    let lock = lock_file(path)?;
    locked(lock.lock_shared())?;
    if beside(path, ".recovered").try_exists().map_err(inaccessible)? {
        lock.unlock().map_err(inaccessible)?;
        return recover_under(&lock, path, env);
    }
    match begin(path, env) {
        Ok(device) => Ok(Opened { device, recovered: None }),
        Err((Error::Damaged(_), env)) => {
            lock.unlock().map_err(inaccessible)?;
            recover_under(&lock, path, env)
        }
        Err((error, _)) => Err(error),
    }
}

/// Opens the store at `path` again after a command has said [`Error::Damaged`]; this process must have closed its handle.
/// If the file is damaged, it is set aside and what can be read of it is recovered, by one process alone: for all others,
/// and where the whole file turns out sound, `recovered` is `None`. Another process's handle on the damaged file may stay
/// open: its next command says [`Error::Damaged`] and writes nothing.
pub fn recover(path: &Path, env: Box<dyn Environment>) -> Result<Opened> {
    recover_under(&lock_file(path)?, path, env)
}

fn recover_under(lock: &File, path: &Path, env: Box<dyn Environment>) -> Result<Opened> {
    locked(lock.lock())?;
    finish(path)?;
    // Somebody else may have recovered it while this one waited for the lock.
    let env = match begin(path, env) {
        Ok(device) if is_sound(&device.conn)? => return Ok(Opened { device, recovered: None }),
        Ok(device) => {
            // Its log is evidence: it stays beside the file.
            database::keep_log(&device.conn, true)?;
            device.env
        }
        Err((Error::Damaged(_), env)) => env,
        Err((error, _)) => return Err(error),
    };
    let making = beside(path, ".recovering");
    for leftover in ["", "-wal", "-shm", "-journal"] {
        remove_if_there(&beside(&making, leftover))?;
    }
    let aside = free_name(path, env.now().wall.as_micros());
    // Nobody commits to the damaged file any more until another one stands in its place.
    let damaged = recover::hold(path)?;
    // Where no table can be found, in a copy all of them may be.
    let (copy, copys_log) = (beside(path, ".reading"), beside(path, ".reading-wal"));
    let leftovers = [copy.clone(), copys_log.clone(), beside(&copy, "-shm"), beside(&copy, "-journal")];
    for leftover in &leftovers {
        remove_if_there(leftover)?;
    }
    let readable = graft::readable_copy(&damaged, path, &copy, &copys_log)?;
    let report = recover::rescue(readable.as_ref().unwrap_or(&damaged), &making, &aside, env.as_ref())?;
    drop(readable);
    for leftover in &leftovers {
        remove_if_there(leftover)?;
    }
    fs::rename(&making, beside(path, ".recovered")).map_err(inaccessible)?;
    sync_folder(path)?;
    // Elsewhere than on Unix nobody can rename an open file, so that no other handle is open on it either.
    let damaged = cfg!(unix).then_some(damaged);
    finish(path)?;
    drop(damaged);
    let device = begin(path, env).map_err(|(error, _)| error)?;
    Ok(Opened { device, recovered: Some(report) })
}

/// Opens the database, reads what every call needs, and makes the store ready. Hands the environment back if that fails.
fn begin(path: &Path, env: Box<dyn Environment>) -> std::result::Result<Device, (Error, Box<dyn Environment>)> {
    let conn = match database::open(path).and_then(probed) {
        Ok(conn) => conn,
        Err(error) => return Err((error, env)),
    };
    let mut device = Device::bare(conn, env);
    match upgrade::on_open(&mut device).and_then(|()| database::keep_log(&device.conn, false)) {
        Ok(()) => Ok(device),
        Err(error) => Err((error, device.env)),
    }
}

/// A database in which what every call needs can be read.
fn probed(conn: Connection) -> Result<Connection> {
    for sql in
        ["SELECT count(*) FROM store", "SELECT count(*) FROM lanes", "SELECT count(*) FROM outbox WHERE number < 0"]
    {
        conn.query_row(sql, [], |row| row.get::<_, i64>(0))?;
    }
    Ok(conn)
}

/// Whether every page, index and row is what SQLite expects. Reads the whole file.
fn is_sound(conn: &Connection) -> Result<bool> {
    match conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0)).map_err(Error::from) {
        Ok(word) => Ok(word == "ok"),
        Err(Error::Damaged(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Ends a recovery that was killed after the recovered database was complete. Only under the lock.
fn finish(path: &Path) -> Result<()> {
    let recovered = beside(path, ".recovered");
    if !recovered.try_exists().map_err(inaccessible)? {
        return Ok(());
    }
    let aside = recover::set_aside_name(&recovered)?;
    if aside.try_exists().map_err(inaccessible)? && path.try_exists().map_err(inaccessible)? {
        // The damaged one is aside already: what stands here came later, and takes nobody's place.
        set_aside(path, &free_name(path, 0))?;
    } else {
        set_aside(path, &aside)?;
    }
    fs::rename(&recovered, path).map_err(inaccessible)?;
    sync_folder(path)
}

/// Renames a database with its log. The log goes first: beside another database it would be taken for that one's.
fn set_aside(path: &Path, aside: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(beside(path, suffix), beside(aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(inaccessible(error)),
            _ => {}
        }
    }
    sync_folder(path)
}

/// A name for the damaged file that is not taken.
fn free_name(path: &Path, micros: i64) -> PathBuf {
    let mut name = beside(path, &format!(".damaged-{micros}"));
    let mut count = 1;
    while name.exists() || beside(&name, "-wal").exists() {
        name = beside(path, &format!(".damaged-{micros}-{count}"));
        count += 1;
    }
    name
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(inaccessible(error)),
        _ => Ok(()),
    }
}

/// Makes renames beside `path` survive a power cut. Where folders can't be synced, the file system does so by itself.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if cfg!(unix) && !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Err(inaccessible(error))
        }
        _ => Ok(()),
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(beside(path, ".recovery-lock")).map_err(inaccessible)
}

/// A file system without locks has one process at a time, or SQLite would not work there either.
fn locked(taken: io::Result<()>) -> Result<()> {
    match taken {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(inaccessible(error)),
        _ => Ok(()),
    }
}

fn inaccessible(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::StorageFull { Error::DiskFull } else { Error::Inaccessible(error.to_string()) }
}
