//! A PostgreSQL that is thrown away afterwards.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use holdfast_postgres::{Durability, Postgres, Settings};
use tempfile::TempDir;

/// What a run of all tests may need, in bytes. Less than this free in memory, and the disk is used.
const ROOM: u64 = 2 * 1024 * 1024 * 1024;

/// A cluster without durability in a folder that is removed with it.
pub(crate) struct Scratch {
    // In this order: it is stopped before its folder is removed.
    pub(crate) postgres: Postgres,
    _dir: TempDir,
}

impl Scratch {
    /// Starts one, in memory where there is room.
    pub(crate) fn start(max_connections: u32) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("holdfast-").tempdir_in(place())?;
        let settings = Settings { durability: Durability::None, ..Settings::new(dir.path()) };
        let settings = settings
            .option("max_connections", max_connections.to_string())
            // Many small databases come and go; nothing is gained from looking after them.
            .option("autovacuum", "off")
            .option("max_wal_size", "4GB")
            .option("checkpoint_timeout", "1h");
        let postgres = Postgres::start(&settings).context("start a PostgreSQL to test with")?;
        Ok(Self { postgres, _dir: dir })
    }
}

fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    // The types differ between systems.
    #[allow(clippy::useless_conversion)]
    let free = nix::sys::statvfs::statvfs(&memory).map(|fs| u64::from(fs.blocks_available()) * fs.fragment_size());
    if free.is_ok_and(|free| free >= ROOM) { memory } else { std::env::temp_dir() }
}
