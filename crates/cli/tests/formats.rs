//! Import and export in every format but GPX, which `files.rs` has.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;

use std::io::{Cursor, Write as _};

use common::{Home, fixture};
use serde_json::Value;
use zip::write::{SimpleFileOptions, ZipWriter};

/// One file of each format, and the names of the places in it.
fn files(home: &Home) -> Vec<(String, Vec<&'static str>)> {
    let csv = home.write("trees.csv", "Name;Breitengrad;Längengrad;Notiz\nEiche;47,5;8,7;alt\nLinde;46,5;7,7;\n");
    let list = home.write(
        "Want to go.csv",
        "Title,Note,URL,Tags,Comment\nOak,,https://www.google.com/maps/search/47.5,,\nInn,,https://maps.google.com/?q=47.5%2C8.7,,\n",
    );
    let takeout = home.write(
        "Saved Places.json",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[8.7,47.5]},
        "properties":{"google_maps_url":"http://maps.google.com/?cid=1","location":{"name":"Café"}}}]}"#,
    );
    let kml = "<kml><Placemark><name>Packed</name><Point><coordinates>8.7,47.5</coordinates></Point></Placemark></kml>";
    let kmz = home.write("a.kmz", archive("doc.kml", kml));
    let zip = home.write(
        "takeout-1.zip",
        archive("Takeout/Saved/Huts.csv", "Title,URL\nHut,geo:47.5\\,8.7\nAlp,\"geo:47.5,8.7\"\n"),
    );
    let path = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    vec![
        (
            fixture("kml/sample.kml"),
            vec!["Extruded placemark", "Floating placemark", "Roll over this icon", "Simple placemark"],
        ),
        (fixture("tokml/number_property.geojson"), vec!["Fox"]),
        (path(csv), vec!["Eiche", "Linde"]),
        (path(list), vec!["Inn"]),
        (path(takeout), vec!["Café"]),
        (path(kmz), vec!["Packed"]),
        (path(zip), vec!["Alp"]),
    ]
}

