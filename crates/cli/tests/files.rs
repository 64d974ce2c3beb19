//! Import and export.

mod common;

use common::{Home, fixture, waypoints};
use serde_json::Value;

#[test]
fn a_real_file_is_imported_at_once_and_shows_as_saved_on_this_device() {
    let home = Home::new();
    home.ok(&["import", &fixture("gpxpy/unicode.gpx")]).says("6 places from unicode.gpx saved on this device");
    assert_eq!(home.names(), ["BIRDS NEST", "FAGGIO", "RAKOV12", "RAKV SKCJN", "VANSHNG LK", "šđčćž"]);
    assert!(home.places().iter().all(|p| p["state"] == "savedOnDevice" && p["source"] == "import"));
    home.ok(&["show", "FAGGIO"]).says("came from a file");
}

#[test]
fn the_same_file_again_makes_nothing_new() {
    let home = Home::new();
    let file = fixture("gpxpy/unicode.gpx");
    home.ok(&["import", &file]);
    let again = home.json(0, &["import", &file]);
    assert_eq!((&again["imports"][0]["new"], &again["imports"][0]["known"]), (&0.into(), &6.into()));
    assert_eq!(home.places().len(), 6);
    home.ok(&["import", &file, &file]).says("makes nothing new. 6 are here already");
    assert_eq!(home.json(0, &["import", "list"])["imports"].as_array().unwrap().len(), 1);
}

#[test]
fn two_equal_waypoints_in_one_file_are_two_places() {
    let home = Home::new();
    let twice = "<gpx><wpt lat='1' lon='2'><name>Twin</name></wpt><wpt lat='1' lon='2'><name>Twin</name></wpt></gpx>";
    let file = home.write("twins.gpx", twice);
    home.ok(&["import", file.to_str().unwrap()]);
    home.ok(&["import", file.to_str().unwrap()]);
    assert_eq!(home.names(), ["Twin", "Twin"]);
}

#[test]
fn a_preview_writes_nothing() {
    let home = Home::new();
    let run = home.ok(&["import", "--preview", &fixture("gpxpy/unicode.gpx")]);
    run.says("6 waypoints, 6 new, 0 here already").says("FAGGIO").says("Nothing was written");
    assert!(home.places().is_empty());
    assert!(home.json(0, &["import", "list"])["imports"].as_array().unwrap().is_empty());
}

#[test]
fn an_import_is_taken_back_except_what_was_changed_since() {
    let home = Home::new();
    home.save("Mine");
    let id = home.json(0, &["import", &fixture("gpxpy/unicode.gpx")])["imports"][0]["id"].to_string();
    home.ok(&["edit", "FAGGIO", "--name", "Beech"]);
    home.ok(&["import", "undo", &id]).says("5 places removed").says("1 place was changed");
    assert_eq!(home.names(), ["Beech", "Mine"]);
    home.ok(&["import", "list"]).says("taken back");
    home.expect(6, &["import", "undo", "99"]).says("There is no import 99");
}

#[test]
fn bad_waypoints_are_listed_with_line_and_reason_and_cost_nothing_else() {
    let home = Home::new();
    let file = home.write(
        "mixed.gpx",
        "<gpx>\n<wpt lat='91' lon='0'><name>North</name></wpt>\n<wpt lat='1' lon='2'><name>Good</name></wpt>\n<wpt lat='x' lon='2'/>\n</gpx>",
    );
    let run = home.expect(3, &["import", file.to_str().unwrap()]);
    run.says("1 place from mixed.gpx").says("2 waypoints of mixed.gpx can't be imported");
    run.says("line 2 \"North\": latitude must be").says("line 4: its lat \"x\" is not a number");
    assert_eq!(home.names(), ["Good"]);
    let report = home.json(3, &["import", "--preview", file.to_str().unwrap()]);
    let report = &report["imports"][0];
    assert_eq!((&report["badCount"], &report["bad"][0]["line"], &report["known"]), (&2.into(), &2.into(), &1.into()));
}

