//! The database as a file: what only hosts with a file system need. A damaged file is set aside, never deleted, and what
//! can be read of it is recovered.
//!
//! The recovered database is made beside the damaged one and named `….recovered` only when it is complete; then the
//! damaged one and its log are renamed and the recovered one takes its name. Killed at any point, the next opening goes on.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::database;
use crate::device::Device;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::recover;
use crate::views::RecoveryReport;

/// An opened store.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub device: Device,
    /// What was rescued, if the file had to be set aside just now.
    pub recovered: Option<RecoveryReport>,
}

/// Opens the store at `path`, making it if there is none; its folder must exist. Only if SQLite says that the file is
/// corrupt or no database is it set aside; a locked or full disk, a missing permission or a newer schema is an error and
/// leaves everything as it is.
pub fn open(path: &Path, env: Box<dyn Environment>) -> Result<Opened> {
    finish(path)?;
    match database::open(path).and_then(probed) {
        Ok(conn) => Ok(Opened { device: Device::on(conn, env)?, recovered: None }),
        Err(Error::Damaged(_)) => recover(path, env),
        Err(error) => Err(error),
    }
}

/// Sets the file at `path` aside and recovers what can be read of it. For when a command has said [`Error::Damaged`]; no
/// handle may be open on it.
pub fn recover(path: &Path, env: Box<dyn Environment>) -> Result<Opened> {
    let lock = File::create(beside(path, ".recovery-lock")).map_err(inaccessible)?;
    lock.lock().map_err(inaccessible)?;
    let making = beside(path, ".recovering");
    for leftover in ["", "-wal", "-shm", "-journal"] {
        remove_if_there(&beside(&making, leftover))?;
    }
    let aside = free_name(path, env.now().wall.as_micros());
    let report = recover::rescue(path, &making, &aside, env.as_ref())?;
    fs::rename(&making, beside(path, ".recovered")).map_err(inaccessible)?;
    finish(path)?;
    drop(lock);
    Ok(Opened { device: Device::open(path, env)?, recovered: Some(report) })
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

/// Ends a recovery that was killed after the recovered database was complete.
fn finish(path: &Path) -> Result<()> {
    let recovered = beside(path, ".recovered");
    if !recovered.try_exists().map_err(inaccessible)? {
        return Ok(());
    }
    set_aside(path, &recover::set_aside_name(&recovered)?)?;
    fs::rename(&recovered, path).map_err(inaccessible)
}

/// Renames a database with its log. The log goes first: beside another database it would be taken for that one's.
fn set_aside(path: &Path, aside: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(beside(path, suffix), beside(aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(inaccessible(error)),
            _ => {}
        }
    }
    Ok(())
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

fn inaccessible(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::StorageFull { Error::DiskFull } else { Error::Inaccessible(error.to_string()) }
}
