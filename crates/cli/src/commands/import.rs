//! `import`: waypoints of GPX files, through the outbox like any other capture.
//!
//! A file is read to its end first (within bounds), so that what is wrong with it is known before anything is written.
//! The store then stages all new rows in one commit and makes the places in chunks: a program that is killed in between
//! leaves an import that the next one finishes, and the same file again makes nothing new.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use holdfast_device::{Device, ImportId, ImportPreview, ImportRow, ImportState, ImportSummary};
use serde::Serialize;
use serde_json::json;

use super::Outcome;
use crate::args::{Import, ImportCommand};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::formats::gpx_read::{Broken, GpxReader};
use crate::formats::{BadRow, Decoded, Row, Waypoint};
use crate::output::{BOLD, DIM, Output};
use crate::words;

/// Rows of one file that are held in memory.
const ROWS_MAX: usize = 200_000;
/// Bytes of text of one file that are held in memory.
const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bad rows of one file that are remembered; the rest is counted.
const BAD_MAX: usize = 10_000;
/// Places made in one commit.
const CHUNK: u32 = 500;
/// Lines of a preview that people are shown.
const PREVIEW_LINES: usize = 20;
/// Bad rows that people are shown.
const BAD_LINES: usize = 50;

/// What a file held.
#[derive(Default)]
struct Contents {
    rows: Vec<ImportRow>,
    bad: Vec<BadRow>,
    bad_count: u64,
    left_out: Vec<LeftOut>,
    tracks: u64,
    routes: u64,
    broken: Option<Broken>,
}

/// Something of an imported row that could not be read.
#[derive(Serialize)]
struct LeftOut {
    line: u64,
    what: String,
}

/// What became of one file, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileReport {
    file: String,
    preview: bool,
    id: Option<ImportId>,
    /// Waypoints that can be imported.
    total: u64,
    /// Places that were made, or would be.
    new: u64,
    known: u64,
    in_trash: u64,
    bad: Vec<BadRow>,
    bad_count: u64,
    left_out: Vec<LeftOut>,
    tracks: u64,
    routes: u64,
    broken: Option<Broken>,
}

pub(super) fn import(context: &Context, args: Import) -> Outcome {
    match args.command {
        Some(ImportCommand::List) => return list(context),
        Some(ImportCommand::Resume) => return resume(context),
        Some(ImportCommand::Undo { import }) => return undo(context, ImportId(import)),
        None => {}
    }
    let mut device = context.store()?;
    let resumed = if args.preview { Vec::new() } else { finish_interrupted(context, &mut device)? };
    let mut reports = Vec::new();
    for file in &args.files {
        reports.push(import_file(context, &mut device, file, &args).map_err(|failure| {
            let done: Vec<_> =
                reports.iter().map(|r: &FileReport| json!({ "file": r.file, "id": r.id, "new": r.new })).collect();
            if done.is_empty() { failure } else { failure.details(json!({ "imports": done })) }
        })?);
    }
    let attention = reports.iter().any(|r| r.bad_count > 0 || r.broken.is_some());
    context.output.json(&json!({ "imports": reports, "resumed": resumed }))?;
    Ok(if attention { Exit::Attention } else { Exit::Done })
}

fn import_file(context: &Context, device: &mut Device, file: &Path, args: &Import) -> Result<FileReport, Failure> {
    let output = &context.output;
    let label = label(file);
    let mut contents = read(file, &label, args.encoding.as_deref(), output)?;
    let preview = device.preview_import(&contents.rows)?;
    take_invalid(&mut contents, &preview);
    if let Some(broken) = &contents.broken
        && contents.rows.is_empty()
    {
        return Err(Failure::failed(format!("{label} can't be imported: {} (line {}).", broken.reason, broken.line))
            .hint("Nothing was imported from it.")
            .details(json!({ "broken": broken, "bad": contents.bad })));
    }
    let mut report = FileReport {
        file: label.clone(),
        preview: args.preview,
        id: None,
        total: preview.total,
        new: preview.new,
        known: preview.known,
        in_trash: preview.in_trash,
        bad: contents.bad,
        bad_count: contents.bad_count,
        left_out: contents.left_out,
        tracks: contents.tracks,
        routes: contents.routes,
        broken: contents.broken,
    };
    if args.preview {
        show_preview(output, &report, &contents.rows)?;
    } else {
        if preview.new > 0 {
            let (id, begun) = device.begin_import(&label, &contents.rows)?;
            report.id = Some(id);
            report.new = begun.new;
            run(output, device, id, begun.new, &label)?;
        }
        say_imported(output, &report)?;
    }
    tell_flaws(output, &report);
    Ok(report)
}

