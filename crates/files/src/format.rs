//! The formats, and how to tell which one a file has.

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use crate::archive_write::MANIFEST;
use crate::csv_columns;

/// A place file format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// GPX 1.0 and 1.1 waypoints; 1.1 is written.
    Gpx,
    /// KML 2.2 placemarks.
    Kml,
    /// The same in an archive.
    Kmz,
    /// GeoJSON (RFC 7946), also as a sequence (RFC 8142) or one feature per line.
    #[serde(rename = "geojson")]
    GeoJson,
    /// A table: comma, semicolon, tab or bar between the cells.
    Csv,
    /// Google Takeout's "Saved Places.json".
    TakeoutJson,
    /// Google Takeout's archive.
    TakeoutZip,
    /// Holdfast's complete archive.
    Archive,
}

/// A word that names no format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be one of: gpx, kml, kmz, geojson, csv, takeout-json, takeout-zip, archive")]
pub struct UnknownFormat;

impl Format {
    /// Every format; each can be read.
    pub const ALL: &[Self] = &[
        Self::Gpx,
        Self::Kml,
        Self::Kmz,
        Self::GeoJson,
        Self::Csv,
        Self::TakeoutJson,
        Self::TakeoutZip,
        Self::Archive,
    ];

    /// The formats that can be written too, by [`Writer`](crate::Writer). (The archive has a
    /// [writer of its own](crate::ArchiveWriter).)
    pub const WRITABLE: &[Self] = &[Self::Gpx, Self::Kml, Self::Kmz, Self::GeoJson, Self::Csv];

    /// Its word in settings, addresses and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gpx => "gpx",
            Self::Kml => "kml",
            Self::Kmz => "kmz",
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
            Self::TakeoutJson => "takeout-json",
            Self::TakeoutZip => "takeout-zip",
            Self::Archive => "archive",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gpx => "GPX",
            Self::Kml => "KML",
            Self::Kmz => "KMZ",
            Self::GeoJson => "GeoJSON",
            Self::Csv => "CSV",
            Self::TakeoutJson => "Google Takeout (saved places)",
            Self::TakeoutZip => "Google Takeout (archive)",
            Self::Archive => "Holdfast archive",
        }
    }

    /// The endings its files have, without the dot; the first is the one to write.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Gpx => &["gpx"],
            Self::Kml => &["kml"],
            Self::Kmz => &["kmz"],
            Self::GeoJson => &["geojson", "json", "geojsonl", "geojsons", "ndjson", "jsonl"],
            Self::Csv => &["csv", "tsv", "tab", "txt"],
            Self::TakeoutJson => &["json"],
            Self::TakeoutZip | Self::Archive => &["zip"],
        }
    }

    /// The ending to write.
    pub fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gpx => "application/gpx+xml",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Kmz => "application/vnd.google-earth.kmz",
            Self::GeoJson => "application/geo+json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::TakeoutJson => "application/json",
            Self::TakeoutZip | Self::Archive => "application/zip",
        }
    }

    /// The format that the ending of a file's name says.
    pub fn of_name(file_name: &str) -> Option<Self> {
        let (_, ending) = file_name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|format| format.extensions().contains(&ending.as_str()))
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.iter().copied().find(|format| format.as_str().eq_ignore_ascii_case(word)).ok_or(UnknownFormat)
    }
}

/// Which format a file has, from its name and its first bytes (a few thousand are enough). Where they disagree, the bytes
/// are right: people rename files.
pub fn detect(file_name: &str, start: &[u8]) -> Option<Format> {
    detect_as(file_name, start, None)
}

/// The same for a file whose encoding a person named.
pub(crate) fn detect_as(file_name: &str, start: &[u8], encoding: Option<&str>) -> Option<Format> {
    let named = Format::of_name(file_name);
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some(archive(start, named));
    }
    let text = text(start, encoding);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{1E}');
    match text.chars().next() {
        Some('<') => root(text).or(named.filter(|named| matches!(named, Format::Gpx | Format::Kml))),
        Some('{' | '[') => Some(json(text, file_name)),
        Some(_) if csv_columns::looks_like_a_sheet(text) => Some(Format::Csv),
        _ => named,
    }
}

