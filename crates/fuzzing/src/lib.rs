//! What must hold for any bytes from outside: the bodies of the fuzz targets.
//!
//! Each target is a plain function that panics where something does not hold. `fuzz/` hands it what the fuzzer thinks of,
//! the test `corpus` what was kept of that. See `docs/fuzzing.md`.

mod config;
mod contract;
mod replies;

/// A target: takes any bytes, and panics where what must hold does not.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also the name of its folder in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("operation", contract::operation),
    ("push_body", contract::push_body),
    ("problem", replies::problem),
    ("pull_reply", replies::pull_reply),
    ("push_reply", replies::push_reply),
    ("cursor", holdfast_service::testing::cursors_and_witnesses),
    ("gpx", holdfast_files::testing::gpx),
    ("places", holdfast_files::testing::places),
    ("config", config::config),
];

/// Runs the target of this name.
///
/// # Panics
/// Where there is none, or what must hold does not.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    target(bytes);
}
