//! Damage that several processes meet, or that only a command meets.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use holdfast_device::{Device, Error, ListQuery, file};

use crate::support::*;

/// A store with so many captures that its tables have several pages, closed and without a log.
fn filled(bench: &Bench, captures: usize) {
    let mut device = bench.device("a.db");
    for i in 0..captures {
        capture(&mut device, &format!("p{i}"));
    }
    drop(device);
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// Zeroes the last but one leaf of a table: the next capture goes into the last one.
fn damage(bench: &Bench, of: &str) {
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    let page: u64 = conn
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1 OFFSET 1",
            [of],
            |r| r.get::<_, i64>(0).map(i64::cast_unsigned),
        )
        .unwrap();
    drop(conn);
    let mut file = std::fs::OpenOptions::new().write(true).open(bench.path("a.db")).unwrap();
    file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
    file.write_all(&[0; 4096]).unwrap();
}

fn count(device: &Device) -> usize {
    device.list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap().places.len()
}

fn names(bench: &Bench, part: &str) -> Vec<String> {
    let names = std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(part) && !name.ends_with("-shm") && !name.ends_with("-wal")).collect()
}

#[test]
fn damage_in_the_outbox_is_recovered_when_the_store_is_opened() {
    let bench = Bench::new();
    filled(&bench, 200);
    damage(&bench, "outbox");
    assert!(matches!(Device::open(&bench.path("a.db"), bench.world.boxed()), Err(Error::Damaged(_))));
    let opened = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
    let report = opened.recovered.unwrap();
    assert_eq!(report.places, 200);
    let mut device = opened.device;
    assert_eq!(device.status().unwrap().pending, 200, "captures whose operation is lost have a new one");
    capture(&mut device, "after");
    assert_eq!(count(&device), 201);
}

#[test]
fn damage_in_the_table_of_contents_costs_nothing() {
    // One page of it after the other, with everything in the file and with the newest in its log alone.
    for page in 0..3 {
        for in_log in [false, true] {
            let bench = Bench::new();
            filled(&bench, 200);
            let pages: Vec<u64> = {
                let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
                let mut found = conn
                    .prepare(
                        "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' AND pagetype = 'leaf' ORDER BY path",
                    )
                    .unwrap();
                let found = found.query_map([], |row| row.get::<_, i64>(0)).unwrap();
                found.map(|page| page.unwrap().cast_unsigned()).collect()
            };
            assert_eq!(pages.len(), 3, "as many as are tried here");
            if in_log {
                let mut device = bench.device("a.db");
                capture(&mut device, "late");
                // As a process that is killed leaves it.
                for suffix in ["", "-wal"] {
                    std::fs::copy(bench.path(&format!("a.db{suffix}")), bench.path(&format!("b.db{suffix}"))).unwrap();
                }
                drop(device);
            } else {
                std::fs::copy(bench.path("a.db"), bench.path("b.db")).unwrap();
            }
            let path = bench.path("b.db");
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start((pages[page] - 1) * 4096)).unwrap();
            file.write_all(&[0xff; 4096]).unwrap();
            drop(file);

            let opened = file::open(&path, bench.world.boxed()).unwrap();
            let report = opened.recovered.expect("it was damaged");
            let all = 200 + u64::from(in_log);
            assert_eq!((report.places, report.operations), (all, all), "page {page}, in the log: {in_log}");
            assert_eq!(opened.device.status().unwrap().pending, all);
            assert_eq!(names(&bench, "reading"), Vec::<String>::new(), "nothing is left of the copy");
            assert_eq!(names(&bench, "damaged").len(), 1, "the damaged file is kept");
        }
    }
}

#[test]
fn damage_that_only_a_command_meets_is_recovered_when_the_host_asks_and_only_then() {
    let bench = Bench::new();
    filled(&bench, 200);
    damage(&bench, "places");
    let opened = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(opened.recovered.is_none());
    assert!(matches!(opened.device.list(&ListQuery { limit: 1000, ..ListQuery::default() }), Err(Error::Damaged(_))));
    drop(opened);
    let opened = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(opened.recovered.is_some());
    assert_eq!(count(&opened.device), 200);
    drop(opened);
    let sound = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(sound.recovered.is_none());
    assert_eq!((count(&sound.device), names(&bench, ".damaged-").len()), (200, 1));
}

#[test]
fn whoever_comes_second_to_the_damage_finds_what_the_first_has_captured_since() {
    let bench = Bench::new();
    filled(&bench, 200);
    damage(&bench, "places");
    // Both have been told of the damage and have closed their handles.
    let first = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(first.recovered.is_some());
    let mut first = first.device;
    capture(&mut first, "first");
    let second = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert!(second.recovered.is_none());
    capture(&mut first, "first again");
    assert_eq!((count(&second.device), count(&first)), (202, 202));
    assert_eq!(names(&bench, ".damaged-").len(), 1);
}

