//! What a file held, gathered within bounds.

use std::io;

use holdfast_contract::import::{ImportRow, UnplacedRow};
use holdfast_contract::text::Text;
use serde::Serialize;

use crate::archive::UNPACKED_MAX;
use crate::csv_columns::CsvSheet;
use crate::decode::EncodingError;
use crate::draft::Draft;
use crate::format::Format;
use crate::row::Row;

/// Rows of one file that are held in memory.
const ROWS_MAX: usize = 200_000;
/// Bytes of the texts of one file's rows that are held in memory, with what holds each text: an element can have very many
/// places, each with a copy of its texts.
const TEXT_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Bad rows of one file, and flaws of good ones, that are remembered. Of the bad rows the rest is counted.
const FLAWS_MAX: usize = 10_000;
/// Why a place of Holdfast's own export is not taken where every place has a position.
const NO_POSITION_YET: &str =
    "has no position yet: give it one on the device it was saved on, or import this file on a device";

/// What a file held.
#[derive(Clone, PartialEq, Debug)]
pub struct Contents {
    /// The format it was read as.
    pub format: Format,
    /// The places that can be imported, in the file's order.
    pub rows: Vec<ImportRow>,
    /// Of an export of Holdfast's, the places that had no position yet, in the file's order, where
    /// [`takes_unplaced`](crate::ReadOptions::takes_unplaced) asks for them.
    pub unplaced: Vec<UnplacedRow>,
    /// The places that can't, and why. At most 10,000 are listed.
    pub bad: Vec<BadRow>,
    /// How many places can't be imported.
    pub bad_count: u64,
    /// What of the rows was left out. At most 10,000 are listed.
    pub left_out: Vec<LeftOut>,
    /// What is in the file and makes no place.
    pub passed_over: PassedOver,
    /// Why the file can't be read to its end, where it can't. What stands before it is in [`rows`](Self::rows).
    pub broken: Option<Broken>,
    /// How a CSV was read. Where its columns can't be guessed there are no rows, `broken` says so, and a mapping can be
    /// asked for.
    pub csv: Option<CsvSheet>,
}

impl Contents {
    /// Nothing yet.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            rows: Vec::new(),
            unplaced: Vec::new(),
            bad: Vec::new(),
            bad_count: 0,
            left_out: Vec::new(),
            passed_over: PassedOver::default(),
            broken: None,
            csv: None,
        }
    }

    /// Whether this is a sheet of which somebody has to say which columns hold the coordinates.
    pub fn needs_columns(&self) -> bool {
        self.csv.as_ref().is_some_and(|sheet| !sheet.columns.can_locate())
    }
}

/// A place that can't be taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BadRow {
    /// The line it begins on.
    pub line: u64,
    /// Its name, where it has one that can be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why not, as a phrase.
    pub reason: String,
    /// Which of the file's elements it is, from 1, where several begin on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The file it is in, where an archive holds several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Something of an imported place that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeftOut {
    /// The line it begins on.
    pub line: u64,
    /// What, as a phrase.
    pub what: String,
    /// Which of the file's elements it is, from 1, where several begin on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The file it is in, where an archive holds several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Why a file can't be read to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Broken {
    /// Where.
    pub line: u64,
    /// Why, as a phrase.
    pub reason: String,
    /// The file it is in, where an archive holds several; the others are not affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// What is in a file and makes no place: only points do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PassedOver {
    /// Recorded ways.
    pub tracks: u64,
    /// Planned ways.
    pub routes: u64,
    /// Lines.
    pub lines: u64,
    /// Areas.
    pub polygons: u64,
    /// Pictures laid over the map, models, and links to other files.
    pub others: u64,
}

impl PassedOver {
    /// How many things altogether.
    pub fn total(&self) -> u64 {
        self.words().map(|(count, ..)| count).sum()
    }

    /// The counts that are not zero, each with its word for one and for many.
    pub fn words(&self) -> impl Iterator<Item = (u64, &'static str, &'static str)> {
        [
            (self.tracks, "track", "tracks"),
            (self.routes, "route", "routes"),
            (self.lines, "line", "lines"),
            (self.polygons, "area", "areas"),
            (self.others, "other element", "other elements"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
    }
}

/// Why a file can't be read at all. Each is a phrase that can stand behind "can't be imported: ".
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read from where it lies.
    #[error("reading it failed: {0}")]
    Io(#[from] io::Error),
    /// Its encoding is unknown, or it is packed.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// It is none of the formats, or nobody can tell which.
    #[error("it can't be told which format it has; say which one it is")]
    UnknownFormat,
    /// It holds more than fits into memory.
    #[error("it holds more than {ROWS_MAX} places, or more text than fits into memory; split it into smaller files")]
    TooLarge,
    /// A column was chosen that the sheet does not have.
    #[error("there is no column \"{column}\"; its columns are {}", header.join(", "))]
    NoSuchColumn {
        /// What was chosen.
        column: String,
        /// The columns there are, at most fifty.
        header: Vec<String>,
    },
    /// The archive is damaged or not one.
    #[error("the archive can't be read: {0}")]
    Archive(String),
}

/// Why the reading ended in the middle of a file, as a phrase.
pub(crate) fn why_unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::QuotaExceeded => format!("the archive unpacks to more than {} MiB", UNPACKED_MAX / 1024 / 1024),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => "it is damaged in the archive".to_owned(),
        _ => format!("reading it failed: {error}"),
    }
}

