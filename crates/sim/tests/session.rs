//! The session of the README, as a person types it, with real processes.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use holdfast_sim::process::{Cli, ServerProcess};

const ADA: &str = "ada@example.org";

fn names(device: &Cli) -> Vec<String> {
    let list = device.json(&["list", "--all"]);
    let mut names: Vec<String> =
        list["places"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap_or("").to_owned()).collect();
    names.sort();
    names
}

fn states(device: &Cli) -> Vec<String> {
    let list = device.json(&["list", "--all"]);
    let mut states: Vec<String> =
        list["places"].as_array().unwrap().iter().map(|p| p["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states.dedup();
    states
}

#[test]
fn saved_and_imported_offline_synced_later_and_seen_on_the_second_device() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("server");
    let gpx = Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/fixtures/gpxpy/cerknicko-jezero.gpx");
    let server = ServerProcess::start(&data, None);
    let (url, listen) = (server.url(), server.listen().to_owned());
    let (phone, laptop) = (Cli::new(&folder.path().join("phone")), Cli::new(&folder.path().join("laptop")));

    // Two devices are paired: the first with the setup link, the second with a code from the first.
    phone.ok(&["pair", server.setup_link.as_deref().unwrap(), "--email", ADA]);
    let code = phone.json(&["pair", "--new-code"])["code"].as_str().unwrap().to_owned();
    laptop.ok(&["pair", &url, "--code", &code]);
    assert!(server.stop().success());

    // The server is away. Both commands return at once, and the places are safe.
    phone.ok(&["save", "47.4979", "8.7291", "--name", "Old oak", "--tag", "tree"]);
    phone.ok(&["import", gpx.to_str().unwrap()]);
    let saved = names(&phone);
    assert!(saved.len() > 1 && saved.contains(&"Old oak".to_owned()), "{saved:?}");
    assert_eq!(states(&phone), ["savedOnDevice"]);
    assert!(phone.ok(&["list"]).contains("Saved on this device"));
    let offline = phone.run(&["sync"]);
    assert_eq!(offline.status.code(), Some(5), "not reachable, and said so");
    assert_eq!(names(&phone), saved);

    // It comes back. The outbox drains, and the other device shows the same places with the same names.
    let server = ServerProcess::start(&data, Some(&listen));
    assert_eq!(server.setup_link, None, "it has its account");
    phone.ok(&["sync"]);
    assert_eq!(states(&phone), ["synced"]);
    laptop.ok(&["sync"]);
    assert_eq!(names(&laptop), saved);
    assert_eq!(states(&laptop), ["synced"]);

    // The same file again makes nothing new.
    phone.ok(&["import", gpx.to_str().unwrap()]);
    assert_eq!(names(&phone), saved);

    // A running loop sends by itself what another process saves, and the other device's loop hears of it.
    let (mut sending, mut hearing) = (phone.spawn(&["watch"]), laptop.spawn(&["watch"]));
    phone.ok(&["save", "47.5", "8.7", "--name", "Beside the loop"]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !names(&laptop).contains(&"Beside the loop".to_owned()) {
        assert!(std::time::Instant::now() < deadline, "the loop did not bring it over");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for child in [&mut sending, &mut hearing] {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        assert!(child.wait().unwrap().success(), "Ctrl-C ends it in order");
    }
    assert!(server.stop().success());
}
