//! Starts, watches and stops an embedded PostgreSQL.
//!
//! Holdfast needs a PostgreSQL and does not want to ask a person to run one. This crate takes the programs that are
//! installed on the machine, makes a cluster in a data folder of Holdfast's own, and runs it as a child of this process:
//! reachable only through a Unix socket that only its owner can open, started in a few hundredths of a second, and gone
//! when this process is gone.
//!
//! ```no_run
//! use holdfast_postgres::{Durability, Postgres, Settings};
//!
//! let postgres = Postgres::start(&Settings::new("data"))?;
//! println!("{}", postgres.url("postgres"));
//! postgres.stop()?;
//! # Ok::<(), holdfast_postgres::Error>(())
//! ```
//!
//! # What the data folder holds
//!
//! | entry | what it is |
//! |---|---|
//! | `pg/` | the cluster; `pg.init/` while it is being made, so that a half-made one is never mistaken for it |
//! | `run/` | the socket (or `run.path`, naming a short folder elsewhere, where this path is too long for a socket) |
//! | `postgres.log` | what PostgreSQL says; the one before is `postgres.log.1` |
//! | `postgres.lock` | locked by the process that runs the cluster |
//!
//! # What can go wrong, and what happens then
//!
//! - **The process that started PostgreSQL dies, however it dies.** On Linux the kernel then sends PostgreSQL the signal
//!   for a fast shutdown. Elsewhere it stays behind as an orphan; the next start stops it and takes over.
//! - **PostgreSQL dies.** [`Postgres::on_exit`] and [`Postgres::wait_for_exit`] say so. The next start recovers.
//! - **Everything dies.** The next start clears what is stale and PostgreSQL replays its log: with
//!   [`Durability::Full`] no acknowledged commit is lost.
//! - **Two servers on one folder.** The second gets [`Error::InUse`], and nothing is touched.
//! - **Root.** PostgreSQL refuses to run as root; it is run in a user namespace of its own where the kernel offers one,
//!   otherwise as the user `postgres`.
//!
//! All calls block; from async code use a blocking task. The thread that calls [`Postgres::start`] may end afterwards.

mod binaries;
mod child;
mod cluster;
mod error;
mod folder;
mod identity;
mod postmaster;
mod running;
mod server;
#[cfg(test)]
mod tests;
mod url;

pub use child::Exit;
pub use error::Error;
pub use running::running_url;
pub use server::Postgres;

use std::path::{Path, PathBuf};

/// The oldest and the newest major version that are supported.
pub const SUPPORTED_VERSIONS: std::ops::RangeInclusive<u32> = 15..=18;

/// The folder of the programs that a new cluster would be made with: `explicit`, or the newest supported ones found.
///
/// # Errors
/// [`Error::NotInstalled`] or [`Error::BinDir`], which say what to install.
pub fn find_bin_dir(explicit: Option<&Path>) -> Result<PathBuf, Error> {
    Ok(binaries::Binaries::find(explicit, None)?.dir)
}

/// The folder of the programs of this major version: those that a database of such a PostgreSQL is backed up with.
///
/// # Errors
/// [`Error::NotInstalled`] or [`Error::BinDir`], which say what to install.
pub fn find_bin_dir_of(explicit: Option<&Path>, major: u32) -> Result<PathBuf, Error> {
    Ok(binaries::Binaries::find(explicit, Some(major))?.dir)
}

/// How an embedded PostgreSQL is to be run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that holds everything. It is made, for its owner only, if it does not exist.
    pub data_dir: PathBuf,
    /// The folder with the programs `postgres` and `initdb`. `None`: they are looked for.
    pub bin_dir: Option<PathBuf>,
    /// What a commit promises.
    pub durability: Durability,
    /// Further server settings, as `-c name=value`; they win over those of this crate.
    pub options: Vec<(String, String)>,
}

impl Settings {
    /// A durable cluster in `data_dir`, run by whichever supported PostgreSQL is found.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), bin_dir: None, durability: Durability::Full, options: Vec::new() }
    }

    /// Adds a server setting, as `-c name=value`.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }
}

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// PostgreSQL's own defaults: a commit that was acknowledged survives a crash and a power cut.
    Full,
    /// Nothing survives a crash of the machine. For tests, which throw the cluster away.
    None,
}
