//! Whether something that a script builds would come out differently: what it is made from, as one sum, and whether a build of
//! that is there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The sum over what a build in this folder is made from: the paths in its `sources.json`, which its `build.mjs` sums as well.
pub(crate) fn of(folder: &Path) -> Result<String> {
    let list = folder.join("sources.json");
    let bytes = std::fs::read(&list).with_context(|| format!("read {}", list.display()))?;
    let paths: Vec<String> =
        serde_json::from_slice(&bytes).with_context(|| format!("understand {}", list.display()))?;
    sum(folder, &paths)
}

/// Whether a build says in this file that it was made from these sources, and all of its files are there: those of its list
/// `all`, or, without one, those that `files` names.
pub(crate) fn is_built(manifest: &Path, sources: &str) -> bool {
    let Some(dist) = manifest.parent() else { return false };
    let Ok(bytes) = std::fs::read(manifest) else { return false };
    let Ok(built) = serde_json::from_slice::<Value>(&bytes) else { return false };
    let files: Option<Vec<&str>> = match (&built["all"], &built["files"]) {
        (Value::Array(names), _) => names.iter().map(Value::as_str).collect(),
        (_, Value::Object(files)) => Some(files.keys().map(String::as_str).collect()),
        _ => None,
    };
    let there = |files: Vec<&str>| !files.is_empty() && files.iter().all(|name| dist.join(name).is_file());
    built["sources"] == sources && files.is_some_and(there)
}

/// The sha256 over path, length and content of every file below these paths of a folder, in the order of their paths.
pub(crate) fn sum(folder: &Path, paths: &[impl AsRef<str>]) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(folder, path.as_ref(), &mut files)?;
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
        for (all, cut) in [(r#""all":["main-1.js"]"#, r#""all":["#), (r#""files":{"main-1.js":"0"}"#, r#""files":{"#)] {
            let folder = tempfile::tempdir().unwrap();
            let manifest = folder.path().join("dist/manifest.json");
            assert!(!is_built(&manifest, "abc"));
            write(folder.path(), "dist/manifest.json", &format!(r#"{{"sources":"abc",{all}}}"#));
            assert!(!is_built(&manifest, "abc"), "a file that it names is missing");
            write(folder.path(), "dist/main-1.js", "x");
            assert!(is_built(&manifest, "abc"));
            assert!(!is_built(&manifest, "abd"));
            write(folder.path(), "dist/manifest.json", &format!(r#"{{"sources":"abc",{cut}"#));
            assert!(!is_built(&manifest, "abc"));
        }
    }

    #[test]
    fn every_build_sums_what_its_own_list_names_and_the_list_itself() {
        for folder in ["crates/web/islands", "apps/phone/core", "apps/phone"] {
            let folder = crate::root().join(folder);
            let list: Vec<String> =
                serde_json::from_slice(&std::fs::read(folder.join("sources.json")).unwrap()).unwrap();
            for own in ["sources.json", "build.mjs", "package-lock.json"] {
                assert!(list.iter().any(|path| path == own), "{own} in {}", folder.display());
            }
            let script = std::fs::read_to_string(folder.join("build.mjs")).unwrap();
            assert!(script.contains("\"sources.json\""), "{}", folder.display());
        }
    }
}
