//! `sim`: the simulator, against one PostgreSQL that is started for it.

use anyhow::Result;

use crate::process::{self, cargo, stop_in_order};
use crate::scratch::Scratch;

/// Each world has a database of its own, with a pool and a few observers.
const CONNECTIONS: u32 = 100;
/// What the tests run: enough that every fault and every outcome occurs.
const SEEDS_OF_TESTS: &str = "300";

/// Runs it with these arguments.
pub(crate) fn run(args: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::postgres()?;
    let scratch = Scratch::start(CONNECTIONS)?;
    let ran = against(&scratch.postgres.url("postgres"), args);
    scratch.postgres.stop()?;
    ran
}

/// As the tests run it.
pub(crate) fn as_test(url: &str) -> Result<()> {
    against(url, &["--seeds".to_owned(), SEEDS_OF_TESTS.to_owned(), "--thorough".to_owned()])
}

fn against(url: &str, args: &[String]) -> Result<()> {
    let mut sim = cargo(["run", "--quiet", "--package", "holdfast-sim", "--bin", "sim", "--"]);
    process::run(sim.args(args).env(crate::test::URL, url))
}