#[test]
fn broken_files_get_a_clear_answer_and_leave_nothing_behind() {
    let home = Home::new();
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\">]><gpx><wpt lat='1' lon='2'><name>&a;</name></wpt></gpx>",
        "&b;".repeat(10_000)
    );
    let deep = "<gpx>".to_owned() + &"<a>".repeat(10_000);
    let huge = format!("<gpx><wpt lat='1' lon='2'><name>{}", "x".repeat(17 * 1024 * 1024));
    for (name, content, code, words) in [
        ("empty.gpx", b"".as_slice(), 1, "there is no GPX in it"),
        ("page.gpx", b"<!DOCTYPE html><html></html>", 1, "it begins with <html>"),
        ("noise.gpx", &[0, 159, 146, 150, 60, 61], 1, "can't be imported"),
        ("deep.gpx", deep.as_bytes(), 1, "nested deeper than 64 levels"),
        ("huge.gpx", huge.as_bytes(), 1, "larger than 16 MiB"),
        ("bomb.gpx", bomb.as_bytes(), 3, "entities are never expanded"),
        ("packed.gpx", b"\x1f\x8b\x08\x00", 1, "compressed (gzip); unpack it first"),
        ("klingon.gpx", b"<?xml version='1.0' encoding='klingon'?><gpx/>", 1, "encoding \"klingon\" is not known"),
        ("latin.gpx", b"<gpx><wpt lat='1' lon='2'><name>Caf\xe9</name></wpt></gpx>", 3, "see --encoding"),
    ] {
        let file = home.write(name, content);
        home.expect(code, &["import", file.to_str().unwrap()]).says(words);
        let document = home.json(code, &["import", file.to_str().unwrap()]);
        assert_eq!(document.get("error").is_some(), code == 1, "{name}: {document}");
        assert!(home.places().is_empty(), "{name} left something behind");
    }
    home.ok(&["import", "--encoding", "windows-1252", home.file("latin.gpx").to_str().unwrap()]);
    assert_eq!(home.names(), ["Café"]);
    home.expect(1, &["import", "missing.gpx"]).says("missing.gpx can't be read");
    home.expect(1, &["import", home.path().to_str().unwrap()]).says("is a folder");
    home.expect(2, &["import"]);
}

#[test]
fn a_file_that_is_cut_off_gives_what_stands_before_the_cut_and_says_so() {
    let home = Home::new();
    let whole = waypoints(10);
    let file = home.write("cut.gpx", &whole[..whole.len() - 30]);
    let run = home.expect(3, &["import", file.to_str().unwrap()]);
    run.says("9 places").says("can't be read beyond line 11").says("What stands before was taken");
    assert_eq!(home.places().len(), 9);
}

#[test]
fn tracks_alone_make_no_places_and_that_is_said() {
    let home = Home::new();
    home.ok(&["import", &fixture("georust/caltopo-export.gpx")]).says("holds no waypoints").says("passed over");
    assert!(home.places().is_empty());
}

