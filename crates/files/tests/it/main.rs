//! Files as others write them, read through the public interface.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod archives;
mod bounds;
mod csv;
mod geojson;
mod gpx;
mod kml;
mod takeout;

use holdfast_contract::Timestamp;
use holdfast_files::{Contents, Format, ReadOptions, read};

/// What a file of this name with this content holds.
fn file(name: &str, content: impl AsRef<[u8]>) -> Contents {
    read(content.as_ref(), name, &ReadOptions::default()).unwrap()
}

/// The same, as a format that is named.
fn file_as(format: Format, content: impl AsRef<[u8]>) -> Contents {
    read(content.as_ref(), "", &ReadOptions { format: Some(format), ..ReadOptions::default() }).unwrap()
}

fn fixture(name: &str) -> Contents {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    read(std::fs::File::open(path).unwrap(), name, &ReadOptions::default()).unwrap()
}

fn names(file: &Contents) -> Vec<&str> {
    file.rows.iter().map(|row| row.name.as_deref().unwrap_or_default()).collect()
}

fn positions(file: &Contents) -> Vec<(f64, f64)> {
    file.rows.iter().map(|row| (row.latitude, row.longitude)).collect()
}

/// Line and reason of every bad row.
fn bad(file: &Contents) -> Vec<(u64, &str)> {
    file.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect()
}

fn why_broken(file: &Contents) -> Option<&str> {
    file.broken.as_ref().map(|broken| broken.reason.as_str())
}

/// The captures that an import of the file makes.
fn captures(file: &Contents) -> Vec<String> {
    let (parsed, invalid) = holdfast_contract::import::parse(&file.rows, Timestamp::EPOCH);
    assert!(invalid.is_empty(), "{invalid:?}");
    parsed.iter().map(|parsed| parsed.client_id.to_string()).collect()
}
