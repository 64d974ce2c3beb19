//! Reads tables: one row at a time, whatever parts the cells and however the columns are called.

use std::io::{Cursor, Read};

use holdfast_contract::limits;

use crate::contents::{Collector, ReadError};
use crate::csv_cells::{self, Place, unguarded};
use crate::csv_columns::{ColumnChoice, CsvColumns, CsvField, CsvSheet, HEADER_LINES, delimiter};
use crate::csv_records::{ROW_BYTES_MAX, Record, Records};
use crate::decode::Decoded;
use crate::draft::{Draft, Words, join_note};
use crate::feature::NO_COORDINATES;
use crate::map_link;
use crate::row::Row;

const WORDS: Words =
    Words { latitude: "latitude", longitude: "longitude", note: "note", category: "category", loose_times: true };
/// How much of the file is looked at to find what parts its cells.
const START: u64 = 8 * 1024;
/// Rows that are shown to whoever has to say which columns are which.
const SAMPLE: usize = 5;
/// Of each of their cells, and of the names of the columns, so many characters are shown.
const SHOWN_CHARS_MAX: usize = 100;

/// Columns that somebody knows.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// All of them; nothing is guessed then.
    pub(crate) given: Option<&'a CsvColumns>,
    /// Some of them, before what is guessed or given.
    pub(crate) chosen: &'a [ColumnChoice],
}

/// Reads a whole file. Its name is that of the list where there is nothing else to tell one list from another.
pub(crate) fn read<R: Read>(
    mut source: Decoded<R>,
    file_name: &str,
    columns: Columns<'_>,
    into: &mut Collector,
) -> Result<(), ReadError> {
    let meter = source.meter();
    let mut start = Vec::new();
    source.by_ref().take(START).read_to_end(&mut start)?;
    let delimiter = delimiter(&String::from_utf8_lossy(&start));
    let source = Cursor::new(start).chain(source);
    let mut records = Records::new(source, u8::try_from(delimiter).unwrap_or(b','), meter);
    let Some((header_line, sheet)) = sheet(&mut records, delimiter, columns)? else {
        let reason = if records.ahead().is_empty() {
            "there is nothing in it".to_owned()
        } else {
            format!("its first rows are larger than {} MiB", ROW_BYTES_MAX / 1024 / 1024)
        };
        let (line, reason) = records.broken.take().unwrap_or((1, reason));
        into.broken(line, reason);
        return Ok(());
    };
    let can_locate = sheet.columns.can_locate();
    let table = Table::new(&sheet, file_name);
    into.contents.csv = Some(sheet);
    if !can_locate {
        into.broken(header_line, "it can't be told which columns hold the latitude and the longitude");
        return Ok(());
    }
    while let Some(record) = records.next()? {
        table.place(&record, into)?;
    }
    if let Some((line, reason)) = records.broken {
        into.broken(line, reason);
    }
    Ok(())
}

/// Finds the header and what its columns are; the rows behind it are still to come. `None` where there is no row at all.
fn sheet<R: Read>(
    records: &mut Records<R>,
    delimiter: char,
    columns: Columns<'_>,
) -> Result<Option<(u64, CsvSheet)>, ReadError> {
    let wanted = HEADER_LINES + SAMPLE;
    records.peek(wanted - 1)?;
    let rows: Vec<(u64, Vec<&str>)> =
        records.ahead().iter().map(|record| (record.line, record.cells().map(str::trim).collect())).collect();
    let samples = |from: usize| rows.iter().skip(from).take(SAMPLE).map(|(_, cells)| cells.as_slice());
    let guess = |index: usize| {
        let samples: Vec<&[&str]> = samples(index + 1).collect();
        CsvColumns::guess(&rows[index].1, &samples)
    };
    // What is too large to be looked at has no cells, and is no header.
    let Some(first) = rows.iter().position(|(_, cells)| !cells.is_empty()) else { return Ok(None) };
    let found = (first..rows.len().min(HEADER_LINES)).find_map(|index| {
        let guessed = guess(index);
        guessed.can_locate().then_some((index, guessed))
    });
    let number = |cell: &&&str| csv_cells::number(cell, delimiter != ',').parse::<f64>().is_ok();
    let names = |index: usize| rows[index].1.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (line, header, data, guessed) = match found {
        Some((index, guessed)) => (rows[index].0, names(index), index + 1, guessed),
        // Who begins with numbers has no header.
        None if rows[first].1.iter().filter(number).count() >= 2 => {
            let names = (1..=rows[first].1.len()).map(|number| format!("Column {number}")).collect();
            (rows[first].0, names, 0, CsvColumns::default())
        }
        None => (rows[first].0, names(first), first + 1, guess(first)),
    };
    let mut known = columns.given.copied().unwrap_or(guessed);
    for choice in columns.chosen {
        let column = choice.find(&header).ok_or_else(|| ReadError::NoSuchColumn {
            column: crate::draft::shown(&choice.column),
            header: header.iter().take(50).map(|name| crate::draft::shown(name)).collect(),
        })?;
        known.set(choice.field, Some(column));
    }
    let short = |cells: &[&str]| cells.iter().map(|cell| cut(cell)).collect::<Vec<_>>();
    let sample = samples(data).map(short).collect();
    let header = header.iter().map(|name| cut(name)).collect();
    records.skip(data);
    Ok(Some((line, CsvSheet { header, sample, delimiter, columns: known })))
}

