//! The data folder: its lock, its log, and the place of the socket.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::identity::Identity;

/// A log that has grown beyond this is set aside when PostgreSQL starts, replacing the one set aside before.
const LOG_LIMIT: u64 = 8 * 1024 * 1024;

/// How much of the log is quoted in an error, in bytes.
const TAIL: u64 = 2_000;

/// The longest path of a socket: `sun_path`, less the zero at its end.
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The data folder, locked for this process until this is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    root: PathBuf,
    /// Closing it unlocks. It is not inherited by PostgreSQL: the lock says that a *launcher* lives.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing, and locks it.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process has it.
    pub(crate) fn lock(path: &Path) -> Result<Self, Error> {
        make_private(path)?;
        let root = path.canonicalize().map_err(Error::io("look at", path))?;
        let file = root.join("postgres.lock");
        let io = |doing| Error::io(doing, &file);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .map_err(io("open"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(io("lock")(error)),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = lock.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(Error::InUse { data_dir: root, pid });
            }
        }
        lock.set_len(0).map_err(io("write"))?;
        writeln!(lock, "{}", std::process::id()).map_err(io("write"))?;
        Ok(Self { root, _lock: lock })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The cluster.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join("pg")
    }

    /// The cluster while it is being made.
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.root.join("pg.init")
    }

    /// Opens the log for appending, after setting it aside where it has grown too large.
    pub(crate) fn open_log(&self) -> Result<Log, Error> {
        let path = self.root.join("postgres.log");
        if path.metadata().is_ok_and(|metadata| metadata.len() > LOG_LIMIT) {
            let aside = self.root.join("postgres.log.1");
            std::fs::rename(&path, aside).map_err(Error::io("rename", &path))?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(Error::io("open", &path))?;
        let start = file.metadata().map_err(Error::io("look at", &path))?.len();
        Ok(Log { path, file, start })
    }

    /// The folder for the socket, made and owned as it must be.
    ///
    /// It is `run/`, except where that path is too long for a socket: then it is a private temporary folder, whose path
    /// is kept in `run.path` so that the next start finds (and clears) it again.
    pub(crate) fn socket_dir(&self, identity: &Identity) -> Result<SocketDir, Error> {
        let path = self.root.join("run");
        let dir = if fits(&path) {
            make_private(&path)?;
            SocketDir { path, record: None }
        } else {
            self.short_socket_dir(identity)?
        };
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&dir.path, mode).map_err(Error::io("restrict", &dir.path))?;
        identity.give(&dir.path)?;
        Ok(dir)
    }

    fn short_socket_dir(&self, identity: &Identity) -> Result<SocketDir, Error> {
        let record = self.root.join("run.path");
        if let Ok(text) = std::fs::read_to_string(&record) {
            let path = PathBuf::from(text.trim_end());
            if fits(&path) && is_private(&path, identity.uid()) {
                let record = Some(record);
                return Ok(SocketDir { path, record });
            }
        }
        let temporary = Some(std::env::temp_dir()).filter(|dir| fits(&dir.join("holdfast-XXXXXX")));
        let template = temporary.unwrap_or_else(|| "/tmp".into()).join("holdfast-XXXXXX");
        let path = nix::unistd::mkdtemp(&template).map_err(|errno| Error::io("make", &template)(errno.into()))?;
        std::fs::write(&record, path.as_os_str().as_bytes()).map_err(Error::io("write", &record))?;
        let record = Some(record);
        Ok(SocketDir { path, record })
    }
}

/// The folder that holds the socket.
#[derive(Debug)]
pub(crate) struct SocketDir {
    pub(crate) path: PathBuf,
    /// Where the path is kept, if it is a temporary folder.
    record: Option<PathBuf>,
}

impl SocketDir {
    /// Removes a temporary folder. The socket in it is gone already when PostgreSQL has stopped cleanly.
    pub(crate) fn remove_temporary(&self) {
        if let Some(record) = &self.record
            && std::fs::remove_dir(&self.path).is_ok()
        {
            let _ = std::fs::remove_file(record);
        }
    }
}

/// PostgreSQL's log, from where it was opened.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    start: u64,
}

impl Log {
    /// The end of what was written since it was opened; what cannot be read is left out.
    pub(crate) fn tail(&self) -> String {
        let read = || {
            let mut file = File::open(&self.path)?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(self.start.max(end.saturating_sub(TAIL))))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).trim_end().to_owned())
        };
        read().unwrap_or_default()
    }
}

fn fits(dir: &Path) -> bool {
    let socket = format!("/.s.PGSQL.{}", crate::url::PORT);
    dir.as_os_str().len() + socket.len() <= SOCKET_PATH_LIMIT
}

/// Makes a folder that only its owner can enter, with the folders above it; leaves an existing one as it is.
fn make_private(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(Error::io("make the folder", path))
}

/// Whether it is a real folder that belongs to `uid` and that nobody else can enter. Whoever else could make a folder of
/// that name in a shared place could not make it ours.
fn is_private(path: &Path, uid: u32) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == uid && metadata.permissions().mode() & 0o777 == 0o700
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_log_that_grew_is_set_aside_and_only_new_lines_are_quoted() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(root.path()).unwrap();
        let path = folder.root().join("postgres.log");
        std::fs::write(&path, "an earlier line\n").unwrap();
        let mut log = folder.open_log().unwrap();
        writeln!(log.file, "a new line").unwrap();
        assert_eq!(log.tail(), "a new line");
        assert!(!folder.root().join("postgres.log.1").exists());

        File::create(&path).unwrap().set_len(LOG_LIMIT + 1).unwrap();
        let log = folder.open_log().unwrap();
        assert_eq!(log.tail(), "");
        assert_eq!(path.metadata().unwrap().len(), 0);
        let aside = folder.root().join("postgres.log.1").metadata().unwrap().len();
        assert_eq!(aside, LOG_LIMIT + 1);
    }

    #[test]
    fn a_short_socket_folder_is_found_again_but_never_a_strangers() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(&root.path().join("x".repeat(120))).unwrap();
        let first = folder.socket_dir(&Identity::Caller).unwrap();
        assert!(fits(&first.path));
        assert!(is_private(&first.path, Identity::Caller.uid()));
        let again = folder.socket_dir(&Identity::Caller).unwrap();
        assert_eq!(again.path, first.path);

        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&first.path, open).unwrap();
        let other = folder.socket_dir(&Identity::Caller).unwrap();
        assert_ne!(other.path, first.path);
        other.remove_temporary();
        assert!(!other.path.exists());
        std::fs::remove_dir(&first.path).unwrap();
    }

    #[test]
    fn folders_are_made_for_their_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(&root.path().join("new")).unwrap();
        let sockets = folder.socket_dir(&Identity::Caller).unwrap();
        for path in [folder.root(), &sockets.path] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
