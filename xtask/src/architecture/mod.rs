//! The invariants of ARCHITECTURE.md, checked mechanically. Several of them are absences, which no other test notices.
//!
//! - [`crates`]: who may depend on whom, and what the pure crates must never reach.
//! - [`words`]: what must not be written where: clocks and chance in the pure crates, SQL above the store, transactions
//!   outside the service, `unsafe` outside the PostgreSQL launcher.
//! - [`actors`]: the store's functions say for whom they act.
//!
//! Each check is a function from text to [`Violation`]s, so that its own tests can feed it something bad.

mod actors;
mod crates;
mod source;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use source::Source;

/// One place where an invariant does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Violation {
    /// Where: a file and line, or a crate.
    place: String,
    /// What is wrong, and why it must not be.
    what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Checks everything.
pub(crate) fn run() -> Result<()> {
    let sources = sources()?;
    let mut violations = crates::check(&crates::graph()?);
    violations.extend(crates::check_lints(&manifests()?));
    violations.extend(words::check(&sources));
    let exceptions = std::fs::read_to_string(crate::root().join(actors::EXCEPTIONS))?;
    violations.extend(actors::check(&sources, &exceptions));
    if violations.is_empty() {
        println!("the architecture's invariants hold in {} files", sources.len());
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(|violation| format!("  {violation}")).collect();
    bail!("{} place(s) break an invariant of the architecture:\n{}", lines.len(), lines.join("\n"));
}

/// Every Rust and SQL file of the workspace.
fn sources() -> Result<Vec<Source>> {
    let root = crate::root();
    let mut paths = Vec::new();
    for folder in ["crates", "xtask"] {
        walk(&root.join(folder), &mut paths)?;
    }
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let short = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        sources.push(Source::new(short, &text));
    }
    source::mark_test_modules(&mut sources);
    Ok(sources)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The manifests of all members: the crate's name, and the text.
fn manifests() -> Result<Vec<(String, String)>> {
    let mut manifests = Vec::new();
    for package in crates::workspace()?.workspace_packages() {
        manifests.push((package.name.to_string(), std::fs::read_to_string(&package.manifest_path)?));
    }
    Ok(manifests)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_invariants_of_the_architecture_hold() {
        if let Err(error) = super::run() {
            panic!("{error:#}");
        }
    }
}
