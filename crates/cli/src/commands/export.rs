//! `export`.

mod archive;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use holdfast_device::{ListQuery, PlaceView};
use holdfast_files::{ExportPlace, Format, Writer};
use holdfast_host::now;
use serde_json::json;
use tempfile::NamedTempFile;

use super::Outcome;
use crate::args::Export;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::store::Store;
use crate::words;

/// How many places are held in memory at a time.
const PAGE: u32 = 500;

/// What can be written here.
pub(crate) const WRITABLE: &[Format] =
    &[Format::Gpx, Format::Kml, Format::Kmz, Format::GeoJson, Format::Csv, Format::Archive];

/// What was written.
#[derive(Clone, Copy, Default)]
struct Written {
    places: u64,
    /// Without a position, which the format needs.
    left_out: u64,
}

pub(super) fn export(context: &Context, args: &Export) -> Outcome {
    let file = args.output.as_deref().filter(|p| p.as_os_str() != "-");
    let format = match (args.format, file) {
        // Standard output is one JSON document then, and GeoJSON is one.
        (None, None) if context.output.json => Format::GeoJson,
        (Some(format), None) if context.output.json && format != Format::GeoJson => {
            return Err(Failure::usage(format!(
                "{} is no JSON, which standard output was to be; nothing was written.",
                format.name()
            ))
            .hint("Name a file with --output, or leave out --json, or take --format geojson."));
        }
        (Some(Format::Kmz), None) if io::stdout().is_terminal() => {
            return Err(Failure::usage("KMZ is packed and nothing to look at; nothing was written.")
                .hint("Name a file with --output, or take --format kml."));
        }
        (Some(Format::Archive), None) => {
            return Err(Failure::usage("An archive needs a file of its own; nothing was written.")
                .hint("Name one with --output, such as --output places.zip."));
        }
        (Some(format), _) => format,
        (None, None) => Format::Gpx,
        (None, Some(path)) => format_of(path)?,
    };
    if format == Format::Archive {
        archive::check(&args.filter)?;
    }
    let store = context.store()?;
    let query = place::query(&store, &args.filter)?;
    let written = match file {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            let written = write(&store, query, format, &mut out)?;
            if format == Format::GeoJson {
                // The collection ends without one, and what comes next in a terminal would stand behind it.
                out.write_all(b"\n")?;
            }
            out.flush()?;
            written
        }
        Some(path) if format == Format::Archive => to_file(path, args.force, |out| archive::write(&store, out))?,
        Some(path) => to_file(path, args.force, |out| write(&store, query, format, out))?,
    };
    if written.places == 0 && args.filter.asks() {
        let words = place::explain_empty(&store, &args.filter)?;
        context
            .output
            .warn(words.unwrap_or_else(|| "No place is like that: nothing but an empty file was written.".to_owned()));
        if let Some(word) = args.filter.text.iter().find(|word| format_of(Path::new(word)).is_ok()) {
            context.output.hint(format!("To write a file of that name: holdfast export --output {word}"));
        }
    }
    if written.left_out > 0 {
        let (is, them) = if written.left_out == 1 { ("is", "it") } else { ("are", "them") };
        context.output.warn(format!(
            "{} no position yet and {is} not in the file: {} needs one. GeoJSON, CSV and an archive take {them} without.",
            words::count(written.left_out, "place has", "places have"),
            format.name(),
        ));
    }
    if let Some(path) = file {
        context.output.json(&json!({
            "exported": written.places, "withoutPosition": written.left_out, "file": path,
            "format": format,
        }))?;
        context.output.say(format!(
            "{} written to {}.",
            words::count(written.places, "place", "places"),
            path.display()
        ))?;
        if format == Format::Archive {
            context.output.hint(
                "The trash is in it, too. What places were before they were changed is not: a device does not keep it. \
                 The server does; its archive is on the web, under Files.",
            );
        }
    }
    Ok(Exit::Done)
}

fn format_of(path: &Path) -> Result<Format, Failure> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    let format = match ending.as_deref() {
        Some("json") => Some(Format::GeoJson),
        Some(ending) => WRITABLE.iter().copied().find(|format| format.extension() == ending),
        None => None,
    };
    format.ok_or_else(|| {
        let words = WRITABLE.iter().map(|format| format.extension()).collect::<Vec<_>>();
        Failure::usage(format!("Which format should {} have?", path.display()))
            .hint(format!("Name it .{}, or say one of these with --format.", words.join(", .")))
    })
}

/// Why a file can't be written, without the name of the one that was to become it.
pub(super) fn cant_write(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "its folder is not there".to_owned(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "its folder can't be written to".to_owned()
        }
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    };
    Failure::failed(format!(
        "{} can't be written: {why}. Nothing was written.",
        words::one_line(&path.to_string_lossy())
    ))
}

/// Writes beside the target first, so that there is the whole file or none, and nothing is replaced unasked.
fn to_file(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut BufWriter<NamedTempFile>) -> Result<Written, Failure>,
) -> Result<Written, Failure> {
    let taken = || {
        Failure::failed(format!("{} is there already; nothing was written.", path.display()))
            .hint("Choose another name, or add --force to replace it.")
    };
    let cant = |e: &io::Error| cant_write(path, e);
    if path.is_dir() {
        return Err(Failure::failed(format!("{} is a folder; nothing was written.", path.display())));
    }
    if !force && path.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::with_prefix_in(".holdfast-", folder).map_err(|e| cant(&e))?;
    let mut out = BufWriter::new(file);
    let written = write(&mut out)?;
    let file = out.into_inner().map_err(|e| cant(e.error()))?;
    file.as_file().sync_all().map_err(|e| cant(&e))?;
    let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
    match kept {
        Ok(_) => Ok(written),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
        Err(e) => Err(cant(&e.error)),
    }
}

fn write(store: &Store, mut query: ListQuery, format: Format, out: &mut impl Write) -> Result<Written, Failure> {
    let mut written = Written::default();
    query.limit = PAGE;
    let mut writer = Writer::new(format, out, now())?;
    loop {
        let page = store.list(&query)?;
        for view in &page.places {
            let count = if writer.write(&export_place(view))? { &mut written.places } else { &mut written.left_out };
            *count += 1;
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    writer.finish()?;
    Ok(written)
}

fn export_place(view: &PlaceView) -> ExportPlace {
    ExportPlace {
        client_id: view.client_id,
        name: view.name.clone(),
        note: view.note.clone(),
        category: view.category.clone(),
        tags: view.tags.clone(),
        position: view.position.zip(view.position_source),
        captured_at: view.captured_at,
    }
}
