//! Archives: KMZ, and what Takeout packs.
//!
//! An archive is held packed and unpacked as it is read. What it may unpack to is bounded, and so is how many files it may
//! name: a small archive can hold more than any memory.

use std::borrow::Cow;
use std::io::{self, Cursor, Read, Write};

use holdfast_contract::Timestamp;
use zip::ZipArchive;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use crate::archive_write::{MANIFEST, PLACES};
use crate::contents::{Broken, Collector, ReadError, why_unread};
use crate::csv_columns::looks_like_a_sheet;
use crate::csv_read::Columns;
use crate::draft::shown;
use crate::format::{Format, detect};
use crate::kml_write::KmlWriter;
use crate::read::read_text;
use crate::write::ExportPlace;

/// The largest archive.
const PACKED_MAX: u64 = 64 * 1024 * 1024;
/// What all files that are read of one archive may unpack to.
pub(crate) const UNPACKED_MAX: u64 = 256 * 1024 * 1024;
/// The most files in one archive.
const FILES_MAX: usize = 20_000;
/// How much of a file is looked at to find its format.
const START: u64 = 8 * 1024;

/// Reads the files of an archive that hold places. `forced`: the format that a person named.
pub(crate) fn read(
    source: impl Read,
    forced: Option<Format>,
    encoding: Option<&str>,
    columns: Columns<'_>,
    into: &mut Collector,
) -> Result<(), ReadError> {
    read_within(UNPACKED_MAX, source, forced, encoding, columns, into)
}

fn read_within(
    mut left: u64,
    source: impl Read,
    forced: Option<Format>,
    encoding: Option<&str>,
    columns: Columns<'_>,
    into: &mut Collector,
) -> Result<(), ReadError> {
    let mut packed = Vec::new();
    source.take(PACKED_MAX + 1).read_to_end(&mut packed)?;
    if packed.len() as u64 > PACKED_MAX {
        return Err(ReadError::Archive(format!(
            "it is larger than {} MiB; unpack it and take the files with places out of it",
            PACKED_MAX / 1024 / 1024
        )));
    }
    // Every file is announced by this mark; counted before anything is kept about them.
    if packed.windows(4).filter(|mark| *mark == b"PK\x01\x02").count() > FILES_MAX {
        return Err(ReadError::Archive(format!("it names more than {FILES_MAX} files")));
    }
    let mut archive = ZipArchive::new(Cursor::new(packed)).map_err(|error| damaged(&error))?;
    let names: Vec<Option<String>> = archive.file_names().map(|name| name.ok().map(Cow::into_owned)).collect();
    if names.iter().flatten().any(|name| name == MANIFEST) {
        // Everything else in it says the same again, or what is in the trash.
        into.contents.format = Format::Archive;
        let index = names.iter().position(|name| name.as_deref() == Some(PLACES));
        let Some(index) = index else { return Err(ReadError::Archive(format!("there is no {PLACES} in it"))) };
        return read_file(&mut archive, index, "", Some(Format::GeoJson), None, columns, &mut left, into).map(drop);
    }
    let kml = main_kml(&names);
    let takeout = names.iter().flatten().any(|name| name.to_ascii_lowercase().starts_with("takeout/"));
    if forced == Some(Format::Kmz) || (forced.is_none() && !takeout && kml.is_some()) {
        into.contents.format = Format::Kmz;
        let Some(index) = kml else { return Err(ReadError::Archive("there is no KML in it".to_owned())) };
        return read_file(&mut archive, index, "", Some(Format::Kml), encoding, columns, &mut left, into).map(drop);
    }
    into.contents.format = Format::TakeoutZip;
    let mut found = false;
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_deref().filter(|name| may_hold_places(name)) else { continue };
        found |= read_file(&mut archive, index, name, None, encoding, columns, &mut left, into)?;
    }
    if found {
        // How one sheet of many was read tells nothing.
        into.contents.csv = None;
        return Ok(());
    }
    // Nothing of it can be taken; where a file looked as if it held places, why not is worth more than that.
    Err(ReadError::Archive(match &into.contents.broken {
        Some(Broken { reason, file: Some(file), .. }) => {
            format!("there are no saved places in it that can be read: in {}, {reason}", shown(file))
        }
        _ => "there are no saved places in it".to_owned(),
    }))
}

/// `doc.kml` at the top, or else the first KML (KML 2.2, annex C).
fn main_kml(names: &[Option<String>]) -> Option<usize> {
    let is = |name: &Option<String>, what: fn(&str) -> bool| name.as_deref().is_some_and(what);
    let doc = names.iter().position(|name| is(name, |name| name.eq_ignore_ascii_case("doc.kml")));
    doc.or_else(|| names.iter().position(|name| is(name, |name| Format::of_name(name) == Some(Format::Kml))))
}

fn may_hold_places(name: &str) -> bool {
    // What macOS adds to an archive is no file of the person's.
    !name.starts_with("__MACOSX/")
        && Format::of_name(name).is_some_and(|f| !matches!(f, Format::Kmz | Format::TakeoutZip | Format::Archive))
}

