#![no_main]
//! See `crates/fuzzing`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| holdfast_fuzzing::run("places", bytes));
