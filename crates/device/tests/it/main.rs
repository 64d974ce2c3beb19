//! The device core on real SQLite files, against a server in memory that follows the contract.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod adoption;
mod batches;
mod captures;
mod converging;
mod edits;
mod files;
mod imports;
mod lanes;
mod lists;
mod reconciling;
mod recovery;
mod reporting;
mod resolving;
mod resyncs;
mod speed;
mod support;
mod transcript;
mod unplaced_imports;
mod unseen;
