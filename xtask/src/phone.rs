//! `phone` and `phone-tests`: the phone app as the server hands it out, and its tests in a real Chromium. Built by
//! `apps/phone/build.mjs`, and only where it would come out differently; the tests are in `apps/phone/e2e`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::assets::{install, sum};
use crate::process::{self, cargo, stop_in_order};

/// What the build is made from, in the app's folder; `build.mjs` takes the same sum.
const SOURCES: [&str; 18] = [
    "package.json",
    "package-lock.json",
    "app.json",
    "tsconfig.json",
    "babel.config.js",
    "metro.config.js",
    "build.mjs",
    "src",
    "core/src",
    "core/dist",
    "web/package-lock.json",
    "web/build",
    "web/service-worker",
    "web/index.html",
    "web/messages.ts",
    "web/register.ts",
    "web/update.ts",
    "../../crates/web/assets/icon.svg",
];

fn folder() -> PathBuf {
    crate::root().join("apps/phone")
}

/// Builds the app, unless what is there was built from the very same sources. The device core in it is built before, in its
/// own turn. Needs Node.js and npm only where something has changed.
pub(crate) fn build() -> Result<()> {
    crate::wasm::build()?;
    let app = folder();
    let sources = sum(&app, &SOURCES)?;
    if is_built(&app, &sources) {
        return Ok(());
    }
    crate::needs::node()?;
    install(&app)?;
    install(&app.join("web"))?;
    process::run(Command::new("node").arg("build.mjs").current_dir(&app)).context("build the phone app")?;
    anyhow::ensure!(
        is_built(&app, &sources),
        "the build in {} says that it was made from other sources than are there; did they change meanwhile?",
        app.display()
    );
    Ok(())
}

/// Whether what was built names these sources, and all of its files are there.
fn is_built(app: &Path, sources: &str) -> bool {
    let dist = app.join("dist");
    let Ok(built) = std::fs::read(dist.join("build.json")) else { return false };
    let Ok(built) = serde_json::from_slice::<serde_json::Value>(&built) else { return false };
    let Some(files) = built["files"].as_object() else { return false };
    built["sources"] == sources && !files.is_empty() && files.keys().all(|name| dist.join(name).is_file())
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

/// Types, Expo's own lint, and what is pure in the app: words, times, what a capture makes of positions, the difference that a
/// form makes.
fn units() -> Result<()> {
    process::run(node(&folder(), "typescript/bin/tsc").arg("--noEmit"))
        .context("the phone app is not valid TypeScript")?;
    process::run(node(&folder(), "eslint/bin/eslint.js").args(["--max-warnings", "0", "."]))
        .context("ESLint finds something in the phone app")?;
    process::run(node(&folder(), "vitest/vitest.mjs").arg("run")).context("a unit test of the phone app failed")
}

/// A program of a package that the web platform's browser tests have installed: both share one Playwright, because a second
/// one could not load what the first one's tests share with these.
fn node(installed: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(installed.join("node_modules").join(script)).current_dir(folder());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, content: &str) {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }

    #[test]
    fn a_build_of_the_app_counts_only_whole_and_of_these_sources() {
        let app = tempfile::tempdir().unwrap();
        assert!(!is_built(app.path(), "abc"));
        write(app.path(), "dist/build.json", r#"{"sources":"abc","files":{"core/worker-1.js":"0"}}"#);
        assert!(!is_built(app.path(), "abc"), "a file that it names is missing");
        write(app.path(), "dist/core/worker-1.js", "x");
        assert!(is_built(app.path(), "abc"));
        assert!(!is_built(app.path(), "abd"));
        write(app.path(), "dist/build.json", r#"{"sources":"abc","files":{"#);
        assert!(!is_built(app.path(), "abc"));
    }

    #[test]
    fn the_apps_build_script_takes_the_same_sum() {
        let script = std::fs::read_to_string(folder().join("build.mjs")).unwrap();
        let listed = SOURCES.map(|name| format!("  \"{name}\",\n")).concat();
        assert!(script.contains(&format!("const SOURCES = [\n{listed}];")), "build.mjs must sum\n{listed}");
    }
}
