use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;

use holdfast_device::{Device, Error, ListQuery, PlaceState, StateFilter, file};

use crate::support::*;

/// Everything in the log goes into the file, so that the test can damage it.
fn settled(bench: &Bench, name: &str) {
    let conn = rusqlite::Connection::open(bench.path(name)).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

fn overwrite(bench: &Bench, name: &str, at: u64, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).open(bench.path(name)).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

fn set_aside(bench: &Bench) -> Vec<String> {
    let names = std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".damaged-")).collect()
}

#[test]
fn a_file_that_is_no_database_is_set_aside_and_a_fresh_store_begins() {
    let bench = Bench::new();
    std::fs::write(bench.path("a.db"), b"this was never a database, it only has the name of one").unwrap();
    assert!(matches!(Device::open(&bench.path("a.db"), bench.world.boxed()), Err(Error::Damaged(_))));
    let opened = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
    let report = opened.recovered.unwrap();
    assert_eq!((report.places, report.operations), (0, 0));
    assert!(!report.unreadable.is_empty());
    let kept = std::fs::read(&report.set_aside).unwrap();
    assert!(kept.starts_with(b"this was never a database"), "it is never deleted");
    let mut device = opened.device;
    device.bind(&account()).unwrap();
    capture(&mut device, "A");
    assert_eq!(device.status().unwrap().recovery, Some(report));
    assert_eq!(set_aside(&bench).len(), 1);
    drop(device);
    assert!(file::open(&bench.path("a.db"), bench.world.boxed()).unwrap().recovered.is_none());
}

#[test]
fn what_can_be_read_of_a_damaged_database_is_recovered_and_nothing_captured_is_lost() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    for i in 0..200 {
        capture(&mut device, &format!("synced {i}"));
    }
    bench.sync(&mut device);
    let mut unsent = Vec::new();
    for i in 0..200 {
        unsent.push(capture(&mut device, &format!("unsent {i}")));
    }
    drop(device);
    settled(&bench, "a.db");
    // A page in the middle of the table of places is zeroed.
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    let pages: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    // Without the schema and the roots there is nothing to begin reading at.
    let needed: Vec<i64> = conn
        .prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 UNION SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    drop(conn);
    let original = std::fs::read(bench.path("a.db")).unwrap();
    for page in (2..=pages).filter(|page| !needed.contains(page)) {
        std::fs::write(bench.path("a.db"), &original).unwrap();
        overwrite(&bench, "a.db", u64::try_from(page - 1).unwrap() * 4096, &[0; 4096]);
        let opened = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
        let mut device = opened.device;
        let report = opened.recovered.unwrap();
        let mut bench =
            Bench { folder: tempfile::tempdir().unwrap(), world: bench.world.clone(), server: bench.server.clone() };
        bench.sync(&mut device);
        bench.sync(&mut device);
        let there = unsent.iter().filter(|c| bench.server.own(c.client_id).is_some()).count();
        // One page holds a few rows of one table; the other table still has what a place is made from. Only captures
        // whose row and operation stood on the same page could be lost, and no page holds both.
        assert_eq!(there, 200, "page {page}: {:?}", report.unreadable);
        assert_eq!(bench.server.rows.len(), 400);
        let listed = device.list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap().places;
        assert_eq!(listed.len(), 400, "page {page}");
        assert!(listed.iter().all(|place| place.state == PlaceState::Synced), "page {page}");
        drop(device);
        for leftover in ["a.db-wal", "a.db-shm"] {
            let _ = std::fs::remove_file(bench.path(leftover));
        }
    }
}

