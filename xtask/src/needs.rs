//! What building and testing need on a machine. What is missing is installed where that is safe to do without asking (a
//! cargo subcommand; a Debian package as root, which is what a container for CI is); elsewhere it is named.

use std::path::{Path, PathBuf};
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

/// The oldest Node.js that builds the web platform's scripts.
const NODE: u32 = 20;

/// Node.js and npm, which build what the web platform embeds.
pub(crate) fn node() -> Result<()> {
    let missing = match (node_version(), succeeds(Command::new("npm").arg("--version"))) {
        (Some(version), true) if version >= NODE => return Ok(()),
        (Some(version), _) if version < NODE => format!("Node.js {version} is too old"),
        (Some(_), _) => "npm is missing".to_owned(),
        (None, _) => "Node.js is missing".to_owned(),
    };
    let how = format!(
        "{missing}: the web platform's scripts are built with Node.js {NODE} or newer and npm. Install them: from nodejs.org, \
         `apt-get install nodejs npm` (Debian 13, Ubuntu 25.04 or newer), `dnf install nodejs` (Fedora), `brew install node` (macOS)"
    );
    if !can_install() {
        bail!(how);
    }
    eprintln!("{missing}; installing Debian's.");
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        if !succeeds(Command::new(program).arg("--version")) {
            apt(package).with_context(|| how.clone())?;
        }
    }
    // An older Debian's own is older.
    anyhow::ensure!(node_version().is_some_and(|version| version >= NODE), how);
    Ok(())
}

/// The first number of Node.js's version; `None` where there is none.
fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Where a Chromium usually is.
const CHROMIUMS: [&str; 6] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/snap/bin/chromium",
    "/usr/bin/google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
/// Chromium for the browser tests, and letters for names in every script.
const CHROMIUM_PACKAGES: [&str; 3] = ["chromium", "fonts-noto-core", "fonts-noto-color-emoji"];

/// Chromium, in which the web platform is tested: the one that `CHROMIUM` names, or the system's.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let named = PathBuf::from(named);
        anyhow::ensure!(runs(&named), "CHROMIUM names {}, which is no browser that can be run", named.display());
        return Ok(named);
    }
    let find = || CHROMIUMS.iter().map(PathBuf::from).find(|path| runs(path));
    if let Some(found) = find() {
        return Ok(found);
    }
    let how = "Chromium is missing, in which the web platform is tested. Install it: `apt-get install chromium` (Debian), `snap install \
               chromium` (Ubuntu), `dnf install chromium` (Fedora), `brew install --cask chromium` (macOS); or name one in CHROMIUM";
    if !can_install() {
        bail!(how);
    }
    eprintln!("Chromium is missing; installing Debian's.");
    for package in CHROMIUM_PACKAGES {
        apt(package).context(how)?;
    }
    find().context(how)
}

fn runs(program: &Path) -> bool {
    program.is_file() && succeeds(Command::new(program).arg("--version"))
}

/// Whether packages may be installed without asking.
pub(crate) fn can_install() -> bool {
    Path::new("/etc/debian_version").exists() && nix::unistd::Uid::effective().is_root()
}

/// Installs a Debian package. Fails rather than to remove another for it.
pub(crate) fn apt(package: &str) -> Result<()> {
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends", "--no-remove", package]);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}