/// Gathers rows within bounds.
pub(crate) struct Collector {
    pub(crate) contents: Contents,
    text_bytes: usize,
    takes_unplaced: bool,
    /// The file of an archive that is being read.
    file: Option<String>,
    /// The line that the element before began on.
    last_line: u64,
    /// Which element is being read, where its line does not say.
    number: Option<u64>,
}

impl Collector {
    pub(crate) fn new(format: Format, takes_unplaced: bool) -> Self {
        let contents = Contents::new(format);
        Self { contents, text_bytes: 0, takes_unplaced, file: None, last_line: 0, number: None }
    }

    /// What follows is in this file of an archive.
    pub(crate) fn enter(&mut self, file: &str) {
        self.file = Some(crate::draft::shown(file));
        (self.last_line, self.number) = (0, None);
    }

    /// The rows that follow are of this element, which is the `count`th and begins on this line. Programs like to write
    /// everything on one.
    pub(crate) fn element(&mut self, line: u64, count: u64) {
        self.number = (line == self.last_line).then_some(count);
        self.last_line = line;
    }

    pub(crate) fn row(&mut self, row: Row) -> Result<(), ReadError> {
        match row {
            Row::Good(waypoint) => {
                self.left_out(waypoint.line, &waypoint.left_out);
                let row = ImportRow::from(*waypoint);
                let texts = [&row.name, &row.note, &row.category].into_iter().flatten().chain(&row.tags);
                let texts = texts.map(String::len).collect::<Vec<_>>();
                self.contents.rows.push(row);
                self.holds(&texts)?;
            }
            Row::Unplaced(row, left_out) if self.takes_unplaced => {
                self.left_out(row.line, &left_out);
                let texts = [row.name.as_ref().map(Text::as_str), row.note.as_ref().map(Text::as_str)];
                let texts = texts.into_iter().chain([row.category.as_ref().map(Text::as_str)]).flatten();
                let texts = texts.chain(row.tags.iter().map(Text::as_str)).map(str::len).collect::<Vec<_>>();
                self.contents.unplaced.push(*row);
                self.holds(&texts)?;
            }
            Row::Unplaced(row, _) => {
                let name = row.name.map(Text::into_string);
                let draft = Draft { line: row.line, name, ..Draft::default() };
                return self.row(Row::Bad(draft.bad(NO_POSITION_YET.to_owned())));
            }
            Row::Bad(mut bad) => {
                self.contents.bad_count += 1;
                if self.contents.bad.len() < FLAWS_MAX {
                    bad.file.clone_from(&self.file);
                    bad.number = self.number;
                    self.contents.bad.push(bad);
                }
            }
        }
        Ok(())
    }

    /// Notes what of a place that is taken could not be read.
    fn left_out(&mut self, line: u64, what: &[String]) {
        let room = FLAWS_MAX.saturating_sub(self.contents.left_out.len());
        let (file, number) = (&self.file, self.number);
        let left_out = what.iter().take(room);
        let left_out = left_out.map(|what| LeftOut { line, what: what.clone(), number, file: file.clone() });
        self.contents.left_out.extend(left_out);
    }

    /// Counts the texts of a place that is held in memory now, by their lengths.
    fn holds(&mut self, texts: &[usize]) -> Result<(), ReadError> {
        self.text_bytes += texts.iter().map(|length| size_of::<String>() + length).sum::<usize>();
        let places = self.contents.rows.len() + self.contents.unplaced.len();
        if places > ROWS_MAX || self.text_bytes > TEXT_BYTES_MAX { Err(ReadError::TooLarge) } else { Ok(()) }
    }

    pub(crate) fn passed(&mut self) -> &mut PassedOver {
        &mut self.contents.passed_over
    }

    /// Notes why the rest can't be read; of several files, the first.
    pub(crate) fn broken(&mut self, line: u64, reason: impl Into<String>) {
        if self.contents.broken.is_none() {
            self.contents.broken = Some(Broken { line, reason: reason.into(), file: self.file.clone() });
        }
    }
}
