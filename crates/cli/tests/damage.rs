//! A database that turns out damaged in the middle of a command.

#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Home, waypoints};

const PAGE: usize = 4096;
const PLACES: usize = 1500;

/// A device with many places, one page of whose table of places is damaged: opening the database does not meet it.
fn damaged() -> Home {
    let home = Home::new();
    let file = home.write("many.gpx", waypoints(PLACES));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    damage(&home.path().join("anonymous.db"), "w00700");
    home
}

/// Overwrites the page of the table of places that holds this name.
fn damage(database: &Path, name: &str) {
    let mut bytes = fs::read(database).unwrap();
    let holds = |page: &[u8], text: &str| page.windows(text.len()).any(|w| w == text.as_bytes());
    // A leaf of a table begins with 13; the outbox holds the name as well, in its payloads.
    let is_places = |page: &[u8]| page[0] == 13 && holds(page, name) && !holds(page, "opId");
    let page = bytes.chunks(PAGE).position(is_places).expect("a page holds the name");
    bytes[page * PAGE..(page + 1) * PAGE].fill(0xff);
    fs::write(database, bytes).unwrap();
}

/// The databases that were set aside, without their logs.
fn set_aside(home: &Home) -> Vec<PathBuf> {
    let files = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().path());
    let is_database =
        |name: &str| name.contains("anonymous.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm");
    files.filter(|p| is_database(p.to_str().unwrap())).collect()
}

#[test]
fn damage_that_a_command_meets_is_rescued_told_and_the_command_carried_out() {
    let home = damaged();
    let run = home.ok(&["list", "--all"]);
    run.says("The database was damaged").says("set aside");
    // The captures are in the outbox as well, so every place comes back.
    assert_eq!(run.out.lines().count(), PLACES);
    assert_eq!(set_aside(&home).len(), 1, "the damaged file is kept");
    let again = home.ok(&["list", "--all"]);
    assert_eq!((again.out.lines().count(), again.err.as_str()), (PLACES, ""), "told once");
    assert_eq!(home.json(0, &["status"])["status"]["pending"], PLACES);
    home.ok(&["status"]).says("The database was damaged on");
}

#[test]
fn a_rescue_in_the_middle_of_a_command_stands_in_its_json_document() {
    let home = damaged();
    let listed = home.json(0, &["list", "--all"]);
    assert_eq!(listed["places"].as_array().unwrap().len(), PLACES);
    let aside = set_aside(&home);
    assert_eq!(listed["rescued"]["setAside"], aside[0].to_str().unwrap());
    assert_eq!(listed["rescued"]["operations"], PLACES);
    assert!(home.json(0, &["list"]).get("rescued").is_none(), "told once");
}

#[test]
fn a_rescue_stands_in_the_json_document_of_a_failure_too() {
    let home = damaged();
    let error = home.json(6, &["show", "w00700-nothing-like-it"]);
    assert_eq!(error["error"]["code"], "not_found");
    assert!(error["rescued"]["setAside"].is_string(), "{error}");
}

#[test]
fn a_place_that_is_saved_into_a_damaged_database_is_saved_once() {
    let home = Home::new();
    let file = home.write("many.gpx", waypoints(PLACES));
    home.ok(&["import", file.to_str().unwrap(), "-q"]);
    // The newest rows are where the next one goes.
    damage(&home.path().join("anonymous.db"), &format!("w{:05}", PLACES - 1));
    home.ok(&["save", "1", "2", "--name", "Oak"]).says("The database was damaged").says("Saved on this device");
    let names = home.names();
    assert_eq!(names.iter().filter(|n| *n == "Oak").count(), 1);
    assert_eq!(names.len(), PLACES + 1);
}

#[cfg(unix)]
#[test]
fn databases_are_for_their_owner_alone_whoever_made_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let readable = |home: &Home| -> Vec<PathBuf> {
        let folders = [home.path(), home.path().join("accounts")];
        let files = folders.iter().flat_map(|f| fs::read_dir(f).unwrap()).map(|e| e.unwrap().path());
        let open = |p: &PathBuf| p.is_file() && fs::metadata(p).unwrap().permissions().mode() & 0o077 != 0;
        files.filter(open).collect()
    };
    let home = Home::new();
    fs::create_dir(home.path()).unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    home.save("Oak");
    assert_eq!(readable(&home), Vec::<PathBuf>::new());
    // What an earlier version left readable is taken back, and so is what a rescue makes.
    let database = home.path().join("anonymous.db");
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(home.names(), ["Oak"]);
    assert_eq!(readable(&home), Vec::<PathBuf>::new());
    fs::write(&database, "no database").unwrap();
    home.ok(&["list"]).says("damaged");
    assert_eq!(readable(&home), Vec::<PathBuf>::new());
}
