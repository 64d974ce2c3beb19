//! Opens the SQLite database and brings its schema up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{Error, Result};

/// Forward-only: a released one is never changed again.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql")];

/// How long a command waits for another process's transaction.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The newest schema this build knows.
fn newest_schema() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Makes a fresh database at `path` that is one plain file once its connection is closed.
pub(crate) fn make_plain(path: &Path) -> Result<Connection> {
    let mut conn = Connection::open(path)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "fullfsync", true)?;
    migrate(&mut conn)?;
    Ok(conn)
}

/// A browser has no memory that processes share: there a log needs the one connection to have the file to itself.
pub(crate) fn have_alone(conn: &Connection) -> Result<()> {
    if cfg!(target_family = "wasm") {
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    Ok(())
}

/// Whether closing this connection leaves the log beside the database instead of folding it in.
pub(crate) fn keep_log(conn: &Connection, keep: bool) -> Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)?;
    Ok(())
}

/// Opens or creates the database at `path`, whose folder must exist. Until it has proved sound ([`keep_log`]), closing it
/// again changes nothing about a log that is there.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    keep_log(&conn, true)?;
    have_alone(&conn)?;
    // Every commit a person was told about must survive power loss: FULL syncs the log at each commit, and on Apple's
    // systems only F_FULLFSYNC reaches the disk.
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -8_000)?; // 8 MB, whatever the number of places
    conn.set_prepared_statement_cache_capacity(128);
    migrate(&mut conn)?;
    Ok(conn)
}

fn schema_version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn migrate(conn: &mut Connection) -> Result<()> {
    let known = newest_schema();
    if schema_version(conn)? == known {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have migrated while this one waited for the lock.
    let found = schema_version(&tx)?;
    if found > known {
        return Err(Error::TooNew { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}
