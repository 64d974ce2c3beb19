//! A compiler for WebAssembly: the one that builds everything else where it has the target, or rustup can install that; else
//! Debian's packages, whose compiler comes without the target's standard library and builds it from its sources; and a C
//! compiler that knows the target, for SQLite.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::needs::{apt, can_install};
use crate::process::succeeds;

/// What is compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler, which is newer than the release's own.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";
const DEBIAN_PACKAGES: [&str; 6] = ["rustc-web", "rust-web-src", "cargo-web", "lld-19", C_COMPILER, C_ARCHIVER];

/// Debian's packages of what builds SQLite. The compiler comes without what packs its objects.
const C_COMPILER: &str = "clang-19";
const C_ARCHIVER: &str = "llvm-19";

/// What SQLite is compiled without: the device core uses none of it, and an app in a browser is downloaded whole.
/// `sqlite-wasm-rs` asks for all of it.
const SQLITE_WITHOUT: [&str; 12] = [
    "FTS5",
    "RTREE",
    "SESSION",
    "PREUPDATE_HOOK",
    "DBPAGE_VTAB",
    "DBSTAT_VTAB",
    "BYTECODE_VTAB",
    "STMTVTAB",
    "MATH_FUNCTIONS",
    "OFFSET_SQL_FUNC",
    "UNKNOWN_SQL_FUNCTION",
    "UNLOCK_NOTIFY",
];

/// The randomness of a browser, and where it comes from.
const RUSTFLAGS: &str = "--cfg getrandom_backend=\"wasm_js\"";

/// `cargo build` for the target, with whatever it needs.
pub(super) fn cargo() -> Result<Command> {
    let mut cargo = if has_target() || (!is_debians_there() && add_rustup_target()) {
        let mut cargo = crate::process::cargo(["build"]);
        cargo.arg("--locked");
        cargo
    } else {
        debians()?
    };
    // What was set for other builds is not for this one.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", RUSTFLAGS);
    for (variable, package, programs) in [
        ("CC_wasm32_unknown_unknown", C_COMPILER, ["clang-19", "clang", "clang-20", "clang-18", "clang-17"]),
        ("AR_wasm32_unknown_unknown", C_ARCHIVER, ["llvm-ar-19", "llvm-ar", "llvm-ar-20", "llvm-ar-18", "llvm-ar-17"]),
    ] {
        if std::env::var_os(variable).is_none() {
            cargo.env(variable, first(&programs).map_or_else(|| install_c(package, &programs), Ok)?);
        }
    }
    // Behind what the crate says, and so the last word.
    cargo.env("CFLAGS_wasm32_unknown_unknown", SQLITE_WITHOUT.map(|what| format!("-USQLITE_ENABLE_{what}")).join(" "));
    Ok(cargo)
}

/// Whether the compiler that builds everything else has the target's standard library, from rustup or from a distribution.
fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let print = ["--print", "target-libdir", "--target", TARGET];
    let Ok(output) = Command::new(rustc).args(print).current_dir(crate::root()).output() else { return false };
    output.status.success() && has_std(Path::new(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Whether this folder of a target holds a standard library. A compiler names the folder also where there is nothing.
fn has_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Fails where rustup is not there, or does not reach its servers.
fn add_rustup_target() -> bool {
    succeeds(Command::new("rustup").args(["target", "add", TARGET]).current_dir(crate::root()))
}

fn is_debians_there() -> bool {
    let programs = [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_SOURCES, "/usr/bin/wasm-ld-19"];
    programs.iter().all(|path| Path::new(path).exists())
}

/// Debian's compiler, installed where that is safe to do without asking.
fn debians() -> Result<Command> {
    if !is_debians_there() {
        if !can_install() {
            bail!(
                "a Rust compiler for {TARGET} is missing: `rustup target add {TARGET}`, or on Debian `apt-get install {}`",
                DEBIAN_PACKAGES.join(" ")
            );
        }
        eprintln!("A compiler for {TARGET} is missing; installing Debian's.");
        for package in DEBIAN_PACKAGES {
            apt(package)?;
        }
    }
    eprintln!(
        "Compiling for {TARGET} with Debian's {DEBIAN_RUSTC}: the compiler that builds everything else lacks the target."
    );
    let mut cargo = Command::new(DEBIAN_CARGO);
    // Only a compiler that takes unstable options builds the standard library.
    cargo.args(["build", "--locked", "-Zbuild-std=std,panic_abort"]);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", DEBIAN_RUSTC);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    Ok(cargo)
}

fn first<'p>(programs: &[&'p str]) -> Option<&'p str> {
    programs.iter().copied().find(|program| knows_target(program))
}

/// Whether it is there and, a compiler, knows the target (Apple's does not).
fn knows_target(program: &str) -> bool {
    let Ok(output) =
        Command::new(program).arg(if program.contains("clang") { "--print-targets" } else { "--version" }).output()
    else {
        return false;
    };
    output.status.success()
        && (!program.contains("clang") || String::from_utf8_lossy(&output.stdout).contains("wasm32"))
}

fn install_c<'p>(package: &str, programs: &[&'p str]) -> Result<&'p str> {
    if can_install() {
        eprintln!("A C compiler for {TARGET} is missing, or what packs its objects; installing Debian's.");
        apt(package)?;
    }
    first(programs).ok_or_else(|| {
        anyhow::anyhow!(
            "one of {} is missing, to build SQLite for {TARGET}: `apt-get install clang llvm` (Debian, Ubuntu), `dnf install clang llvm` \
             (Fedora), `brew install llvm` (macOS; put its bin folder into PATH)",
            programs.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_whose_folder_is_only_named_or_empty_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_std(&folder.path().join("lib")));
        assert!(!has_std(folder.path()));
        std::fs::write(folder.path().join("libstd-0123456789abcdef.rlib"), "").unwrap();
        assert!(has_std(folder.path()));
    }
}
