//! `ci`: everything that must pass, in the order in which it fails fastest.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process::{cargo, run as run_command, stop_in_order};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 9] = [
    ("format", || run_command(&mut cargo(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")),
    ("assets", crate::assets::build),
    ("phone", crate::phone::build),
    ("clippy", clippy),
    ("audit", crate::audit::run),
    ("prepare --check", || crate::prepare::prepare(true)),
    ("openapi --check", || crate::openapi::run(true)),
    ("schemathesis", crate::schemathesis::for_ci),
    ("test", crate::test::all_for_ci),
];

/// Runs every step, up to the first that fails.
pub(crate) fn run() -> Result<()> {
    stop_in_order()?;
    crate::needs::components()?;
    let start = Instant::now();
    let mut times = Vec::new();
    for (number, (name, step)) in STEPS.iter().enumerate() {
        eprintln!("\n=== {}/{} {name}", number + 1, STEPS.len());
        let begun = Instant::now();
        let done = step();
        let took = show(begun.elapsed());
        done.with_context(|| format!("CI failed at `{name}` after {took}"))?;
        eprintln!("=== {name}: passed in {took}");
        times.push(format!("{name} {took}"));
    }
    println!("\nCI passed in {}: {}", show(start.elapsed()), times.join(", "));
    Ok(())
}

fn clippy() -> Result<()> {
    let mut clippy = cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    run_command(&mut clippy)
}

fn show(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_for_people() {
        assert_eq!(show(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(show(Duration::from_secs(61)), "1 min 01 s");
    }
}
