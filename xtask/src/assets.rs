//! `assets`: what the web platform embeds: scripts, the map's style sheet, the basemap. Built by `crates/web/islands/build.mjs`,
//! and only where it would come out differently.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::run;
use crate::sources::{self, is_built, sum};

/// Remembers which lock file the installed packages are those of.
const INSTALLED: &str = "node_modules/.holdfast-lock";

/// Builds, unless what is there was built from the very same sources. Needs Node.js and npm only in the first case.
pub(crate) fn build() -> Result<()> {
    let islands = crate::root().join("crates/web/islands");
    let (sources, manifest) = (sources::of(&islands)?, islands.join("dist/manifest.json"));
    if is_built(&manifest, &sources) {
        return Ok(());
    }
    crate::needs::node()?;
    install(&islands)?;
    run(Command::new("node").arg("build.mjs").current_dir(&islands)).context("build the web platform's assets")?;
    anyhow::ensure!(
        is_built(&manifest, &sources),
        "the build in {} says that it was made from other sources than are there; did they change meanwhile?",
        islands.display()
    );
    Ok(())
}

/// Installs the packages that the lock file in this folder names, unless they are there.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let lock = sum(folder, &["package-lock.json"])?;
    let installed = folder.join(INSTALLED);
    if std::fs::read_to_string(&installed).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    // No package runs code of its own to be installed.
    let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").args(options).current_dir(folder))
        .with_context(|| format!("install the packages of {}", folder.display()))?;
    std::fs::write(&installed, lock).with_context(|| format!("write {}", installed.display()))
}
