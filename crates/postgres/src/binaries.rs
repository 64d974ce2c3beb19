//! Finds PostgreSQL's programs.
//!
//! A cluster can only be run by the major version that made it, and several versions may be installed side by side. So
//! all are looked at, and the data folder decides; a new one takes the newest.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::SUPPORTED_VERSIONS;
use crate::error::Error;

/// Where packages put the programs, in the order in which they are tried. `*` stands for any part of a name.
const USUAL_PLACES: [&str; 11] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/usr/bin",
];

/// The programs of one installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    /// The folder that holds `postgres`, `initdb` and, usually, `psql`.
    pub(crate) dir: PathBuf,
    /// The major version.
    pub(crate) major: u32,
}

impl Binaries {
    /// Finds programs that can run a cluster of version `needed`, or the newest supported ones.
    ///
    /// # Errors
    /// [`Error::BinDir`] where `explicit` is of no use, otherwise [`Error::NotInstalled`].
    pub(crate) fn find(explicit: Option<&Path>, needed: Option<u32>) -> Result<Self, Error> {
        match explicit {
            Some(dir) => named(dir, needed),
            None => choose(candidates(std::env::var_os("PATH"), &USUAL_PLACES), needed),
        }
    }

    /// The path of one of the programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn named(dir: &Path, needed: Option<u32>) -> Result<Binaries, Error> {
    let refuse = |reason: String| Error::BinDir { bin_dir: dir.to_owned(), reason };
    let Some(binaries) = inspect(dir) else {
        let hint = crate::error::how_to_install(needed);
        return Err(refuse(format!("it does not hold working programs `postgres` and `initdb`. {hint}")));
    };
    match needed {
        Some(needed) if needed != binaries.major => {
            Err(refuse(format!("it holds PostgreSQL {}, but the data folder was made by {needed}", binaries.major)))
        }
        _ if !SUPPORTED_VERSIONS.contains(&binaries.major) => Err(refuse(format!(
            "it holds PostgreSQL {}; supported are {} to {}",
            binaries.major,
            SUPPORTED_VERSIONS.start(),
            SUPPORTED_VERSIONS.end()
        ))),
        _ => Ok(binaries),
    }
}

fn choose(candidates: Vec<PathBuf>, needed: Option<u32>) -> Result<Binaries, Error> {
    let mut found: Vec<Binaries> = Vec::new();
    for binaries in candidates.iter().filter_map(|dir| inspect(dir)) {
        if !found.contains(&binaries) {
            found.push(binaries);
        }
    }
    let usable = found.iter().filter(|binaries| match needed {
        Some(needed) => binaries.major == needed && SUPPORTED_VERSIONS.contains(&needed),
        None => SUPPORTED_VERSIONS.contains(&binaries.major),
    });
    // The first of equally new ones wins: `rev` because `max_by_key` keeps the last.
    match usable.rev().max_by_key(|binaries| binaries.major) {
        Some(binaries) => Ok(binaries.clone()),
        None => Err(Error::NotInstalled {
            needed,
            found: found.into_iter().map(|binaries| (binaries.dir, binaries.major)).collect(),
        }),
    }
}

/// All folders worth a look: those of `PATH` first, then the usual ones.
fn candidates(path: Option<OsString>, places: &[&str]) -> Vec<PathBuf> {
    let on_path = path.iter().flat_map(std::env::split_paths).filter(|dir| dir.is_absolute());
    let mut all: Vec<PathBuf> = on_path.collect();
    for place in places {
        all.extend(expand(Path::new(place)));
    }
    all
}

/// The existing folders that a path with one `*` in one of its components stands for.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str().to_string_lossy();
        let Some((before, after)) = name.split_once('*') else {
            for path in &mut paths {
                path.push(component);
            }
            continue;
        };
        paths = paths
            .iter()
            .filter_map(|path| path.read_dir().ok())
            .flat_map(|entries| entries.filter_map(Result::ok))
            .filter(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
            })
            .map(|entry| entry.path())
            .collect();
        paths.sort();
    }
    paths.retain(|path| path.is_dir());
    paths
}

