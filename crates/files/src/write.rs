//! Writing places.

use std::io::{self, Write};

use holdfast_contract::{Category, ClientId, Name, Note, Position, PositionSource, Tags, Timestamp};

use crate::archive::KmzWriter;
use crate::csv_write::CsvWriter;
use crate::format::Format;
use crate::geojson_write::GeoJsonWriter;
use crate::gpx_write::GpxWriter;
use crate::kml_write::KmlWriter;

/// A place to be written to a file.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportPlace {
    /// The capture; without it, reading the file back makes a new one, named by the content.
    pub client_id: Option<ClientId>,
    /// Its name.
    pub name: Option<Name>,
    /// Its note.
    pub note: Option<Note>,
    /// Its category.
    pub category: Option<Category>,
    /// Its tags.
    pub tags: Tags,
    /// Where it is, and where that comes from; none yet for a capture that waits for its position.
    pub position: Option<(Position, PositionSource)>,
    /// When it was captured.
    pub captured_at: Timestamp,
}

/// Writes places one by one; nothing is held but what the output holds back.
pub enum Writer<W: Write> {
    /// GPX 1.1.
    Gpx(GpxWriter<W>),
    /// KML 2.2.
    Kml(KmlWriter<W>),
    /// KML 2.2 in an archive.
    Kmz(Box<KmzWriter<W>>),
    /// GeoJSON.
    GeoJson(GeoJsonWriter<W>),
    /// CSV.
    Csv(Box<CsvWriter<W>>),
}

impl<W: Write> Writer<W> {
    /// Begins a file that says it was made `now`. The format has to be one of [`Format::WRITABLE`]; another one is an
    /// error of kind [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn new(format: Format, out: W, now: Timestamp) -> io::Result<Self> {
        Ok(match format {
            Format::Gpx => Self::Gpx(GpxWriter::new(out, now)?),
            Format::Kml => Self::Kml(KmlWriter::new(out, now)?),
            Format::Kmz => Self::Kmz(Box::new(KmzWriter::new(out, now)?)),
            Format::GeoJson => Self::GeoJson(GeoJsonWriter::new(out)),
            Format::Csv => Self::Csv(Box::new(CsvWriter::new(out)?)),
            Format::TakeoutJson | Format::TakeoutZip | Format::Archive => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is only read", format.name())));
            }
        })
    }

    /// Writes one place. False: it has no position, which GPX and KML need, and is left out.
    pub fn write(&mut self, place: &ExportPlace) -> io::Result<bool> {
        match self {
            Self::Gpx(writer) => writer.write(place),
            Self::Kml(writer) => writer.write(place),
            Self::Kmz(writer) => writer.write(place),
            Self::GeoJson(writer) => writer.write(place).map(|()| true),
            Self::Csv(writer) => writer.write(place).map(|()| true),
        }
    }

    /// Ends the file and flushes it. Without it the file is not complete.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Gpx(writer) => writer.finish(),
            Self::Kml(writer) => writer.finish(),
            Self::Kmz(writer) => writer.finish(),
            Self::GeoJson(writer) => writer.finish(),
            Self::Csv(writer) => writer.finish(),
        }
    }
}

/// U+FFFE and U+FFFF are the only characters of a place that XML 1.0 can't hold.
pub(crate) fn xml_text(text: &str) -> String {
    text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}")
}

/// U+FFFF stands for what is no text where files are read.
pub(crate) fn plain_text(text: &str) -> String {
    text.replace('\u{FFFF}', "\u{FFFD}")
}
