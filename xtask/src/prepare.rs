//! `prepare`: the description of every query that sqlx checks at compile time, committed in `.sqlx`.
//!
//! sqlx's macros ask a database when `DATABASE_URL` is set, and write what they learn into `SQLX_OFFLINE_DIR`, one file per
//! query. Otherwise they read the files in `.sqlx` at the root of the workspace. So: an empty database, the migrations, and
//! one compilation of the store.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, run as run_command, stop_in_order};
use crate::scratch::Scratch;

/// Regenerates `.sqlx`, or only compares.
pub(crate) fn run(check: bool) -> Result<()> {
    stop_in_order()?;
    prepare(check)
}

/// The same inside a longer run.
pub(crate) fn prepare(check: bool) -> Result<()> {
    crate::needs::postgres()?;
    let committed = crate::root().join(".sqlx");
    let fresh = tempfile::Builder::new().prefix("holdfast-sqlx-").tempdir()?;
    describe_queries(fresh.path())?;
    let (old, new) = (read(&committed)?, read(fresh.path())?);
    if new.is_empty() {
        bail!("compiling the store described no query at all; do its queries use sqlx's macros?");
    }
    let differences = differences(&old, &new);
    if differences.is_empty() {
        println!(".sqlx is up to date: {} queries", new.len());
    } else if check {
        bail!(
            ".sqlx is not what the queries and migrations make it:\n{}\nRun `cargo xtask prepare` and commit the result.",
            differences.join("\n")
        );
    } else {
        replace(&committed, &old, &new)?;
        println!("{}\n.sqlx is up to date: {} queries", differences.join("\n"), new.len());
    }
    Ok(())
}

/// Compiles the store against a fresh database, with its queries' descriptions written into `into`.
fn describe_queries(into: &Path) -> Result<()> {
    let scratch = Scratch::start(20)?;
    let url = scratch.postgres.url("postgres");
    migrate(&scratch.postgres.bin_dir().join("psql"), &url)?;
    let mut check = cargo(["check", "--package", "holdfast-store", "--all-targets"]);
    check.env("DATABASE_URL", &url).env("SQLX_OFFLINE_DIR", into).env("SQLX_OFFLINE", "false");
    // The macros only run where something is compiled, and cargo does not know that they look at the database.
    let touched = Touched::sources(&crate::root().join("crates/store"))?;
    let compiled = run_command(&mut check);
    drop(touched);
    compiled?;
    scratch.postgres.stop()?;
    Ok(())
}

/// Applies the migrations in the order of their names, each in one transaction, as the server does.
fn migrate(psql: &Path, url: &str) -> Result<()> {
    let folder = crate::root().join("crates/store/migrations");
    let mut files = list(&folder, "sql")?;
    files.sort();
    if files.is_empty() {
        bail!("there are no migrations in {}", folder.display());
    }
    for file in files {
        let mut command = Command::new(psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f"]).arg(&file);
        // Notices are of no interest here; errors are of a higher level.
        run_command(command.env("PGOPTIONS", "-c client_min_messages=warning").arg("-d").arg(url))?;
    }
    Ok(())
}

/// Source files that look changed to cargo until this is dropped. Afterwards they look as they did, so that whatever else
/// was built from them is not built again.
struct Touched {
    /// What the files are made to look like.
    now: SystemTime,
    /// What they looked like before.
    files: Vec<(PathBuf, SystemTime)>,
}

impl Touched {
    fn sources(package: &Path) -> Result<Self> {
        let mut touched = Self { now: SystemTime::now(), files: Vec::new() };
        for folder in ["src", "tests", "benches", "examples"] {
            touched.add(&package.join(folder))?;
        }
        Ok(touched)
    }

    fn add(&mut self, folder: &Path) -> Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = File::options().append(true).open(&path)?;
                let before = file.metadata()?.modified()?;
                file.set_modified(self.now)?;
                self.files.push((path, before));
            }
        }
        Ok(())
    }
}

impl Touched {
    fn restore(&self, path: &Path, before: SystemTime) -> std::io::Result<()> {
        let file = File::options().append(true).open(path)?;
        // Somebody may have saved it meanwhile, and then it has to look new.
        if file.metadata()?.modified()? == self.now { file.set_modified(before) } else { Ok(()) }
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        for (path, before) in &self.files {
            // At worst, something is built once more than needed.
            let _ = self.restore(path, *before);
        }
    }
}

type Files = BTreeMap<String, Vec<u8>>;

fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    Ok(paths)
}

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for path in list(folder, "json")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(name, fs::read(&path)?);
    }
    Ok(files)
}

/// One line for each file that differs, with the query's beginning.
fn differences(old: &Files, new: &Files) -> Vec<String> {
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name)).map(|file| ("new", file));
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name)).map(|file| ("gone", file));
    let changed = new.iter().filter(|(name, text)| old.get(*name).is_some_and(|before| before != *text));
    added
        .chain(gone)
        .chain(changed.map(|file| ("changed", file)))
        .map(|(what, (name, text))| format!("  {what}: {name} {}", query(text)))
        .collect()
}

/// The beginning of the query that a file describes.
fn query(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file);
    let line = text.lines().find_map(|line| line.trim().strip_prefix("\"query\": \""));
    let words: Vec<&str> = line.unwrap_or_default().split("\\n").flat_map(str::split_whitespace).collect();
    words.join(" ").trim_end_matches("\",").chars().take(80).collect()
}

fn replace(folder: &Path, old: &Files, new: &Files) -> Result<()> {
    fs::create_dir_all(folder)?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in new.iter().filter(|(name, text)| old.get(*name) != Some(*text)) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(sql: &str) -> Vec<u8> {
        format!("{{\n  \"db_name\": \"PostgreSQL\",\n  \"query\": \"{sql}\",\n").into_bytes()
    }

    #[test]
    fn every_kind_of_difference_is_named_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let sqlx = folder.path().join(".sqlx");
        let old = Files::from([
            ("same.json".into(), file("SELECT 1")),
            ("gone.json".into(), file("SELECT 2")),
            ("changed.json".into(), file("SELECT 3")),
        ]);
        replace(&sqlx, &Files::new(), &old).unwrap();
        assert_eq!(read(&sqlx).unwrap(), old);

        let mut new = old.clone();
        new.remove("gone.json");
        new.insert("changed.json".into(), file("SELECT\\n    4"));
        new.insert("new.json".into(), file("SELECT 5"));
        assert_eq!(
            differences(&old, &new),
            ["  new: new.json SELECT 5", "  gone: gone.json SELECT 2", "  changed: changed.json SELECT 4",]
        );
        replace(&sqlx, &old, &new).unwrap();
        assert_eq!(read(&sqlx).unwrap(), new);
        assert!(differences(&new, &read(&sqlx).unwrap()).is_empty());
    }

    #[test]
    fn touched_sources_look_new_and_afterwards_as_before() {
        let package = tempfile::tempdir().unwrap();
        let path = package.path().join("src/inner/lib.rs");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        let modified = || path.metadata().unwrap().modified().unwrap();
        let touched = Touched::sources(package.path()).unwrap();
        assert!(modified() > long_ago);
        drop(touched);
        assert_eq!(modified(), long_ago);

        let touched = Touched::sources(package.path()).unwrap();
        fs::write(&path, "saved meanwhile").unwrap();
        let saved = modified();
        drop(touched);
        assert_eq!(modified(), saved);
    }
}
