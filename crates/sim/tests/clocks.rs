//! A device whose clock is a year off, and is set right, or wrong again, in the middle of its work.

#![allow(clippy::unwrap_used)]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use holdfast_host::WRONG_CLOCK;
use holdfast_sim::process::{Cli, ServerProcess};
use serde_json::Value;

const ADA: &str = "ada@example.org";
const YEAR: i64 = 365 * 24 * 60 * 60;

fn at(device: &Cli, clock: i64, args: &[&str]) -> (i32, Value) {
    let mut command = device.command(&["--json"]);
    let output = command.args(args).env(WRONG_CLOCK, clock.to_string()).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn watch_at(device: &Cli, clock: i64) -> Child {
    let mut command = device.command(&["watch"]);
    command.env(WRONG_CLOCK, clock.to_string()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < until, "did not happen within a minute: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn states(device: &Cli) -> Vec<(String, String)> {
    let list = device.json(&["list", "--all"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut states: Vec<_> =
        list["places"].as_array().unwrap().iter().map(|p| (text(&p["name"]), text(&p["state"]))).collect();
    states.sort();
    states
}

fn a_clock_that_is_off_by(first: i64, then: i64) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("server");
    let server = ServerProcess::start(&data, None);
    let listen = server.listen().to_owned();
    let (device, other) = (Cli::new(&folder.path().join("device")), Cli::new(&folder.path().join("other")));
    device.ok(&["pair", server.setup_link.as_deref().unwrap(), "--email", ADA]);
    other.ok(&["pair", &server.url(), "--email", ADA]);

    // Under the first clock: one place gets through, one waits after a failure.
    assert_eq!(at(&device, first, &["save", "47", "9", "--name", "Oak"]).0, 0);
    assert_eq!(at(&device, first, &["sync"]).0, 0);
    let captured = device.json(&["show", "Oak"])["place"]["capturedAt"].as_str().unwrap().to_owned();
    let year = |text: &str| text[..4].parse::<i64>().unwrap();
    let now = year(&holdfast_host::now().to_string());
    assert!((year(&captured) - now - first / YEAR).abs() <= 1, "as the device had it: {captured}");
    assert!(server.stop().success());
    assert_eq!(at(&device, first, &["save", "47", "9", "--name", "Spring"]).0, 0);
    let mut watch = watch_at(&device, first);
    eventually("a send fails", || {
        device.json(&["outbox", "list"])["entries"][0]["attempts"].as_u64().is_some_and(|n| n > 0)
    });
    watch.kill().unwrap();
    watch.wait().unwrap();

    // Under the second: what began under the first keeps nothing from being sent, not for a year and not for an hour.
    let server = ServerProcess::start(&data, Some(&listen));
    let mut watch = watch_at(&device, then);
    eventually("what waited is sent", || states(&device).iter().all(|(_, state)| state == "synced"));
    assert_eq!(at(&device, then, &["save", "47", "9", "--name", "Hut"]).0, 0);
    eventually("what is saved now is sent", || states(&device).iter().all(|(_, state)| state == "synced"));
    watch.kill().unwrap();
    watch.wait().unwrap();

    // An edit of the device with the right clock is neither older nor newer for that.
    other.ok(&["sync"]);
    other.ok(&["edit", "Oak", "--name", "Old oak"]);
    other.ok(&["sync"]);
    assert_eq!(at(&device, first, &["sync"]).0, 0);
    let expected = ["Hut", "Old oak", "Spring"].map(|name| (name.to_owned(), "synced".to_owned()));
    assert_eq!(states(&device), expected);
    assert_eq!(states(&other), expected);
    assert!(server.stop().success());
}

#[test]
fn a_clock_a_year_ahead_that_is_set_right_costs_no_place_and_no_wait() {
    a_clock_that_is_off_by(YEAR, 0);
}

#[test]
fn a_clock_a_year_behind_that_is_set_right_costs_no_place_and_no_wait() {
    a_clock_that_is_off_by(-YEAR, 0);
}

#[test]
fn a_clock_that_jumps_two_years_costs_no_place_and_no_wait() {
    a_clock_that_is_off_by(YEAR, -YEAR);
}
