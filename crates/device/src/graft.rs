//! A database whose table of contents is damaged, with a fresh one's in its place.
//!
//! SQLite finds every table through `sqlite_schema`. Where a page of that is damaged, no table can be read, although all of
//! them may be whole. But a store is always made by the same statements, so its table of contents stands on the same pages
//! and says the same as a fresh store's.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::database;
use crate::error::Result;

const PAGE: usize = 4096;
/// Where the header says which migrations were made.
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// Makes a readable copy of `damaged`, which is at `path`, at `copy`. `None` where its table of contents can be read, or where
/// the damage goes further than that; nothing is left at `copy` then. Whoever is done with the copy removes it and its log.
pub(crate) fn readable_copy(damaged: &Connection, path: &Path, copy: &Path, log: &Path) -> Result<Option<Connection>> {
    if can_be_read(damaged) {
        return Ok(None);
    }
    if private(copy).is_err() {
        return Ok(None);
    }
    let fresh = database::make_plain(copy)?;
    fresh.close().map_err(|(_, error)| error)?;
    let grafted = graft(path, copy, log).unwrap_or(false);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if grafted
        && let Ok(conn) = Connection::open_with_flags(copy, flags)
        && can_be_read(&conn)
    {
        return Ok(Some(conn));
    }
    let _ = fs::remove_file(copy);
    let _ = fs::remove_file(log);
    Ok(None)
}

/// Makes a file for its owner alone.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn can_be_read(conn: &Connection) -> bool {
    conn.prepare("SELECT one FROM store").is_ok()
}

/// Replaces the fresh database at `copy` by the one at `path`, except for the table of contents.
fn graft(path: &Path, copy: &Path, log: &Path) -> io::Result<bool> {
    let fresh = fs::read(copy)?;
    let mut bytes = fs::read(path)?;
    let (Some(pages), Some(theirs)) = (contents(&fresh), contents(&bytes)) else { return Ok(false) };
    // One that has grown by later migrations is laid out otherwise.
    let first_schema = 1_u32.to_be_bytes();
    if pages != theirs || bytes[USER_VERSION] != first_schema || fresh[USER_VERSION] != first_schema {
        return Ok(false);
    }
    for page in pages {
        let at = (page - 1) * PAGE..page * PAGE;
        let (Some(good), Some(bad)) = (fresh.get(at.clone()), bytes.get_mut(at)) else { return Ok(false) };
        bad.copy_from_slice(good);
    }
    let mut file = fs::OpenOptions::new().write(true).truncate(true).open(copy)?;
    file.write_all(&bytes)?;
    let mut their_log = path.as_os_str().to_owned();
    their_log.push("-wal");
    match fs::read(their_log) {
        Ok(bytes) => private(log)?.write_all(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(true)
}

/// The pages of the table of contents below the first, from the file format's interior page of a table: a count of cells, the
/// rightmost child, and per cell the offset of one that begins with its child.
fn contents(bytes: &[u8]) -> Option<Vec<usize>> {
    const HEADER: usize = 100;
    const INTERIOR: u8 = 5;
    let page = bytes.get(..PAGE)?;
    let short = |at: usize| Some(usize::from(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?)));
    let long = |at: usize| usize::try_from(u32::from_be_bytes(page.get(at..at + 4)?.try_into().ok()?)).ok();
    if !bytes.starts_with(b"SQLite format 3\0") || short(16)? != PAGE || page[HEADER] != INTERIOR {
        return None;
    }
    let mut pages =
        (0..short(HEADER + 3)?).map(|cell| long(short(HEADER + 12 + 2 * cell)?)).collect::<Option<Vec<usize>>>()?;
    pages.push(long(HEADER + 8)?);
    (!pages.contains(&0)).then_some(pages)
}
