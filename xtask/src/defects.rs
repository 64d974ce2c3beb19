//! `defects`: proves that what must never happen would be noticed. Turns on one deliberate defect after the other, and
//! expects the simulator, or a named test, to fail.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{self, cargo, stop_in_order};
use crate::scratch::Scratch;

/// Names the defect of a process (`holdfast_contract::defect`).
const DEFECT: &str = "HOLDFAST_DEFECT";
/// Each world has a database of its own.
const CONNECTIONS: u32 = 100;
/// Seeds that are tried before a defect counts as not found.
const SEEDS: u32 = 150;
/// What nextest ends with where a test failed.
const A_TEST_FAILED: i32 = 100;

/// How a defect is found.
enum Found {
    /// By the simulator. Seeds from this one on are tried; it is known to be, or to come before, one that fails.
    From(u32),
    /// By a test: its crate and its full name. What needs two transactions at the same instant, or a sequence of events
    /// that is too rare for chance.
    Test(&'static str, &'static str),
}
use Found::{From, Test};

const FOUND: &[(&str, Found)] = &[
    ("receipt-not-written", From(6)),
    ("was-ignored", From(2)),
    ("refine-over-manual", From(1)),
    ("delete-ignores-base", Test("service", "trash::a_delete_or_restore_of_what_has_changed_since_conflicts")),
    (
        "deferred-overtaken",
        Test("service", "limits::later_operations_of_a_deferred_place_are_deferred_too_and_others_go_on"),
    ),
    ("epoch-ignored", Test("api", "sync::a_push_for_another_epoch_executes_nothing")),
    ("cursor-after-page", Test("sim", "a_reader_that_never_stops_pulling_sees_everything_two_writers_commit")),
    ("cursor-not-checked", From(15)),
    ("witness-ignored", Test("service", "feed::a_push_that_the_database_has_forgotten_is_noticed_by_its_witness")),
    ("rights-before-lock", Test("service", "sharing::a_write_that_waited_while_the_share_was_revoked_is_gone")),
    ("number-before-lock", From(3)),
    (
        "share-without-lock",
        Test("service", "concurrency::a_share_that_begins_while_a_change_is_under_way_misses_nothing"),
    ),
    ("revoke-forgets-feed", From(3)),
    ("offer-overwrites", Test("service", "offers::an_edit_made_since_the_restore_is_never_overwritten_by_an_offer")),
    ("folded-into-leased", From(9)),
    ("was-from-confirmed", From(18)),
    ("lease-not-checked", Test("device", "lanes::a_reply_is_taken_only_under_the_lease_that_stands")),
    ("proxy-believed", From(14)),
    ("signed-out-is-rejected", From(8)),
    ("done-when-sent", From(1)),
    ("absence-clears", From(8)),
    ("older-word-wins", Test("device", "reconciling::an_older_word_never_replaces_a_newer_one")),
    ("gone-takes-typed", Test("device", "resyncs::a_place_that_was_deleted_for_good_stays_so_when_it_is_offered")),
    ("resync-drops-own", From(8)),
    ("nothing-offered", From(8)),
    ("outbox-emptied", From(5)),
    (
        "adopted-twice",
        Test("device", "adoption::an_adoption_that_was_killed_goes_on_only_for_the_account_it_was_promised_to"),
    ),
    ("deleted-only-here", Test("device", "captures::a_place_that_is_on_its_way_is_deleted_by_telling_the_server")),
];

/// Runs them all, or those with these names, and prints what found each.
pub(crate) fn run(names: &[String]) -> Result<()> {
    stop_in_order()?;
    crate::needs::c_compiler()?;
    crate::needs::nextest()?;
    crate::needs::postgres()?;
    let scratch = Scratch::start(CONNECTIONS)?;
    let ran = against(&scratch.postgres.url("postgres"), names);
    scratch.postgres.stop()?;
    ran
}

/// As the tests run it.
pub(crate) fn as_test(url: &str) -> Result<()> {
    against(url, &[])
}

fn against(url: &str, names: &[String]) -> Result<()> {
    process::run(&mut cargo(["build", "--quiet", "--workspace", "--bin", "sim"]))?;
    let known = known()?;
    for name in names.iter().map(String::as_str).chain(FOUND.iter().map(|(name, _)| *name)) {
        ensure!(
            known.iter().any(|(known, _)| known == name),
            "there is no defect {name:?}; there are: {}",
            list(&known)
        );
    }
    let mut survivors = Vec::new();
    for (name, story) in &known {
        if !names.is_empty() && !names.contains(name) {
            continue;
        }
        let Some((_, found)) = FOUND.iter().find(|(found, _)| found == name) else {
            bail!("nothing is named that finds the defect {name:?}: add it to {}", file!());
        };
        match find(url, name, found)? {
            Some(how) => println!("  {name:<24} {story}\n  {:<24} → {how}", ""),
            None => survivors.push(name.as_str()),
        }
    }
    ensure!(survivors.is_empty(), "these defects were not found: {}", survivors.join(", "));
    Ok(())
}

/// Every defect and its story, as the simulator was built with.
fn known() -> Result<Vec<(String, String)>> {
    let output =
        process::output(cargo(["run", "--quiet", "--package", "holdfast-sim", "--bin", "sim", "--"]).arg("--defects"))?;
    let text = String::from_utf8(output.stdout).context("the list of defects")?;
    let line = |line: &str| line.split_once('\t').map(|(name, story)| (name.to_owned(), story.to_owned()));
    Ok(text.lines().filter_map(line).collect())
}

fn list(known: &[(String, String)]) -> String {
    known.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What found the defect, in words.
fn find(url: &str, name: &str, found: &Found) -> Result<Option<String>> {
    match found {
        From(seed) => {
            let (seed, seeds) = (seed.to_string(), SEEDS.to_string());
            let mut sim = cargo(["run", "--quiet", "--package", "holdfast-sim", "--bin", "sim", "--"]);
            sim.args(["--defect", name, "--seed", &seed, "--seeds", &seeds, "--shrink", "0"]);
            let output = process::output(sim.env(crate::test::URL, url))?;
            let text = String::from_utf8_lossy(&output.stdout);
            let failed = text.lines().find(|line| line.starts_with("seed ") && line.contains(" failed: "));
            Ok(failed.map(|line| line.chars().take(110).collect()))
        }
        Test(package, test) => {
            let filter = format!("package(=holdfast-{package}) and test(={test})");
            let mut nextest = cargo(["nextest", "run", "--workspace", "-E", &filter]);
            // Its failure is what is wanted, and nobody wants to read it.
            nextest.env(crate::test::URL, url).env(DEFECT, name).env("RUST_BACKTRACE", "0").stderr(Stdio::piped());
            let output = process::output(&mut nextest)?;
            match output.status.code() {
                Some(A_TEST_FAILED) => Ok(Some(format!("{package}, {test}"))),
                Some(0) => Ok(None),
                _ => bail!("{package} {test}:\n{}", String::from_utf8_lossy(&output.stderr)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FOUND;

    #[test]
    fn the_documentation_names_every_defect() {
        let docs = std::fs::read_to_string(crate::root().join("docs/simulator.md")).expect("the document is there");
        let missing: Vec<_> = FOUND.iter().filter(|(name, _)| !docs.contains(&format!("`{name}`"))).collect();
        assert!(
            missing.is_empty(),
            "docs/simulator.md lacks {:?}",
            missing.iter().map(|(name, _)| name).collect::<Vec<_>>()
        );
    }
}
