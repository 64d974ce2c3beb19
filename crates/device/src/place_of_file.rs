//! Whether the file a handle stands on is still the one that its path names. A recovery puts another file there, and
//! what an old handle would commit then is committed to a file that was set aside.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The file that was opened.
#[derive(Debug)]
pub(crate) struct PlaceOfFile {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl PlaceOfFile {
    /// The file that stands at `path` now.
    pub(crate) fn of(path: Option<&str>) -> Option<Self> {
        let path = Path::new(path.filter(|path| !path.is_empty())?);
        Some(Self { path: path.to_owned(), file: identity(path) })
    }

    /// [`Error::Damaged`] if another file, or none, stands there now. Exact inside a write transaction: a recovery keeps
    /// the damaged database locked until its renames are over.
    pub(crate) fn check(&self) -> Result<()> {
        if self.file.is_some() && identity(&self.path) != self.file {
            return Err(Error::Damaged("the file was replaced meanwhile; it has to be opened again".to_owned()));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Elsewhere an open database can't be renamed, or there are no files.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}
