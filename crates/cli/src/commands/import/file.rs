//! Reads a file to its end, within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use holdfast_device::{ImportPreview, ImportRow};
use serde::Serialize;

use crate::exit::Failure;
use crate::formats::gpx_read::{Broken, GpxReader};
use crate::formats::{BadRow, Decoded, Row, Waypoint};
use crate::output::Output;
use crate::words;

/// Rows of one file that are held in memory.
const ROWS_MAX: usize = 200_000;
/// Bytes of text of one file that are held in memory.
const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bad rows of one file that are remembered; the rest is counted.
const BAD_MAX: usize = 10_000;

/// What a file held.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) rows: Vec<ImportRow>,
    pub(super) bad: Vec<BadRow>,
    pub(super) bad_count: u64,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) tracks: u64,
    pub(super) routes: u64,
    pub(super) broken: Option<Broken>,
}

/// Something of an imported row that could not be read.
#[derive(Serialize)]
pub(super) struct LeftOut {
    pub(super) line: u64,
    pub(super) what: String,
}

pub(super) fn read(file: &Path, label: &str, encoding: Option<&str>, output: Output) -> Result<Contents, Failure> {
    let cant = |e: io::Error| {
        Failure::failed(format!("{} can't be read: {e}.", words::one_line(&file.to_string_lossy())))
            .hint("Nothing was imported from it.")
    };
    let source: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(cant)?;
        if opened.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(Failure::failed(format!("{} is a folder, not a GPX file.", file.display())));
        }
        Box::new(opened)
    };
    let decoded = Decoded::new(source, encoding).map_err(cant)?.map_err(|e| {
        Failure::failed(format!("{label} can't be imported: {e}.")).hint("Nothing was imported from it.")
    })?;
    let mut gpx = GpxReader::new(decoded);
    let mut contents = Contents::default();
    let mut text_bytes = 0;
    let spinner = output.spinner(&format!("reading {label}"));
    for row in gpx.by_ref() {
        match row {
            Row::Good(waypoint) => {
                let what: Vec<_> =
                    waypoint.left_out.iter().map(|w| LeftOut { line: waypoint.line, what: w.clone() }).collect();
                contents.left_out.extend(what);
                let row = import_row(*waypoint);
                text_bytes += row.name.as_ref().map_or(0, String::len) + row.note.as_ref().map_or(0, String::len);
                contents.rows.push(row);
                if contents.rows.len() > ROWS_MAX || text_bytes > TEXT_BYTES_MAX {
                    return Err(Failure::failed(format!(
                        "{label} holds more than {ROWS_MAX} waypoints, or more text than fits into memory."
                    ))
                    .hint("Split it into smaller files. Nothing was imported from it."));
                }
            }
            Row::Bad(bad) => {
                contents.bad_count += 1;
                if contents.bad.len() < BAD_MAX {
                    contents.bad.push(bad);
                }
            }
        }
    }
    spinner.finish_and_clear();
    contents.tracks = gpx.tracks;
    contents.routes = gpx.routes;
    contents.broken = gpx.broken.take();
    Ok(contents)
}

fn import_row(waypoint: Waypoint) -> ImportRow {
    ImportRow {
        line: waypoint.line,
        client_id: waypoint.client_id,
        name: waypoint.name.map(holdfast_contract::text::Text::into_string),
        note: waypoint.note.map(holdfast_contract::text::Text::into_string),
        category: waypoint.category.map(holdfast_contract::text::Text::into_string),
        tags: waypoint.tags.to_strings(),
        latitude: waypoint.position.latitude.get(),
        longitude: waypoint.position.longitude.get(),
        accuracy: waypoint.position.accuracy.map(holdfast_contract::Accuracy::get),
        altitude: waypoint.position.altitude.map(holdfast_contract::Altitude::get),
        captured_at: waypoint.time,
    }
}

/// What the store refuses on top of what the reader did.
pub(super) fn take_invalid(contents: &mut Contents, preview: &ImportPreview) {
    for invalid in &preview.invalid {
        let reason = invalid.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        contents.bad.push(BadRow { line: invalid.line, name: None, reason });
        contents.bad_count += 1;
    }
}
