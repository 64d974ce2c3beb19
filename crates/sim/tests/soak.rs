//! A short soak: `cargo xtask soak` runs as long as wanted.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use holdfast_sim::soak::{Options, run};

#[test]
fn real_processes_in_real_trouble_lose_nothing_and_double_nothing() {
    let seed = std::env::var("HOLDFAST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("HOLDFAST_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let options = Options { duration: Duration::from_secs(20), seed, devices: 4 };
    let tally = run(&options, folder.path(), &AtomicBool::new(false));
    println!("{tally}");
    assert!(tally.holds(), "seed {seed}");
    assert!(tally.acknowledged > 20 && tally.confirmed > 20, "too little was captured to say anything");
    assert!(tally.kills.values().sum::<u64>() > 5, "too little was killed to say anything");
}