fn label(file: &Path) -> String {
    if file.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    words::one_line(&name).chars().take(200).collect()
}

fn read(file: &Path, label: &str, encoding: Option<&str>, output: &Output) -> Result<Contents, Failure> {
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
        name: waypoint.name.map(|t| t.into_string()),
        note: waypoint.note.map(|t| t.into_string()),
        category: waypoint.category.map(|t| t.into_string()),
        tags: waypoint.tags.to_strings(),
        latitude: waypoint.position.latitude.get(),
        longitude: waypoint.position.longitude.get(),
        accuracy: waypoint.position.accuracy.map(|a| a.get()),
        altitude: waypoint.position.altitude.map(|a| a.get()),
        captured_at: waypoint.time,
    }
}

/// What the store refuses on top of what the reader did.
fn take_invalid(contents: &mut Contents, preview: &ImportPreview) {
    for invalid in &preview.invalid {
        let reason = invalid.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        contents.bad.push(BadRow { line: invalid.line, name: None, reason });
        contents.bad_count += 1;
    }
}

/// Makes the places of a begun import, chunk by chunk.
fn run(output: &Output, device: &mut Device, id: ImportId, total: u64, label: &str) -> Result<(), Failure> {
    let bar = output.progress(total, label);
    loop {
        let progress = device.run_import(id, CHUNK).map_err(|error| {
            Failure::from(error).hint(format!(
                "The import of {label} stopped in between. What is imported is safe; finish with: holdfast import resume"
            ))
        })?;
        bar.set_position(progress.done);
        if progress.finished {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

fn say_imported(output: &Output, report: &FileReport) -> Result<(), Failure> {
    let made = words::count(report.new, "place", "places");
    let known = match (report.known, report.in_trash) {
        (0, _) => String::new(),
        (known, 0) => format!(" {known} had been imported before."),
        (known, trash) => {
            format!(" {known} had been imported before, {trash} of them are in the trash and stay there.")
        }
    };
    match (report.new, report.total) {
        (0, 0) => output.say(format!("{} holds no waypoints; nothing was imported.", report.file))?,
        (0, _) => output.say(format!("{} makes nothing new.{known}", report.file))?,
        _ => output.say(format!("{BOLD}{made}{BOLD:#} from {} saved on this device.{known}", report.file))?,
    }
    if let Some(id) = report.id {
        output.hint(format!("To take it back: holdfast import undo {id}"));
    }
    Ok(())
}

fn show_preview(output: &Output, report: &FileReport, rows: &[ImportRow]) -> Result<(), Failure> {
    output.show(format!(
        "{}: {}, {} new, {} imported before{}. Nothing was written.",
        report.file,
        words::count(report.total, "waypoint", "waypoints"),
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
    if rows.len() > PREVIEW_LINES {
        output.show(format!("  … and {} more", rows.len() - PREVIEW_LINES))?;
    }
    Ok(())
}

/// What of the file was not taken, and why.
fn tell_flaws(output: &Output, report: &FileReport) {
    if report.tracks + report.routes > 0 {
        let passed: Vec<String> = [(report.tracks, "track", "tracks"), (report.routes, "route", "routes")]
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| words::count(n, one, many))
            .collect();
        output.hint(format!("{} passed over: only waypoints become places.", passed.join(" and ")));
    }
    if report.bad_count > 0 {
        output.warn(format!(
            "{} of {} can't be imported; the others are not affected.",
            words::count(report.bad_count, "waypoint", "waypoints"),
            report.file
        ));
        for bad in report.bad.iter().take(BAD_LINES) {
            let name = bad.name.as_deref().map(|n| format!(" \"{}\"", words::one_line(n))).unwrap_or_default();
            output.warn(format!("line {}{name}: {}", bad.line, words::one_line(&bad.reason)));
        }
        if report.bad_count > BAD_LINES as u64 {
            output.warn(format!("… and {} more (all of them with --json)", report.bad_count - BAD_LINES as u64));
        }
    }
    for left in report.left_out.iter().take(BAD_LINES) {
        output.warn(format!("line {}: imported, but {}", left.line, left.what));
    }
    if let Some(broken) = &report.broken {
        output.warn(format!(
            "{} can't be read beyond line {}: {}. What stands before was taken.",
            report.file, broken.line, broken.reason
        ));
    }
}

/// Finishes what an earlier process began and could not.
fn finish_interrupted(context: &Context, device: &mut Device) -> Result<Vec<ImportSummary>, Failure> {
    let running: Vec<ImportSummary> =
        device.imports()?.into_iter().filter(|i| i.state == ImportState::Running).collect();
    for import in &running {
        run(&context.output, device, import.id, import.total, &import.label)?;
        context.output.say(format!(
            "The import of {} had been interrupted; it is complete now ({}).",
            words::one_line(&import.label),
            words::count(import.total, "place", "places"),
        ))?;
    }
    Ok(running)
}

fn resume(context: &Context) -> Outcome {
    let mut device = context.store()?;
    let resumed = finish_interrupted(context, &mut device)?;
    if resumed.is_empty() {
        context.output.say("No import was interrupted.")?;
    }
    context.output.json(&json!({ "resumed": resumed }))?;
    Ok(Exit::Done)
}

fn list(context: &Context) -> Outcome {
    let imports = context.store()?.imports()?;
    context.output.json(&json!({ "imports": imports }))?;
    for import in &imports {
        let state = match import.state {
            ImportState::Running => {
                format!("interrupted at {} of {}; finish with: holdfast import resume", import.done, import.total)
            }
            ImportState::Finished => words::count(import.total, "place", "places"),
            ImportState::Cancelled => format!("stopped after {} of {}", import.done, import.total),
            ImportState::Undoing => format!("being taken back; go on with: holdfast import undo {}", import.id),
            ImportState::Undone => "taken back".to_owned(),
        };
        context.output.show(format!(
            "{:>4}  {BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}  {state}",
            import.id.0,
            words::one_line(&import.label),
            words::local_time(import.begun_at),
        ))?;
    }
    if imports.is_empty() {
        context.output.say("Nothing was imported on this device.")?;
    }
    Ok(Exit::Done)
}

fn undo(context: &Context, id: ImportId) -> Outcome {
    let mut device = context.store()?;
    let Some(import) = device.imports()?.into_iter().find(|i| i.id == id) else {
        return Err(Failure::new(Exit::NotFound, "not_found", format!("There is no import {id} on this device."))
            .hint("`holdfast import list` shows them."));
    };
    if import.state == ImportState::Running {
        device.cancel_import(id)?;
    }
    let bar = context.output.progress(import.done, "taking back");
    let progress = loop {
        let progress = device.undo_import(id, CHUNK)?;
        bar.set_position(import.done.saturating_sub(progress.remaining));
        if progress.finished {
            break progress;
        }
    };
    bar.finish_and_clear();
    context.output.json(&json!({ "undone": progress }))?;
    context.output.say(format!(
        "The import of {} is taken back: {} removed, {} in the trash.",
        words::one_line(&import.label),
        words::count(progress.vanished, "place", "places"),
        progress.deleted,
    ))?;
    if progress.kept > 0 {
        context.output.say(format!(
            "{} changed or deleted since and left as {}.",
            words::count(progress.kept, "place was", "places were"),
            if progress.kept == 1 { "it is" } else { "they are" }
        ))?;
    }
    Ok(Exit::Done)
}
