//! The handle on a store: opening, binding to an account, transactions.

use std::path::Path;
use std::time::Duration;

use holdfast_contract::AccountId;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::binding::Binding;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::place_of_file::PlaceOfFile;
use crate::tx::Tx;
use crate::{database, upgrade};

/// One handle on one store. Any number of handles, in any number of processes, may stand on the same file.
pub struct Device {
    pub(crate) conn: Connection,
    pub(crate) env: Box<dyn Environment>,
    /// Something a screen shows was changed by this handle since the last `poll`.
    pub(crate) changed: bool,
    /// SQLite's count of other connections' commits at the last `poll`.
    pub(crate) data_version: i64,
    /// Pull with the next `poll`, whatever the timer says. A hint: it may be forgotten, the timer is not.
    pub(crate) pull_wanted: bool,
    /// When `poll` last looked.
    pub(crate) polled_at: Option<holdfast_contract::Timestamp>,
    /// Seconds between pulls that nothing asked for.
    pub(crate) pull_interval: u32,
    /// The file that was opened.
    place_of_file: Option<PlaceOfFile>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("path", &self.conn.path()).finish_non_exhaustive()
    }
}

impl Device {
    /// Opens the store at `path`, making it if there is none; its folder must exist. A damaged file is an
    /// [`Error::Damaged`]: [`crate::file::open`] recovers from that.
    pub fn open(path: &Path, env: Box<dyn Environment>) -> Result<Self> {
        Self::on(database::open(path)?, env)
    }

    /// A handle on an open database.
    fn on(conn: Connection, env: Box<dyn Environment>) -> Result<Self> {
        let mut device = Self::bare(conn, env);
        upgrade::on_open(&mut device)?;
        database::keep_log(&device.conn, false)?;
        Ok(device)
    }

    /// A handle on a database that has yet to be made ready.
    pub(crate) fn bare(conn: Connection, env: Box<dyn Environment>) -> Self {
        Self {
            place_of_file: PlaceOfFile::of(conn.path()),
            conn,
            env,
            changed: true,
            data_version: -1,
            pull_wanted: true,
            polled_at: None,
            pull_interval: 300,
        }
    }

    /// Whose store it is; `None` for captures without an account.
    pub fn binding(&self) -> Result<Option<Binding>> {
        Ok(self.conn.query_row("SELECT server, account FROM store", [], |row| read_binding(row, 0))?)
    }

    /// Makes this the store of an account, for ever. Again for the same account changes nothing; for another it is an
    /// [`Error::BoundElsewhere`]. A store that holds captures must be adopted instead.
    pub fn bind(&mut self, binding: &Binding) -> Result<()> {
        self.write(|tx| {
            let (bound, captures) = tx.one(
                "SELECT server, account, recovery IS NULL AND (EXISTS (SELECT 1 FROM places) OR adopting_account IS NOT NULL) \
                 FROM store",
                [],
                |row| Ok((read_binding(row, 0)?, row.get::<_, bool>(2)?)),
            )?;
            match bound {
                Some(bound) if bound == *binding => Ok(()),
                Some(bound) => Err(Error::BoundElsewhere(Box::new(bound))),
                None if captures => Err(Error::HoldsCaptures),
                None => {
                    tx.run("UPDATE store SET server = ?1, account = ?2", (&binding.server, binding.account.0))?;
                    Ok(())
                }
            }
        })
    }

    /// How long a command waits for another process's transaction before it is [`Error::Busy`]; ten seconds unless set.
    pub fn set_busy_timeout(&mut self, wait: Duration) -> Result<()> {
        Ok(self.conn.busy_timeout(wait)?)
    }

    /// Bounds the size of the database through this handle: beyond `bytes` (rounded to whole pages, never less than it
    /// has already), commands that need room are [`Error::DiskFull`]. For hosts with a quota.
    pub fn bound_size(&mut self, bytes: u64) -> Result<()> {
        let page: i64 = self.conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
        self.conn.query_row(&format!("PRAGMA max_page_count = {}", pages.max(1)), [], |_| Ok(()))?;
        Ok(())
    }

    /// Runs `command` in one immediate transaction and commits it durably.
    pub(crate) fn write<T>(&mut self, command: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let result = self.begin(TransactionBehavior::Immediate).and_then(|tx| {
            let result = command(&tx)?;
            tx.sql.commit()?;
            Ok(result)
        });
        self.changed |= result.is_ok();
        self.told(result)
    }

    /// Runs `query` on one snapshot.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.told(self.begin(TransactionBehavior::Deferred).and_then(|tx| query(&tx)))
    }

    fn begin(&self, behavior: TransactionBehavior) -> Result<Tx<'_>> {
        let sql = Transaction::new_unchecked(&self.conn, behavior)?;
        if let Some(file) = &self.place_of_file {
            file.check()?;
        }
        Ok(Tx { sql, now: self.env.now(), env: self.env.as_ref() })
    }

    /// Where damage was met, the log stays as it is when this handle is closed: it is evidence, and folding it into the
    /// damaged file could overwrite what can still be read.
    fn told<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Damaged(_))) {
            database::keep_log(&self.conn, true)?;
        }
        result
    }
}

/// Reads a binding from two columns.
pub(crate) fn read_binding(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Binding>> {
    let server: Option<String> = row.get(column)?;
    let account: Option<Uuid> = row.get(column + 1)?;
    Ok(server.zip(account).map(|(server, account)| Binding { server, account: AccountId(account) }))
}
