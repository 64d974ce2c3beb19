//! What holds for every value that the contract's types allow, and for whatever else arrives.

#![allow(clippy::unwrap_used)]

mod generate;
mod rules;
mod wire;

use proptest::test_runner::Config;

/// Few enough to stay within seconds, without files of its own: what it finds becomes a named test.
fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}
