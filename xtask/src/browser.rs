//! `browser`: the web platform's pages in a real Chromium, over the real server and beside a real device. The tests are in
//! `crates/web/browser`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{self, cargo, stop_in_order};

/// Runs those whose file or title a filter names, or all; what they start is built before. Options of Playwright can stand
/// among the filters.
pub(crate) fn run(args: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::postgres()?;
    crate::assets::build()?;
    // The pages stand on one origin with the app, lead to it, and are tested beside it.
    crate::phone::build()?;
    process::run(&mut cargo(["build", "--workspace", "--bin", "holdfast-server", "--bin", "holdfast"]))?;
    tests(args)
}

/// As part of all tests, which have built the programs.
pub(crate) fn as_test() -> Result<()> {
    tests(&[])
}

fn tests(args: &[String]) -> Result<()> {
    crate::needs::node()?;
    let chromium = crate::needs::chromium()?;
    let folder = crate::root().join("crates/web/browser");
    crate::assets::install(&folder)?;
    process::run(&mut node(&folder, "typescript/bin/tsc")).context("the browser tests are not valid TypeScript")?;
    let mut playwright = node(&folder, "@playwright/test/cli.js");
    playwright.arg("test").args(args);
    // The one browser that is tested is the system's: nothing is downloaded.
    playwright.env("CHROMIUM", chromium).env("HOLDFAST_TARGET", crate::run::target_dir()?);
    process::run(&mut playwright).context("a browser test failed; pictures of it are in target/browser/results")
}

/// A program of an installed package, run by Node.js itself, so that a signal reaches it.
pub(crate) fn node(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(Path::new("node_modules").join(script)).current_dir(folder);
    command
}
