//! Whatever a file's size or shape, reading it takes bounded memory and ends.

use std::io::Read as _;

use holdfast_files::{Format, ReadError, ReadOptions, read};

use super::{file, why_broken};

fn endless(format: Format, start: &'static str, then: u8) -> holdfast_files::Contents {
    let source = start.as_bytes().chain(std::io::repeat(then));
    read(source, "", &ReadOptions { format: Some(format), ..ReadOptions::default() }).unwrap()
}

#[test]
fn one_element_is_bounded_in_every_format() {
    let said = |format, start, then| why_broken(&endless(format, start, then)).unwrap().to_owned();
    assert_eq!(said(Format::Kml, "<kml><Placemark><name>", b'x'), "one element is larger than 16 MiB");
    assert_eq!(said(Format::GeoJson, "{\"features\":[{\"a\":\"", b'x'), "one element is larger than 16 MiB");
    assert_eq!(said(Format::GeoJson, "{\"a\":", b'['), "one element is larger than 16 MiB");
    assert_eq!(said(Format::Csv, "lat,lon\n1,2\n\"", b'x'), "one row is larger than 16 MiB");
    assert_eq!(said(Format::Kml, "<kml>", b'<'), "one element is larger than 16 MiB");
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("<kml>{}", "<Folder>".repeat(100_000));
    assert_eq!(why_broken(&file("a.kml", deep)), Some("it is nested deeper than 64 levels"));
    let deep = format!("{{\"type\":\"FeatureCollection\",\"features\":{}", "[".repeat(100_000));
    assert!(why_broken(&file("a.json", deep)).is_some());
    let collections = format!("{}1{}", "{\"type\":\"GeometryCollection\",\"geometries\":[".repeat(50), "]}".repeat(50));
    assert_eq!(file("a.json", collections).rows.len(), 0);
}

#[test]
fn a_file_of_more_places_than_fit_is_refused_whole() {
    let rows = "1,2\n".repeat(200_001);
    let error = read(format!("lat,lon\n{rows}").as_bytes(), "a.csv", &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge));
    assert!(error.to_string().contains("split it into smaller files"));
    let points = vec!["[1,2]"; 200_001].join(",");
    let json = format!("{{\"type\":\"MultiPoint\",\"coordinates\":[{points}]}}");
    assert!(matches!(read(json.as_bytes(), "a.json", &ReadOptions::default()), Err(ReadError::TooLarge)));
}

#[test]
fn bad_rows_beyond_count_are_counted_only() {
    let sheet = file("a.csv", format!("lat,lon\n{}", "x,y\n".repeat(10_050)));
    assert_eq!((sheet.bad.len(), sheet.bad_count), (10_000, 10_050));
}

#[test]
fn an_archive_of_very_many_files_is_refused() {
    let marks = b"PK\x01\x02".repeat(20_001);
    let bytes = [b"PK\x03\x04".as_slice(), &marks].concat();
    let error = read(bytes.as_slice(), "a.zip", &ReadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the archive can't be read: it names more than 20000 files");
}

#[test]
fn many_points_of_one_element_hold_its_texts_once() {
    let note = "x".repeat(1_000_000);
    let points = vec!["[1,2]"; 150_000].join(",");
    let multi = |points: &str, note: &str| {
        let geometry = format!("{{\"type\":\"MultiPoint\",\"coordinates\":[{points}]}}");
        file(
            "a.json",
            format!("{{\"type\":\"Feature\",\"properties\":{{\"note\":\"{note}\"}},\"geometry\":{geometry}}}"),
        )
    };
    let read = multi(&points, &note);
    assert_eq!((read.rows.len(), read.bad_count), (0, 1));
    assert!(read.bad[0].reason.contains("1000000 characters long"), "{:?}", read.bad);
    let read = multi(&vec!["[9,99]"; 20_000].join(","), &note[..10_000]);
    assert_eq!((read.rows.len(), read.bad_count), (0, 20_000));
}
