//! Reading an uploaded file: for a look at it, and for the import itself.

use holdfast_contract::Timestamp;
use holdfast_contract::import::{self, ImportRow};
use holdfast_contract::limits::IMPORT_LABEL_MAX;
use holdfast_files::{BadRow, Contents, CsvColumns, CsvField, CsvSheet, Format, LeftOut, ReadOptions};
use holdfast_service::{Actor, ImportPlace, StoredImport};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::Failure;
use crate::show;
use crate::state::WebState;

/// Rows of a look.
const ROWS: usize = 20;
/// Flaws that are listed one by one.
const FLAWS: usize = 50;
/// Columns that are named as not used.
const UNUSED: usize = 20;
/// Files that are read at the same time: each may take a good part of a second and a lot of memory.
static READERS: Semaphore = Semaphore::const_new(2);

/// How a file is read; kept with it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    pub(super) encoding: Option<String>,
    pub(super) columns: Option<CsvColumns>,
}

impl Options {
    pub(super) fn of(import: &StoredImport) -> Self {
        serde_json::from_value(import.options.clone()).unwrap_or_default()
    }
}

/// What a file holds, for somebody who decides whether to import it.
pub(super) struct Look {
    pub(super) total: String,
    pub(super) new: u64,
    pub(super) new_words: String,
    pub(super) known: Option<String>,
    pub(super) in_trash: Option<String>,
    pub(super) purged: Option<String>,
    pub(super) rows: Vec<Shown>,
    pub(super) more: Option<String>,
    pub(super) bad: Vec<BadRow>,
    pub(super) bad_words: Option<String>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) passed_over: Option<String>,
    pub(super) broken: Option<String>,
    pub(super) sheet: Option<Sheet>,
    pub(super) encoding: String,
}

/// A row of the file.
pub(super) struct Shown {
    pub(super) name: Option<String>,
    pub(super) position: String,
    pub(super) category: Option<String>,
    pub(super) tags: String,
}

/// A table, and which of its columns is what.
pub(super) struct Sheet {
    pub(super) header: Vec<String>,
    pub(super) sample: Vec<Vec<String>>,
    pub(super) fields: Vec<Choice>,
    pub(super) needs_columns: bool,
    /// Names of columns that nothing is taken from.
    pub(super) unused: Option<String>,
    /// Which column is what should be looked at: something may have been missed.
    pub(super) is_doubtful: bool,
}

/// What can be in a column, and in which one it is.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) column: Option<usize>,
}

impl Choice {
    pub(super) fn is(&self, column: usize) -> bool {
        self.column == Some(column)
    }
}

impl From<CsvSheet> for Sheet {
    fn from(sheet: CsvSheet) -> Self {
        let fields = CsvField::ALL.iter().map(|field| Choice {
            name: field.as_str(),
            label: label_of(*field),
            column: sheet.columns.get(*field),
        });
        let needs_columns = !sheet.columns.can_locate();
        let unused: Vec<&str> =
            sheet.unused().iter().map(|name| if name.is_empty() { "(no name)" } else { *name }).collect();
        let more = unused.len().saturating_sub(UNUSED);
        let mut words = unused.iter().take(UNUSED).copied().collect::<Vec<_>>().join(", ");
        if more > 0 {
            words.push_str(&format!(" and {more} more"));
        }
        Self {
            fields: fields.collect(),
            needs_columns,
            is_doubtful: needs_columns || (sheet.columns.name.is_none() && !unused.is_empty()),
            unused: (!words.is_empty() && !needs_columns).then_some(words),
            header: sheet.header,
            sample: sheet.sample,
        }
    }
}

fn label_of(field: CsvField) -> &'static str {
    match field.as_str() {
        "latitude" => "Latitude",
        "longitude" => "Longitude",
        "coordinates" => "Both coordinates in one",
        "url" => "A link to a map",
        "name" => "Name",
        "note" => "Note",
        "comment" => "Further note",
        "category" => "Category",
        "tags" => "Tags",
        "accuracy" => "Accuracy (metres)",
        "altitude" => "Height (metres)",
        "captured_at" => "Date and time",
        "client_id" => "Holdfast's own id",
        "position_source" => "How the position was found",
        _ => "Other",
    }
}

/// The name of an uploaded file, as it is shown.
pub(super) fn label(file_name: &str) -> String {
    // Some browsers once sent a whole path.
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = name.chars().filter(|c| !c.is_control()).take(IMPORT_LABEL_MAX).collect();
    if clean.trim().is_empty() { "the file".to_owned() } else { clean.trim().to_owned() }
}

