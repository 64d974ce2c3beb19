//! The complete archive: one ZIP with everything that is kept about somebody's places, in open formats.
//!
//! | file | what |
//! |---|---|
//! | `holdfast.json` | that it is such an archive, of which version, and when it was made |
//! | `places.geojson` | every live place, with all its fields; this one is read back |
//! | `places.gpx`, `places.csv` | the same, for other programs |
//! | `trash.geojson` | what is in the trash, with all its fields |
//! | `history.jsonl` | what places were before they were changed, one version a line |
//! | `README.txt` | what all this is, and how much of it there is |

use std::io::{self, Seek, Write};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_contract::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use zip::DateTime;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::csv_write::CsvWriter;
use crate::geojson_write::GeoJsonWriter;
use crate::gpx_write::GpxWriter;
use crate::write::ExportPlace;

/// The first file of an archive: it says what the archive is.
pub(crate) const MANIFEST: &str = "holdfast.json";
/// The file that is read back.
pub(crate) const PLACES: &str = "places.geojson";
/// What such an archive is to the network.
pub const MEDIA_TYPE: &str = "application/zip";
/// Of the layout described above.
const VERSION: u32 = 1;

/// Which places are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listed {
    /// The live ones, with everything that is known of them.
    Places,
    /// The same once more, as GPX.
    PlacesAsGpx,
    /// The same once more, as a table.
    PlacesAsCsv,
    /// What is in the trash.
    Trash,
}

/// Writes an archive, file after file: [`begin`](Self::begin) a list and [`place`](Self::place) every place of it, for each of
/// the lists; then every [`version`](Self::version) that was replaced, where they are known; then [`finish`](Self::finish).
/// Nothing is held but what the output holds back.
pub struct ArchiveWriter<W: Write + Seek> {
    zip: Shared<W>,
    now: Timestamp,
    open: Open<W>,
    counts: Counts,
}

/// The file that is being written.
enum Open<W: Write + Seek> {
    None,
    GeoJson(GeoJsonWriter<Shared<W>>, Listed),
    Gpx(GpxWriter<Shared<W>>),
    Csv(Box<CsvWriter<Shared<W>>>),
    History,
}

#[derive(Default)]
struct Counts {
    places: u64,
    trash: u64,
    /// Live places without a position.
    without_position: u64,
    /// `None`: whoever writes does not know what was before.
    versions: Option<u64>,
}

/// The archive, for the writers of its files, which want one of their own.
struct Shared<W: Write + Seek>(Arc<Mutex<ZipWriter<W>>>);

