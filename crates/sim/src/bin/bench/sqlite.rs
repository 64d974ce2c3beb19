//! Bare SQLite, beside which the device stands: the same columns in one table, durable, and nothing else.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::places::{ACCURACY, ALTITUDE, CATEGORY, NAME, TAG, somewhere};

const SCHEMA: &str = "
    CREATE TABLE places (
        id INTEGER PRIMARY KEY, client_id BLOB NOT NULL, name TEXT, note TEXT, category TEXT, tags TEXT NOT NULL,
        latitude REAL NOT NULL, longitude REAL NOT NULL, accuracy REAL, altitude REAL, position_source TEXT NOT NULL,
        captured_at INTEGER NOT NULL, source TEXT NOT NULL)";

const INSERT: &str = "
    INSERT INTO places (client_id, name, category, tags, latitude, longitude, accuracy, altitude, position_source,
                        captured_at, source)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'fix', ?9, 'cli')";

/// A database with one table.
pub(crate) struct Bare(Connection);

impl Bare {
    /// Creates it, as durable as a device's.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    /// Inserts a place. Outside of a transaction that is one durable commit.
    pub(crate) fn insert(&self) -> Result<()> {
        let (latitude, longitude) = somewhere();
        let captured = holdfast_host::now().as_micros();
        self.0.prepare_cached(INSERT)?.execute(params![
            Uuid::now_v7().as_bytes(),
            NAME,
            CATEGORY,
            format!("[\"{TAG}\"]"),
            latitude,
            longitude,
            ACCURACY,
            ALTITUDE,
            captured,
        ])?;
        Ok(())
    }

    /// Inserts so many, with a durable commit after every `chunk` of them.
    pub(crate) fn insert_many(&self, count: usize, chunk: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let now = left.min(chunk);
            let transaction = self.0.unchecked_transaction()?;
            for _ in 0..now {
                self.insert()?;
            }
            transaction.commit()?;
            left -= now;
        }
        Ok(())
    }
}
