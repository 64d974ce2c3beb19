//! Disks that are full or read-only, under a device and under the database. Real processes on a small disk in memory.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_sim::disk::{SmallDisk, own_mounts};
use holdfast_sim::facts::Facts;
use holdfast_sim::process::{Cli, ServerProcess};
use serde_json::Value;

const ADA: &str = "ada@example.org";
const MIB: u64 = 1024 * 1024;

/// A small disk, or `None` where mounting is not permitted, which is said.
fn small_disk(at: &Path, bytes: u64) -> Option<SmallDisk> {
    if let Err(why) = own_mounts() {
        eprintln!("NOT TRIED: {why}. Run this test as root, in a container for example.");
        return None;
    }
    Some(SmallDisk::mount(at, bytes).unwrap())
}

fn run(device: &Cli, args: &[&str]) -> (i32, Value) {
    let output = device.command(&["--json"]).args(args).output().unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("{args:?} was killed: {:?}", output.status));
    (code, serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?} printed no document")))
}

fn names(list: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        list["places"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// What is listed: everything, or a reason why it can't be told. Never less.
fn assert_list_is_whole_or_refused(device: &Cli, saved: &[String]) {
    let (code, list) = run(device, &["list", "--all"]);
    match code {
        0 => assert_eq!(names(&list), saved),
        7 => assert!(list["error"]["message"].is_string(), "{list}"),
        other => panic!("list ended with {other}: {list}"),
    }
}

#[test]
fn a_save_on_a_full_disk_is_there_or_the_person_is_told_that_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(&folder.path().join("home"), 8 * MIB) else { return };
    let device = Cli::new(disk.path());
    let mut saved = Vec::new();
    let mut refused = 0;
    for n in 0..5 {
        saved.push(format!("before {n}"));
        device.ok(&["save", "47", "9", "--name", &saved[n]]);
    }
    // With every amount of room from none to enough.
    for leave in (0..160).step_by(4) {
        disk.make_room().unwrap();
        disk.fill(leave * 1024).unwrap();
        for n in 0..3 {
            let name = format!("with {leave:03} KiB, {n}");
            match run(&device, &["save", "47", "9", "--name", &name]) {
                (0, _) => saved.push(name),
                (7, told) => {
                    assert_eq!(told["error"]["code"], "disk_full", "{told}");
                    refused += 1;
                }
                (other, told) => panic!("save ended with {other}: {told}"),
            }
            saved.sort();
            assert_list_is_whole_or_refused(&device, &saved);
        }
    }
    assert!(refused > 10 && saved.len() > 10, "{refused} refused, {} saved", saved.len());

    disk.make_room().unwrap();
    assert_eq!(names(&device.json(&["list", "--all"])), saved, "what was said is what is there");
    saved.push("with room again".to_owned());
    device.ok(&["save", "47", "9", "--name", "with room again"]);
    assert_eq!(names(&device.json(&["list", "--all"])), saved);
    assert_eq!(device.json(&["status"])["status"]["pending"], saved.len(), "all of it waits to be sent");
}

#[test]
fn a_first_save_on_a_full_disk_is_refused_and_works_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(&folder.path().join("disk"), 4 * MIB) else { return };
    for leave in (0..120).step_by(4) {
        let home = disk.path().join(format!("home-{leave}"));
        disk.make_room().unwrap();
        disk.fill(leave * 1024).unwrap();
        let device = Cli::new(&home);
        let (code, told) = run(&device, &["save", "47", "9", "--name", "Oak"]);
        assert!(matches!(code, 0 | 7), "with {leave} KiB: {code} {told}");
        disk.make_room().unwrap();
        let expected: &[&str] = if code == 0 { &["Oak"] } else { &[] };
        assert_eq!(names(&device.json(&["list", "--all"])), expected, "with {leave} KiB: {code} {told}");
        device.ok(&["save", "47", "9", "--name", "Spring"]);
        std::fs::remove_dir_all(&home).unwrap();
    }
}

#[test]
fn a_read_only_folder_refuses_saves_with_the_reason_and_is_never_an_empty_list() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(&folder.path().join("home"), 8 * MIB) else { return };
    let device = Cli::new(disk.path());
    device.ok(&["save", "47", "9", "--name", "Oak"]);
    disk.set_read_only(true).unwrap();
    for _ in 0..2 {
        let (code, told) = run(&device, &["save", "47", "9", "--name", "Spring"]);
        assert_eq!((code, &told["error"]["code"]), (7, &Value::from("storage")), "{told}");
        assert_list_is_whole_or_refused(&device, &["Oak".to_owned()]);
    }
    disk.set_read_only(false).unwrap();
    assert_eq!(names(&device.json(&["list", "--all"])), ["Oak"]);
    device.ok(&["save", "47", "9", "--name", "Spring"]);
    assert_eq!(names(&device.json(&["list", "--all"])), ["Oak", "Spring"]);
}

