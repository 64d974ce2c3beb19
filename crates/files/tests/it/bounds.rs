//! Whatever a file's size or shape, reading it takes bounded memory and ends.

use std::io::Read as _;

use holdfast_files::{Format, ReadError, ReadOptions, read};

use super::{bad, file, file_as, names, positions, why_broken};

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
    let points = vec!["[1,2]"; 100_001].join(",");
    let element = format!("{{\"type\":\"MultiPoint\",\"coordinates\":[{points}]}}");
    let json = format!("[{element},{element}]");
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
    let note = "x".repeat(300_000);
    let points = vec!["[1,2]"; 100_000].join(",");
    let multi = |points: &str, note: &str| {
        let geometry = format!("{{\"type\":\"MultiPoint\",\"coordinates\":[{points}]}}");
        file(
            "a.json",
            format!("{{\"type\":\"Feature\",\"properties\":{{\"note\":\"{note}\"}},\"geometry\":{geometry}}}"),
        )
    };
    let read = multi(&points, &note);
    assert_eq!((read.rows.len(), read.bad_count), (0, 1));
    assert!(read.bad[0].reason.contains("300000 characters long"), "{:?}", read.bad);
    let read = multi(&vec!["[9,99]"; 20_000].join(","), &note[..10_000]);
    assert_eq!((read.rows.len(), read.bad_count), (0, 20_000));
}

#[test]
fn a_feature_that_is_too_large_costs_itself_alone() {
    let small = |name: &str| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"name\":\"{name}\"}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[1,2]}}}}"
        )
    };
    let corners = vec!["[8.123456,47.123456]"; 60_000].join(",");
    let large = format!("{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{corners}]]}}}}");
    let read = file("a.json", format!("{{\"features\":[{},\n{large},\n{}]}}", small("A"), small("B")));
    assert_eq!(
        (names(&read), bad(&read), why_broken(&read)),
        (vec!["A", "B"], vec![(2, "is larger than 1 MiB")], None)
    );
    assert_eq!(bad(&file("a.json", large)), [(1, "is larger than 1 MiB")]);
}

#[test]
fn members_that_are_no_features_are_passed_over_however_large_they_are() {
    let values = vec!["{\"a\":0}"; 200_000].join(",");
    let point = "{\"type\":\"Point\",\"coordinates\":[1,2]}";
    let json = format!("{{\"type\":\"FeatureCollection\",\"a\":[{values}],\"b\":[{values}],\"features\":[{point}]}}");
    let read = file("a.json", json);
    assert_eq!((read.rows.len(), read.bad_count, why_broken(&read)), (1, 0, None));
    let read = file("a.json", format!("{{\"type\":\"FeatureCollection\",\"a\":[{values}]}}"));
    assert_eq!((read.rows.len(), read.bad_count, why_broken(&read)), (0, 0, None));
}

#[test]
fn a_table_of_very_many_columns_is_no_list_of_places() {
    let said = Some("it has more than 1,000 columns; it is no list of places");
    assert_eq!(why_broken(&file_as(Format::Csv, ",".repeat(2_000_000))), said);
    let sheet = file("a.csv", format!("lat,lon\n1,2\n3,4{}\n", ",".repeat(1_000)));
    assert_eq!((positions(&sheet), why_broken(&sheet)), (vec![(1.0, 2.0)], said));
}

#[test]
fn what_is_shown_of_a_table_is_short() {
    let (name, cell) = ("n".repeat(3_000), "ä".repeat(5_000));
    let sheet = file("a.csv", format!("lat,lon,name,{name}\n1,2,Oak,{cell}\n")).csv.unwrap();
    assert_eq!((sheet.header[3].as_str(), sheet.sample[0][3].as_str()), (&name[..100], &cell[..200]));
}

#[test]
fn a_row_that_is_too_large_costs_itself_alone() {
    let large = "x".repeat(1_100_000);
    let sheet = file("a.csv", format!("lat,lon,name\n1,2,A\n3,4,{large}\n5,6,B\n"));
    assert_eq!(
        (names(&sheet), bad(&sheet), why_broken(&sheet)),
        (vec!["A", "B"], vec![(3, "is larger than 1 MiB")], None)
    );
    let sheet = file("a.csv", format!("{large}\nlat,lon\n1,2\n"));
    assert_eq!(positions(&sheet), [(1.0, 2.0)]);
    let sheet = file_as(Format::Csv, &large);
    assert_eq!(why_broken(&sheet), Some("its first rows are larger than 1 MiB"));
}
