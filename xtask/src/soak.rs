//! `soak`: real processes in real trouble, for as long as wanted.

use anyhow::Result;

use crate::process::{self, cargo, stop_in_order};

/// Builds the programs that people run, and the soak, which starts and kills them.
pub(crate) fn run(args: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::postgres()?;
    // A build for debugging: only there a device's clock can be set wrong.
    process::run(&mut cargo([
        "build",
        "--workspace",
        "--bin",
        "holdfast-server",
        "--bin",
        "holdfast",
        "--bin",
        "soak",
    ]))?;
    process::run(cargo(["run", "--quiet", "--package", "holdfast-sim", "--bin", "soak", "--"]).args(args))
}
