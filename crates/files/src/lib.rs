//! Place file formats: places in, places out. Nothing here knows a store, the network, a clock or a screen.
//!
//! [`read`] takes any of the formats, finds out which one it is ([`detect`]), and returns [`Contents`]: rows for
//! [`holdfast_contract::import`], and what could not be taken, with line and reason. What is wrong with one place costs that
//! place alone.
//!
//! Reading is streaming and bounded: whatever a file of 32 MiB holds, reading it allocates at most 256 MiB beside its own
//! bytes (`tests/memory.rs` measures that). Held are at most 200,000 rows, with 96 MiB of text; one feature of 1 MiB of JSON
//! while it is read; one row of a table of 1 MiB and 1,000 columns, and of those it shows names and cells of 100 characters;
//! one piece of 16 MiB between two tags of XML. An archive is held packed, at most 64 MiB, and unpacks to at most 256 MiB, of
//! which no more is held than of a file.
//!
//! [`Writer`] writes places one by one, in any of [`Format::WRITABLE`]; each of them is read back as the same places, with
//! the same captures.
//!
//! | | |
//! |---|---|
//! | shared | `format`, `contents`, `row`, `draft` (a place not yet judged), `decode` (bytes to text), `xml`, `html` |
//! | GPX | `gpx_read`, `gpx_draft`, `gpx_write` |
//! | KML, KMZ | `kml_read`, `kml_draft`, `kml_write`, `archive` |
//! | GeoJSON, Takeout's JSON | `json_read`, `json_tap`, `feature`, `geojson_write` |
//! | CSV, Takeout's lists | `csv_records`, `csv_read`, `csv_columns`, `csv_cells`, `csv_write` |
//! | Takeout | `map_link` (coordinates in links), `archive` |
//! | the complete archive | `archive_write` |

mod archive;
mod archive_write;
mod contents;
mod csv_cells;
mod csv_columns;
mod csv_read;
mod csv_records;
mod csv_write;
mod decode;
mod draft;
mod feature;
mod format;
mod geojson_write;
mod gpx_draft;
mod gpx_read;
#[cfg(test)]
mod gpx_read_tests;
mod gpx_write;
mod html;
mod json_read;
mod json_tap;
mod kml_draft;
mod kml_read;
mod kml_write;
mod map_link;
mod read;
mod row;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod write;
#[cfg(test)]
mod write_tests;
mod xml;

pub use archive_write::{ArchiveWriter, Listed, MEDIA_TYPE as ARCHIVE_MEDIA_TYPE};
pub use contents::{BadRow, Broken, Contents, LeftOut, PassedOver, ReadError};
pub use csv_columns::{ColumnChoice, CsvColumns, CsvField, CsvSheet};
pub use decode::EncodingError;
pub use draft::NOT_TEXT;
pub use format::{Format, UnknownFormat, detect};
pub use read::{ReadOptions, read, read_choosing};
pub use write::{ExportPlace, Writer};
