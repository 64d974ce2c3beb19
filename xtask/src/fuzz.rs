//! `fuzz`: hands the fuzz targets what a fuzzer thinks of.
//!
//! What it finds worth keeping goes to `target/fuzz`, which nobody commits; `--minimise` takes the best of that into
//! `fuzz/corpus`, which the tests replay.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, run as run_command, stop_in_order, succeeds};

/// What one target's corpus may weigh in the repository, in bytes.
const CORPUS_BYTES_MAX: u64 = 32_000;
/// About how many of the fuzzer's files are kept for one target.
const CORPUS_FILES_MAX: usize = 60;
/// The most memory that one input may need, in MiB: beyond, it counts as a finding.
const MEMORY_MIB_MAX: u32 = 1024;
/// The longest input, in bytes.
const INPUT_BYTES_MAX: u32 = 16 * 1024;
/// The longest that one input may take, in seconds.
const SECONDS_MAX: u32 = 10;

/// Runs these targets (all if none is named) for so many minutes each, one after another; or minimises their corpora.
pub(crate) fn run(targets: &[String], minutes: u32, minimise: bool) -> Result<()> {
    stop_in_order()?;
    needs()?;
    let known = known()?;
    if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
        bail!("there is no fuzz target `{unknown}`; there are {}", known.join(", "));
    }
    for target in if targets.is_empty() { &known } else { targets } {
        if minimise { self::minimise(target)? } else { fuzz(target, minutes)? }
    }
    Ok(())
}

fn needs() -> Result<()> {
    crate::needs::c_compiler()?;
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    if !succeeds(Command::new(&compiler).arg("--version")) {
        bail!("the C++ compiler `{compiler}` is missing, which builds the fuzzer; `apt-get install g++` on Debian");
    }
    if !succeeds(&mut cargo(["fuzz", "--version"])) {
        bail!("cargo-fuzz is missing; install it with `cargo install --locked cargo-fuzz`");
    }
    Ok(())
}

/// Every target there is.
fn known() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(crate::root().join("fuzz/fuzz_targets")).context("read fuzz/fuzz_targets")? {
        names.extend(file?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn committed(target: &str) -> PathBuf {
    crate::root().join("fuzz/corpus").join(target)
}

/// Where the fuzzer keeps what it learns.
fn learned(target: &str) -> Result<PathBuf> {
    let folder = crate::run::target_dir()?.join("fuzz").join(target);
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}

/// Sanitisers are not stable yet; the stable compiler has them all the same.
fn cargo_fuzz(target: &str, folders: &[&Path], options: &[String]) -> Command {
    let mut command = cargo(["fuzz", "run", target]);
    command.args(folders).arg("--").args(options).env("RUSTC_BOOTSTRAP", "1");
    command
}

fn fuzz(target: &str, minutes: u32) -> Result<()> {
    let options = [
        format!("-max_total_time={}", minutes * 60),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-timeout={SECONDS_MAX}"),
        "-print_final_stats=1".to_owned(),
    ];
    run_command(&mut cargo_fuzz(target, &[&learned(target)?, &committed(target)], &options)).with_context(|| {
        format!(
            "the input that broke `{target}` is named above. Mend the cause, add a test with a name, and copy the input to \
             fuzz/corpus/{target}"
        )
    })
}

/// Replaces what the fuzzer made of the committed corpus by some of what reaches most, of all sizes, within bounds. Files with
/// names that a person gave stay.
fn minimise(target: &str) -> Result<()> {
    let (learned, committed) = (learned(target)?, committed(target));
    let merged = tempfile::tempdir().context("make a folder")?;
    let options = ["-merge=1".to_owned(), format!("-max_len={INPUT_BYTES_MAX}")];
    run_command(&mut cargo_fuzz(target, &[merged.path(), &committed, &learned], &options))?;
    let mut files = Vec::new();
    for file in fs::read_dir(merged.path())? {
        let file = file?;
        files.push((file.metadata()?.len(), file.file_name(), file.path()));
    }
    files.sort();
    let mut bytes = 0;
    for file in fs::read_dir(&committed)? {
        let file = file?;
        // The fuzzer names a file by the hash of what is in it.
        if file.file_name().len() == 40 {
            fs::remove_file(file.path())?;
        } else {
            bytes += file.metadata()?.len();
        }
    }
    let step = (files.len() / CORPUS_FILES_MAX).max(1);
    for (length, name, path) in files.into_iter().step_by(step) {
        if bytes + length <= CORPUS_BYTES_MAX {
            bytes += length;
            fs::copy(path, committed.join(name))?;
        }
    }
    Ok(())
}