fn text(start: &[u8], encoding: Option<&str>) -> String {
    let named = encoding.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = Encoding::for_bom(start).map(|(encoding, _)| encoding).or(named);
    let guessed = match start {
        [0, b'<', 0, ..] => encoding_rs::UTF_16BE,
        [b'<', 0, _, 0, ..] => encoding_rs::UTF_16LE,
        _ => encoding_rs::UTF_8,
    };
    encoding.unwrap_or(guessed).decode(start).0.into_owned()
}

/// An archive says in its first entry what it is, if it is one of Takeout; otherwise its name does. Whether it holds KML is
/// looked up where it is read.
fn archive(start: &[u8], named: Option<Format>) -> Format {
    let length = start.get(26..28).map_or(0, |bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])));
    let first = start.get(30..30 + length).unwrap_or_default().to_ascii_lowercase();
    if first == MANIFEST.as_bytes() {
        Format::Archive
    } else if first.starts_with(b"takeout/") {
        Format::TakeoutZip
    } else if first.ends_with(b".kml") || named == Some(Format::Kmz) {
        Format::Kmz
    } else {
        Format::TakeoutZip
    }
}

/// The format that the first element of an XML file says.
fn root(text: &str) -> Option<Format> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('<')?..];
        let skip = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!") {
            // A document type with declarations of its own ends behind them.
            if rest.find('[') < rest.find('>') { "]>" } else { ">" }
        } else {
            break;
        };
        rest = &rest[rest.find(skip)? + skip.len()..];
    }
    let name = rest[1..].split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()?;
    match name.rsplit(':').next()? {
        "gpx" => Some(Format::Gpx),
        "kml" | "Document" | "Folder" | "Placemark" => Some(Format::Kml),
        _ => None,
    }
}

fn json(text: &str, file_name: &str) -> Format {
    let takeout = ["google_maps_url", "Google Maps URL", "\"Geo Coordinates\""];
    let named = file_name.rsplit(['/', '\\']).next().is_some_and(|name| name.starts_with("Saved Places"));
    if named || takeout.iter().any(|key| text.contains(key)) { Format::TakeoutJson } else { Format::GeoJson }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is_whatever_it_is_called() {
        for (name, start, format) in [
            ("a.kml", "<?xml version='1.0'?>\n<!-- <kml> --><gpx version='1.1'>", Some(Format::Gpx)),
            ("a.gpx", "\u{FEFF}<kml xmlns='x'>", Some(Format::Kml)),
            ("", "<!DOCTYPE k [<!ENTITY a \"<gpx>\">]><k:kml>", Some(Format::Kml)),
            ("a.csv", " {\"type\": \"FeatureCollection\"", Some(Format::GeoJson)),
            ("a.gpx", "{\"properties\": {\"google_maps_url\": \"x\"}}", Some(Format::TakeoutJson)),
            ("Saved Places.json", "{\"type\"", Some(Format::TakeoutJson)),
            ("a.gpx", "Name;Breitengrad;Längengrad\nx;1,5;2", Some(Format::Csv)),
            ("list", "Title,Note,URL,Tags,Comment\n", Some(Format::Csv)),
            ("a.txt", "hello", Some(Format::Csv)),
            ("a.gpx", "", Some(Format::Gpx)),
            ("a", "hello", None),
            ("a.html", "<!DOCTYPE html><html>", None),
            ("page.gpx", "<!DOCTYPE html><html>", Some(Format::Gpx)),
        ] {
            assert_eq!(detect(name, start.as_bytes()), format, "{name}: {start}");
        }
        let utf16: Vec<u8> = "<kml>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect("x", &utf16), Some(Format::Kml));
        assert_eq!(detect("a.kmz", b"PK\x03\x04"), Some(Format::Kmz));
        assert_eq!(detect("a.zip", b"PK\x03\x04"), Some(Format::TakeoutZip));
    }

    #[test]
    fn every_format_has_a_word_that_names_it() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(*format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
        }
        assert_eq!("doc".parse::<Format>(), Err(UnknownFormat));
    }
}
