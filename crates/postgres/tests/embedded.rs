//! A real PostgreSQL through its whole life, and through several deaths.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use holdfast_postgres::{Durability, Error, Postgres, Settings};

/// Runs a statement with `psql` and returns what it prints, or its complaint.
fn sql(postgres: &Postgres, statement: &str) -> Result<String, String> {
    let output = Command::new(postgres.bin_dir().join("psql"))
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement])
        .arg(postgres.url("postgres"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn kill_9(pid: u32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !condition() {
        assert!(Instant::now() < until, "{what}: not within a minute");
        std::thread::yield_now();
    }
}

#[test]
fn a_restart_keeps_the_data() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path().join("new/data"));
    let postgres = Postgres::start(&settings).unwrap();
    sql(&postgres, "CREATE TABLE t AS SELECT 42 AS answer").unwrap();
    postgres.stop().unwrap();

    let postgres = Postgres::start(&settings).unwrap();
    assert_eq!(sql(&postgres, "TABLE t").unwrap(), "42");
    postgres.stop().unwrap();
}

#[test]
fn a_new_cluster_is_durable_private_and_speaks_unicode() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path()).option("max_connections", "37");
    let postgres = Postgres::start(&settings).unwrap();
    let setting = |name: &str| sql(&postgres, &format!("SHOW {name}")).unwrap();
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("timezone", "UTC"),
        ("max_connections", "37"),
    ] {
        assert_eq!(setting(name), value, "{name}");
    }
    let folded = sql(&postgres, "SELECT lower('ÄÖÜ'), 'Éa' ILIKE 'é_', 'Z' < 'a'").unwrap();
    assert_eq!(folded, "äöü|t|t");
}

#[test]
fn a_cluster_without_durability_is_for_tests_only() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings { durability: Durability::None, ..Settings::new(root.path()) };
    let postgres = Postgres::start(&settings).unwrap();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(sql(&postgres, &format!("SHOW {name}")).unwrap(), "off", "{name}");
    }
}

#[test]
fn what_people_keep_is_never_in_the_log() {
    let root = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(&Settings::new(root.path())).unwrap();
    sql(&postgres, "CREATE TABLE t (name text PRIMARY KEY CHECK (length(name) < 40))").unwrap();
    sql(&postgres, "INSERT INTO t VALUES ('canary-row')").unwrap();
    for failing in [
        "INSERT INTO t VALUES ('canary-row')",
        "INSERT INTO t VALUES (repeat('canary', 10))",
        "SELECT 'canary-number'::int",
        "SELECT canary_column FROM t",
        "DO $$ BEGIN RAISE EXCEPTION 'canary-message' USING DETAIL = 'canary-detail'; END $$",
        "DO $$ BEGIN RAISE WARNING 'canary-warning'; END $$; SELECT 1 / 0",
    ] {
        sql(&postgres, failing).unwrap_err();
    }
    postgres.stop().unwrap();
    let log = std::fs::read_to_string(root.path().join("postgres.log")).unwrap();
    assert!(log.contains("database system is ready to accept connections"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn a_killed_postmaster_is_noticed_and_the_next_start_recovers() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path());
    let postgres = Postgres::start(&settings).unwrap();
    let (sender, exits) = mpsc::channel();
    postgres.on_exit(move |exit| sender.send(exit).unwrap());
    sql(&postgres, "CREATE TABLE t AS SELECT 42 AS answer").unwrap();
    assert_eq!(postgres.try_wait(), None);
    kill_9(postgres.pid());
    let exit = exits.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(!exit.is_clean());
    assert_eq!(postgres.try_wait(), Some(exit));
    assert_eq!(postgres.wait_for_exit(), exit);
    let error = postgres.stop().unwrap_err();
    assert!(matches!(error, Error::UncleanStop { exit: same } if same == exit), "{error}");

    let postgres = Postgres::start(&settings).unwrap();
    assert_eq!(sql(&postgres, "TABLE t").unwrap(), "42");
    postgres.stop().unwrap();
}

/// Not a test by itself: the process that the next test kills. It holds a PostgreSQL until then.
#[test]
#[ignore = "a helper that another test runs"]
fn helper_that_holds_a_postgres() {
    let Some(data_dir) = std::env::var_os("HOLDFAST_TEST_HOLD") else {
        return;
    };
    // From a thread that ends, as a blocking task of an async runtime may.
    let starting = std::thread::spawn(|| Postgres::start(&Settings::new(data_dir)).unwrap());
    let postgres = starting.join().unwrap();
    sql(&postgres, "CREATE TABLE t AS SELECT 42 AS answer").unwrap();
    println!("\nholding {}", postgres.pid());
    let exit = postgres.wait_for_exit();
    panic!("PostgreSQL ended before its holder was killed: {exit}");
}

#[test]
fn a_killed_holder_takes_postgres_along_and_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (mut holder, pid) = holder_of_a_postgres(root.path());

    let held = Postgres::start(&Settings::new(root.path())).unwrap_err();
    assert!(matches!(&held, Error::InUse { pid: Some(holding), .. } if *holding == holder.id()), "{held}");
    holder.kill().unwrap();
    holder.wait().unwrap();
    if cfg!(target_os = "linux") {
        // It shuts down in order, and so removes its own pid file.
        let pid_file = root.path().join("pg/postmaster.pid");
        eventually("PostgreSQL ends with its holder", || !pid_file.exists());
    }
    let postgres = Postgres::start(&Settings::new(root.path())).unwrap();
    assert_ne!(postgres.pid(), pid);
    assert_eq!(sql(&postgres, "TABLE t").unwrap(), "42");
    postgres.stop().unwrap();
}

