//! The machine the figures come from, and its disk.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::Plan;
use crate::stats::{figure, median, percentile};

/// Writes of the disk probe.
const PROBES: usize = 200;

/// Beside the binary: build folders are on a disk, temporary ones often are not.
pub(crate) fn default_folder() -> Result<PathBuf> {
    let binary = std::env::current_exe()?;
    let folder = binary.parent().context("the binary is in no folder")?.join("bench-data");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What the reader of a figure has to know of the machine.
pub(crate) fn describe(plan: &Plan) -> Result<Value> {
    let cores = std::thread::available_parallelism()?.get();
    let sync = probe(&plan.folder)?;
    let build = if cfg!(debug_assertions) { "debug (the figures mean nothing)" } else { "release" };
    let settings = plan.postgres.iter().chain(&plan.server).map(|(name, value)| format!("{name}={value}"));
    Ok(json!({
        "cores": cores,
        "processor": first_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
        "memory": first_value("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned()),
        "build": build,
        "form": if plan.quick { "quick" } else { "full" },
        "further settings": settings.collect::<Vec<_>>().join(" "),
        "8 kB write and fdatasync": format!("p50 {} ms, p99 {} ms", figure(median(&sync)), figure(percentile(&sync, 99.0))),
        "load before the start": std::fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(|text| text.split_whitespace().next().map(str::to_owned))
            .unwrap_or_else(|| "unknown".to_owned()),
    }))
}

/// The value behind the first `name:` in one of the system's files.
pub(crate) fn first_value(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Milliseconds that a page takes to reach the disk: below it no durable commit of a lone writer can be.
fn probe(folder: &Path) -> Result<Vec<f64>> {
    let page = [0x5a_u8; 8192];
    let mut file: File = tempfile::tempfile_in(folder)?;
    file.write_all(&vec![0; 1024 * 1024])?;
    file.sync_all()?;
    let mut took = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        file.seek(SeekFrom::Start(0))?;
        let begun = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(took)
}