/// Looks at one folder; `None` where it holds no working programs.
fn inspect(dir: &Path) -> Option<Binaries> {
    // Links on PATH often name only some of the programs; the others stand where the link points to.
    let postgres = dir.join("postgres").canonicalize().ok()?;
    let dir = postgres.parent()?.to_owned();
    if !dir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { dir, major })
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn major_version(text: &str) -> Option<u32> {
    let number = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with programs that only know how to say their version.
    fn pretend(root: &Path, name: &str, version: &str) -> PathBuf {
        let dir = root.join(name).join("bin");
        std::fs::create_dir_all(&dir).unwrap();
        for program in ["postgres", "initdb"] {
            let path = dir.join(program);
            let script = format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        dir.canonicalize().unwrap()
    }

    #[test]
    fn the_version_is_read_from_released_and_unreleased_ones() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("something else"), None);
    }

    #[test]
    fn a_new_data_folder_takes_the_newest_supported_version() {
        let root = tempfile::tempdir().unwrap();
        pretend(root.path(), "14", "14.9");
        pretend(root.path(), "15", "15.13");
        let newest = pretend(root.path(), "17", "17.5 (Homebrew)");
        pretend(root.path(), "99", "99.1");
        let pattern = root.path().join("*/bin");
        let found = choose(candidates(None, &[pattern.to_str().unwrap()]), None).unwrap();
        assert_eq!(found, Binaries { dir: newest, major: 17 });
    }

    #[test]
    fn an_existing_data_folder_takes_the_version_that_made_it() {
        let root = tempfile::tempdir().unwrap();
        let wanted = pretend(root.path(), "15", "15.13");
        pretend(root.path(), "17", "17.5");
        let pattern = root.path().join("*/bin");
        let found = choose(candidates(None, &[pattern.to_str().unwrap()]), Some(15)).unwrap();
        assert_eq!(found, Binaries { dir: wanted, major: 15 });
    }

    #[test]
    fn path_comes_first_and_a_link_leads_to_the_folder_behind_it() {
        let root = tempfile::tempdir().unwrap();
        let real = pretend(root.path(), "real", "16.1");
        let other = pretend(root.path(), "other", "16.1");
        let links = root.path().join("links");
        std::fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
        let places = [other.to_str().unwrap()];
        let found = choose(candidates(Some(links.into_os_string()), &places), None).unwrap();
        assert_eq!(found, Binaries { dir: real, major: 16 });
    }

    #[test]
    fn missing_programs_are_an_error_that_says_how_to_install_them() {
        let error = choose(candidates(None, &["/nonexistent/*/bin"]), None).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no PostgreSQL 15 to 18 is installed here"), "{text}");
        assert!(text.contains("install"), "{text}");
        assert!(text.contains("or name the folder"), "{text}");
    }

    #[test]
    fn a_missing_version_is_named_together_with_those_that_are_there() {
        let root = tempfile::tempdir().unwrap();
        let there = pretend(root.path(), "15", "15.13");
        let pattern = root.path().join("*/bin");
        let error = choose(candidates(None, &[pattern.to_str().unwrap()]), Some(17)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("made by PostgreSQL 17, which is not installed"), "{text}");
        assert!(text.contains(&format!("15 in {}", there.display())), "{text}");
    }

    #[test]
    fn an_explicit_folder_must_hold_the_programs_in_the_right_version() {
        let root = tempfile::tempdir().unwrap();
        let empty = named(root.path(), None).unwrap_err().to_string();
        assert!(empty.contains("does not hold working programs") && empty.contains("install"), "{empty}");

        let old = pretend(root.path(), "14", "14.9");
        let text = named(&old, None).unwrap_err().to_string();
        assert!(text.contains("holds PostgreSQL 14; supported are 15 to 18"), "{text}");

        let newer = pretend(root.path(), "16", "16.2");
        let text = named(&newer, Some(15)).unwrap_err().to_string();
        assert!(text.contains("holds PostgreSQL 16, but the data folder was made by 15"), "{text}");
        assert_eq!(named(&newer, Some(16)).unwrap().major, 16);
    }
}
