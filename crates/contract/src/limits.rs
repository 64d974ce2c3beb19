//! Every bound of the contract, once. Lengths count Unicode scalar values after normalisation.

/// Longest name of a place.
pub const NAME_MAX: usize = 200;
/// Longest note of a place.
pub const NOTE_MAX: usize = 10_000;
/// Longest category.
pub const CATEGORY_MAX: usize = 40;
/// Longest tag.
pub const TAG_MAX: usize = 40;
/// Most tags on one place.
pub const TAGS_MAX: usize = 20;
/// Highest version that an operation may name: no place is ever changed as often.
pub const VERSION_MAX: i64 = 1 << 53;
/// Longest name of an epoch.
pub const EPOCH_MAX: usize = 64;
/// Most operations in one push.
pub const PUSH_OPERATIONS_MAX: usize = 500;
/// Largest request body the server reads, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most changes in one pulled page.
pub const PULL_CHANGES_MAX: u32 = 1000;
/// Changes in a pulled page when none is asked for.
pub const PULL_CHANGES_DEFAULT: u32 = 500;
/// Most places on one page of a list.
pub const LIST_PLACES_MAX: u32 = 200;
/// Places on a page of a list when none is asked for.
pub const LIST_PLACES_DEFAULT: u32 = 50;
/// Most places that a map shows one by one; where there are more, it shows clusters.
pub const MAP_POINTS_MAX: u32 = 10_000;
/// Most clusters of a map.
pub const MAP_CLUSTERS_MAX: u32 = 2000;
/// Most categories, and most tags, in one answer.
pub const FACETS_MAX: u32 = 500;
/// Most tags that a list is filtered by.
pub const FILTER_TAGS_MAX: usize = TAGS_MAX;
/// Most addresses that are named of those whom one place is shown to.
pub const AUDIENCE_MAX: u32 = 20;
/// Largest file of one import, in bytes.
pub const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most imports of one account that are not finished.
pub const IMPORTS_OPEN_MAX: u32 = 5;
/// Longest label of an import.
pub const IMPORT_LABEL_MAX: usize = 200;
/// Most versions on one page of a place's history.
pub const HISTORY_MAX: u32 = 500;
/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 10;
/// Most characters of a password; bounds the work of hashing one.
pub const PASSWORD_MAX: usize = 1024;
/// Longest e-mail address (RFC 5321, section 4.5.3.1.3).
pub const EMAIL_MAX: usize = 254;
/// Longest name of a device.
pub const DEVICE_NAME_MAX: usize = 80;
/// Most per-operation timings in one telemetry report.
pub const TELEMETRY_CONFIRMATIONS_MAX: usize = 500;
