//! Reads a file to its end, within bounds.

use std::io::{self, Read};

use crate::archive;
use crate::contents::{Collector, Contents, ReadError};
use crate::csv_columns::{ColumnChoice, CsvColumns};
use crate::csv_read::{self, Columns};
use crate::decode::Decoded;
use crate::format::{Format, detect_as};
use crate::{gpx_read, json_read, kml_read};

/// How much of the file is looked at to find its format.
const START: u64 = 8 * 1024;

/// How a file is to be read, where somebody knows better.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Its format; `None`: [`detect`](crate::detect) says.
    pub format: Option<Format>,
    /// Its encoding, such as `windows-1252`; `None`: it says it itself, or has UTF-8.
    pub encoding: Option<String>,
    /// The columns of a CSV; `None`: guessed from its header.
    pub columns: Option<CsvColumns>,
    /// Whether the reader can hold places that have no position yet, as a device can: those of Holdfast's own exports are
    /// [`unplaced`](Contents::unplaced) then, and bad rows otherwise.
    pub takes_unplaced: bool,
}

/// Reads a file to its end. An error means that nothing of it can be taken; everything smaller is in the [`Contents`].
///
/// The name is for the format where the content does not say it, and names the list where Takeout keeps one per file.
pub fn read(source: impl Read, file_name: &str, options: &ReadOptions) -> Result<Contents, ReadError> {
    read_choosing(source, file_name, options, &[])
}

/// The same with some columns of a CSV chosen by name or number; the others are guessed, or as `options` says.
pub fn read_choosing(
    mut source: impl Read,
    file_name: &str,
    options: &ReadOptions,
    chosen: &[ColumnChoice],
) -> Result<Contents, ReadError> {
    let mut start = Vec::new();
    source.by_ref().take(START).read_to_end(&mut start)?;
    let encoding = options.encoding.as_deref();
    let format = options.format.or_else(|| detect_as(file_name, &start, encoding));
    let Some(format) = format else {
        // What it is packed with says more than that nobody knows it.
        Decoded::new(start.as_slice(), encoding)??;
        return Err(ReadError::UnknownFormat);
    };
    let columns = Columns { given: options.columns.as_ref(), chosen };
    let source = start.as_slice().chain(source);
    let mut into = Collector::new(format, options.takes_unplaced);
    match format {
        Format::Kmz | Format::TakeoutZip | Format::Archive => {
            archive::read(source, options.format, encoding, columns, &mut into)?;
        }
        format => read_text(format, source, file_name, encoding, columns, &mut into)?,
    }
    Ok(into.contents)
}

/// Reads a file that is no archive.
pub(crate) fn read_text(
    format: Format,
    source: impl Read,
    file_name: &str,
    encoding: Option<&str>,
    columns: Columns<'_>,
    into: &mut Collector,
) -> Result<(), ReadError> {
    let decoded = Decoded::new(source, encoding)??;
    match format {
        Format::Gpx => gpx_read::read(decoded, into),
        Format::Kml => kml_read::read(decoded, into),
        Format::GeoJson | Format::TakeoutJson => json_read::read(decoded, into),
        Format::Csv => csv_read::read(decoded, file_name, columns, into),
        Format::Kmz | Format::TakeoutZip | Format::Archive => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "an archive is no text").into())
        }
    }
}
