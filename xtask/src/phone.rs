//! `phone` and `phone-tests`: the phone app as the server hands it out, and its tests in a real Chromium. Built by
//! `apps/phone/build.mjs`, and only where it would come out differently; the tests are in `apps/phone/e2e`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::assets::install;
use crate::process::{self, cargo, stop_in_order};
use crate::sources::{self, is_built};

fn folder() -> PathBuf {
    crate::root().join("apps/phone")
}

/// Builds the app, unless what is there was built from the very same sources. The device core in it is built before, in its
/// own turn. Needs Node.js and npm only where something has changed.
pub(crate) fn build() -> Result<()> {
    crate::wasm::build()?;
    let app = folder();
    let (sources, manifest) = (sources::of(&app)?, app.join("dist/build.json"));
    if is_built(&manifest, &sources) {
        return Ok(());
    }
    crate::needs::node()?;
    install(&app)?;
    install(&app.join("web"))?;
    process::run(Command::new("node").arg("build.mjs").current_dir(&app)).context("build the phone app")?;
    anyhow::ensure!(
        is_built(&manifest, &sources),
        "the build in {} says that it was made from other sources than are there; did they change meanwhile?",
        app.display()
    );
    Ok(())
}

/// Runs the tests whose file or title a filter names, or all; what they start is built before. Options of Playwright can
/// stand among the filters.
pub(crate) fn run_tests(args: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::postgres()?;
    crate::assets::build()?;
    build()?;
    process::run(&mut cargo(["build", "--workspace", "--bin", "holdfast-server", "--bin", "holdfast"]))?;
    as_chosen(args)
}

/// As part of all tests, which have built the app and the programs.
pub(crate) fn as_test() -> Result<()> {
    as_chosen(&[])
}

fn as_chosen(args: &[String]) -> Result<()> {
    crate::needs::node()?;
    let chromium = crate::needs::chromium()?;
    let browser = crate::root().join("crates/web/browser");
    install(&browser)?;
    install(&folder())?;
    install(&folder().join("web"))?;
    if args.is_empty() {
        units()?;
    }
    for folder in ["web", "web/service-worker", "e2e"] {
        let check = ["--noEmit", "--project", folder];
        process::run(node(&browser, "typescript/bin/tsc").args(check))
            .with_context(|| format!("apps/phone/{folder} is not valid TypeScript"))?;
    }
    let mut playwright = node(&browser, "@playwright/test/cli.js");
    playwright.args(["test", "--config", "e2e"]).args(args);
    // The one browser that is tested is the system's: nothing is downloaded.
    playwright.env("CHROMIUM", chromium).env("HOLDFAST_TARGET", crate::run::target_dir()?);
    process::run(&mut playwright).context("a test of the phone app failed; pictures of it are in target/phone/results")
}

/// Types, Expo's own lint, and Jest with its preset: what is pure in the app, and hooks drawn over a core in memory.
fn units() -> Result<()> {
    process::run(node(&folder(), "typescript/bin/tsc").arg("--noEmit"))
        .context("the phone app is not valid TypeScript")?;
    process::run(node(&folder(), "eslint/bin/eslint.js").args(["--max-warnings", "0", "."]))
        .context("ESLint finds something in the phone app")?;
    process::run(&mut node(&folder(), "jest/bin/jest.js")).context("a unit test of the phone app failed")
}

/// A program of a package that the web platform's browser tests have installed: both share one Playwright, because a second
/// one could not load what the first one's tests share with these.
fn node(installed: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(installed.join("node_modules").join(script)).current_dir(folder());
    command
}