/// Starts the helper on a folder; returns it with the number of the PostgreSQL it holds.
fn holder_of_a_postgres(root: &Path) -> (std::process::Child, u32) {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_holds_a_postgres", "--ignored", "--nocapture"])
        .env("HOLDFAST_TEST_HOLD", root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let pid = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("holding ").map(|pid| pid.parse().unwrap()))
        .unwrap();
    (holder, pid)
}

#[test]
#[cfg(target_os = "linux")]
fn an_orphan_that_does_not_end_in_order_is_ended_before_anybody_loses_patience() {
    let root = tempfile::tempdir().unwrap();
    let (mut holder, orphan) = holder_of_a_postgres(root.path());
    // Without its checkpointer it can't end in order. One that is told to end while it recovers waits for it like this.
    let checkpointer = std::fs::read_dir("/proc").unwrap().find_map(|process| {
        let pid: i32 = process.unwrap().file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse() == Ok(orphan);
        (parent && line.starts_with(b"postgres: checkpointer")).then_some(pid)
    });
    let checkpointer = nix::unistd::Pid::from_raw(checkpointer.expect("it has a checkpointer"));
    nix::sys::signal::kill(checkpointer, nix::sys::signal::Signal::SIGSTOP).unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();

    let begun = Instant::now();
    let postgres = Postgres::start(&Settings::new(root.path())).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_ne!(postgres.pid(), orphan);
    assert_eq!(sql(&postgres, "TABLE t").unwrap(), "42", "nothing is lost");
    postgres.stop().unwrap();
}

/// It does not notice that its postmaster is gone, and keeps its shared memory.
#[test]
#[cfg(target_os = "linux")]
fn a_process_that_hangs_after_its_postmaster_was_killed_keeps_no_start_from_going_on() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path());
    let postgres = Postgres::start(&settings).unwrap();
    sql(&postgres, "CREATE TABLE t AS SELECT 42 AS answer").unwrap();
    let hanging = sql(&postgres, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").unwrap();
    assert!(Command::new("kill").args(["-STOP", &hanging]).status().unwrap().success());
    kill_9(postgres.pid());
    drop(postgres);
    let postgres = Postgres::start(&settings).unwrap();
    assert_eq!(sql(&postgres, "TABLE t").unwrap(), "42");
    // Whoever takes in orphans may not have looked at it yet.
    let stat = std::fs::read_to_string(Path::new("/proc").join(hanging).join("stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z"), "it was ended: {stat}");
    postgres.stop().unwrap();
}

