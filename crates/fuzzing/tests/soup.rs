//! Any bytes at all, for every target: a few of each with every run of the tests.

use holdfast_fuzzing::TARGETS;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_hold_for_every_target(
        soup in prop::collection::vec(any::<u8>(), 0..300),
        json in "[\\[\\]{}:,\"a-z0-9.eE+\\- ]{0,80}",
        setting in "(LISTEN|PUBLIC_URL|RUST_LOG|TRASH_DAYS|METRICS|TRUSTED_PROXIES)=\\PC{0,20}",
    ) {
        for (_, target) in TARGETS {
            target(&soup);
            target(json.as_bytes());
            target(setting.as_bytes());
        }
    }
}
