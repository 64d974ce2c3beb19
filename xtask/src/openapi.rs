//! `openapi`: the HTTP API's description, made from the code and committed as `api/openapi.json`.

use anyhow::{Context as _, Result, bail};

use crate::process::{capture, cargo};

/// Regenerates the file, or only compares.
pub(crate) fn run(check: bool) -> Result<()> {
    let path = crate::root().join("api/openapi.json");
    let fresh = capture(&mut cargo(["run", "--quiet", "--package", "holdfast-api", "--bin", "openapi"]))?;
    let fresh = format!("{}\n", fresh.trim_end());
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    if fresh == committed {
        println!("api/openapi.json is up to date");
        return Ok(());
    }
    if check {
        let line = first_difference(&committed, &fresh);
        bail!(
            "api/openapi.json is not what the code makes it (first difference in line {line}). Run `cargo xtask openapi` \
             and commit the result."
        );
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, fresh).with_context(|| format!("write {}", path.display()))?;
    println!("api/openapi.json has been written");
    Ok(())
}

fn first_difference(old: &str, new: &str) -> usize {
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new);
    same.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_line_is_counted_from_one() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), 2);
        assert_eq!(first_difference("", "a\n"), 1);
        assert_eq!(first_difference("a\n", "a\nb\n"), 2);
    }
}