#[test]
fn a_second_server_on_the_same_folder_is_told_so() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path());
    let postgres = Postgres::start(&settings).unwrap();
    let error = Postgres::start(&settings).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("is in use by another server"), "{text}");
    assert!(text.contains(&format!("(process {})", std::process::id())), "{text}");
    // The first one did not notice.
    assert_eq!(sql(&postgres, "SELECT 1").unwrap(), "1");
    drop(postgres);
    Postgres::start(&settings).unwrap().stop().unwrap();
}

#[test]
fn a_half_made_cluster_is_made_again() {
    let root = tempfile::tempdir().unwrap();
    let left_over = root.path().join("pg.init");
    std::fs::create_dir_all(left_over.join("base/1")).unwrap();
    std::fs::write(left_over.join("PG_VERSION"), "15\n").unwrap();
    let postgres = Postgres::start(&Settings::new(root.path())).unwrap();
    assert_eq!(sql(&postgres, "SELECT 1").unwrap(), "1");
    assert!(!left_over.exists());
}

#[test]
fn missing_programs_are_an_error_that_says_how_to_install_them() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings { bin_dir: Some(root.path().join("nothing")), ..Settings::new(root.path().join("data")) };
    let text = Postgres::start(&settings).unwrap_err().to_string();
    assert!(text.contains("does not hold working programs"), "{text}");
    assert!(text.contains("Install it with"), "{text}");
}

#[test]
fn a_cluster_of_an_unsupported_version_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let cluster = root.path().join("pg");
    std::fs::create_dir(&cluster).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "9.6\n").unwrap();
    let text = Postgres::start(&Settings::new(root.path())).unwrap_err().to_string();
    assert!(text.contains("was made by PostgreSQL 9.6; supported are 15 to 18"), "{text}");
    assert_eq!(cluster.read_dir().unwrap().count(), 1);
}

#[test]
fn a_start_that_fails_quotes_the_log() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path()).option("no_such_setting", "1");
    let error = Postgres::start(&settings).unwrap_err();
    assert!(matches!(error, Error::DidNotStart { .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    // The folder is free again, and the cluster is whole.
    Postgres::start(&Settings::new(root.path())).unwrap().stop().unwrap();
}

#[test]
fn a_long_path_gets_a_short_socket_and_odd_names_work() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::new(root.path().join("with space & é").join("x".repeat(120)));
    let postgres = Postgres::start(&settings).unwrap();
    let sockets = postgres.socket_dir().to_owned();
    assert!(!sockets.starts_with(root.path()));
    assert_eq!(sql(&postgres, "SELECT 1").unwrap(), "1");
    postgres.stop().unwrap();
    assert!(!sockets.exists(), "{} is left behind", sockets.display());

    let settings = Settings::new(root.path().join("with space & é"));
    let postgres = Postgres::start(&settings).unwrap();
    assert!(postgres.socket_dir().starts_with(root.path()));
    assert_eq!(sql(&postgres, "SELECT 1").unwrap(), "1");
}

#[test]
fn open_sessions_do_not_keep_it_from_stopping() {
    let root = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(&Settings::new(root.path())).unwrap();
    let mut session = Command::new(postgres.bin_dir().join("psql"))
        .args(["-X", "-c", "BEGIN", "-c", "SELECT pg_sleep(600)"])
        .arg(postgres.url("postgres"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    eventually("the session sleeps", || sql(&postgres, waiting).unwrap() == "1");
    postgres.stop().unwrap();
    assert!(!session.wait().unwrap().success());
    assert!(!Path::new(root.path()).join("pg/postmaster.pid").exists());
}