#[test]
fn a_handle_on_the_damaged_file_commits_nothing_into_what_was_set_aside() {
    let bench = Bench::new();
    filled(&bench, 200);
    damage(&bench, "places");
    let mut stale = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap().device;
    capture(&mut stale, "before");
    let mut fresh = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap().device;
    assert_eq!(count(&fresh), 201, "what the other handle had committed until then is there");
    assert!(matches!(stale.capture(place("lost")), Err(Error::Damaged(_))));
    assert!(matches!(stale.poll(), Err(Error::Damaged(_))));
    capture(&mut fresh, "after");
    // Closing the stale handle takes nothing of the new database with it.
    drop(stale);
    drop(fresh);
    let again = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
    assert_eq!((count(&again.device), again.recovered), (202, None));
}

/// Captures twelve places as a host does: what was refused as damaged is done again on the recovered store. Some keep their
/// handle, some open anew each time. Returns how often this one recovered the file.
fn work(path: &Path, world: &World, worker: usize) -> u32 {
    let mut recovered = 0;
    let mut kept: Option<Device> = None;
    let everything = ListQuery { limit: 1000, ..ListQuery::default() };
    for i in 0..12 {
        let mut opened = kept.take().map(|device| file::Opened { device, recovered: None });
        loop {
            let file::Opened { mut device, recovered: report } =
                opened.take().unwrap_or_else(|| file::open(path, world.boxed()).unwrap());
            recovered += u32::from(report.is_some());
            match device.list(&everything).and_then(|_| device.capture(place(&format!("{worker}-{i}")))) {
                Ok(_) => {
                    kept = worker.is_multiple_of(2).then_some(device);
                    break;
                }
                Err(Error::Damaged(_)) => {
                    drop(device);
                    opened = Some(file::recover(path, world.boxed()).unwrap());
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    recovered
}

#[test]
fn many_who_meet_the_damage_at_once_recover_it_once_and_lose_nothing() {
    for of in ["outbox", "places"] {
        let bench = Bench::new();
        filled(&bench, 200);
        damage(&bench, of);
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let (path, world) = (bench.path("a.db"), bench.world.clone());
                std::thread::spawn(move || work(&path, &world, worker))
            })
            .collect();
        let recovered: u32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
        assert_eq!((recovered, names(&bench, ".damaged-").len()), (1, 1), "{of}");
        let opened = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap();
        assert!(opened.recovered.is_none());
        assert_eq!(count(&opened.device), 200 + 8 * 12, "{of}");
        assert_eq!(names(&bench, ".recover"), ["a.db.recovery-lock"], "nothing is left half done");
    }
}

#[test]
fn a_rows_broken_rule_is_counted_and_said() {
    let bench = Bench::new();
    filled(&bench, 3);
    let conn = rusqlite::Connection::open(bench.path("a.db")).unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE places SET longitude = NULL WHERE local_id = 2")
        .unwrap();
    drop(conn);
    let opened = file::recover(&bench.path("a.db"), bench.world.boxed()).unwrap();
    let report = opened.recovered.unwrap();
    assert_eq!(report.unreadable, ["places: 1 rows that break its rules"]);
    assert_eq!((report.places, report.operations, count(&opened.device)), (3, 3, 3), "its operation brings it back");
}

#[test]
fn the_log_of_a_damaged_database_is_kept_as_it_was_found() {
    let bench = Bench::new();
    filled(&bench, 200);
    damage(&bench, "places");
    let mut device = file::open(&bench.path("a.db"), bench.world.boxed()).unwrap().device;
    capture(&mut device, "in the log");
    // As a power cut leaves them.
    std::fs::copy(bench.path("a.db"), bench.path("b.db")).unwrap();
    std::fs::copy(bench.path("a.db-wal"), bench.path("b.db-wal")).unwrap();
    drop(device);
    let log = std::fs::read(bench.path("b.db-wal")).unwrap();
    assert!(!log.is_empty());
    let tried = file::open(&bench.path("b.db"), bench.world.boxed()).unwrap().device;
    assert!(tried.list(&ListQuery { limit: 1000, ..ListQuery::default() }).is_err());
    drop(tried);
    assert!(std::fs::read(bench.path("b.db-wal")).unwrap() == log, "also by whoever only met the damage");
    let opened = file::recover(&bench.path("b.db"), bench.world.boxed()).unwrap();
    assert_eq!(count(&opened.device), 201);
    let kept = std::fs::read(format!("{}-wal", opened.recovered.unwrap().set_aside)).unwrap();
    assert!(kept == log);
}

#[test]
fn where_files_have_no_names_to_change_a_damaged_store_is_rescued_into_another_one() {
    let bench = Bench::new();
    filled(&bench, 300);
    damage(&bench, "outbox");
    let before = std::fs::read(bench.path("a.db")).unwrap();
    let (damaged, making) = (bench.path("a.db"), bench.path("b.db"));
    let report = holdfast_device::rescue_into(&damaged, &making, &bench.world).unwrap();
    assert_eq!((report.places, report.set_aside.as_str()), (300, damaged.to_str().unwrap()));
    assert_eq!(std::fs::read(&damaged).unwrap(), before, "the damaged file stays as it is");
    let mut device = Device::open(&making, bench.world.boxed()).unwrap();
    assert_eq!(device.status().unwrap().recovery, Some(report));
    assert_eq!(device.status().unwrap().pending, 300, "a capture that has lost its operation gets a new one");
    capture(&mut device, "afterwards");
    assert_eq!(count(&device), 301);
}