#[test]
fn a_recovery_that_was_killed_after_its_work_is_finished_by_the_next_opening() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    drop(device);
    settled(&bench, "a.db");
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE places SET longitude = NULL").unwrap();
    drop(conn);
    settled(&bench, "a.db");
    let opened = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    let aside = opened.recovered.unwrap().set_aside;
    drop(opened.device);
    settled(&bench, "a.db");
    // Back to the states between the renames: before the first, and after it with something else in the way.
    for renamed in [false, true] {
        std::fs::rename(bench.path("a.db"), bench.path("a.db.recovered")).unwrap();
        for leftover in ["a.db-wal", "a.db-shm"] {
            let _ = std::fs::remove_file(bench.path(leftover));
        }
        if renamed {
            std::fs::write(bench.path("a.db"), b"").unwrap();
        } else {
            std::fs::rename(&aside, bench.path("a.db")).unwrap();
        }
        let opened = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
        assert!(opened.recovered.is_none());
        assert_eq!(name_of(&opened.device, captured.local_id), "A");
        drop(opened);
        settled(&bench, "a.db");
        assert!(std::fs::metadata(&aside).unwrap().len() > 4096, "nothing took the damaged file's place");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_said_so_and_is_never_an_empty_list() {
    let bench = Bench::new();
    let missing_folder = bench.path("nowhere/a.db");
    assert!(matches!(file::open(&missing_folder, bench.world.boxed()), Err(Error::Inaccessible(_))));
    // Permissions bind everybody but root, so a folder in the place of the file stands for what can't be opened.
    std::fs::create_dir(bench.path("folder.db")).unwrap();
    std::fs::set_permissions(bench.path("folder.db"), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(matches!(file::open(&bench.path("folder.db"), bench.world.boxed()), Err(Error::Inaccessible(_))));
    assert!(set_aside(&bench).is_empty());
}

#[test]
fn a_full_disk_is_said_so_and_what_was_saved_before_is_safe() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    drop(device);
    let mut device = bench.device("a.db");
    // A database that may not grow any more behaves as on a full disk (SQLITE_FULL).
    device.bound_size(64 * 1024).unwrap();
    let mut refused = 0;
    for i in 0..200 {
        let mut place = place(&format!("p{i}"));
        place.fields.note = holdfast_contract::Note::parse(&"x".repeat(9_000)).unwrap();
        if let Err(error) = device.capture(place) {
            assert!(matches!(error, Error::DiskFull), "{error}");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(name_of(&device, captured.local_id), "A");
}

#[test]
fn another_processs_lock_is_said_so() {
    let bench = Bench::new();
    let mut device = bench.device("a.db");
    device.set_busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(device.capture(place("A")), Err(Error::Busy)));
    assert!(device.list(&ListQuery::default()).unwrap().places.is_empty(), "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    device.capture(place("A")).unwrap();
}

#[test]
fn a_newer_schema_is_not_touched() {
    let bench = Bench::new();
    drop(bench.device("a.db"));
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    assert!(matches!(file::open(&bench.path("a.db"), bench.world.boxed()), Err(Error::TooNew { found: 99, .. })));
    assert!(set_aside(&bench).is_empty());
}

#[test]
fn a_store_of_the_first_release_opens_with_its_outbox_and_drains() {
    let mut bench = Bench::new();
    let conn = rusqlite::Connection::open(bench.path("v1.db")).unwrap();
    conn.execute_batch(include_str!("../fixtures/store-v1.sql")).unwrap();
    drop(conn);
    let mut device = Device::open(&bench.path("v1.db"), bench.world.boxed()).unwrap();
    assert_eq!(device.binding().unwrap(), Some(account()));
    let needs = device.list(&ListQuery { state: Some(StateFilter::NeedsAttention), ..ListQuery::default() }).unwrap();
    assert_eq!(needs.places.len(), 1);
    let status = device.status().unwrap();
    assert_eq!((status.pending, status.conflicts), (4, 1));
    let places = status.places;
    let counts =
        (places.synced, places.needs_attention, places.sending, places.saved_on_device, places.waiting_for_position);
    assert_eq!(counts, (1, 1, 1, 1, 1));
    device.engine_started().unwrap();
    assert_eq!(device.outbox(None, 10).unwrap().last().unwrap().number, 4);
    // The server of that day is no more; what was created there is created again here, and the rest says what it lacks.
    bench.world.pass(10_000);
    bench.sync(&mut device);
    assert_eq!(bench.server.live().len(), 2);
    assert!(device.push_idle().unwrap());
    let next = capture(&mut device, "next");
    let entries = device.outbox(None, 10).unwrap();
    let number = entries.iter().find(|entry| entry.local_id == next.local_id).unwrap().number;
    assert!(number > 4, "numbers go on where they were: {number}");
}

#[test]
fn the_frozen_store_is_what_this_schema_writes() {
    fn schema(conn: &rusqlite::Connection) -> Vec<(String, Option<String>)> {
        let mut statement = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    }
    let bench = Bench::new();
    drop(bench.device("new.db"));
    let new = rusqlite::Connection::open(bench.path("new.db")).unwrap();
    let frozen = rusqlite::Connection::open(bench.path("v1.db")).unwrap();
    frozen.execute_batch(include_str!("../fixtures/store-v1.sql")).unwrap();
    let version: i64 = new.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1, "a newer schema is compared after its migrations");
    assert_eq!(schema(&frozen), schema(&new));
}
