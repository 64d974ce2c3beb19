//! What the fuzzer has kept is tried again with every run of the tests.

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdfast_fuzzing::TARGETS;

/// What the whole corpus may weigh in the repository, in bytes.
const CORPUS_BYTES_MAX: u64 = 300_000;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[test]
fn every_input_that_was_kept_still_holds() {
    let mut bytes = 0;
    for (name, target) in TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(fuzz().join("corpus").join(name))
            .unwrap_or_else(|error| panic!("fuzz/corpus/{name}: {error}"))
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has a corpus");
        for file in files {
            let input = std::fs::read(&file).unwrap();
            bytes += input.len() as u64;
            // Names the input where it fails.
            eprintln!("{name}: {}", file.display());
            target(&input);
        }
    }
    assert!(bytes <= CORPUS_BYTES_MAX, "the corpus weighs {bytes} bytes; run `cargo xtask fuzz --minimise`");
}

#[test]
fn every_target_can_be_fuzzed_and_nothing_else_can() {
    let names = |folder: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(fuzz().join(folder)).unwrap();
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("corpus"), known);
    assert_eq!(names("fuzz_targets"), known);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
