//! What can go wrong, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::SUPPORTED_VERSIONS;
use crate::child::Exit;

/// Why PostgreSQL could not be started, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable PostgreSQL is installed, or none of the version that the data folder needs.
    #[error("{}", not_installed(*.needed, .found))]
    NotInstalled {
        /// The major version the data folder was made with; `None`: any supported one would do.
        needed: Option<u32>,
        /// What was found but cannot be used: folder and major version.
        found: Vec<(PathBuf, u32)>,
    },

    /// The folder that was named for PostgreSQL's programs does not hold usable ones.
    #[error("{} cannot be used as the folder of PostgreSQL's programs: {reason}", .bin_dir.display())]
    BinDir {
        /// The folder as it was given.
        bin_dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// The cluster was made by a version that is not supported.
    #[error(
        "the cluster in {} was made by PostgreSQL {version}; supported are {} to {}. Move it with pg_upgrade, or \
         choose another data folder",
        .cluster.display(), SUPPORTED_VERSIONS.start(), SUPPORTED_VERSIONS.end()
    )]
    UnsupportedData {
        /// The cluster.
        cluster: PathBuf,
        /// What its `PG_VERSION` says.
        version: String,
    },

    /// Another process runs the cluster of this data folder.
    #[error(
        "the data folder {} is in use by another server{}; stop that one first, or choose another data folder",
        .data_dir.display(), .pid.map_or(String::new(), |pid| format!(" (process {pid})"))
    )]
    InUse {
        /// The data folder.
        data_dir: PathBuf,
        /// The process that has it, where it could be read.
        pid: Option<u32>,
    },

    /// PostgreSQL refuses to run as root, and there is no other way on this machine.
    #[error(
        "PostgreSQL does not run as root, this kernel offers no user namespace ({reason}), and there is no user \
         `postgres`; create one (`useradd --system postgres`), or start this program as another user"
    )]
    Root {
        /// What the kernel said.
        reason: io::Error,
    },

    /// The user that PostgreSQL must run as cannot enter one of the folders above the data.
    #[error(
        "PostgreSQL has to run as the user {user}, who may not enter {}; let them (`chmod o+x`), or choose another \
         data folder", .folder.display()
    )]
    Unreachable {
        /// The user's name or number.
        user: String,
        /// The folder that is closed to them.
        folder: PathBuf,
    },

    /// `initdb` failed; what it said is in `output`.
    #[error("initdb could not make a new cluster in {} ({exit}):\n{output}", .folder.display())]
    InitDb {
        /// Where the cluster was to be made.
        folder: PathBuf,
        /// How it ended.
        exit: String,
        /// What it printed.
        output: String,
    },

    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL did not start ({exit}). Its log, {}, ends with:\n{tail}", .log.display())]
    DidNotStart {
        /// How it ended.
        exit: Exit,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// PostgreSQL runs, but was not ready in time. It has been stopped.
    #[error("PostgreSQL was not ready after {seconds} s. Its log, {}, ends with:\n{tail}", .log.display())]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },

    /// A PostgreSQL that an earlier process left behind cannot be stopped.
    #[error(
        "an earlier PostgreSQL (process {pid}) still runs on this data folder and cannot be stopped; end it by hand"
    )]
    Orphan {
        /// Its process id.
        pid: u32,
    },

    /// PostgreSQL had ended by itself, or had to be forced to. The next start recovers the data.
    #[error("PostgreSQL did not shut down cleanly ({exit}); the next start will recover")]
    UncleanStop {
        /// How it ended.
        exit: Exit,
    },

    /// The operating system refused something.
    #[error("could not {doing} {}: {source}", .path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: what was being done to which path.
    pub(crate) fn io(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.as_ref().to_owned(), source }
    }
}

fn not_installed(needed: Option<u32>, found: &[(PathBuf, u32)]) -> String {
    let (oldest, newest) = (SUPPORTED_VERSIONS.start(), SUPPORTED_VERSIONS.end());
    let what = needed.map_or_else(
        || format!("no PostgreSQL {oldest} to {newest} is installed here"),
        |major| format!("the data folder was made by PostgreSQL {major}, which is not installed here"),
    );
    let seen = if found.is_empty() {
        String::new()
    } else {
        let list: Vec<String> = found.iter().map(|(dir, major)| format!("{major} in {}", dir.display())).collect();
        format!(" (found, but not usable: {})", list.join(", "))
    };
    format!("{what}{seen}. {}", how_to_install(needed))
}

/// One sentence on how to get PostgreSQL on this kind of machine.
pub(crate) fn how_to_install(needed: Option<u32>) -> String {
    let major = needed.unwrap_or(*SUPPORTED_VERSIONS.end());
    let command = if cfg!(target_os = "macos") {
        format!("`brew install postgresql@{major}`, or Postgres.app")
    } else {
        let debian = needed.map_or_else(String::new, |major| format!("-{major}"));
        format!(
            "`apt-get install postgresql{debian}` (Debian, Ubuntu), `dnf install postgresql-server` (Fedora), \
             `apk add postgresql{major}` (Alpine) or `pacman -S postgresql` (Arch)"
        )
    };
    format!("Install it with {command}; or name the folder that holds the programs `postgres` and `initdb`")
}
