//! What building and testing need on a machine. What is missing is installed where that is safe to do without asking (a
//! cargo subcommand; a Debian package as root, which is what a container for CI is); elsewhere it is named.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, run, succeeds};

/// `cargo fmt` and `cargo clippy`.
pub(crate) fn components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if succeeds(&mut cargo([subcommand, "--version"])) {
            continue;
        }
        run(Command::new("rustup").args(["component", "add", component]))
            .with_context(|| format!("`cargo {subcommand}` is missing; install it with your Rust toolchain"))?;
    }
    Ok(())
}

/// The test runner.
pub(crate) fn nextest() -> Result<()> {
    if succeeds(&mut cargo(["nextest", "--version"])) {
        return Ok(());
    }
    eprintln!("cargo-nextest, the test runner, is missing. Building it takes a few minutes.");
    run(&mut cargo(["install", "--locked", "cargo-nextest"]))
        .context("install it by hand: `cargo install --locked cargo-nextest`, or as a binary from its site")
}

/// PostgreSQL's programs.
pub(crate) fn postgres() -> Result<()> {
    let Err(missing) = holdfast_postgres::find_bin_dir(None) else {
        return Ok(());
    };
    if !can_install() {
        bail!(missing);
    }
    eprintln!("PostgreSQL is missing; installing Debian's.");
    apt("postgresql").with_context(|| missing.to_string())?;
    holdfast_postgres::find_bin_dir(None).map(drop).context("after installing the package `postgresql`")
}

/// A C compiler, which builds SQLite into the device core.
pub(crate) fn c_compiler() -> Result<()> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    if succeeds(Command::new(&compiler).arg("--version")) {
        return Ok(());
    }
    if std::env::var_os("CC").is_none() && can_install() {
        eprintln!("A C compiler is missing; installing Debian's.");
        return apt("gcc");
    }
    bail!(
        "the C compiler `{compiler}` is missing, which builds SQLite. Install one: `apt-get install gcc` (Debian, Ubuntu), \
         `dnf install gcc` (Fedora), `xcode-select --install` (macOS)"
    );
}

fn can_install() -> bool {
    Path::new("/etc/debian_version").exists() && nix::unistd::Uid::effective().is_root()
}

fn apt(package: &str) -> Result<()> {
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends", package]);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}
