//! `assets`: what the web platform embeds: scripts, the map's style sheet, the basemap. Built by `crates/web/islands/build.mjs`,
//! and only where it would come out differently.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::process::run;

/// What the build is made from, in the folder of the islands; `build.mjs` takes the same sum.
const SOURCES: [&str; 6] = ["package.json", "package-lock.json", "tsconfig.json", "build.mjs", "src", "basemap"];

/// Remembers which lock file the installed packages are those of.
const INSTALLED: &str = "node_modules/.holdfast-lock";

/// Builds, unless what is there was built from the very same sources. Needs Node.js and npm only in the first case.
pub(crate) fn build() -> Result<()> {
    let islands = crate::root().join("crates/web/islands");
    let sources = sum(&islands, &SOURCES)?;
    if is_built(&islands, &sources) {
        return Ok(());
    }
    crate::needs::node()?;
    install(&islands)?;
    run(Command::new("node").arg("build.mjs").current_dir(&islands)).context("build the web platform's assets")?;
    anyhow::ensure!(
        is_built(&islands, &sources),
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

/// Whether the manifest names these sources, and all of its files are there.
pub(crate) fn is_built(islands: &Path, sources: &str) -> bool {
    let dist = islands.join("dist");
    let Ok(manifest) = std::fs::read(dist.join("manifest.json")) else { return false };
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(&manifest) else { return false };
    let Some(files) = manifest["all"].as_array() else { return false };
    let there = |name: &serde_json::Value| name.as_str().is_some_and(|name| dist.join(name).is_file());
    manifest["sources"] == sources && !files.is_empty() && files.iter().all(there)
}

/// The sha256 over path, length and content of every file below these paths of a folder, in the order of their paths.
pub(crate) fn sum(folder: &Path, paths: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(folder, path, &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for path in files {
        let full = folder.join(&path);
        let bytes = std::fs::read(&full).with_context(|| format!("read {}", full.display()))?;
        hash.update(format!("{path}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn collect(folder: &Path, path: &str, files: &mut Vec<String>) -> Result<()> {
    let full: PathBuf = folder.join(path);
    if !full.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(&full).with_context(|| format!("read {}", full.display()))? {
        let name = entry?.file_name();
        let name = name.to_str().with_context(|| format!("a file name in {} is not UTF-8", full.display()))?;
        collect(folder, &format!("{path}/{name}"), files)?;
    }
    Ok(())
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
    fn the_sum_sees_content_names_and_new_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let take = || sum(folder.path(), &["build.mjs", "src"]).unwrap();
        write(folder.path(), "build.mjs", "build");
        write(folder.path(), "src/main.ts", "a");
        let first = take();
        write(folder.path(), "dist/main.js", "x");
        assert_eq!(take(), first, "what is built is no source");
        write(folder.path(), "src/main.ts", "b");
        let changed = take();
        assert_ne!(changed, first);
        write(folder.path(), "src/map/map.css", "");
        assert_ne!(take(), changed);
        write(folder.path(), "src/main.ts", "a");
        std::fs::remove_dir_all(folder.path().join("src/map")).unwrap();
        assert_eq!(take(), first);
    }

    #[test]
    fn a_build_counts_only_whole_and_of_these_sources() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_built(folder.path(), "abc"));
        write(folder.path(), "dist/manifest.json", r#"{"sources":"abc","all":["main-1.js"]}"#);
        assert!(!is_built(folder.path(), "abc"), "a file that it names is missing");
        write(folder.path(), "dist/main-1.js", "x");
        assert!(is_built(folder.path(), "abc"));
        assert!(!is_built(folder.path(), "abd"));
        write(folder.path(), "dist/manifest.json", r#"{"sources":"abc","all":["#);
        assert!(!is_built(folder.path(), "abc"));
    }

    #[test]
    fn the_build_script_takes_the_same_sum() {
        let islands = crate::root().join("crates/web/islands");
        let script = std::fs::read_to_string(islands.join("build.mjs")).unwrap();
        let listed = SOURCES.map(|name| format!("\"{name}\"")).join(", ");
        assert!(script.contains(&listed), "build.mjs must sum {listed}");
    }
}
