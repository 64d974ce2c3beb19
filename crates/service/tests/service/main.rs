//! The rules through the service, over a real PostgreSQL.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod concurrency;
mod feed;
mod import_faults;
mod imports;
mod isolation;
mod limits;
mod lists;
mod live;
mod offers;
mod operations;
mod plans;
mod poison;
mod reading;
mod round_trips;
mod sharing;
mod snapshot;
mod support;
mod trash;