#[test]
fn a_sync_on_a_full_disk_forgets_nothing_and_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(&folder.path().join("home"), 8 * MIB) else { return };
    let server = ServerProcess::start(&folder.path().join("server"), None);
    let (device, other) = (Cli::new(disk.path()), Cli::new(&folder.path().join("other")));
    device.ok(&["pair", server.setup_link.as_deref().unwrap(), "--email", ADA]);
    other.ok(&["pair", &server.url(), "--email", ADA]);
    let mut saved = Vec::new();
    for leave in (0..200).step_by(20) {
        disk.make_room().unwrap();
        for (device, whose) in [(&device, "mine"), (&other, "other")] {
            let name = format!("{whose} {leave:03}");
            device.ok(&["save", "47", "9", "--name", &name]);
            saved.push(name);
        }
        other.ok(&["sync"]);
        disk.fill(leave * 1024).unwrap();
        let (code, told) = run(&device, &["sync"]);
        assert!(code == 0 || code == 7, "with {leave} KiB: {code} {told}");
    }
    disk.make_room().unwrap();
    device.ok(&["sync"]);
    other.ok(&["sync"]);
    saved.sort();
    for device in [&device, &other] {
        let list = device.json(&["list", "--all"]);
        assert_eq!(names(&list), saved);
        assert!(list["places"].as_array().unwrap().iter().all(|p| p["state"] == "synced"), "{list}");
    }
    assert!(server.stop().success());
}

fn sql(data: &Path, sql: &'static str) -> Result<(), String> {
    let url = holdfast_postgres::running_url(&data.join("postgres"), "postgres").ok_or("it does not run")?;
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let facts = Facts::new(&url);
        sqlx::raw_sql(sql).execute(facts.pool()).await.map(drop).map_err(|e| e.to_string())
    })
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_mins(2);
    while !done() {
        assert!(Instant::now() < until, "did not happen within two minutes: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Saves on a device while the database's disk is full, and makes room: nobody restarts anything.
fn a_full_disk_under_the_database(fill: impl Fn(&Path), how_long: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(&folder.path().join("disk"), 160 * MIB) else { return };
    let data = disk.path().join("server");
    let mut server = ServerProcess::start(&data, None);
    let device = Cli::new(&folder.path().join("device"));
    device.ok(&["pair", server.setup_link.as_deref().unwrap(), "--email", ADA]);
    device.ok(&["save", "47", "9", "--name", "before"]);
    device.ok(&["sync"]);

    disk.fill(0).unwrap();
    fill(&data);
    let mut saved = vec!["before".to_owned()];
    let note = "x".repeat(9_000);
    let mut told = Value::Null;
    let began = Instant::now();
    eventually("the server can't take what is sent", || {
        let name = format!("during {:04}", saved.len());
        device.ok(&["save", "47", "9", "--name", &name, "--note", &note]);
        saved.push(name);
        let (code, said) = run(&device, &["sync"]);
        told = said;
        assert!(code == 0 || code == 5, "{code}: {told}");
        code == 5
    });
    assert!(told["error"]["message"].is_string(), "{told}");
    assert!(told["error"]["status"]["pending"].as_u64().unwrap() > 0, "it waits here: {told}");
    // For longer than a PostgreSQL may take to fail for good.
    eventually("some time passes", || began.elapsed() > how_long);
    assert_eq!(server.ended(), None, "the server waits for room");
    assert_eq!(run(&device, &["sync"]).0, 5, "there is none yet");

    disk.make_room().unwrap();
    eventually("the server goes on by itself", || run(&device, &["sync"]).0 == 0);
    let list = device.json(&["list", "--all"]);
    saved.sort();
    assert_eq!(names(&list), saved);
    assert!(list["places"].as_array().unwrap().iter().all(|p| p["state"] == "synced"));
    let url = holdfast_postgres::running_url(&data.join("postgres"), "postgres").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let facts = Facts::new(&url);
        facts.assert_consistent().await;
        assert_eq!(facts.places(ADA).await.len(), saved.len(), "each is there once");
    });
    assert!(server.stop().success());
}

#[test]
fn a_database_whose_disk_is_full_lets_devices_wait_and_goes_on_once_there_is_room() {
    a_full_disk_under_the_database(|_| {}, Duration::ZERO);
}

#[test]
fn a_database_that_died_of_its_full_disk_comes_back_by_itself_once_there_is_room() {
    // Writes only the log, whose next file does not fit: PostgreSQL then gives up, and so do its next starts.
    let fill = |data: &Path| {
        let log = "SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)) FROM generate_series(1, 40)";
        assert!(sql(data, log).is_err(), "there is no room for the log");
    };
    a_full_disk_under_the_database(fill, Duration::from_secs(40));
}
