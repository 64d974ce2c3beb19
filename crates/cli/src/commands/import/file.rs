//! Reads a file to its end, within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use holdfast_device::ImportPreview;
use holdfast_files::{
    BadRow, Broken, Contents, EncodingError, Format, NOT_TEXT, ReadError, ReadOptions, read_choosing,
};
use serde_json::json;

use crate::args::Import;
use crate::exit::Failure;
use crate::output::Output;
use crate::words;

const NOTHING: &str = "Nothing was imported from it.";

pub(super) fn read(file: &Path, label: &str, args: &Import, output: Output) -> Result<Contents, Failure> {
    let cant = |e: &io::Error| {
        Failure::failed(format!("{} can't be read: {e}.", words::one_line(&file.to_string_lossy()))).hint(NOTHING)
    };
    let (source, name): (Box<dyn Read>, _) = if file.as_os_str() == "-" {
        (Box::new(io::stdin().lock()), "")
    } else {
        let opened = File::open(file).map_err(|e| cant(&e))?;
        if opened.metadata().is_ok_and(|m| m.is_dir()) {
            return Err(Failure::failed(format!("{} is a folder, not a file with places.", file.display())));
        }
        (Box::new(opened), label)
    };
    let options =
        ReadOptions { format: args.format, encoding: args.encoding.clone(), columns: None, takes_unplaced: true };
    let spinner = output.spinner(&format!("reading {label}"));
    let read = read_choosing(source, name, &options, &args.columns);
    spinner.finish_and_clear();
    let mut contents = read.map_err(|error| match &error {
        ReadError::Io(error) => cant(error),
        error => Failure::failed(format!("{label} can't be imported: {}.", words::one_line(&error.to_string())))
            .hint(what_to_do(error)),
    })?;
    for bad in &mut contents.bad {
        bad.reason = bad.reason.replace(NOT_TEXT, &format!("{NOT_TEXT} (see --encoding)"));
    }
    Ok(contents)
}

fn what_to_do(error: &ReadError) -> String {
    match error {
        ReadError::UnknownFormat => {
            let words: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
            format!("{NOTHING} Say which one with --format: {}.", words.join(", "))
        }
        ReadError::Encoding(EncodingError::Unknown(_)) => {
            format!("{NOTHING} Name one such as utf-8, windows-1252 or utf-16le with --encoding.")
        }
        ReadError::NoSuchColumn { .. } => {
            format!("{NOTHING} Name a column as its header does, or by its number, counted from 1.")
        }
        _ => NOTHING.to_owned(),
    }
}

/// Nothing of a file could be read.
pub(super) fn unreadable(label: &str, contents: &Contents, broken: &Broken) -> Failure {
    let file = broken.file.as_deref().map(|file| format!(" of {}", words::one_line(file))).unwrap_or_default();
    let failure =
        Failure::failed(format!("{label} can't be imported: {} (line {}{file}).", broken.reason, broken.line))
            .details(json!({ "broken": broken, "bad": contents.bad }));
    match &contents.csv {
        Some(sheet) if contents.needs_columns() => {
            let columns = sheet.header.iter().enumerate().take(30);
            let columns: Vec<String> =
                columns.map(|(index, name)| format!("{} {}", index + 1, words::one_line(name))).collect();
            failure
                .hint(format!(
                    "{NOTHING} Say which they are with --column latitude=… --column longitude=…, by name or number: {}.",
                    columns.join(", ")
                ))
                .details(json!({ "csv": sheet }))
        }
        _ => failure.hint(NOTHING),
    }
}

/// What the store refuses on top of what the reader did.
pub(super) fn take_invalid(contents: &mut Contents, preview: &ImportPreview) {
    for invalid in &preview.invalid {
        let reason = invalid.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        contents.bad.push(BadRow { line: invalid.line, name: None, reason, number: None, file: None });
        contents.bad_count += 1;
    }
}
