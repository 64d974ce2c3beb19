//! `import`: places of files, through the outbox like any other capture.
//!
//! A file is read to its end first (within bounds), so that what is wrong with it is known before anything is written.
//! The store then stages all new rows in one commit and makes the places in chunks: a program that is killed in between
//! leaves an import that the next one finishes, and the same file again makes nothing new.

mod file;
mod report;

use std::path::Path;

use holdfast_device::{ImportId, ImportRows, ImportState, ImportSummary};
use serde_json::json;

use self::report::FileReport;
use super::Outcome;
use crate::args::{Import, ImportCommand};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{BOLD, DIM, Output};
use crate::store::Store;
use crate::words;

/// Places made in one commit.
const CHUNK: u32 = 500;

pub(super) fn import(context: &Context, args: Import) -> Outcome {
    match args.command {
        Some(ImportCommand::List) => return list(context),
        Some(ImportCommand::Resume) => return resume(context),
        Some(ImportCommand::Undo { import }) => return undo(context, ImportId(import)),
        None => {}
    }
    let store = context.store()?;
    let resumed = if args.preview { Vec::new() } else { finish_interrupted(context, &store)? };
    let mut reports = Vec::new();
    for file in &args.files {
        reports.push(import_file(context, &store, file, &args).map_err(|failure| {
            let done: Vec<_> =
                reports.iter().map(|r: &FileReport| json!({ "file": r.file, "id": r.id, "new": r.new })).collect();
            if done.is_empty() { failure } else { failure.details(json!({ "imports": done })) }
        })?);
    }
    let attention = reports.iter().any(|r| r.bad_count > 0 || r.broken.is_some());
    context.output.json(&json!({ "imports": reports, "resumed": resumed }))?;
    Ok(if attention { Exit::Attention } else { Exit::Done })
}

fn import_file(context: &Context, store: &Store, file: &Path, args: &Import) -> Result<FileReport, Failure> {
    let output = context.output;
    let label = label(file);
    let mut contents = file::read(file, &label, args, output)?;
    let preview = store.preview_import(ImportRows { placed: &contents.rows, unplaced: &contents.unplaced })?;
    file::take_invalid(&mut contents, &preview);
    if let Some(broken) = &contents.broken
        && contents.rows.is_empty()
        && contents.unplaced.is_empty()
    {
        return Err(file::unreadable(&label, &contents, broken));
    }
    let mut report = FileReport {
        file: label.clone(),
        preview: args.preview,
        id: None,
        total: preview.total,
        new: preview.new,
        known: preview.known,
        in_trash: preview.in_trash,
        without_position: preview.without_position,
        bad: contents.bad,
        bad_count: contents.bad_count,
        left_out: contents.left_out,
        tracks: contents.passed_over.tracks,
        routes: contents.passed_over.routes,
        passed_over: contents.passed_over,
        format: contents.format,
        csv: contents.csv,
        broken: contents.broken,
    };
    if args.preview {
        report::show_preview(output, &report, &contents.rows, &contents.unplaced)?;
    } else {
        if preview.new > 0 {
            let rows = ImportRows { placed: &contents.rows, unplaced: &contents.unplaced };
            let (id, begun) = store.begin_import(&label, rows)?;
            report.id = Some(id);
            report.new = begun.new;
            report.without_position = begun.without_position;
            run(output, store, id, begun.new, &label)?;
        }
        report::say_imported(output, &report)?;
    }
    report::tell_flaws(output, &report);
    Ok(report)
}

fn label(file: &Path) -> String {
    if file.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    words::one_line(&name).chars().take(200).collect()
}

/// Makes the places of a begun import, chunk by chunk.
fn run(output: Output, store: &Store, id: ImportId, total: u64, label: &str) -> Result<(), Failure> {
    let bar = output.progress(total, label);
    loop {
        let progress = store.run_import(id, CHUNK).map_err(|error| {
            error.hint(format!(
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

/// Finishes what an earlier process began and could not.
fn finish_interrupted(context: &Context, store: &Store) -> Result<Vec<ImportSummary>, Failure> {
    let running: Vec<ImportSummary> =
        store.imports()?.into_iter().filter(|i| i.state == ImportState::Running).collect();
    for import in &running {
        run(context.output, store, import.id, import.total, &import.label)?;
        context.output.say(format!(
            "The import of {} had been interrupted; it is complete now ({}).",
            words::one_line(&import.label),
            words::count(import.total, "place", "places"),
        ))?;
    }
    Ok(running)
}

fn resume(context: &Context) -> Outcome {
    let store = context.store()?;
    let resumed = finish_interrupted(context, &store)?;
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
    let store = context.store()?;
    let Some(import) = store.imports()?.into_iter().find(|i| i.id == id) else {
        return Err(Failure::new(Exit::NotFound, "not_found", format!("There is no import {id} on this device."))
            .hint("`holdfast import list` shows them."));
    };
    if import.state == ImportState::Running {
        store.cancel_import(id)?;
    }
    let bar = context.output.progress(import.done, "taking back");
    let progress = loop {
        let progress = store.undo_import(id, CHUNK)?;
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