/// A cell as it is shown.
fn cut(cell: &str) -> String {
    cell.chars().take(SHOWN_CHARS_MAX).collect()
}

/// How the rows of a table become places.
struct Table {
    columns: CsvColumns,
    decimal_comma: bool,
    /// The name of the list, where the file is one of Takeout's.
    list: Option<String>,
}

impl Table {
    fn new(sheet: &CsvSheet, file_name: &str) -> Self {
        let columns = sheet.columns;
        let only_links = columns.url.is_some() && columns.coordinates.is_none() && columns.latitude.is_none();
        let list = (only_links && columns.category.is_none()).then(|| list_name(file_name)).flatten();
        Self { columns, decimal_comma: sheet.delimiter != ',', list }
    }

    fn place(&self, record: &Record, into: &mut Collector) -> Result<(), ReadError> {
        let line = record.line;
        if record.too_large {
            let reason = format!("is larger than {} MiB", ROW_BYTES_MAX / 1024 / 1024);
            return into.row(Row::Bad(Draft { line, ..Draft::default() }.bad(reason)));
        }
        let cell = |field: CsvField| {
            let cell = self.columns.get(field).and_then(|column| record.get(column)).map(str::trim);
            cell.filter(|cell| !cell.is_empty())
        };
        let text = |field: CsvField| cell(field).map(|cell| unguarded(cell).to_owned());
        let number = |field: CsvField| cell(field).map(|cell| csv_cells::number(cell, self.decimal_comma));
        let position_source = text(CsvField::PositionSource);
        let url = cell(CsvField::Url);
        let ours = self.columns.position_source.is_some() && self.columns.client_id.is_some();
        let note = match text(CsvField::Note) {
            // A file of ours has nothing besides.
            note if position_source.is_some() || ours => note,
            note => {
                let parts = [note.as_deref(), cell(CsvField::Comment).map(unguarded), url];
                Some(join_note(parts.into_iter().flatten(), None))
            }
        };
        let mut draft = Draft {
            line,
            client_id: text(CsvField::ClientId),
            name: text(CsvField::Name),
            note,
            category: text(CsvField::Category).or_else(|| self.list.clone()),
            tags: text(CsvField::Tags).map(|cell| csv_cells::tags(&cell)).unwrap_or_default(),
            latitude: number(CsvField::Latitude),
            longitude: number(CsvField::Longitude),
            altitude: number(CsvField::Altitude),
            accuracy: number(CsvField::Accuracy),
            time: text(CsvField::CapturedAt),
            position_source,
            ..Draft::default()
        };
        if draft.latitude.is_none() && draft.longitude.is_none() {
            let whole = cell(CsvField::Coordinates);
            match whole.map(csv_cells::place) {
                Some(Some(Place::Line)) => {
                    into.passed().lines += 1;
                    return Ok(());
                }
                Some(Some(Place::Polygon)) => {
                    into.passed().polygons += 1;
                    return Ok(());
                }
                Some(Some(Place::Point(latitude, longitude, altitude))) => {
                    (draft.latitude, draft.longitude) = (Some(latitude), Some(longitude));
                    draft.altitude = draft.altitude.or(altitude);
                }
                Some(None) => {
                    let cell = crate::draft::shown(whole.unwrap_or_default());
                    let reason = format!("its coordinates \"{cell}\" can't be read");
                    return into.row(Row::Bad(draft.bad(reason)));
                }
                None => match url.and_then(map_link::coordinates) {
                    Some((latitude, longitude)) => {
                        (draft.latitude, draft.longitude) = (Some(latitude), Some(longitude));
                    }
                    None if ours && draft.client_id.is_some() => draft.unplaced = true,
                    None => return into.row(Row::Bad(draft.bad(NO_COORDINATES.to_owned()))),
                },
            }
        }
        into.row(draft.finish(&WORDS))
    }
}

/// The name of the list in the name of a file, without what a second download adds to it.
fn list_name(file_name: &str) -> Option<String> {
    let name = file_name.rsplit(['/', '\\']).next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    let copy = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('('));
    let stem = match copy {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => stem,
        _ => stem,
    };
    let stem = stem.trim();
    let fits = ending.eq_ignore_ascii_case("csv") && !stem.is_empty() && stem.chars().count() <= limits::CATEGORY_MAX;
    (fits && !stem.chars().any(char::is_control)).then(|| stem.to_owned())
}
