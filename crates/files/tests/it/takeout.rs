//! Google Takeout, in the shapes it has had over the years.

use std::io::{Cursor, Write as _};

use holdfast_files::{Contents, Format};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{bad, file, names, positions, why_broken};

/// As Takeout has written it since 2023.
const NEW: &str = r#"{
  "type": "FeatureCollection",
  "features": [
    {
      "geometry": { "coordinates": [8.7291, 47.4979], "type": "Point" },
      "properties": {
        "date": "2023-05-04T10:11:12Z",
        "google_maps_url": "http://maps.google.com/?cid=1234567890",
        "location": { "address": "Forest 1, Winterthur", "country_code": "CH", "name": "Old oak" }
      },
      "type": "Feature"
    },
    {
      "geometry": { "coordinates": [0, 0], "type": "Point" },
      "properties": { "date": "2023-05-05T10:11:12Z", "google_maps_url": "http://maps.google.com/?q=46.5,7.5" },
      "type": "Feature"
    },
    {
      "geometry": { "coordinates": [0, 0], "type": "Point" },
      "properties": {
        "date": "2023-05-06T10:11:12Z",
        "google_maps_url": "http://maps.google.com/?cid=99",
        "location": { "name": "Gone inn" },
        "Comment": "closed"
      },
      "type": "Feature"
    }
  ]
}"#;

/// As it did before.
const OLD: &str = r#"{"type": "FeatureCollection", "features": [
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [0.0, 0.0]}, "properties": {
    "Google Maps URL": "http://maps.google.com/?cid=1", "Title": "Hut", "Published": "2019-01-02T03:04:05Z",
    "Location": {"Address": "Alp 1", "Business Name": "The hut", "Geo Coordinates": {"Latitude": "46.5", "Longitude": "7.5"}}}}
]}"#;

const LIST: &str = "Title,Note,URL,Tags,Comment\n,,,,\n\
    Old oak,climb it,https://www.google.com/maps/place/Old+oak/data=!4m2!3m1!3d47.4979!4d8.7291,,\"old, and big\"\n\
    Dropped pin,,\"https://www.google.com/maps/search/46.5,7.5\",water,\n\
    Inn,,https://www.google.com/maps/place/Inn/data=!4m2!3m1!1s0x479aa4:0x1,,\n";

fn archive(files: &[(&str, &str)]) -> Contents {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    file("takeout-20260101T000000Z-001.zip", zip.finish().unwrap().into_inner())
}

#[test]
fn saved_places_are_read_in_the_new_shape() {
    let read = file("Saved Places.json", NEW);
    assert_eq!((read.format, names(&read)), (Format::TakeoutJson, vec!["Old oak", ""]));
    assert_eq!(positions(&read), [(47.4979, 8.7291), (46.5, 7.5)]);
    let note = "Forest 1, Winterthur\nhttp://maps.google.com/?cid=1234567890";
    assert_eq!(read.rows[0].note.as_deref(), Some(note));
    assert_eq!(read.rows[0].captured_at.unwrap().to_string(), "2023-05-04T10:11:12.000000Z");
    assert_eq!(bad(&read), [(18, "has no coordinates in the file")], "0, 0 is Takeout's word for unknown");
    assert_eq!(read.bad[0].name.as_deref(), Some("Gone inn"));
}

#[test]
fn saved_places_are_read_in_the_old_shape() {
    let read = file("Gespeicherte Orte.json", OLD);
    assert_eq!((read.format, names(&read), positions(&read)), (Format::TakeoutJson, vec!["Hut"], vec![(46.5, 7.5)]));
    assert_eq!(read.rows[0].note.as_deref(), Some("Alp 1\nhttp://maps.google.com/?cid=1"));
}

#[test]
fn a_list_is_read_where_its_links_have_coordinates() {
    let read = file("Want to go (1).csv", LIST);
    assert_eq!(
        (names(&read), positions(&read)),
        (vec!["Old oak", "Dropped pin"], vec![(47.4979, 8.7291), (46.5, 7.5)])
    );
    assert!(
        read.rows.iter().all(|row| row.category.as_deref() == Some("Want to go")),
        "the list is what they have in common"
    );
    assert!(read.rows[0].note.as_deref().unwrap().starts_with("climb it\nold, and big\nhttps://"));
    assert_eq!(read.rows[1].tags, ["water"]);
    assert_eq!((bad(&read), read.bad[0].name.as_deref()), (vec![(5, "has no coordinates in the file")], Some("Inn")));
    let described = file("Huts.csv", format!("All the huts\n\n{LIST}"));
    assert_eq!((names(&described), bad(&described)[0].0), (vec!["Old oak", "Dropped pin"], 7));
}

#[test]
fn a_whole_archive_is_read_for_what_holds_places() {
    let read = archive(&[
        ("Takeout/archive_browser.html", "<html></html>"),
        ("Takeout/Maps/My labeled places/Labeled places.json", &OLD.replace("Hut", "Home")),
        ("Takeout/Maps (your places)/Saved Places.json", NEW),
        ("Takeout/Saved/Want to go.csv", LIST),
        ("Takeout/Saved/Empty.csv", "Title,Note,URL,Tags,Comment\n"),
        ("Takeout/Chrome/History.json", "{\"Browser History\": [{\"lat\": 1}]}"),
        ("Takeout/Contacts/All.csv", "First name,Last name,E-mail\nAda,L,ada@example.org\n"),
        ("Takeout/Fit/broken.json", "{\"type\": \"FeatureCollection\", \"features\": [ oops"),
    ]);
    assert_eq!(read.format, Format::TakeoutZip);
    assert_eq!(names(&read), ["Home", "Old oak", "", "Old oak", "Dropped pin"]);
    let files: Vec<_> = read.bad.iter().map(|bad| (bad.file.as_deref().unwrap(), bad.line)).collect();
    assert_eq!(files, [("Saved Places.json", 18), ("Want to go.csv", 5)]);
    let broken = read.broken.clone().unwrap();
    assert_eq!((broken.file.as_deref(), broken.line), (Some("broken.json"), 1), "it costs the others nothing");
    assert!(read.csv.is_none());
}

#[test]
fn an_archive_without_places_is_said() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("Takeout/Mail/all.txt", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"hello").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let error = holdfast_files::read(bytes.as_slice(), "t.zip", &holdfast_files::ReadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the archive can't be read: there are no saved places in it");
    assert_eq!(why_broken(&file("a.json", "{}")), None);
}

#[test]
fn an_archive_with_nothing_but_a_table_that_is_too_wide_says_what_is_wrong_with_it() {
    let header = (0..1_100).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let wide = format!("latitude,longitude,{header}\n47.1,8.1\n");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("Takeout/Saved/wide.csv", SimpleFileOptions::default()).unwrap();
    zip.write_all(wide.as_bytes()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    let error = holdfast_files::read(bytes.as_slice(), "takeout.zip", &holdfast_files::ReadOptions::default());
    let words = error.unwrap_err().to_string();
    assert!(words.contains("wide.csv") && words.contains("more than 1,000 columns"), "{words}");
}
