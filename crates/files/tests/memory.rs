//! How much memory reading takes at most, whatever is in the file. A binary of its own: it counts what is allocated.
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

use std::io::{Cursor, Write as _};
use std::sync::{Mutex, PoisonError};

use holdfast_contract::limits::IMPORT_BYTES_MAX;
use holdfast_files::{Contents, Format, ReadError, ReadOptions, read};
use peak_alloc::PeakAlloc;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;
/// What the crate's documentation promises.
const PEAK_MAX: usize = 256 * MIB;

/// What it takes to read this, beside its own bytes. One at a time: every thread's memory is counted.
#[track_caller]
fn peak(what: &str, format: Option<Format>, bytes: &[u8]) -> (usize, Result<Contents, ReadError>) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let contents = read(bytes, "a", &ReadOptions { format, ..ReadOptions::default() });
    let peak = ALLOCATED.peak_usage().saturating_sub(before);
    println!("{what}: {} KiB for a file of {} KiB", peak / 1024, bytes.len() / 1024);
    assert!(peak <= PEAK_MAX, "{what}: {peak} bytes");
    (peak, contents)
}

/// `start`, then `filler` so often that the whole is as large as an import may be, then `end`.
fn filled(start: &str, filler: &str, end: &str) -> Vec<u8> {
    filled_to(IMPORT_BYTES_MAX, start, filler, end)
}

fn filled_to(size: usize, start: &str, filler: &str, end: &str) -> Vec<u8> {
    let count = (size - start.len() - end.len()) / filler.len();
    [start, &filler.repeat(count), end].concat().into_bytes()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn json_of_the_worst_shape_takes_bounded_memory() {
    let json = Some(Format::GeoJson);
    // Members that are no features, a feature of what takes the most memory when it is built, and another member.
    let member = String::from_utf8(filled_to(15 * MIB, "[0", ",{\"a\":0}", "]")).unwrap();
    let feature = |filler| filled_to(MIB - 1024, "{\"type\":\"Feature\",\"properties\":{\"a\":[0", filler, "]}}");
    let feature = String::from_utf8(feature(",{\"\":0}")).unwrap();
    let worst =
        format!("{{\"type\":\"FeatureCollection\",\"a\":{member},\"features\":[{feature},{feature}],\"b\":{member}}}");
    assert!(worst.len() <= IMPORT_BYTES_MAX && worst.len() > IMPORT_BYTES_MAX - MIB, "{}", worst.len());
    let contents = peak("JSON of the worst shape", json, worst.as_bytes()).1.unwrap();
    assert_eq!((contents.bad_count, contents.broken), (2, None));
    let (limit, contents) = peak("a member of small objects", json, format!("{{\"a\":{member}}}").as_bytes());
    assert!(limit < 16 * MIB, "{limit}");
    assert_eq!(contents.unwrap().bad[0].reason, "is larger than 1 MiB");
    let keys: Vec<String> = (0..500_000).map(|key| format!("\"{key}\":0")).collect();
    peak("many members", json, format!("{{{}}}", keys.join(",")).as_bytes()).1.unwrap();
    peak("one key", json, &filled_to(17 * MIB, "{\"", "x", "\":0}")).1.unwrap();
}

#[test]
fn copies_of_texts_take_bounded_memory() {
    let note = "n".repeat(9_000);
    let points = vec!["[1,2]"; 15_000].join(",");
    let tags = (0..20).map(|tag| format!("\"{tag}\"")).collect::<Vec<_>>().join(",");
    for properties in [format!("\"note\":\"{note}\""), format!("\"tags\":[{tags}]")] {
        let feature = format!(
            "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"MultiPoint\",\"coordinates\":[{points}]}}}}"
        );
        let (_, contents) = peak("many points", None, format!("[{}]", vec![feature; 40].join(",")).as_bytes());
        assert!(matches!(contents, Err(ReadError::TooLarge)));
    }
}

#[test]
fn nesting_takes_bounded_memory() {
    let json = Some(Format::GeoJson);
    for (start, filler) in [("{\"features\":[", "["), ("{\"a\":", "{\"a\":")] {
        // No more than one element's size of it is read.
        peak(&format!("{start}{filler}"), json, &filled_to(17 * MIB, start, filler, "")).1.unwrap();
    }
    peak("folders", Some(Format::Kml), &filled_to(MIB, "<kml>", "<Folder>", "</kml>")).1.unwrap();
    peak("extensions", Some(Format::Gpx), &filled_to(MIB, "<gpx><wpt lat='1' lon='2'>", "<a>", "</gpx>")).1.unwrap();
}

#[test]
fn tables_take_bounded_memory() {
    let csv = Some(Format::Csv);
    for (what, bytes) in [
        ("commas", filled("", ",", "")),
        ("a header of very many columns", filled("lat,lon", ",a", "\n1,2\n")),
        ("wide rows", filled_to(8 * MIB, "lat,lon\n", &format!("1,2{}\n", ",x".repeat(990)), "")),
        ("long rows", filled_to(12 * MIB, "lat,lon,note\n", &format!("1,2,{}\n", "x".repeat(MIB - 100)), "")),
        ("one text", filled_to(17 * MIB, "lat,lon\n1,\"", "x", "")),
        ("bad rows", filled_to(2 * MIB, "lat,lon\n", "x,y\n", "")),
    ] {
        peak(what, csv, &bytes).1.unwrap();
    }
    let (limit, contents) =
        peak("zipped commas", None, &zipped(&[("a.csv", &[b"lat,lon\n".as_slice(), &vec![b','; 16 * MIB]].concat())]));
    assert!(limit < 16 * MIB, "{limit}");
    // What can't be read as a list of places is none.
    assert!(matches!(contents, Err(ReadError::Archive(_))));
}

#[test]
fn archives_take_bounded_memory() {
    let comment = format!("<!--{}-->", " ".repeat(MIB));
    let bomb = filled_to(40 * MIB, "<kml>", &comment, "</kml>");
    let zip = zipped(&[("doc.kml", &bomb)]);
    drop(bomb);
    let (_, contents) = peak("a bomb", None, &zip);
    assert_eq!(contents.unwrap().broken, None);
    let text = filled_to(17 * MIB, "<kml><Placemark><name>", "x", "");
    let zip = zipped(&[("doc.kml", &text)]);
    peak("a bomb of text", None, &zip).1.unwrap();
    let files: Vec<_> = (0..500).map(|n| (format!("Takeout/{}{n}.json", "n".repeat(65_000)), Vec::new())).collect();
    let files: Vec<_> = files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    drop(peak("long names", None, &zipped(&files)));
}