impl<W: Write + Seek> Shared<W> {
    fn zip(&self) -> MutexGuard<'_, ZipWriter<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Seek> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write + Seek> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.zip().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip().flush()
    }
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Begins an archive that says it was made `now`.
    pub fn new(out: W, now: Timestamp) -> io::Result<Self> {
        let zip = Shared(Arc::new(Mutex::new(ZipWriter::new(out))));
        let mut archive = Self { zip, now, open: Open::None, counts: Counts::default() };
        archive.start(MANIFEST)?;
        let manifest = json!({ "format": "holdfast-archive", "version": VERSION, "createdAt": now });
        serde_json::to_writer_pretty(archive.zip.clone(), &manifest)?;
        Ok(archive)
    }

    /// Ends the list before, and begins this one.
    pub fn begin(&mut self, list: Listed) -> io::Result<()> {
        self.close()?;
        let out = self.zip.clone();
        self.open = match list {
            Listed::Places | Listed::Trash => {
                self.start(if list == Listed::Trash { "trash.geojson" } else { PLACES })?;
                Open::GeoJson(GeoJsonWriter::new(out), list)
            }
            Listed::PlacesAsGpx => {
                self.start("places.gpx")?;
                Open::Gpx(GpxWriter::new(out, self.now)?)
            }
            Listed::PlacesAsCsv => {
                self.start("places.csv")?;
                Open::Csv(Box::new(CsvWriter::new(out)?))
            }
        };
        Ok(())
    }

    /// Writes a place of the list that was begun. `more` is what is known of it besides: members of its properties, for the
    /// lists that hold everything.
    pub fn place(&mut self, place: &ExportPlace, more: Map<String, Value>) -> io::Result<()> {
        self.counts.without_position += u64::from(matches!(self.open, Open::Gpx(_)) && place.position.is_none());
        match &mut self.open {
            Open::GeoJson(writer, list) => {
                match list {
                    Listed::Trash => self.counts.trash += 1,
                    _ => self.counts.places += 1,
                }
                writer.write_with(place, more)
            }
            Open::Gpx(writer) => writer.write(place).map(drop),
            Open::Csv(writer) => writer.write(place),
            Open::None | Open::History => Err(io::Error::new(io::ErrorKind::InvalidInput, "no list was begun")),
        }
    }

    /// Begins the history. Without it the archive says that it holds none.
    pub fn begin_history(&mut self) -> io::Result<()> {
        self.close()?;
        self.start("history.jsonl")?;
        self.counts.versions = Some(0);
        self.open = Open::History;
        Ok(())
    }

    /// Writes a version of a place that was replaced, on a line of its own.
    pub fn version(&mut self, version: &impl Serialize) -> io::Result<()> {
        if !matches!(self.open, Open::History) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the history was not begun"));
        }
        let mut line = serde_json::to_vec(version)?;
        line.push(b'\n');
        self.counts.versions = self.counts.versions.map(|count| count + 1);
        self.zip.write_all(&line)
    }

    /// Ends the archive, and gives back what it was written to. Without it the archive is not complete.
    pub fn finish(mut self) -> io::Result<W> {
        self.close()?;
        self.start("README.txt")?;
        let words = self.read_me();
        self.zip.write_all(words.as_bytes())?;
        let zip = Arc::into_inner(self.zip.0).ok_or_else(|| io::Error::other("the archive is still written to"))?;
        let mut out = zip.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?;
        out.flush()?;
        Ok(out)
    }

    fn start(&mut self, name: &str) -> io::Result<()> {
        let mut options = SimpleFileOptions::default().large_file(true);
        if let Some(time) = zip_time(self.now) {
            options = options.last_modified_time(time);
        }
        Ok(self.zip.zip().start_file(name, options)?)
    }

    fn close(&mut self) -> io::Result<()> {
        match mem::replace(&mut self.open, Open::None) {
            Open::GeoJson(writer, _) => writer.finish(),
            Open::Gpx(writer) => writer.finish(),
            Open::Csv(writer) => writer.finish(),
            Open::None | Open::History => Ok(()),
        }
    }

    fn read_me(&self) -> String {
        let Counts { places, trash, without_position, versions } = self.counts;
        let lacking = match without_position {
            0 => String::new(),
            count => format!(
                "{:16}Without a position: {count}. Their geometry is null, places.gpx lacks them,\n\
                 {:16}and an import on the web takes them once they have one. `holdfast import`\n\
                 {:16}takes them as they are.\n",
                "", "", ""
            ),
        };
        let history = match versions {
            Some(count) => format!(
                "history.jsonl   what places were before they were changed: one JSON object a line,\n\
                 {:16}with the place's id and the version that was replaced ({count})\n",
                ""
            ),
            None => "\nThere is no history in this archive: a device does not keep what places were before they\n\
                     were changed. The server does; its archive (on the web: Files) holds it.\n"
                .to_owned(),
        };
        format!(
            "A complete archive of your places in Holdfast, made at {}.\n\n\
             places.geojson  every place with all its fields ({places}): GeoJSON, RFC 7946.\n\
             {:16}Import this archive as it is, and these places are there again.\n\
             {lacking}\
             places.gpx      the same places for GPS devices and map programs: GPX 1.1\n\
             places.csv      the same places for spreadsheets: UTF-8, with commas\n\
             trash.geojson   what is in the trash, with all its fields ({trash})\n\
             {history}\n\
             holdfast.json   says to programs what this archive is.\n\n\
             Times are in UTC. Coordinates are WGS 84; in GeoJSON, longitude comes first.\n\
             All of this is private. Keep it where only you can read it.\n",
            self.now, ""
        )
    }
}

