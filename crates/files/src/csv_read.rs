//! Reads tables: one row at a time, whatever parts the cells and however the columns are called.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use csv::StringRecord;
use holdfast_contract::limits;

use crate::contents::{Collector, ReadError};
use crate::csv_cells::{self, Place, unguarded};
use crate::csv_columns::{ColumnChoice, CsvColumns, CsvField, CsvSheet, HEADER_LINES, delimiter};
use crate::decode::{Decoded, Meter};
use crate::draft::{Draft, Words, join_note};
use crate::feature::NO_COORDINATES;
use crate::map_link;
use crate::row::Row;
use crate::xml::ELEMENT_BYTES_MAX;

const WORDS: Words =
    Words { latitude: "latitude", longitude: "longitude", note: "note", category: "category", loose_times: true };
/// How much of the file is looked at to find what parts its cells.
const START: u64 = 8 * 1024;
/// Rows that are shown to whoever has to say which columns are which.
const SAMPLE: usize = 5;

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
    let mut records = Records {
        csv: csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(u8::try_from(delimiter).unwrap_or(b','))
            .from_reader(LineEnds { inner: io::Cursor::new(start).chain(source), after_cr: false }),
        meter,
        ahead: VecDeque::new(),
        broken: None,
    };
    let Some((header_line, sheet)) = sheet(&mut records, delimiter, columns)? else {
        let (line, reason) = records.broken.take().unwrap_or((1, "there is nothing in it".to_owned()));
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
    while let Some((line, record)) = records.next()? {
        table.place(line, &record, into)?;
    }
    if let Some((line, reason)) = records.broken {
        into.broken(line, reason);
    }
    Ok(())
}

/// Rows with the lines they begin on; those in front can be looked at again.
struct Records<R> {
    csv: csv::Reader<R>,
    meter: Rc<Meter>,
    ahead: VecDeque<(u64, StringRecord)>,
    broken: Option<(u64, String)>,
}

impl<R: Read> Records<R> {
    /// The next row that is not empty.
    fn next(&mut self) -> Result<Option<(u64, StringRecord)>, ReadError> {
        if let Some(record) = self.ahead.pop_front() {
            return Ok(Some(record));
        }
        self.parse()
    }

    fn parse(&mut self) -> Result<Option<(u64, StringRecord)>, ReadError> {
        let mut record = StringRecord::new();
        loop {
            self.meter.set_budget(ELEMENT_BYTES_MAX);
            match self.csv.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    let line = self.csv.position().line();
                    self.broken = Some((line, words_of(error)?));
                    return Ok(None);
                }
            }
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                let line = record.position().map_or(1, csv::Position::line);
                return Ok(Some((line, record)));
            }
        }
    }

    /// The row so many rows ahead.
    fn peek(&mut self, index: usize) -> Result<Option<&(u64, StringRecord)>, ReadError> {
        while self.ahead.len() <= index {
            let Some(record) = self.parse()? else { break };
            self.ahead.push_back(record);
        }
        Ok(self.ahead.get(index))
    }
}

fn words_of(error: csv::Error) -> Result<String, ReadError> {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Ok(format!("one row is larger than {} MiB", ELEMENT_BYTES_MAX / 1024 / 1024))
        }
        csv::ErrorKind::Io(error) => Err(error.into()),
        _ => Ok("it is no table".to_owned()),
    }
}

/// Finds the header and what its columns are; the rows behind it are still to come. `None` where there is no row at all.
fn sheet<R: Read>(
    records: &mut Records<R>,
    delimiter: char,
    columns: Columns<'_>,
) -> Result<Option<(u64, CsvSheet)>, ReadError> {
    let cells = |record: &StringRecord| record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for index in 0..HEADER_LINES + SAMPLE {
        let Some((line, record)) = records.peek(index)? else { break };
        rows.push((*line, cells(record)));
    }
    let samples = |from: usize| -> Vec<Vec<String>> {
        rows.iter().skip(from).take(SAMPLE).map(|(_, cells)| cells.clone()).collect()
    };
    let Some((first_line, first)) = rows.first() else { return Ok(None) };
    let found = (0..rows.len().min(HEADER_LINES)).find_map(|index| {
        let guessed = CsvColumns::guess(&rows[index].1, &samples(index + 1));
        guessed.can_locate().then_some((index, guessed))
    });
    let number = |cell: &&String| csv_cells::number(cell, delimiter != ',').parse::<f64>().is_ok();
    let (line, header, data, guessed) = match found {
        Some((index, guessed)) => (rows[index].0, rows[index].1.clone(), index + 1, guessed),
        // Who begins with numbers has no header.
        None if first.iter().filter(number).count() >= 2 => {
            let names = (1..=first.len()).map(|number| format!("Column {number}")).collect();
            (*first_line, names, 0, CsvColumns::default())
        }
        None => (*first_line, first.clone(), 1, CsvColumns::guess(first, &samples(1))),
    };
    let mut known = columns.given.copied().unwrap_or(guessed);
    for choice in columns.chosen {
        let column = choice.find(&header).ok_or_else(|| ReadError::NoSuchColumn {
            column: crate::draft::shown(&choice.column),
            header: header.iter().take(50).map(|name| crate::draft::shown(name)).collect(),
        })?;
        known.set(choice.field, Some(column));
    }
    let sample = samples(data);
    records.ahead.drain(..data);
    Ok(Some((line, CsvSheet { header, sample, delimiter, columns: known })))
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

    fn place(&self, line: u64, record: &StringRecord, into: &mut Collector) -> Result<(), ReadError> {
        let cell = |field: CsvField| {
            let cell = self.columns.get(field).and_then(|column| record.get(column)).map(str::trim);
            cell.filter(|cell| !cell.is_empty())
        };
        let text = |field: CsvField| cell(field).map(|cell| unguarded(cell).to_owned());
        let number = |field: CsvField| cell(field).map(|cell| csv_cells::number(cell, self.decimal_comma));
        let position_source = text(CsvField::PositionSource);
        let url = cell(CsvField::Url);
        let note = match text(CsvField::Note) {
            // A file of ours has nothing besides.
            note if position_source.is_some() => note,
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

/// Makes LF of every line end: only then the parser knows its lines.
struct LineEnds<R> {
    inner: R,
    after_cr: bool,
}

impl<R: Read> Read for LineEnds<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.inner.read(into)?;
            let mut kept = 0;
            for at in 0..count {
                let byte = into[at];
                let second = byte == b'\n' && self.after_cr;
                self.after_cr = byte == b'\r';
                if !second {
                    into[kept] = if self.after_cr { b'\n' } else { byte };
                    kept += 1;
                }
            }
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}