#[test]
fn a_file_comes_from_standard_input_too() {
    let home = Home::new();
    let run = home.run_with_input(&["import", "-"], waypoints(3).as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
    run.says("3 places from standard input");
}

#[test]
fn what_is_exported_as_gpx_is_imported_the_same() {
    let home = Home::new();
    home.ok(&[
        "save",
        "-33.8568",
        "151.2153",
        "--name",
        "Bar & <Grill>",
        "--note",
        "two\nlines",
        "--category",
        "food",
        "--tag",
        "a",
        "--tag",
        "b",
        "--accuracy",
        "12.5",
        "--altitude",
        "-3",
        "--at",
        "2026-01-02T03:04:05Z",
    ]);
    home.save("Plain");
    home.ok(&["save", "--waiting", "--name", "Nowhere"]);
    let file = home.file("out.gpx");
    home.ok(&["export", "-o", file.to_str().unwrap()])
        .says("2 places written")
        .says("1 place has no position yet and is not in the file: GPX needs one");
    for (name, holds) in [("all.geojson", true), ("all.csv", true), ("all.kml", false)] {
        let file = home.file(name);
        let run = home.ok(&["export", "-o", file.to_str().unwrap()]);
        assert_eq!(std::fs::read_to_string(&file).unwrap().contains("Nowhere"), holds, "{name}");
        assert_eq!(run.err.contains("no position yet"), !holds, "{name}: {}", run.err);
    }
    let other = Home::new();
    other.ok(&["import", file.to_str().unwrap()]);
    let pick = |home: &Home, name: &str| -> Value {
        let mut place = home.places().into_iter().find(|p| p["name"] == name).unwrap();
        for own in ["number", "clientId", "source", "positionSource"] {
            place[own] = Value::Null;
        }
        place
    };
    assert_eq!(pick(&home, "Bar & <Grill>"), pick(&other, "Bar & <Grill>"));
    assert_eq!(other.names(), ["Bar & <Grill>", "Plain"]);
}

#[test]
fn what_has_no_position_yet_goes_from_one_device_to_another_and_is_one_place_wherever_it_gets_one() {
    let home = Home::new();
    home.save("Oak");
    home.ok(&[
        "save",
        "--waiting",
        "--name",
        "Nowhere",
        "--note",
        "two\nlines",
        "--tag",
        "a b",
        "--category",
        "spring",
    ]);
    let same = |home: &Home| -> Value {
        let mut place = home.places().into_iter().find(|p| p["name"] == "Nowhere").unwrap();
        for own in ["number", "source"] {
            place[own] = Value::Null;
        }
        // Here nobody expects a fix any more.
        (place["state"], place["stateWords"]) = (Value::Null, Value::Null);
        place
    };
    for name in ["all.geojson", "all.csv", "all.zip"] {
        let file = home.file(name);
        let file = file.to_str().unwrap();
        home.ok(&["export", "-o", file]);

        let other = Home::new();
        other.ok(&["import", "--preview", file]).says("2 places, 2 new").says("Nowhere  no position yet  line");
        let run = other.ok(&["import", file]);
        run.says("2 places from").says("1 of them has no position yet");
        other.ok(&["list", "--state", "without-position"]).says("Needs a position").says("Nowhere");
        assert_eq!(same(&other), same(&home), "{name}");
        let again = other.json(0, &["import", file]);
        assert_eq!((&again["imports"][0]["new"], &again["imports"][0]["known"]), (&0.into(), &2.into()), "{name}");
        home.ok(&["import", file]).says("makes nothing new");

        other.ok(&["import", "undo", "1"]).says("2 places removed");
        assert_eq!(other.places().len(), 0, "{name}");
        let run = other.json(0, &["import", file]);
        assert_eq!(run["imports"][0]["withoutPosition"], 1, "{name}: {run}");
        other.ok(&["fix", "Nowhere", "47.5", "8.7"]);
        other.ok(&["import", "undo", "2"]).says("1 place was changed or deleted since");
        assert_eq!(other.names(), ["Nowhere"], "what was given a position is somebody's now");
    }
}

#[test]
fn of_other_programs_files_a_row_without_coordinates_becomes_no_place() {
    let home = Home::new();
    let file = home.write("a.csv", "name,lat,lon\nHut,47.5,8.7\nNowhere,,\n");
    home.expect(3, &["import", file.to_str().unwrap()]).says("line 3 \"Nowhere\": has no coordinates in the file");
    assert_eq!(home.names(), ["Hut"]);
}

#[test]
fn geojson_is_written_to_standard_output_and_filtered() {
    let home = Home::new();
    home.ok(&["save", "1", "2", "--name", "In", "--category", "a"]);
    home.ok(&["save", "3", "4", "--name", "Out", "--category", "b"]);
    let run = home.ok(&["export", "--format", "geojson", "--category", "a"]);
    let value: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(value["features"].as_array().unwrap().len(), 1);
    assert_eq!(value["features"][0]["geometry"]["coordinates"], serde_json::json!([2.0, 1.0]));
    assert_eq!(value["features"][0]["properties"]["name"], "In");
    home.ok(&["export", "my.gpx"]).says("No place is like that").says("export --output my.gpx");
    let none = home.ok(&["export", "--format", "geojson", "--category", "c"]);
    assert_eq!(serde_json::from_str::<Value>(&none.out).unwrap()["features"], serde_json::json!([]));
}

#[test]
fn an_export_replaces_nothing_unasked_and_leaves_nothing_half() {
    let home = Home::new();
    home.save("Oak");
    let file = home.write("mine.gpx", "precious");
    home.expect(1, &["export", "-o", file.to_str().unwrap()]).says("is there already; nothing was written");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    home.ok(&["export", "-o", file.to_str().unwrap(), "--force"]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("Oak"));
    home.expect(2, &["export", "-o", "places.doc"]).says("Which format");
    home.expect(1, &["export", "-o", "no/such/folder/x.gpx"]).says("can't be written");
    home.expect(1, &["export", "-f", "gpx", "-o", home.path().to_str().unwrap(), "--force"]).says("is a folder");
    let rest: Vec<_> = std::fs::read_dir(home.file(""))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.starts_with(".holdfast"))
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn an_archive_holds_what_the_device_has_and_says_that_history_is_not_there() {
    let home = Home::new();
    home.ok(&["import", &fixture("gpxpy/unicode.gpx")]);
    home.ok(&["rm", "FAGGIO", "-y"]);
    let file = home.file("all.zip");
    let file = file.to_str().unwrap();
    home.ok(&["export", "--output", file])
        .says("5 places written to")
        .says("What places were before they were changed is not");
    home.expect(2, &["export", "--format", "archive"]).says("An archive needs a file of its own");
    home.expect(2, &["export", "--output", file, "--force", "--tag", "x"]).says("An archive holds everything");
    // Known again here; made anew on another device, without what was in the trash.
    home.ok(&["import", file]).says("nothing new");
    let other = Home::new();
    other.ok(&["import", file]).says("5 places from all.zip");
    assert!(!other.names().contains(&"FAGGIO".to_owned()));
}