/// The turn to read a file. It is held until the reading has ended, even where nobody waits for it any more.
pub(super) struct Turn(SemaphorePermit<'static>);

/// Waits for one's turn. To be taken before a file is fetched from the database: it may be large.
pub(super) async fn turn() -> Turn {
    match READERS.acquire().await {
        Ok(permit) => Turn(permit),
        // The semaphore is never closed.
        Err(_) => std::future::pending().await,
    }
}

/// A file that was read, and its places by the contract.
pub(super) struct Read {
    pub(super) contents: Contents,
    pub(super) parsed: Vec<import::Parsed>,
    invalid: Vec<import::InvalidRow>,
}

/// Reads a file; a row without a time of its own gets `now`. The reason why not is a phrase.
pub(super) async fn read(
    turn: Turn,
    file: impl AsRef<[u8]> + Send + 'static,
    label: String,
    format: Option<Format>,
    options: Options,
    now: Timestamp,
) -> Result<Read, String> {
    let read = move || {
        // Dropped at the end, with the memory it stands for.
        let _turn = turn.0;
        let options =
            ReadOptions { format, encoding: options.encoding, columns: options.columns, takes_unplaced: false };
        let contents = holdfast_files::read(file.as_ref(), &label, &options).map_err(|error| error.to_string())?;
        drop(file);
        let (parsed, invalid) = import::parse(&contents.rows, now);
        Ok(Read { contents, parsed, invalid })
    };
    // A reader that panics is a defect, and no reason to take anything else down.
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Err("it could not be read".to_owned()))
}

/// Reads the file of an import; `None` where it is not there any more. Read again, its places are the same: where a row has no
/// time of its own, it has that of the upload.
pub(super) async fn stored(turn: Turn, import: &mut StoredImport) -> Result<Option<Read>, Failure> {
    let Some(file) = import.file.take() else { return Ok(None) };
    let (format, options) = (import.format.parse().ok(), Options::of(import));
    let read = read(turn, file, import.label.clone(), format, options, import.created_at).await;
    read.map(Some).map_err(|reason| {
        Failure::new(holdfast_contract::Code::Invalid, format!("{} can't be imported: {reason}.", import.label))
    })
}

/// The places of a file that was read.
pub(super) fn places(read: Read) -> Vec<ImportPlace> {
    let place = |p: import::Parsed| ImportPlace { line: p.line, client_id: p.client_id, place: p.place };
    read.parsed.into_iter().map(place).collect()
}

/// What the file holds.
pub(super) async fn look(state: &WebState, actor: Actor, read: Read, options: Options) -> Result<Look, Failure> {
    let Read { contents, parsed, invalid } = read;
    let captures: Vec<_> = parsed.iter().map(|p| p.client_id).collect();
    let known = state.service.check_import(actor, &captures).await?;
    let purged = known.iter().filter(|k| k.purged).count() as u64;
    let in_trash = known.iter().filter(|k| k.in_trash && !k.purged).count() as u64;
    let alive = known.len() as u64 - purged - in_trash;
    let new = (parsed.len() as u64).saturating_sub(known.len() as u64);
    let needs_columns = contents.needs_columns();
    let mut bad = contents.bad;
    bad.extend(invalid.iter().map(|row| {
        let reason = row.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        BadRow { line: row.line, name: None, reason, number: None, file: None }
    }));
    let bad_count = contents.bad_count + invalid.len() as u64;
    bad.truncate(FLAWS);
    let some = |n: u64, one: &str, many: &str| (n > 0).then(|| show::count(n, one, many));
    let passed: Vec<String> = contents.passed_over.words().map(|(n, one, many)| show::count(n, one, many)).collect();
    let rows = contents.rows.len();
    Ok(Look {
        total: show::count(rows as u64, "place", "places"),
        new,
        new_words: show::count(new, "place", "places"),
        known: some(alive, "is there already", "are there already"),
        in_trash: some(in_trash, "is in the trash and stays there", "are in the trash and stay there"),
        purged: some(purged, "was deleted for good and stays so", "were deleted for good and stay so"),
        rows: contents.rows.iter().take(ROWS).map(Shown::from).collect(),
        more: some(rows.saturating_sub(ROWS) as u64, "more place", "more places"),
        bad,
        bad_words: some(bad_count, "row can't be imported", "rows can't be imported"),
        left_out: contents.left_out.into_iter().take(FLAWS).collect(),
        passed_over: (!passed.is_empty()).then(|| passed.join(", ")),
        // Which columns hold the coordinates is asked for beside the table itself.
        broken: contents.broken.filter(|_| !needs_columns).map(|b| match (rows, bad_count) {
            (0, 0) => format!("Nothing of the file can be read: {} (line {}).", b.reason, b.line),
            _ => format!(
                "The file can’t be read to its end: line {}: {}. What stands before is shown here.",
                b.line, b.reason
            ),
        }),
        sheet: contents.csv.map(Sheet::from),
        encoding: options.encoding.unwrap_or_default(),
    })
}

impl From<&ImportRow> for Shown {
    fn from(row: &ImportRow) -> Self {
        Self {
            name: row.name.clone(),
            position: format!("{:.5}, {:.5}", row.latitude, row.longitude),
            category: row.category.clone(),
            tags: row.tags.join(", "),
        }
    }
}
