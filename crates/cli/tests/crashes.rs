//! kill -9 in the middle of an import.

mod common;

use std::time::{Duration, Instant};

use common::{Home, waypoints};

const ROWS: usize = 1500;
const TRIALS: u32 = 12;

#[test]
fn an_import_killed_at_any_moment_and_repeated_loses_and_doubles_nothing() {
    // How long a whole import takes here, to aim the kills over all of it.
    let home = Home::new();
    let file = home.write("many.gpx", waypoints(ROWS));
    let begin = Instant::now();
    home.ok(&["import", file.to_str().unwrap()]);
    let whole = begin.elapsed();

    let mut unfinished = 0;
    for trial in 0..TRIALS {
        let home = Home::new();
        let file = home.write("many.gpx", waypoints(ROWS));
        let file = file.to_str().unwrap();
        home.save("before");
        let mut child = home.command(&["import", file]).spawn().unwrap();
        // The moments are spread over the whole and jittered by the machine itself.
        let deadline = Instant::now() + whole.mul_f64(f64::from(trial + 1) / f64::from(TRIALS));
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let half = home.places().len();
        assert!(half <= ROWS + 1, "trial {trial}: {half} places");
        unfinished += u32::from(half < ROWS + 1);
        home.ok(&["import", file]);
        let names = home.names();
        let mut expected: Vec<String> = (0..ROWS).map(|i| format!("w{i:05}")).collect();
        expected.insert(0, "before".to_owned());
        assert_eq!(names, expected, "trial {trial}, killed with {half} places there");
        let status = home.json(0, &["status"]);
        assert_eq!((&status["status"]["pending"], &status["unfinishedImports"]), (&(ROWS + 1).into(), &0.into()));
    }
    assert!(unfinished > 0, "no kill came before the end; the test shows nothing on this machine");
}

#[test]
fn an_interrupted_import_is_said_and_can_be_finished() {
    let home = Home::new();
    let file = home.write("many.gpx", waypoints(4000));
    for _ in 0..20 {
        let mut child = home.command(&["import", file.to_str().unwrap()]).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        // Killed as soon as its import is known and not complete.
        let caught = loop {
            let imports = home.json(0, &["import", "list"]);
            match imports["imports"][0]["state"].as_str() {
                Some("running") => break true,
                Some(_) => break false,
                None if Instant::now() > deadline => break false,
                None => {}
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        if caught && home.json(0, &["import", "list"])["imports"][0]["state"] == "running" {
            home.ok(&["status"]).says("1 import was interrupted; finish with: holdfast import resume");
            home.ok(&["import", "list"]).says("interrupted at");
            home.ok(&["import", "resume"]).says("it is complete now (4000 places)");
            assert_eq!(home.places().len(), 4000);
            home.ok(&["import", "resume"]).says("No import was interrupted");
            return;
        }
        std::fs::remove_dir_all(home.path()).unwrap();
    }
    panic!("twenty imports were all over before they could be killed");
}
