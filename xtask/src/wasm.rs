//! `wasm`: the device core for a browser: `crates/wasm` as WebAssembly with its JavaScript, and the app's core around it
//! (`apps/phone/core/dist`). Built only where it would come out differently.

mod licences;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets;
use crate::browser::node;
use crate::process::run;
use crate::sources::{self, is_built, sum};

/// What the WebAssembly is made from.
const SOURCES: [&str; 15] = [
    "Cargo.lock",
    "Cargo.toml",
    "crates/app/Cargo.toml",
    "crates/app/src",
    "crates/contract/Cargo.toml",
    "crates/contract/src",
    "crates/device/Cargo.toml",
    "crates/device/migrations",
    "crates/device/src",
    "crates/files/Cargo.toml",
    "crates/files/src",
    "apps/phone/core/package-lock.json",
    "crates/wasm",
    "xtask/src/wasm",
    "xtask/src/wasm.rs",
];

/// Says which sources the WebAssembly beside it was made from.
const STAMP: &str = "sources.txt";

/// Builds both, each unless what is there was built from the very same sources.
pub(crate) fn build() -> Result<()> {
    let core = crate::root().join("apps/phone/core");
    web_assembly(&core, &core.join("wasm"))?;
    let (sources, manifest) = (sources::of(&core)?, core.join("dist/manifest.json"));
    if is_built(&manifest, &sources) {
        return Ok(());
    }
    crate::needs::node()?;
    assets::install(&core)?;
    run(Command::new("node").arg("build.mjs").current_dir(&core)).context("build the app's core")?;
    anyhow::ensure!(is_built(&manifest, &sources), "the sources of the app's core changed while it was built");
    Ok(())
}

/// Builds the WebAssembly and its JavaScript into `out`.
fn web_assembly(core: &Path, out: &Path) -> Result<()> {
    let sources = sum(crate::root(), &SOURCES)?;
    let stamp = out.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    let compiled = compile()?;
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("remove {}", out.display()))?;
    }
    std::fs::create_dir_all(out).with_context(|| format!("make {}", out.display()))?;
    Bindgen::new()
        .input_path(&compiled)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(true).remove_name_section(true).generate(out))
        .context(
            "make the JavaScript around the WebAssembly; is `wasm-bindgen` the same version in all of Cargo.lock?",
        )?;
    optimise(core, &out.join("holdfast_wasm_bg.wasm"))?;
    let licences = out.join("licences.txt");
    std::fs::write(&licences, licences::text()?).with_context(|| format!("write {}", licences.display()))?;
    std::fs::write(&stamp, sources).with_context(|| format!("write {}", stamp.display()))
}

/// Compiles the crate, in a target folder of its own: its flags are not those of everything else.
fn compile() -> Result<PathBuf> {
    let target = crate::run::target_dir()?.join("wasm");
    let mut cargo = toolchain::cargo()?;
    cargo.args(["--package", "holdfast-wasm", "--profile", "wasm", "--target", toolchain::TARGET, "--target-dir"]);
    cargo.arg(&target).current_dir(crate::root());
    run(&mut cargo).context("compile the device core to WebAssembly")?;
    Ok(target.join(toolchain::TARGET).join("wasm/holdfast_wasm.wasm"))
}

/// Makes it smaller, with the Binaryen that the lock file of the app's core names: Debian's is too old for what the compiler
/// emits, and breaks it.
fn optimise(core: &Path, file: &Path) -> Result<()> {
    crate::needs::node()?;
    assets::install(core)?;
    let smaller = file.with_extension("smaller");
    let mut command = node(core, "binaryen/bin/wasm-opt");
    // What the compiler emits, and every browser with the file system that is needed knows.
    let features =
        ["bulk-memory", "mutable-globals", "multivalue", "nontrapping-float-to-int", "reference-types", "sign-ext"];
    command.args(features.map(|feature| format!("--enable-{feature}")));
    command.args(["-Os", "--strip-debug", "--strip-producers"]).arg(file).arg("-o").arg(&smaller);
    run(&mut command).context("make the WebAssembly smaller")?;
    std::fs::rename(&smaller, file).with_context(|| format!("replace {}", file.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_javascript_is_made_by_the_version_that_the_crate_was_compiled_with() {
        let lock = std::fs::read_to_string(crate::root().join("Cargo.lock")).unwrap();
        let version = |name: &str| {
            let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        };
        assert_eq!(version("wasm-bindgen-cli-support"), version("wasm-bindgen"));
    }
}
