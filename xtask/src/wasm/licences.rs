//! The licences of the crates whose code is in the WebAssembly, as the app shows them. The same lock file gives the same text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::{MetadataCommand, Package};

use super::toolchain::TARGET;
use crate::process::cargo;

/// Between one text and the next.
const RULE: &str = "--------------------------------------------------------------------------------";

/// A file that is shorter only names the licences beside it. In bytes.
const TEXT_LEAST: usize = 200;

/// Which packages a text is that of: `name version (licence)`, each once.
type Headings = BTreeSet<String>;

/// The texts, each once, under the names of the packages that it is for. Needs the sources of the crates, which cargo has
/// fetched to compile them.
pub(super) fn text() -> Result<String> {
    let compiled = compiled()?;
    let options = ["--locked", "--filter-platform", TARGET].map(str::to_owned);
    let metadata = MetadataCommand::new().current_dir(crate::root()).other_options(options.to_vec()).exec();
    let metadata = metadata.context("list the crates of the WebAssembly")?;
    let mut texts: BTreeMap<String, Headings> = BTreeMap::new();
    texts.entry(standard_library()?).or_default().insert("Rust's standard library (MIT OR Apache-2.0)".to_owned());
    for package in &metadata.packages {
        // Our own are under the licence of the whole.
        if package.source.is_none() || !compiled.contains(&format!("{} v{}", package.name, package.version)) {
            continue;
        }
        let licence = package.license.as_deref().unwrap_or("see below");
        let heading = format!("{} {} ({licence})", package.name, package.version);
        for text in texts_of(package)? {
            texts.entry(text).or_default().insert(heading.clone());
        }
    }
    let mut parts: Vec<(Headings, String)> = texts.into_iter().map(|(text, headings)| (headings, text)).collect();
    parts.sort();
    let parts = parts.into_iter().map(|(headings, text)| {
        let headings: Vec<String> = headings.into_iter().collect();
        format!("{}\n\n{text}\n", headings.join("\n"))
    });
    Ok(parts.collect::<Vec<_>>().join(&format!("\n{RULE}\n\n")))
}

/// `name v1.2.3` of everything that is compiled into it: no build script, no macro, no feature that is not turned on for it.
fn compiled() -> Result<BTreeSet<String>> {
    let mut tree = cargo(["tree", "--locked", "--package", "holdfast-wasm", "--target", TARGET]);
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe", "--format", "{p}"]);
    let output = tree.output().context("run `cargo tree`")?;
    anyhow::ensure!(output.status.success(), "`cargo tree` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let lines = String::from_utf8(output.stdout).context("read what `cargo tree` says")?;
    // A path follows the version of our own.
    Ok(lines.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect())
}

/// What a package says about its licence, in its own files; else in the standard's words.
fn texts_of(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a package without a folder")?;
    let licence = package.license.as_deref().unwrap_or_default();
    let names = chosen(files(folder.as_std_path())?, licence);
    if names.is_empty() {
        let name = licence.split([' ', '/']).find_map(spdx::license_id);
        let name = name.with_context(|| format!("{} comes without a licence", package.name))?;
        let authors = package.authors.join(", ");
        let whose = if authors.is_empty() { package.repository.clone().unwrap_or_default() } else { authors };
        return Ok(vec![format!("{whose}\n\n{}", tidy(name.text()))]);
    }
    let read = names.iter().map(|name| {
        let file = folder.as_std_path().join(name);
        let bytes = std::fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(tidy(&String::from_utf8_lossy(&bytes)))
    });
    let mut texts = read.collect::<Result<Vec<String>>>()?;
    if texts.iter().any(|text| text.len() >= TEXT_LEAST) {
        texts.retain(|text| text.len() >= TEXT_LEAST);
    }
    Ok(texts)
}

/// The names of the files in a package's folder that are about its licence, in their order.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let lower = name.to_lowercase();
        let is_about_it =
            ["licen", "unlicen", "copying", "copyright", "notice"].iter().any(|start| lower.starts_with(start));
        if is_about_it && entry.path().is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Where somebody may choose, MIT is chosen, which is the shortest; what is said beside it is kept.
fn chosen(names: Vec<String>, licence: &str) -> Vec<String> {
    let parts: Vec<String> = licence.split(" AND ").map(str::to_lowercase).collect();
    let offers_mit = |part: &&String| part.contains("mit") && (part.contains(" or ") || part.contains('/'));
    let is = |name: &str, what: &str| name.to_lowercase().contains(what);
    let has_mit = names.iter().any(|name| is(name, "license-mit") && !is(name, "mit0"));
    let Some(choice) = parts.iter().find(offers_mit).filter(|_| has_mit) else { return names };
    let needed = |what: &str| parts.iter().any(|part| part != choice && part.contains(what));
    let others = ["apache", "zlib", "boost", "unlicense", "copying"];
    names.into_iter().filter(|name| !others.iter().any(|other| is(name, other) && !needed(other))).collect()
}

/// Without what differs between copies of one text: ends of lines, blanks behind them.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

fn standard_library() -> Result<String> {
    let mit = spdx::license_id("MIT").context("MIT is no licence")?;
    let text = tidy(mit.text());
    let permission = text.find("Permission is").map(|at| &text[at..]).context("the text of MIT gives no permission")?;
    Ok(format!("Copyright (c) The Rust Project Contributors\n\n{permission}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_in_the_webassembly_is_named_with_the_text_of_its_licence() {
        let text = text().unwrap();
        assert_eq!(text, self::text().unwrap(), "the same every time");
        for name in ["rusqlite", "sqlite-wasm-rs", "rsqlite-vfs", "serde_json", "wasm-bindgen", "encoding_rs"] {
            assert!(text.lines().any(|line| line.starts_with(&format!("{name} ")) && line.ends_with(')')), "{name}");
        }
        for compiled in compiled().unwrap() {
            let heading = format!("\n{} (", compiled.replacen(" v", " ", 1));
            let ours = compiled.starts_with("holdfast-");
            assert_eq!(format!("\n{text}").contains(&heading), !ours, "{compiled}");
        }
        // What only builds or tests use is not in it.
        for name in ["ts-rs ", "syn ", "wasm-bindgen-macro ", "libsqlite3-sys ", "proptest "] {
            assert!(!text.lines().any(|line| line.starts_with(name)), "{name}");
        }
        for part in text.split(RULE) {
            let (headings, licence) = part.trim().split_once("\n\n").unwrap();
            assert!(licence.len() >= TEXT_LEAST, "{headings}: {licence}");
        }
        assert!(text.contains("Copyright (c) The Rust Project Contributors\n\nPermission is hereby granted"));
    }

    #[test]
    fn of_two_licences_the_shorter_is_kept_and_what_stands_beside_them() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let both = names(&["COPYRIGHT", "LICENSE-APACHE", "LICENSE-MIT", "LICENSE-UNICODE"]);
        let kept = names(&["COPYRIGHT", "LICENSE-MIT", "LICENSE-UNICODE"]);
        assert_eq!(chosen(both, "(MIT OR Apache-2.0) AND Unicode-3.0"), kept);
        let without = names(&["LICENSE-APACHE", "LICENSE-BOOST"]);
        assert_eq!(chosen(without.clone(), "Apache-2.0 OR BSL-1.0"), without);
        let all = names(&["LICENSE-APACHE", "LICENSE-MIT"]);
        assert_eq!(chosen(all.clone(), "MIT AND Apache-2.0"), all, "nobody may choose");
    }
}
