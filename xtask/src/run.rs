//! `run` and `bench`: build, then become the program that was built.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{cargo, run, show};

/// The server's own name for its data folder, in the environment.
const DATA: &str = "HOLDFAST_DATA";

/// Builds the server and the command line, and becomes `holdfast-server serve`.
pub(crate) fn server(release: bool, data: Option<PathBuf>, args: &[String]) -> Result<()> {
    crate::assets::build()?;
    crate::phone::build()?;
    let mut build = cargo(["build", "--package", "holdfast-server", "--package", "holdfast-cli"]);
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    let programs = target_dir()?.join(if release { "release" } else { "debug" });
    let mut serve = Command::new(programs.join("holdfast-server"));
    serve.arg("serve").args(args);
    match data {
        Some(data) => {
            serve.env(DATA, std::path::absolute(&data).context("--data")?);
        }
        None if std::env::var_os(DATA).is_none() => {
            serve.env(DATA, crate::root().join("data"));
        }
        None => {}
    }
    eprintln!("The command line is {}", programs.join("holdfast").display());
    become_program(&mut serve)
}

/// Becomes the benchmarks.
pub(crate) fn bench(names: &[String]) -> Result<()> {
    crate::needs::postgres()?;
    crate::assets::build()?;
    let mut bench = cargo(["run", "--release", "--package", "holdfast-sim", "--bin", "bench", "--"]);
    become_program(bench.args(names))
}

/// Replaces this process, so that signals and the exit code are the program's own. Returns only where that fails.
fn become_program(command: &mut Command) -> Result<()> {
    let line = show(command);
    eprintln!("$ {line}");
    Err(command.exec()).with_context(|| format!("could not run `{line}`"))
}

/// Where cargo builds to.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(crate::root()).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}
