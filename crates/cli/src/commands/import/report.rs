//! What became of a file, in words and as JSON.

use holdfast_device::{ImportId, ImportRow, UnplacedRow};
use holdfast_files::{BadRow, Broken, CsvSheet, Format, LeftOut, PassedOver};
use serde::Serialize;

use crate::exit::Failure;
use crate::output::{BOLD, DIM, Output};
use crate::words;

/// Lines of a preview that people are shown.
const PREVIEW_LINES: usize = 20;
/// Bad rows that people are shown.
const BAD_LINES: usize = 50;

/// Columns that are named as not used.
const UNUSED: usize = 20;

/// What became of one file, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileReport {
    pub(super) file: String,
    pub(super) preview: bool,
    pub(super) id: Option<ImportId>,
    /// Waypoints that can be imported.
    pub(super) total: u64,
    /// Places that were made, or would be.
    pub(super) new: u64,
    pub(super) known: u64,
    pub(super) in_trash: u64,
    /// Of the new ones: they need a position before they are sent.
    pub(super) without_position: u64,
    pub(super) bad: Vec<BadRow>,
    pub(super) bad_count: u64,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) format: Format,
    pub(super) tracks: u64,
    pub(super) routes: u64,
    pub(super) passed_over: PassedOver,
    /// How a table was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) csv: Option<CsvSheet>,
    pub(super) broken: Option<Broken>,
}

impl FileReport {
    /// What the format calls a place.
    fn noun(&self) -> (&'static str, &'static str) {
        if self.format == Format::Gpx { ("waypoint", "waypoints") } else { ("place", "places") }
    }

    fn counted(&self, count: u64) -> String {
        let (one, many) = self.noun();
        words::count(count, one, many)
    }
}

/// Where something stands: its line, which of several on that line, and the file of an archive.
fn place_in(line: u64, number: Option<u64>, file: Option<&str>) -> String {
    let file = file.map(|file| format!("{}, ", words::one_line(file))).unwrap_or_default();
    let number = number.map(|number| format!(" (number {number} in the file)")).unwrap_or_default();
    format!("{file}line {line}{number}")
}

fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

pub(super) fn say_imported(output: Output, report: &FileReport) -> Result<(), Failure> {
    let made = words::count(report.new, "place", "places");
    let known = match (report.known, report.in_trash) {
        (0, _) => String::new(),
        (known, 0) => format!(" {known} {} here already.", are(known)),
        (known, trash) => {
            let stay = if trash == 1 { "is in the trash and stays there" } else { "are in the trash and stay there" };
            format!(" {known} {} here already; {trash} of them {stay}.", are(known))
        }
    };
    match (report.new, report.total) {
        (0, 0) => output.say(format!(
            "{} holds no {}{}; nothing was imported.",
            report.file,
            report.noun().1,
            if report.bad_count > 0 { " that can be imported" } else { "" }
        ))?,
        (0, _) => output.say(format!("{} makes nothing new.{known}", report.file))?,
        _ => output.say(format!("{BOLD}{made}{BOLD:#} from {} saved on this device.{known}", report.file))?,
    }
    let count = report.without_position;
    if count > 0 {
        let (have, is) = if count == 1 { ("has", "is") } else { ("have", "are") };
        output.say(format!(
            "{count} of them {have} no position yet and {is} not sent before that. See: holdfast list --state without-position",
        ))?;
    }
    if let Some(id) = report.id {
        output.hint(format!("To take it back: holdfast import undo {id}"));
    }
    Ok(())
}

pub(super) fn show_preview(
    output: Output,
    report: &FileReport,
    rows: &[ImportRow],
    unplaced: &[UnplacedRow],
) -> Result<(), Failure> {
    output.show(format!(
        "{}: {}, {} new, {} here already{}. Nothing was written.",
        report.file,
        report.counted(report.total),
        report.new,
        report.known,
        if report.in_trash > 0 { format!(" ({} in the trash)", report.in_trash) } else { String::new() },
    ))?;
    for row in rows.iter().take(PREVIEW_LINES) {
        let name = row.name.as_deref().map_or_else(|| "(no name)".to_owned(), words::one_line);
        let category = row.category.as_deref().map(|c| format!("  [{}]", words::one_line(c))).unwrap_or_default();
        output
            .show(format!("  {BOLD}{name}{BOLD:#}  {DIM}{:.5}, {:.5}{DIM:#}{category}", row.latitude, row.longitude))?;
    }
    // Those that need something come last, and are shown all the same.
    for row in unplaced.iter().take(PREVIEW_LINES) {
        let name = row.name.as_ref().map_or_else(|| "(no name)".to_owned(), |name| words::one_line(name.as_str()));
        output.show(format!("  {BOLD}{name}{BOLD:#}  {DIM}no position yet{DIM:#}  line {}", row.line))?;
    }
    let more = rows.len().saturating_sub(PREVIEW_LINES) + unplaced.len().saturating_sub(PREVIEW_LINES);
    if more > 0 {
        output.show(format!("  … and {more} more"))?;
    }
    Ok(())
}

/// What of the file was not taken, and why.
pub(super) fn tell_flaws(output: Output, report: &FileReport) {
    let unused = report.csv.as_ref().map(CsvSheet::unused).unwrap_or_default();
    if !unused.is_empty() {
        let mut named: Vec<String> = unused.iter().take(UNUSED).map(|name| words::one_line(name)).collect();
        if unused.len() > UNUSED {
            named.push(format!("and {} more", unused.len() - UNUSED));
        }
        output.warn(format!("Not used: {}. To use a column: --column name=COLUMN", named.join(", ")));
    }
    if report.passed_over.total() > 0 {
        let passed: Vec<String> = report.passed_over.words().map(|(n, one, many)| words::count(n, one, many)).collect();
        let only = if report.format == Format::Gpx { "waypoints" } else { "points" };
        output.hint(format!("{} passed over: only {only} become places.", passed.join(" and ")));
    }
    if report.bad_count > 0 {
        output.warn(format!(
            "{} of {} can't be imported; the others are not affected.",
            report.counted(report.bad_count),
            report.file
        ));
        for bad in report.bad.iter().take(BAD_LINES) {
            let name = bad.name.as_deref().map(|n| format!(" \"{}\"", words::one_line(n))).unwrap_or_default();
            let place = place_in(bad.line, bad.number, bad.file.as_deref());
            output.warn(format!("{place}{name}: {}", words::one_line(&bad.reason)));
        }
        if report.bad_count > BAD_LINES as u64 {
            output.warn(format!("… and {} more (all of them with --json)", report.bad_count - BAD_LINES as u64));
        }
    }
    for left in report.left_out.iter().take(BAD_LINES) {
        output.warn(format!("{}: imported, but {}", place_in(left.line, left.number, left.file.as_deref()), left.what));
    }
    if let Some(broken) = &report.broken {
        let file = broken.file.as_deref().map(|file| format!(" of {}", words::one_line(file))).unwrap_or_default();
        output.warn(format!(
            "{} can't be read beyond line {}{file}: {}. What stands before was taken.",
            report.file, broken.line, broken.reason
        ));
    }
}
