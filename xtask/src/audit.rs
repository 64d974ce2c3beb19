//! `audit`: what can be known about the dependencies from what is on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::process::{cargo, run as run_command, succeeds};

/// Licences under which a dependency may be used: permissive ones, and file-level copyleft that asks nothing of the rest.
const LICENCES: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Checks every dependency of the lock file, also those of other platforms.
pub(crate) fn run() -> Result<()> {
    let options = ["--locked".to_owned()];
    let metadata = MetadataCommand::new().current_dir(crate::root()).other_options(options).exec();
    let metadata =
        metadata.context("Cargo.lock does not fit the manifests; run `cargo check` and commit Cargo.lock")?;
    let problems = problems(&metadata);
    if !problems.is_empty() {
        bail!("the dependencies have {} problem(s):\n  {}", problems.len(), problems.join("\n  "));
    }
    let foreign = metadata.packages.iter().filter(|package| package.source.is_some());
    println!(
        "{} dependencies: licences allowed, all from the registry, no native library linked twice",
        foreign.count()
    );
    let twice = several_versions(&metadata);
    if !twice.is_empty() {
        println!("for information, in several versions: {}", twice.join(", "));
    }
    advisories()
}

fn problems(metadata: &Metadata) -> Vec<String> {
    let mut problems = Vec::new();
    let mut links: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        problems.extend(origin_problem(package).map(|problem| format!("{name}: {problem}")));
        problems.extend(licence_problem(package.license.as_deref()).map(|problem| format!("{name}: {problem}")));
        if let Some(library) = &package.links {
            links.entry(library).or_default().insert(name);
        }
    }
    for (library, packages) in links.into_iter().filter(|(_, packages)| packages.len() > 1) {
        let packages: Vec<String> = packages.into_iter().collect();
        problems.push(format!("the native library {library} is linked by {}", packages.join(" and ")));
    }
    problems
}

/// Why a package must not come from where it comes from.
fn origin_problem(package: &Package) -> Option<String> {
    match &package.source {
        None => {
            let ours = package.manifest_path.as_std_path().starts_with(crate::root());
            (!ours).then(|| format!("is outside the repository, in {}", package.manifest_path))
        }
        // What cargo calls the default registry.
        Some(source) if source.is_crates_io() => None,
        Some(source) => Some(format!("comes from {source}, not from the registry")),
    }
}

/// Why a licence is not acceptable.
fn licence_problem(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("names no licence".to_owned());
    };
    // Old packages write `MIT/Apache-2.0`.
    let expression = match spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => return Some(format!("its licence `{licence}` cannot be read: {}", error.reason)),
    };
    let allowed = expression.evaluate(|requirement| LICENCES.contains(&requirement.to_string().as_str()));
    (!allowed).then(|| format!("its licence `{licence}` is not on the list of allowed ones"))
}

fn several_versions(metadata: &Metadata) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in &metadata.packages {
        versions.entry(&package.name).or_default().insert(package.version.to_string());
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several
        .map(|(name, versions)| format!("{name} ({})", versions.into_iter().collect::<Vec<_>>().join(", ")))
        .collect()
}

/// Known advisories and withdrawn versions, where a tool and its database are on this machine.
fn advisories() -> Result<()> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let has = |name: &str| home.as_ref().is_some_and(|home| home.join(name).is_dir());
    if has("advisory-db") && succeeds(&mut cargo(["audit", "--version"])) {
        return run_command(&mut cargo(["audit", "--no-fetch", "--stale", "--deny", "warnings"]));
    }
    if has("advisory-dbs") && succeeds(&mut cargo(["deny", "--version"])) {
        return run_command(&mut cargo(["deny", "--offline", "check", "advisories"]));
    }
    println!(
        "NOT checked: known security advisories and withdrawn (yanked) versions. That needs `cargo audit` or `cargo deny` \
         with a local copy of the advisory database, which are not here."
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_licences_needs_one_that_is_allowed_and_a_sum_needs_all() {
        for fine in ["MIT", "MIT OR GPL-3.0-only", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert_eq!(licence_problem(Some(fine)), None, "{fine}");
        }
        let exception = "Apache-2.0 WITH LLVM-exception OR GPL-3.0-only";
        assert_eq!(licence_problem(Some(exception)), None);
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "AGPL-3.0-or-later OR GPL-2.0-only"] {
            let problem = licence_problem(Some(bad)).unwrap_or_default();
            assert!(problem.contains("is not on the list"), "{bad}: {problem}");
        }
        assert_eq!(licence_problem(None).as_deref(), Some("names no licence"));
        let garbled = licence_problem(Some("whatever I like")).unwrap_or_default();
        assert!(garbled.contains("cannot be read"), "{garbled}");
    }
}