fn archive(name: &str, content: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn every_format_is_imported_once_and_taken_back() {
    let beside = Home::new();
    for (file, names) in files(&beside) {
        let home = Home::new();
        let run = home.run(&["import", &file]);
        assert!(matches!(run.code, 0 | 3), "{file}: {}", run.err);
        assert_eq!(home.names(), names, "{file}");
        assert!(home.places().iter().all(|place| place["source"] == "import"));
        let again = home.json(run.code, &["import", &file]);
        let report = &again["imports"][0];
        assert_eq!((&report["new"], &report["known"]), (&0.into(), &names.len().into()), "{file}");
        let id = home.json(0, &["import", "list"])["imports"][0]["id"].to_string();
        home.ok(&["import", "undo", &id]);
        assert!(home.places().is_empty(), "{file}");
    }
}

#[test]
fn the_same_places_in_any_format_are_the_same_captures() {
    let home = Home::new();
    home.ok(&[
        "save",
        "-33.8568",
        "151.2153",
        "--name",
        "=Bar & <Grill> 🏕",
        "--note",
        "two\n<b>lines</b>",
        "--category",
        "food",
        "--tag",
        "a, b",
        "--tag",
        "c",
        "--accuracy",
        "12.5",
        "--altitude",
        "-3",
        "--at",
        "2026-01-02T03:04:05Z",
    ]);
    home.save("Plain");
    let places = |home: &Home| -> Vec<Value> {
        let mut places = home.places();
        places.sort_by_key(|place| place["name"].to_string());
        for place in &mut places {
            // Where it came from, and its number on this device.
            (place["number"], place["source"]) = (Value::Null, Value::Null);
        }
        places
    };
    for format in ["gpx", "kml", "kmz", "geojson", "csv"] {
        let file = home.file(&format!("out.{format}"));
        let path = file.to_str().unwrap();
        home.ok(&["export", "-o", path]).says("2 places written");
        home.ok(&["import", path]).says("makes nothing new. 2 are here already");
        let other = Home::new();
        other.ok(&["import", path]);
        assert_eq!(places(&other), places(&home), "{format}");
        let said = home.json(0, &["export", "--format", format, "-o", path, "--force"]);
        assert_eq!((&said["format"], &said["exported"]), (&format.into(), &2.into()));
    }
}

#[test]
fn bad_rows_are_listed_with_line_and_reason_and_cost_nothing_else() {
    let home = Home::new();
    let kml = home.write(
        "a.kml",
        "<kml>\n<Placemark><name>Nowhere</name></Placemark>\n<Placemark><name>Good</name><Point><coordinates>8,47</coordinates></Point></Placemark>\n<Placemark><LineString/></Placemark></kml>",
    );
    let run = home.expect(3, &["import", kml.to_str().unwrap()]);
    run.says("1 place from a.kml").says("line 2 \"Nowhere\": has no coordinates in the file");
    run.says("1 line passed over: only points become places");
    let csv = home.write("a.csv", "lat,lon,name\n91,0,North\n1,2,Fine\n");
    home.expect(3, &["import", csv.to_str().unwrap()]).says("line 2 \"North\": latitude must be a number");
    let list =
        home.write("t.zip", archive("Takeout/Saved/Huts.csv", "Title,URL\nInn,https://maps.google.com/?cid=1\n"));
    home.expect(3, &["import", list.to_str().unwrap()])
        .says("Huts.csv, line 2 \"Inn\": has no coordinates in the file");
    let report = home.json(3, &["import", "--preview", list.to_str().unwrap()]);
    let report = &report["imports"][0];
    assert_eq!((&report["format"], &report["bad"][0]["file"]), (&"takeout-zip".into(), &"Huts.csv".into()));
    assert_eq!(home.names(), ["Fine", "Good"]);
}

#[test]
fn columns_that_cant_be_guessed_are_asked_for_and_can_be_said() {
    let home = Home::new();
    let file = home.write("a.csv", "Nord;Ost;Was\n47,5;8,7;Eiche\n");
    let path = file.to_str().unwrap();
    let run = home.expect(1, &["import", path]);
    run.says("it can't be told which columns hold the latitude and the longitude");
    run.says("--column latitude=… --column longitude=…").says("1 Nord, 2 Ost, 3 Was");
    let said = home.json(1, &["import", path]);
    assert_eq!(said["error"]["csv"]["header"], serde_json::json!(["Nord", "Ost", "Was"]));
    home.expect(1, &["import", path, "--column", "latitude=West"]).says("there is no column \"West\"");
    home.expect(2, &["import", path, "--column", "wings=1"]).says("these can: latitude, longitude");
    home.ok(&["import", path, "--column", "latitude=Nord", "--column", "longitude=2", "--column", "name=3"]);
    assert_eq!(home.names(), ["Eiche"]);
}

#[test]
fn columns_that_nothing_is_taken_from_are_named() {
    let home = Home::new();
    let file = home.write("a.csv", "Naam;Breite;Länge;Farbe;Etiketten\nEiche;47,5;8,7;grün;alt\n");
    let path = file.to_str().unwrap();
    home.ok(&["import", "--preview", path]).says("Eiche").says("Not used: Farbe.");
    home.ok(&["import", path]).says("Not used: Farbe.").says("--column name=COLUMN");
    assert_eq!((home.names(), &home.places()[0]["tags"]), (vec!["Eiche".to_owned()], &serde_json::json!(["alt"])));
    // What we write ourselves is all used.
    let own = home.file("own.csv");
    home.ok(&["export", "-o", own.to_str().unwrap()]);
    let again = home.ok(&["import", own.to_str().unwrap()]);
    again.says("makes nothing new. 1 is here already.");
    assert!(!format!("{}{}", again.out, again.err).contains("Not used"), "{}", again.err);
}

#[test]
fn what_a_file_is_counts_more_than_what_it_is_called_and_a_person_more_than_both() {
    let home = Home::new();
    let kml = "<kml><Placemark><name>Oak</name><Point><coordinates>8,47</coordinates></Point></Placemark></kml>";
    let file = home.write("oak.gpx", kml);
    home.expect(1, &["import", "--format", "gpx", file.to_str().unwrap()]).says("it is not a GPX file");
    home.ok(&["import", file.to_str().unwrap()]);
    home.ok(&["import", "--format", "kml", file.to_str().unwrap()]).says("makes nothing new");
    let run = home.run_with_input(&["import", "-"], b"name,lat,lon\nElm,1,2\n");
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(home.names(), ["Elm", "Oak"]);
    let text = home.write("notes", "nothing of the kind");
    home.expect(1, &["import", text.to_str().unwrap()]).says("which format").says("--format: gpx, kml, kmz");
    home.expect(2, &["import", "--format", "doc", text.to_str().unwrap()]).says("takeout-zip");
}

#[test]
fn broken_files_get_a_clear_answer_and_leave_nothing_behind() {
    let home = Home::new();
    for (name, content, words) in [
        ("empty.kml", b"".as_slice(), "there is no KML in it"),
        ("empty.geojson", b"", "there is no GeoJSON in it"),
        ("empty.csv", b"", "there is nothing in it"),
        ("a.json", b"{\"features\":[1,}", "it is not well-formed JSON"),
        ("a.kmz", b"PK\x03\x04", "the archive can't be read: it is damaged"),
        ("b.kml", b"<kml><Folder>", "it ends before it is complete"),
    ] {
        let file = home.write(name, content);
        home.expect(1, &["import", file.to_str().unwrap()]).says(words).says("Nothing was imported from it");
        assert!(home.places().is_empty(), "{name}");
    }
}

#[test]
fn the_format_of_an_export_is_said_or_told_by_the_files_ending() {
    let home = Home::new();
    home.save("Oak");
    let run = home.ok(&["export", "--format", "csv"]);
    assert!(run.out.starts_with("latitude,longitude,name,note,category,tags,accuracy,altitude,captured_at,client_id,"));
    home.ok(&["export", "--format", "kml"]).says("<name>Oak</name>");
    home.expect(2, &["export", "--format", "kml", "--json"]).says("KML is no JSON");
    home.expect(2, &["export", "--format", "takeout-json"]).says("possible values: gpx, kml, kmz, geojson, csv");
    home.expect(2, &["export", "-o", "places.txt"]).says("Name it .gpx, .kml, .kmz, .geojson, .csv");
    let kmz = home.file("Oak.KMZ");
    home.ok(&["export", "-o", kmz.to_str().unwrap()]);
    assert!(std::fs::read(&kmz).unwrap().starts_with(b"PK\x03\x04"));
}
