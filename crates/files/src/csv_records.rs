//! The rows of a table, one at a time and within bounds.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::contents::ReadError;
use crate::decode::Meter;
use crate::xml::ELEMENT_BYTES_MAX;

/// The most columns. Nothing of a row is kept beyond them.
const COLUMNS_MAX: usize = 1_000;
/// The most text of one row. A larger one costs itself alone.
pub(crate) const ROW_BYTES_MAX: usize = 1024 * 1024;
/// So much room a row has at first.
const ROOM: usize = 4 * 1024;

/// One row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Record {
    /// Where it begins.
    pub(crate) line: u64,
    /// It is larger than can be kept, and has no cells here.
    pub(crate) too_large: bool,
    text: String,
    /// Where in the text each cell ends.
    ends: Vec<usize>,
}

impl Record {
    pub(crate) fn get(&self, column: usize) -> Option<&str> {
        let begin = column.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(begin..*self.ends.get(column)?)
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|column| self.get(column).unwrap_or_default())
    }
}

/// Rows with the lines they begin on; those in front can be looked at again.
pub(crate) struct Records<R> {
    csv: Reader,
    source: BufReader<LineEnds<R>>,
    meter: Rc<Meter>,
    ahead: VecDeque<Record>,
    room: Vec<u8>,
    ends: Vec<usize>,
    /// Why there are no more rows, where it is not the end.
    pub(crate) broken: Option<(u64, String)>,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(source: R, delimiter: u8, meter: Rc<Meter>) -> Self {
        Self {
            csv: ReaderBuilder::new().delimiter(delimiter).build(),
            source: BufReader::new(LineEnds { inner: source, after_cr: false }),
            meter,
            ahead: VecDeque::new(),
            room: vec![0; ROOM],
            ends: vec![0; COLUMNS_MAX + 1],
            broken: None,
        }
    }

    /// The next row that is not empty.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, ReadError> {
        match self.ahead.pop_front() {
            Some(record) => Ok(Some(record)),
            None => self.parse(),
        }
    }

    /// The row so many rows ahead.
    pub(crate) fn peek(&mut self, index: usize) -> Result<Option<&Record>, ReadError> {
        while self.ahead.len() <= index {
            let Some(record) = self.parse()? else { break };
            self.ahead.push_back(record);
        }
        Ok(self.ahead.get(index))
    }

    /// Those that were looked at.
    pub(crate) fn ahead(&self) -> &VecDeque<Record> {
        &self.ahead
    }

    /// Drops rows that were looked at.
    pub(crate) fn skip(&mut self, count: usize) {
        self.ahead.drain(..count);
    }

    fn parse(&mut self) -> Result<Option<Record>, ReadError> {
        while self.broken.is_none() {
            match self.read() {
                Ok(Some(record)) if record.too_large || record.cells().any(|cell| !cell.trim().is_empty()) => {
                    return Ok(Some(record));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(Stop::Broken(reason)) => self.broken = Some((self.csv.line(), reason)),
                Err(Stop::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                    let reason = format!("one row is larger than {} MiB", ELEMENT_BYTES_MAX / 1024 / 1024);
                    self.broken = Some((self.csv.line(), reason));
                }
                Err(Stop::Io(error)) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn read(&mut self) -> Result<Option<Record>, Stop> {
        self.meter.set_budget(ELEMENT_BYTES_MAX);
        let mut record = Record { line: self.csv.line(), ..Record::default() };
        let (mut filled, mut columns) = (0, 0);
        loop {
            let input = self.source.fill_buf().map_err(Stop::Io)?;
            let room = &mut self.room[filled..];
            let (result, read, written, ended) = self.csv.read_record(input, room, &mut self.ends[columns..]);
            self.source.consume(read);
            filled += written;
            columns += ended;
            if columns > COLUMNS_MAX {
                let reason = "it has more than 1,000 columns; it is no list of places";
                return Err(Stop::Broken(reason.to_owned()));
            }
            match result {
                ReadRecordResult::OutputFull if record.too_large || self.room.len() >= ROW_BYTES_MAX => {
                    // What would be kept is written over from now on.
                    record.too_large = true;
                    filled = 0;
                }
                ReadRecordResult::OutputFull => self.room.resize((self.room.len() * 2).min(ROW_BYTES_MAX), 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputEndsFull => {}
            }
        }
        if !record.too_large {
            let text = std::str::from_utf8(&self.room[..filled]);
            // Decoded before, and parted at signs of one byte.
            text.map_err(|_| Stop::Broken("it is no table".to_owned()))?.clone_into(&mut record.text);
            self.ends[..columns].clone_into(&mut record.ends);
        }
        Ok(Some(record))
    }
}

/// Why no row can be read any more.
enum Stop {
    Broken(String),
    Io(io::Error),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoded;

    fn records(text: &str) -> (Vec<Record>, Option<(u64, String)>) {
        let source = Decoded::new(text.as_bytes(), None).unwrap().unwrap();
        let meter = source.meter();
        let mut records = Records::new(source, b',', meter);
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            all.push(record);
        }
        (all, records.broken)
    }

    #[test]
    fn cells_and_lines_are_those_of_the_file() {
        let (all, broken) = records("\u{feff}a,\"b\r\nc\",\r\n\r\n,,\n\"x\"\"y\",ä");
        assert_eq!(broken, None);
        let cells: Vec<(u64, Vec<&str>)> = all.iter().map(|record| (record.line, record.cells().collect())).collect();
        assert_eq!(cells, [(1, vec!["a", "b\nc", ""]), (5, vec!["x\"y", "ä"])]);
        assert_eq!((all[1].get(1), all[1].get(2)), (Some("ä"), None));
    }

    #[test]
    fn a_row_that_is_too_large_costs_itself_alone() {
        let most = "x".repeat(ROW_BYTES_MAX - 2);
        let (all, broken) = records(&format!("a,b\n{most},c\n{most}xx,c\n{most}{most}\"y\",\"c\"\nd,e\n"));
        assert_eq!((all.len(), broken), (5, None));
        let kept: Vec<(bool, usize)> = all.iter().map(|record| (record.too_large, record.cells().count())).collect();
        assert_eq!(kept, [(false, 2), (false, 2), (true, 0), (true, 0), (false, 2)]);
        assert_eq!((all[4].line, all[4].get(1)), (5, Some("e")));
    }

    #[test]
    fn a_thousand_columns_are_read_and_no_more() {
        let (all, broken) = records(&format!("a{}\nb\n", ",".repeat(COLUMNS_MAX - 1)));
        assert_eq!((all.len(), all[0].cells().count(), broken), (2, COLUMNS_MAX, None));
        for end in ["\nb\n", "", ",c"] {
            let (all, broken) = records(&format!("x\na{}{end}", ",".repeat(COLUMNS_MAX)));
            let (line, reason) = broken.unwrap();
            assert_eq!((all.len(), reason.as_str()), (1, "it has more than 1,000 columns; it is no list of places"));
            assert!((2..=3).contains(&line), "{line}");
        }
    }
}
