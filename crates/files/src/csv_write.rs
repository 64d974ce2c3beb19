//! Writes CSV (RFC 4180) with a header, in UTF-8.

use std::io::{self, Write};

use holdfast_contract::text::Text;

use crate::csv_cells::{guarded, join_tags};
use crate::write::{ExportPlace, plain_text};

/// The header of what is written.
const HEADER: [&str; 11] = [
    "latitude",
    "longitude",
    "name",
    "note",
    "category",
    "tags",
    "accuracy",
    "altitude",
    "captured_at",
    "client_id",
    "position_source",
];

/// Writes places one by one as rows.
pub struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Begins the file.
    pub(crate) fn new(out: W) -> io::Result<Self> {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        csv.write_record(HEADER)?;
        Ok(Self { csv })
    }

    /// Writes a place; without a position, its columns are empty. What a spreadsheet would take for a formula is guarded.
    pub(crate) fn write(&mut self, place: &ExportPlace) -> io::Result<()> {
        let text = |text: Option<&str>| guarded(&plain_text(text.unwrap_or_default()));
        let position = place.position.map(|(position, _)| position);
        let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        self.csv.write_record([
            number(position.map(|position| position.latitude.get())),
            number(position.map(|position| position.longitude.get())),
            text(place.name.as_ref().map(Text::as_str)),
            text(place.note.as_ref().map(Text::as_str)),
            text(place.category.as_ref().map(Text::as_str)),
            text(Some(&join_tags(place.tags.iter().map(Text::as_str)))),
            number(position.and_then(|position| position.accuracy).map(holdfast_contract::Accuracy::get)),
            number(position.and_then(|position| position.altitude).map(holdfast_contract::Altitude::get)),
            place.captured_at.to_string(),
            place.client_id.map(|id| id.to_string()).unwrap_or_default(),
            place.position.map(|(_, source)| source.as_str().to_owned()).unwrap_or_default(),
        ])?;
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}
