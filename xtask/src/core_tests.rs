//! `core-tests`: the device core in the worker of a real Chromium, over the real server. The tests are in
//! `apps/phone/core/tests`.

use anyhow::{Context as _, Result};

use crate::browser::node;
use crate::process::{self, cargo, stop_in_order};

/// Runs those whose file or title a filter names, or all; what they start is built before.
pub(crate) fn run(args: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::postgres()?;
    crate::assets::build()?;
    crate::wasm::build()?;
    process::run(&mut cargo(["build", "--workspace", "--bin", "holdfast-server", "--bin", "holdfast"]))?;
    tests(args)
}

/// As part of all tests, which have built the core and the programs.
pub(crate) fn as_test() -> Result<()> {
    tests(&[])
}

fn tests(args: &[String]) -> Result<()> {
    crate::needs::node()?;
    let chromium = crate::needs::chromium()?;
    let folder = crate::root().join("apps/phone/core");
    // What starts a server and a device there starts them here.
    for folder in [&crate::root().join("crates/web/browser"), &folder] {
        crate::assets::install(folder)?;
    }
    process::run(&mut node(&folder, "typescript/bin/tsc")).context("the app's core is not valid TypeScript")?;
    let mut playwright = node(&folder, "@playwright/test/cli.js");
    playwright.arg("test").args(args);
    // The one browser that is tested is the system's: nothing is downloaded.
    playwright.env("CHROMIUM", chromium).env("HOLDFAST_TARGET", crate::run::target_dir()?);
    process::run(&mut playwright).context("a test of the app's core failed")
}
