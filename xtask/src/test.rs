//! `test`: everything, against one PostgreSQL.

use anyhow::Result;

use crate::process::{self, cargo, stop_in_order};
use crate::scratch::Scratch;

/// Where the test harness finds the PostgreSQL to make its databases in: a URL of the superuser. Without it, the harness
/// starts one by itself, in every test process.
pub(crate) const URL: &str = "HOLDFAST_TEST_POSTGRES_URL";

/// Each test has a database of its own, with a pool and perhaps several processes.
const CONNECTIONS: u32 = 400;

/// Runs nextest with these arguments; the tests of the web platform and of the phone app in a browser, the doc tests and the simulator, too, if there are none.
pub(crate) fn run(args: &[String]) -> Result<()> {
    stop_in_order()?;
    all(args, !args.is_empty())
}

/// Runs everything, to the end even where a test fails early.
pub(crate) fn all_for_ci() -> Result<()> {
    all(&["--no-fail-fast".to_owned()], false)
}

fn all(args: &[String], chosen: bool) -> Result<()> {
    crate::needs::c_compiler()?;
    crate::needs::nextest()?;
    crate::needs::postgres()?;
    crate::assets::build()?;
    crate::phone::build()?;
    // What tests start as programs. As part of the workspace, so that nothing is built twice with other features.
    process::run(&mut cargo(["build", "--workspace", "--bin", "holdfast-server", "--bin", "holdfast"]))?;
    let scratch = Scratch::start(CONNECTIONS)?;
    let url = scratch.postgres.url("postgres");
    let mut tests = cargo(["nextest", "run"]);
    if !args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        tests.arg("--workspace");
    }
    process::run(tests.args(args).env(URL, &url))?;
    if !chosen {
        crate::browser::as_test()?;
        crate::core_tests::as_test()?;
        crate::phone::as_test()?;
        process::run(cargo(["test", "--doc", "--workspace", "--quiet"]).env(URL, &url))?;
        crate::sim::as_test(&url)?;
        crate::defects::as_test(&url)?;
    }
    scratch.postgres.stop()?;
    Ok(())
}