/// Reads one file; whether it may hold places at all. Takeout packs much else beside them.
#[expect(clippy::too_many_arguments, reason = "what to read, how, and into what")]
fn read_file(
    archive: &mut ZipArchive<Cursor<Vec<u8>>>,
    index: usize,
    name: &str,
    format: Option<Format>,
    encoding: Option<&str>,
    columns: Columns<'_>,
    left: &mut u64,
    into: &mut Collector,
) -> Result<bool, ReadError> {
    if !name.is_empty() {
        into.enter(name.rsplit('/').next().unwrap_or(name));
    }
    let file = match archive.by_index(index) {
        Ok(file) => file,
        Err(error) if format.is_some() => return Err(damaged(&error)),
        Err(error) => {
            into.broken(1, damaged(&error).to_string());
            return Ok(true);
        }
    };
    let mut file = Bounded { inner: file, left };
    let mut start = Vec::new();
    if let Err(error) = file.by_ref().take(START).read_to_end(&mut start) {
        into.broken(1, why_unread(&error));
        return Ok(true);
    }
    let format = format.or_else(|| places_in(name, &start));
    let Some(format) = format else { return Ok(false) };
    let before = into.contents.rows.len();
    match read_text(format, start.as_slice().chain(file), name, encoding, columns, into) {
        // A file that is not what it is called costs itself alone.
        Err(error @ (ReadError::Io(_) | ReadError::Encoding(_))) => {
            let words = if let ReadError::Io(error) = &error { why_unread(error) } else { error.to_string() };
            into.broken(1, words);
            return Ok(true);
        }
        other => other?,
    }
    // A sheet of something else that happens to look like one.
    Ok(format != Format::Csv || into.contents.rows.len() > before || into.contents.bad_count > 0)
}

/// The format of a file that seems to hold places.
fn places_in(name: &str, start: &[u8]) -> Option<Format> {
    let text = String::from_utf8_lossy(start);
    match detect(name, start)? {
        Format::GeoJson | Format::TakeoutJson if !text.contains("\"FeatureCollection\"") => None,
        Format::Csv if !looks_like_a_sheet(&text) => None,
        format => Some(format),
    }
}

/// Takes from what all files together may unpack to.
struct Bounded<'a, R> {
    inner: R,
    left: &'a mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        *self.left = self.left.checked_sub(count as u64).ok_or(io::ErrorKind::QuotaExceeded)?;
        Ok(count)
    }
}

fn damaged(error: &ZipError) -> ReadError {
    ReadError::Archive(match error {
        ZipError::UnsupportedArchive(reason) if *reason == ZipError::PASSWORD_REQUIRED => {
            "it has a password".to_owned()
        }
        ZipError::UnsupportedArchive(_) => "it is packed in a way that is not known".to_owned(),
        _ => "it is damaged, or no archive".to_owned(),
    })
}

/// Writes places one by one into the KML of an archive.
pub struct KmzWriter<W: Write> {
    kml: KmlWriter<ZipWriter<StreamWriter<W>>>,
}

impl<W: Write> KmzWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W, now: Timestamp) -> io::Result<Self> {
        let mut zip = ZipWriter::new_stream(out);
        let options = SimpleFileOptions::default().large_file(true);
        zip.start_file("doc.kml", options)?;
        Ok(Self { kml: KmlWriter::new(zip, now)? })
    }

    /// Writes a place.
    pub(crate) fn write(&mut self, place: &ExportPlace) -> io::Result<bool> {
        self.kml.write(place)
    }

    /// Ends the file.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.kml.into_inner()?.finish()?.into_inner().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::written;

    #[test]
    fn a_small_archive_of_more_than_any_memory_is_stopped_where_it_has_unpacked_enough() {
        for (name, start, filler) in
            [("doc.kml", "<kml>", "<!--                -->"), ("a.csv", "lat,lon\n1,2\n", ",\n,\n")]
        {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(start.as_bytes()).unwrap();
            zip.write_all(filler.repeat(100_000).as_bytes()).unwrap();
            let bytes = zip.finish().unwrap().into_inner();
            assert!(bytes.len() < 20_000, "{}", bytes.len());
            let mut into = Collector::new(Format::Kmz, false);
            let columns = Columns { given: None, chosen: &[] };
            read_within(100_000, bytes.as_slice(), None, None, columns, &mut into).unwrap();
            let reason = into.contents.broken.unwrap().reason;
            assert!(reason.contains("unpacks to more than 256 MiB"), "{name}: {reason}");
        }
    }

    #[test]
    fn an_archive_says_no_time_that_nobody_handed_in() {
        assert_eq!(written(&[], Format::Kmz), written(&[], Format::Kmz));
        let bytes = written(&[], Format::Kmz);
        // Midnight of the first day that such an archive knows.
        assert_eq!(bytes[10..14], [0, 0, 0x21, 0]);
    }
}