/// The time of files in an archive, which knows years from 1980 to 2107 and even seconds.
fn zip_time(now: Timestamp) -> Option<DateTime> {
    let text = now.to_string();
    let number = |at: std::ops::Range<usize>| text.get(at)?.parse::<u8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    DateTime::from_date_and_time(year, number(5..7)?, number(8..10)?, number(11..13)?, number(14..16)?, number(17..19)?)
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use holdfast_contract::{Category, ClientId, Name, Note, Position, PositionSource, Tags};
    use zip::ZipArchive;

    use super::*;
    use crate::{Format, ReadOptions, read};

    fn place(number: u128, name: &str) -> ExportPlace {
        ExportPlace {
            client_id: Some(ClientId(uuid(number))),
            name: Name::parse(name).unwrap(),
            note: Note::parse("First line\nsecond; \"line\"").unwrap(),
            category: Category::parse("tree").unwrap(),
            tags: Tags::parse(["a b", "c"], "").unwrap(),
            position: Some((Position::parse("", 47.5, 8.5, Some(4.0), Some(400.0)).unwrap(), PositionSource::Fix)),
            captured_at: Timestamp::parse("2026-05-01T10:00:00Z").unwrap(),
        }
    }

    fn uuid<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u128) -> T {
        format!("00000000-0000-7000-8000-{number:012x}").parse().unwrap()
    }

    fn archive(with_history: bool) -> Vec<u8> {
        let now = Timestamp::parse("2026-06-07T08:09:10Z").unwrap();
        let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), now).unwrap();
        let more = || Map::from_iter([("version".to_owned(), json!(3))]);
        for list in [Listed::Places, Listed::PlacesAsGpx, Listed::PlacesAsCsv] {
            archive.begin(list).unwrap();
            archive.place(&place(1, "One"), more()).unwrap();
            archive.place(&place(2, "Two"), more()).unwrap();
        }
        archive.begin(Listed::Trash).unwrap();
        archive.place(&place(3, "Thrown away"), more()).unwrap();
        if with_history {
            archive.begin_history().unwrap();
            archive.version(&json!({ "place": 1, "version": 2 })).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn text(bytes: &[u8], name: &str) -> String {
        let mut text = String::new();
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn an_archive_is_read_back_as_the_live_places_and_nothing_twice() {
        let bytes = archive(true);
        for format in [None, Some(Format::Archive), Some(Format::TakeoutZip)] {
            let options = ReadOptions { format, ..ReadOptions::default() };
            let contents = read(bytes.as_slice(), "holdfast.zip", &options).unwrap();
            assert_eq!(contents.format, Format::Archive);
            assert_eq!((contents.bad_count, contents.broken), (0, None));
            let names: Vec<_> = contents.rows.iter().map(|row| row.name.as_deref().unwrap()).collect();
            assert_eq!(names, ["One", "Two"]);
        }
    }

    #[test]
    fn an_archive_says_what_is_in_it_and_what_is_not() {
        let bytes = archive(true);
        let words = text(&bytes, "README.txt");
        assert!(words.contains("made at 2026-06-07T08:09:10"), "{words}");
        assert!(words.contains("all its fields (2)") && words.contains("all its fields (1)"), "{words}");
        assert!(words.contains("was replaced (1)"), "{words}");
        assert_eq!(text(&bytes, "history.jsonl"), "{\"place\":1,\"version\":2}\n");
        let places: Value = serde_json::from_str(&text(&bytes, PLACES)).unwrap();
        assert_eq!(places["features"][0]["properties"]["version"], 3);
        assert_eq!(places["features"][0]["properties"]["accuracy"], 4.0);
        assert!(text(&bytes, "trash.geojson").contains("Thrown away"));
        assert!(text(&bytes, "places.gpx").contains("<name>Two</name>") && text(&bytes, "places.csv").contains("Two"));

        let bytes = archive(false);
        assert!(text(&bytes, "README.txt").contains("There is no history in this archive"));
        assert!(ZipArchive::new(Cursor::new(bytes)).unwrap().by_name("history.jsonl").is_err());
    }

    #[test]
    fn a_place_without_a_position_is_in_the_archive_which_says_where_and_where_not() {
        let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), Timestamp::EPOCH).unwrap();
        for list in [Listed::Places, Listed::PlacesAsGpx, Listed::PlacesAsCsv] {
            archive.begin(list).unwrap();
            archive.place(&place(1, "Here"), Map::new()).unwrap();
            archive.place(&ExportPlace { position: None, ..place(2, "Nowhere") }, Map::new()).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        let holds = |file: &str| text(&bytes, file).contains("Nowhere");
        assert_eq!([PLACES, "places.csv", "places.gpx"].map(holds), [true, true, false]);
        let words = text(&bytes, "README.txt");
        assert!(words.contains("all its fields (2)") && words.contains("Without a position: 1."), "{words}");
        // What can be taken is taken, and the other one named, or taken where it can be held.
        let read = read(bytes.as_slice(), "holdfast.zip", &ReadOptions::default()).unwrap();
        assert_eq!((read.rows.len(), read.bad_count), (1, 1));
        let device = ReadOptions { takes_unplaced: true, ..ReadOptions::default() };
        let read = crate::read(bytes.as_slice(), "holdfast.zip", &device).unwrap();
        assert_eq!((read.rows.len(), read.unplaced.len(), read.bad_count), (1, 1, 0));
    }

    #[test]
    fn files_of_an_archive_have_the_time_it_was_made_at() {
        let bytes = archive(false);
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let time = zip.by_index(0).unwrap().last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day(), time.hour()), (2026, 6, 7, 8));
    }
}
