//! A capture on a device beside a bare durable insert into SQLite, in the same folder and in turns.

use std::time::Instant;

use anyhow::Result;
use holdfast_contract::AccountId;
use holdfast_device::{Binding, Device};
use holdfast_host::SystemEnvironment;
use serde_json::json;

use crate::Plan;
use crate::places::{import_row, new_place};
use crate::report::Section;
use crate::sqlite::Bare;
use crate::stats::{figure, percentile, times};

pub(crate) fn run(plan: &Plan) -> Result<Vec<Section>> {
    let folder = tempfile::Builder::new().prefix("capture-").tempdir_in(&plan.folder)?;
    let mut device = Device::open(&folder.path().join("device.db"), Box::new(SystemEnvironment))?;
    device.bind(&Binding { server: "bench".to_owned(), account: AccountId(uuid::Uuid::now_v7()) })?;
    let bare = Bare::create(&folder.path().join("bare.db"))?;
    let (pairs, backlog) = (plan.size(2000, 300), plan.size(10_000, 2000));

    let mut section = Section::new(
        "capture",
        "A capture on the device, against a bare durable SQLite insert",
        &["store", "p50 ms", "p99 ms", "bare p50", "bare p99", "ratio p50", "ratio p99", "ratio mean"],
    );
    measure(&mut device, &bare, plan.size(100, 30))?; // files grow, caches fill
    let fresh = measure(&mut device, &bare, pairs)?;
    add_line(&mut section, "new", &fresh);

    let rows: Vec<_> = (1..=backlog as u64).map(import_row).collect();
    let (import, _) = device.begin_import("backlog", &rows)?;
    while !device.run_import(import, 1000)?.finished {}
    bare.insert_many(backlog, 1000)?;
    measure(&mut device, &bare, plan.size(100, 30))?;
    let full = measure(&mut device, &bare, pairs)?;
    add_line(&mut section, &format!("with {backlog} queued places"), &full);
    section
        .note(format!("{pairs} pairs, in turns; write-ahead log and synchronous=FULL on both sides, one commit each."));
    section.note("A capture writes the place with its search text and the frozen operation, into six indexes; the bare insert writes one row of the same columns without an index.");
    Ok(vec![section])
}

/// Milliseconds of each capture and of each bare insert.
struct Pairs {
    captures: Vec<f64>,
    inserts: Vec<f64>,
}

fn measure(device: &mut Device, bare: &Bare, pairs: usize) -> Result<Pairs> {
    let mut measured = Pairs { captures: Vec::with_capacity(pairs), inserts: Vec::with_capacity(pairs) };
    for index in 0..pairs * 2 {
        // A B B A: neither always follows the other.
        if matches!(index % 4, 0 | 3) {
            let place = new_place();
            let begun = Instant::now();
            device.capture(place)?;
            measured.captures.push(begun.elapsed().as_secs_f64() * 1000.0);
        } else {
            let begun = Instant::now();
            bare.insert()?;
            measured.inserts.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(measured)
}

fn add_line(section: &mut Section, label: &str, pairs: &Pairs) {
    let ours = |percent| percentile(&pairs.captures, percent);
    let bare = |percent| percentile(&pairs.inserts, percent);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ratio_of_means = mean(&pairs.captures) / mean(&pairs.inserts);
    section.line(
        [
            label.to_owned(),
            figure(ours(50.0)),
            figure(ours(99.0)),
            figure(bare(50.0)),
            figure(bare(99.0)),
            times(ours(50.0) / bare(50.0)),
            times(ours(99.0) / bare(99.0)),
            times(ratio_of_means),
        ],
        json!({
            "case": label, "p50Ms": ours(50.0), "p99Ms": ours(99.0), "bareP50Ms": bare(50.0), "bareP99Ms": bare(99.0),
            "ratioP50": ours(50.0) / bare(50.0), "ratioP99": ours(99.0) / bare(99.0), "ratioMean": ratio_of_means,
        }),
    );
}
